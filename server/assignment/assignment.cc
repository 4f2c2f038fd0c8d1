#include "server/assignment/assignment.h"

#include <algorithm>
#include <random>

namespace airlock::assignment {

namespace {

std::uint32_t bucket_of_hash(crypto::Sha256& hash) {
  const Digest digest = hash.finish();
  std::uint64_t value = 0;
  for (std::size_t at = 0; at < 8; ++at) value = value << 8 | digest.bytes[at];
  return static_cast<std::uint32_t>(value % kBuckets);
}

}  // namespace

std::uint32_t bucket_of(const Digest& seed, std::string_view duid) {
  crypto::Sha256 hash;
  hash.update(seed.bytes);
  hash.update(bytes_of(duid));
  return bucket_of_hash(hash);
}

Digest draw_seed() {
  std::random_device device;
  Digest seed;
  for (std::size_t at = 0; at < Digest::kSize; at += 4) {
    const std::uint32_t word = device();
    for (std::size_t byte = 0; byte < 4; ++byte) {
      seed.bytes[at + byte] = static_cast<std::uint8_t>(word >> (8 * byte));
    }
  }
  return seed;
}

bool speaks_of(const std::vector<std::string>& list, std::string_view word) {
  return list.empty() || std::ranges::find(list, word) != list.end();
}

bool meets(const Condition& condition, const Traits& traits) {
  return speaks_of(condition.regions, traits.region) && speaks_of(condition.groups, traits.group) &&
         speaks_of(condition.tiers, traits.tier);
}

std::size_t arm_of_bucket(std::span<const std::uint32_t> weights, std::uint32_t bucket) {
  std::uint32_t end = 0;
  for (std::size_t arm = 0; arm < weights.size(); ++arm) {
    end += weights[arm];
    if (bucket < end) return arm;
  }
  broken_promise();
}

std::size_t arm_of(const Digest& seed, std::span<const std::uint32_t> weights,
                   std::string_view duid) {
  crypto::Sha256 hash;
  hash.update(bytes_of("airlock-arm-v1\n"));
  hash.update(seed.bytes);
  hash.update(bytes_of(duid));
  return arm_of_bucket(weights, bucket_of_hash(hash));
}

}  // namespace airlock::assignment
