#include "server/http/message.h"

#include <charconv>

namespace airlock::http {

namespace {

int status_of(Code code) {
  if (code == Code::not_found || code == Code::not_a_file) return 404;
  if (code == Code::unauthorised || code == Code::bad_signature) return 403;
  if (code == Code::too_large) return 413;
  if (code == Code::overloaded || code == Code::busy || code == Code::disk_full) return 503;
  if (code == Code::no_fallback) return 503;
  if (code == Code::outcome_unknown) return 504;
  if (code == Code::too_frequent) return 429;
  if (code == Code::conflict || code == Code::not_offered) return 409;
  if (code == Code::database_failed || code == Code::io_failed) return 500;
  return 400;
}

}  // namespace

Response error_response(Error error, const std::string& field) {
  Response response;
  response.status = status_of(error.code);
  response.code = error.code;
  json::Value body = {{"error", name(error.code)}, {"explain", explain(error.code)}};
  if (!field.empty()) body["field"] = field;
  response.body = json::write(body);
  if (response.status == 503 || response.status == 429) response.headers = "retry-after: 30\r\n";
  return response;
}

Response no_such_method() {
  Response response = error_response({Code::bad_request, 0});
  response.status = 405;
  response.headers = "allow: GET, HEAD, POST\r\n";
  return response;
}

std::string_view name_of(Method method) {
  switch (method) {
    case Method::get: return "GET";
    case Method::head: return "HEAD";
    case Method::post: return "POST";
    case Method::other: return "OTHER";
  }
  return "";
}

Response answer(const json::Value& value) { return {.body = json::write(value)}; }

Result<std::int64_t> read_id(std::string_view text) {
  std::int64_t id = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), id);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size() || id < 0) {
    return fail(Code::bad_request);
  }
  return id;
}

}  // namespace airlock::http
