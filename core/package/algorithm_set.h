// A set of signature algorithms: what a signer must sign with, or did.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "core/crypto/crypto.h"

namespace airlock::package {

// name_of names an algorithm for people and command lines: "ed25519", "secp256k1", "slh-dsa".
constexpr std::string_view name_of(crypto::Algorithm algorithm) {
  switch (algorithm) {
    case crypto::Algorithm::eddsa: return "ed25519";
    case crypto::Algorithm::es256k: return "secp256k1";
    case crypto::Algorithm::slh_dsa_sha2_128s: return "slh-dsa";
  }
  return "";
}

// algorithm_named is the way back; another name is unsupported_algorithm.
constexpr Result<crypto::Algorithm> algorithm_named(std::string_view name) {
  for (crypto::Algorithm algorithm : crypto::kAlgorithms) {
    if (name_of(algorithm) == name) return algorithm;
  }
  return fail(Code::unsupported_algorithm);
}

class AlgorithmSet {
 public:
  constexpr AlgorithmSet() = default;
  constexpr AlgorithmSet(std::initializer_list<crypto::Algorithm> algorithms) {
    for (crypto::Algorithm algorithm : algorithms) add(algorithm);
  }

  constexpr void add(crypto::Algorithm algorithm) { bits_ |= bit_of(algorithm); }
  constexpr bool has(crypto::Algorithm algorithm) const { return (bits_ & bit_of(algorithm)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool includes(AlgorithmSet other) const { return (other.bits_ & ~bits_) == 0; }
  constexpr bool shares(AlgorithmSet other) const { return (other.bits_ & bits_) != 0; }
  constexpr std::size_t size() const {
    return static_cast<std::size_t>(std::count_if(crypto::kAlgorithms.begin(),
                                                  crypto::kAlgorithms.end(),
                                                  [this](auto each) { return has(each); }));
  }

  // without leaves out those of another set.
  constexpr AlgorithmSet without(AlgorithmSet other) const {
    AlgorithmSet rest;
    rest.bits_ = static_cast<std::uint8_t>(bits_ & ~other.bits_);
    return rest;
  }

  friend constexpr bool operator==(AlgorithmSet, AlgorithmSet) = default;

 private:
  static constexpr std::uint8_t bit_of(crypto::Algorithm algorithm) {
    const auto* const found =
        std::find(crypto::kAlgorithms.begin(), crypto::kAlgorithms.end(), algorithm);
    return static_cast<std::uint8_t>(1U << (found - crypto::kAlgorithms.begin()));
  }
  std::uint8_t bits_ = 0;
};

// Of whose keys authorities issue certificates that can be judged; nobody certifies SLH-DSA yet.
inline constexpr AlgorithmSet kCertifiable = {crypto::Algorithm::eddsa, crypto::Algorithm::es256k};

}  // namespace airlock::package
