#include "server/http/head.h"

#include <array>
#include <charconv>

namespace airlock::http {

namespace {

std::string_view text_of_status(int status) {
  switch (status) {
    case 200: return "HTTP/1.1 200 OK\r\n";
    case 206: return "HTTP/1.1 206 Partial Content\r\n";
    case 304: return "HTTP/1.1 304 Not Modified\r\n";
    case 400: return "HTTP/1.1 400 Bad Request\r\n";
    case 403: return "HTTP/1.1 403 Forbidden\r\n";
    case 404: return "HTTP/1.1 404 Not Found\r\n";
    case 405: return "HTTP/1.1 405 Method Not Allowed\r\n";
    case 409: return "HTTP/1.1 409 Conflict\r\n";
    case 413: return "HTTP/1.1 413 Content Too Large\r\n";
    case 416: return "HTTP/1.1 416 Range Not Satisfiable\r\n";
    case 429: return "HTTP/1.1 429 Too Many Requests\r\n";
    case 431: return "HTTP/1.1 431 Request Header Fields Too Large\r\n";
    case 500: return "HTTP/1.1 500 Internal Server Error\r\n";
    case 503: return "HTTP/1.1 503 Service Unavailable\r\n";
    case 504: return "HTTP/1.1 504 Gateway Timeout\r\n";
  }
  return {};
}

// Of a dependency's answer there may be any status; its words mean nothing, but for the space.
void write_status(int status, std::string& out) {
  const std::string_view known = text_of_status(status);
  if (!known.empty()) {
    out += known;
  } else {
    out += "HTTP/1.1 " + std::to_string(status) + " \r\n";
  }
}

}  // namespace

void write_head(const Response& response, After after, std::string& out) {
  const std::uint64_t size = response.file ? response.file->size : response.body.size();
  write_status(response.status, out);
  out += "content-type: ";
  out += response.other_type.empty() ? response.content_type : response.other_type;
  if (response.status != 304 && response.status != 204) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size).ptr;
    out += "\r\ncontent-length: ";
    out.append(digits.data(), end);
  }
  out += "\r\n";
  out += response.headers;
  out += after == After::keep ? "\r\n" : "connection: close\r\n\r\n";
}

}  // namespace airlock::http
