#include "device/agent/naming.h"

#include <string>

#include "device/agent/report.h"
#include "host/text/text.h"

namespace airlock::agent {
namespace {

constexpr std::string_view kPseudonymPurpose = "airlock-pseudonym-v1\n";
constexpr std::string_view kBucketPurpose = "airlock-bucket-v1\n";

bool is_private(const platform::Device& device) {
  return device.config().naming == platform::Naming::pseudonym;
}

// Another key per version: what is told now cannot be joined with what was told before.
Result<platform::DeviceKey> pseudonym_key(const platform::Device& device,
                                          std::string_view version) {
  AIRLOCK_ASSIGN(const platform::DeviceKey key, device.key());
  return key.derive_key(std::string(kPseudonymPurpose) + std::string(version) + "\n");
}

}  // namespace

Status name_in(const platform::Device& device, std::string_view version, fetch::CheckIn& facts) {
  AIRLOCK_ASSIGN(const platform::DeviceKey key,
                 is_private(device) ? pseudonym_key(device, version) : device.key());
  (is_private(device) ? facts.pseudonym : facts.duid) = key.duid();
  return {};
}

Result<std::size_t> add_buckets(const platform::Device& device, const fetch::Answer& answer,
                                fetch::CheckIn& facts) {
  if (!is_private(device)) return 0U;
  AIRLOCK_ASSIGN(const platform::DeviceKey key, device.key());
  std::size_t added = 0;
  for (const fetch::Seed& seed : answer.seeds) {
    if (facts.buckets.size() == fetch::kSeedsMax) break;
    AIRLOCK_ASSIGN(const crypto::Digest hash,
                   key.derive(std::string(kBucketPurpose) + text::to_hex(seed.value.bytes) + "\n"));
    std::uint64_t number = 0;
    for (const std::uint8_t byte : Bytes(hash.bytes).first(8)) number = number << 8 | byte;
    const auto bucket = static_cast<std::uint32_t>(number % kBuckets);
    if (facts.buckets.try_emplace(seed.rollout, bucket).second) ++added;
  }
  return added;
}

Result<fetch::SignedReport> report_of(const platform::Device& device,
                                      const update::Session& session, std::int64_t time_bound) {
  AIRLOCK_ASSIGN(const platform::DeviceKey key,
                 is_private(device) ? pseudonym_key(device, session.version.view()) : device.key());
  return make_report(key, session, time_bound);
}

}  // namespace airlock::agent
