#include "fleet/connected_line.h"

#include <algorithm>

namespace airlock::fleet {
namespace {

constexpr std::uint64_t kChunk = 64 << 10;

}  // namespace

bool ConnectedLine::lost() {
  const bool is_lost = dice_.falls(losses_);
  if (is_lost) ++tally_.losses;
  return is_lost;
}

Result<fetch::Answer> ConnectedLine::check_in(const std::string& told) {
  ++tally_.check_ins;
  if (lost()) return fail(Code::timed_out);
  AIRLOCK_ASSIGN(const std::string body,
                 connection_.post("/v1/check-in", told, fetch::kAnswerSizeMax));
  if (lost()) return fail(Code::interrupted);
  return fetch::parse_answer(body);
}

Result<file::Buffer> ConnectedLine::get(const std::string& path, std::size_t size_max) {
  if (lost()) return fail(Code::timed_out);
  AIRLOCK_ASSIGN(file::Buffer body, connection_.get(path, size_max));
  tally_.bytes_served += body.size();
  if (lost()) return fail(Code::interrupted);
  return body;
}

// Where an answer is lost, some of it has come.
Status ConnectedLine::fetch_rest(const package::Payload& payload, file::Buffer& have) {
  AIRLOCK_ASSIGN(
      fetch::PayloadSource source,
      fetch::PayloadSource::open(connection_, {payload.digest, payload.size, payload.head_size}));
  while (have.size() < payload.size) {
    if (lost()) return fail(Code::interrupted);
    file::Buffer some(std::min(payload.size - have.size(), kChunk));
    AIRLOCK_TRY(source.read(have.size(), some));
    tally_.bytes_served += some.size();
    have.insert(have.end(), some.begin(), some.end());
  }
  return {};
}

Result<fetch::Receipt> ConnectedLine::report(const fetch::SignedReport& report) {
  if (lost()) return fail(Code::timed_out);
  AIRLOCK_ASSIGN(fetch::Receipt receipt, fetch::post_report(connection_, report));
  if (lost()) return fail(Code::interrupted);
  return receipt;
}

}  // namespace airlock::fleet
