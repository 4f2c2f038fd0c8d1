// A request and its answer, as everything behind the sockets sees them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/base.h"
#include "host/file/file.h"
#include "host/json/json.h"

namespace airlock::http {

enum class Method : std::uint8_t { get, head, post, other };
std::string_view name_of(Method method);

// One request; its views live until the response was made.
struct Request {
  Method method = Method::get;
  std::string_view target;
  std::string_view range;          // the header, "" where absent
  std::string_view if_none_match;  // the header
  std::string_view if_range;       // the header
  std::string_view body;
  std::string_view who;      // the name in the client's certificate, where one was asked for
  std::string_view headers;  // all header lines, for a service that demands them
};

struct FileSlice {
  std::shared_ptr<file::File> file;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

struct Response {
  int status = 200;
  Code code = Code::ok;  // why it was refused
  std::string_view content_type = "application/json";
  std::string headers{};  // further header lines, each with its line end
  std::string body{};
  std::optional<FileSlice> file{};  // instead of a body
  std::string other_type{};         // instead of content_type, where somebody else named it
};

// error_response answers a code with its HTTP status and {"error","explain"}, and with the path of
// the member of the body that was at fault, "field", where that is known.
Response error_response(Error error, const std::string& field = "");

// no_such_method refuses what is neither GET, HEAD nor POST: 405, bad_request.
Response no_such_method();

// answer is 200 with this value.
Response answer(const json::Value& value);
// read_id reads the number of a rollout or an experiment: bad_request.
Result<std::int64_t> read_id(std::string_view text);

// Done is called once with the answer.
using Done = std::function<void(Response)>;

}  // namespace airlock::http
