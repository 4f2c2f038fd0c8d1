#include "core/link/remote.h"

#include <algorithm>

namespace airlock::link {

using Type = Answer::Type;

std::optional<Answer> RemoteHost::await(std::uint32_t number, std::uint32_t checksum) {
  std::array<std::uint8_t, 64> bytes;
  for (std::size_t noise = 0; noise < kNoiseMax;) {
    const std::size_t size = line_.read(bytes);
    if (size == 0) return std::nullopt;
    noise += size;
    for (const std::uint8_t byte : Bytes(bytes).first(size)) {
      const std::optional<Bytes> message = reader_.take(byte);
      if (!message) continue;
      const Result<Answer> answer = decode_answer(*message);
      const bool is_ours = answer && answer->number == number && answer->request == checksum;
      if (is_ours) return *answer;  // what comes behind it nobody asked for
    }
  }
  return std::nullopt;
}

Result<Answer> RemoteHost::ask(Request request, int tries) {
  request.number = ++number_;
  std::array<std::uint8_t, kMessageHead + update::kSessionSizeMax> message;
  AIRLOCK_ASSIGN(const Bytes encoded, encode_request(request, message));
  AIRLOCK_ASSIGN(const Bytes frame, encode_frame(encoded, frame_));
  ++count_.requests;
  for (int i = 0; i < tries; ++i) {
    if (i > 0) {
      if (again_left_ == 0) break;
      --again_left_;
      ++count_.again;
    }
    line_.write(frame);
    if (const auto answer = await(request.number, checksum_of(encoded))) return *answer;
  }
  return fail(Code::timed_out, static_cast<std::uint64_t>(tries));
}

Status RemoteHost::meet(int tries) {
  again_left_ = kAgainMax;
  Request hello;
  hello.type = Request::Type::hello;
  hello.model = model_;
  AIRLOCK_ASSIGN(const Answer answer, ask(hello, tries));
  if (answer.type != Type::hello) return fail(Code::bad_answer);
  if (answer.version != kVersion) return fail(Code::unsupported_version, answer.version);
  fetch_max_ = std::min(answer.fetch_max, kFetchMax);
  return {};
}

Status RemoteHost::greet() { return meet(1); }

bool RemoteHost::has_offer() {
  if (!greet()) return false;
  const Result<Answer> answer = ask({.type = Request::Type::ask}, 1);
  return answer && answer->type == Type::offer;
}

Result<std::optional<bare::Host::Offer>> RemoteHost::ask_for_release() {
  AIRLOCK_TRY(meet(kTriesMax));
  AIRLOCK_ASSIGN(const Answer answer, ask({.type = Request::Type::ask}));
  if (answer.type == Type::no_release) return std::nullopt;
  if (answer.type != Type::offer) return fail(Code::bad_answer);
  envelope_ = answer.envelope;
  return Offer{answer.size, answer.rollout};
}

Status RemoteHost::fetch(const Digest& digest, std::uint64_t offset, MutableBytes to) {
  if (fetch_max_ == 0) AIRLOCK_TRY(meet(kTriesMax));
  Request request;
  request.type = Request::Type::fetch;
  request.digest = digest;
  for (std::size_t at = 0; at < to.size();) {
    const std::size_t size = std::min<std::size_t>(fetch_max_, to.size() - at);
    request.offset = offset + at;
    request.size = static_cast<std::uint32_t>(size);
    AIRLOCK_ASSIGN(const Answer answer, ask(request));
    if (answer.type == Type::missing) return fail(Code::not_found, request.offset);
    if (answer.type != Type::bytes || answer.bytes.size() != size) return fail(Code::bad_answer);
    copy_into(to.subspan(at, size), answer.bytes);
    at += size;
  }
  return {};
}

// The owner waits for the end of this: where no host was met, none need be there.
Status RemoteHost::tell(const update::Session& session) {
  if (fetch_max_ == 0) AIRLOCK_TRY(meet(kReportTriesMax));
  Request request;
  request.type = Request::Type::report;
  request.session = session;
  AIRLOCK_ASSIGN(const Answer answer, ask(request));
  return answer.type == Type::heard ? Status() : fail(Code::bad_answer);
}

}  // namespace airlock::link
