#include "fleet/simulated_line.h"

#include <algorithm>

#include "host/text/text.h"

namespace airlock::fleet {
namespace {

constexpr std::int64_t kPatienceMs = 30'000;
constexpr std::int64_t kSecondMs = 1000;
constexpr std::uint64_t kChunk = 64 << 10;  // of a payload, fetched in one request

}  // namespace

Result<file::Buffer> SimulatedLine::exchange(const Question& question) {
  wait_(link_.latency_ms);
  if (dice_.falls(link_.losses)) {
    ++tally_.losses;
    wait_(kPatienceMs);
    return fail(Code::timed_out);
  }
  http::Request request;
  request.method = question.method;
  request.target = question.target;
  request.range = question.range;
  request.body = question.body;
  Server::Coming coming = server_.ask(request);
  wait_(link_.latency_ms);
  AIRLOCK_ASSIGN(file::Buffer body, Server::read_body(coming.get()));
  tally_.bytes_served += body.size();
  wait_(static_cast<std::int64_t>(body.size() * kSecondMs / link_.bytes_per_second));
  if (dice_.falls(link_.losses)) {
    ++tally_.losses;
    return fail(Code::interrupted);
  }
  return body;
}

Result<std::string> SimulatedLine::post(std::string target, std::string json) {
  AIRLOCK_ASSIGN(const file::Buffer body,
                 exchange({http::Method::post, std::move(target), {}, std::move(json)}));
  return std::string(body.begin(), body.end());
}

Result<fetch::Answer> SimulatedLine::check_in(const std::string& told) {
  ++tally_.check_ins;
  AIRLOCK_ASSIGN(std::string body, post("/v1/check-in", told));
  if (body != heard_) {
    AIRLOCK_ASSIGN(answer_, fetch::parse_answer(body));
    heard_ = std::move(body);
  }
  return answer_;
}

Result<file::Buffer> SimulatedLine::get(const std::string& path, std::size_t size_max) {
  AIRLOCK_ASSIGN(file::Buffer body, exchange({http::Method::get, path, {}, {}}));
  if (body.size() > size_max) return fail(Code::oversized, body.size());
  return body;
}

Status SimulatedLine::fetch_rest(const package::Payload& payload, file::Buffer& have) {
  const std::string path = "/artifacts/" + text::to_hex(payload.digest.bytes);
  while (have.size() < payload.size) {
    const std::uint64_t end = std::min(payload.size, have.size() + kChunk);
    const std::string range =
        "bytes=" + std::to_string(have.size()) + "-" + std::to_string(end - 1);
    AIRLOCK_ASSIGN(const file::Buffer some, exchange({http::Method::get, path, range, {}}));
    have.insert(have.end(), some.begin(), some.end());
  }
  return {};
}

Result<fetch::Receipt> SimulatedLine::report(const fetch::SignedReport& report) {
  AIRLOCK_ASSIGN(const std::string body, post("/v1/reports", fetch::write_report(report)));
  return fetch::parse_receipt(body);
}

}  // namespace airlock::fleet
