// server/assignment: which devices a share reaches, and which arm of an experiment each gets.
//
// It is for rollouts and experiments alike. A device stands in one of kBuckets buckets, drawn by
// hashing its name with a seed; a share of s ten-thousandths reaches the buckets below s. It
// promises that the same seed and name give the same bucket on every machine and for ever; that a
// share which grows only adds devices; and that two seeds put devices into buckets that have
// nothing to do with each other, so that each rollout and each experiment has a seed of its own.
// Which arm a device gets is drawn by a second hash, of the same seed under another name, so that
// a growing share moves nobody from one arm to another either. It keeps nothing and asks nobody.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/base.h"
#include "core/crypto/sha256.h"

namespace airlock::assignment {

using crypto::Digest;

inline constexpr std::uint32_t kBuckets = 10'000;  // a share counts ten-thousandths: 12.34 % = 1234

// bucket_of returns a device's bucket: SHA-256(seed || duid), first eight bytes big-endian, modulo
// kBuckets. A private device finds its own from the seed that it is told.
std::uint32_t bucket_of(const Digest& seed, std::string_view duid);

// draw_seed draws a seed that nobody can guess before it is used, so that no device picks its
// bucket.
Digest draw_seed();

// speaks_of says whether a list of conditions names a word: an empty list names all.
bool speaks_of(const std::vector<std::string>& list, std::string_view word);

// Whom something is for. An empty list is everybody.
struct Condition {
  std::vector<std::string> regions;
  std::vector<std::string> groups;
  std::vector<std::string> tiers;
};
// What a device says of itself. Nobody proves it: it decides what is advised and nothing else.
struct Traits {
  std::string_view region;
  std::string_view group;
  std::string_view tier;
};
bool meets(const Condition& condition, const Traits& traits);

// arm_of_bucket returns the arm of a bucket among arms whose weights sum to kBuckets (a bug
// otherwise): the first `weights[0]` buckets are the first arm's, and so on.
std::size_t arm_of_bucket(std::span<const std::uint32_t> weights, std::uint32_t bucket);
// arm_of returns the arm that a device would get if the share reached it.
std::size_t arm_of(const Digest& seed, std::span<const std::uint32_t> weights,
                   std::string_view duid);

}  // namespace airlock::assignment
