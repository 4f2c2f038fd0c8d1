// A public log in memory, with three witnesses: real keys and real signatures, proofs word for word
// as RFC 9162 defines them. Another log of the same seed has the same keys: fed with other leaves
// it is a fork.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/package/package.h"
#include "tests/fakes/signers.h"

namespace airlock::fakes {

class PublicLog {
 public:
  static constexpr std::size_t kWitnesses = 3;
  // Who cosigns, and when (0: nobody of this place).
  using Times = std::array<std::int64_t, kWitnesses>;
  static constexpr Times kEverybody = {1'700'000'100, 1'700'000'300, 1'700'000'200};
  static constexpr Times kNobody = {};

  explicit PublicLog(std::string_view seed = "demo");
  PublicLog(const PublicLog&) = delete;  // policy views its names
  PublicLog& operator=(const PublicLog&) = delete;

  // add returns the place of a manifest's digest.
  std::uint64_t add(const Digest& manifest);
  std::uint64_t size() const { return leaves_.size(); }

  KeyringPlan::Log plan(std::uint8_t required = 2) const;
  // policy views this object.
  package::LogPolicy policy(std::uint8_t required = 2) const;
  const std::string& origin() const { return origin_; }
  const Signer& log() const { return log_; }
  const Signer& witness(std::size_t place) const { return witnesses_[place]; }

  // Of the first `size` leaves.
  package::TreeHead head(std::uint64_t size) const;
  std::string text(std::uint64_t size) const;  // of a checkpoint, unsigned
  std::string checkpoint(std::uint64_t size, const Times& times = kEverybody) const;
  std::string proof(std::uint64_t index, std::uint64_t size, const Times& times = kEverybody) const;
  // tile is all of level 0, of at most 256 leaves: the only tile that such a log has.
  Buffer tile(std::uint64_t size) const;
  std::vector<Digest> path(std::uint64_t index, std::uint64_t size) const;
  std::vector<Digest> growth(std::uint64_t old_size, std::uint64_t size) const;

 private:
  std::string origin_ = "log.example.com/demo";
  Signer log_;
  std::vector<Signer> witnesses_;
  std::vector<Digest> leaves_;
};

// One signature line of a note over any text.
std::string note_line(std::string_view name, const Signer& signer, std::string_view text);
std::string cosignature_line(const Signer& witness, std::int64_t time, std::string_view text);
std::string base64(Bytes bytes);

}  // namespace airlock::fakes
