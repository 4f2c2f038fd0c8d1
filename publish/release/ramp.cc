#include <openssl/rand.h>

#include "host/text/text.h"
#include "publish/release/release.h"

namespace airlock::release {
namespace {

constexpr std::uint32_t kNever = UINT32_MAX;  // seconds after the start: 136 years

// Nobody may install before the first stage, so that stages of nobody at the head need no place.
Status add_stage(package::Ramp& ramp, std::string_view after, std::string_view percent) {
  AIRLOCK_ASSIGN(const std::int64_t seconds, text::read_duration(after));
  AIRLOCK_ASSIGN(const std::uint16_t share, text::read_share(percent));
  if (seconds >= kNever) return fail(Code::out_of_range);
  if (share == 0 && !ramp.stages.empty()) return fail(Code::out_of_range);  // it only climbs
  if (share == 0) return {};
  return ramp.stages.add({static_cast<std::uint32_t>(seconds), share});
}

}  // namespace

Result<package::Ramp> read_ramp(std::string_view text, std::int64_t start_default) {
  package::Ramp ramp;
  ramp.start_seconds = start_default;
  bool seeded = false;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) return fail(Code::bad_text);
    const std::string_view key = part.substr(0, equals), value = part.substr(equals + 1);
    if (key == "start") {
      AIRLOCK_ASSIGN(ramp.start_seconds, text::from_time(value));
    } else if (key == "seed") {
      AIRLOCK_ASSIGN(ramp.seed, text::digest_from_hex(value));
      seeded = true;
    } else {
      AIRLOCK_TRY(add_stage(ramp, key, value));
    }
  }
  if (!seeded && RAND_bytes(ramp.seed.bytes.data(), Digest::kSize) != 1) {
    return fail(Code::io_failed);
  }
  if (ramp.stages.empty()) AIRLOCK_TRY(ramp.stages.add({kNever, package::kShareWhole}));
  return ramp;
}

}  // namespace airlock::release
