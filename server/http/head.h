// The head of an HTTP/1.1 answer, as bytes.
#pragma once

#include <string>

#include "server/http/http.h"

namespace airlock::http {

enum class After : std::uint8_t { keep, close };  // what becomes of the connection

// write_head appends the status line and the header lines of an answer, and the empty line.
void write_head(const Response& response, After after, std::string& out);

}  // namespace airlock::http
