// core/carton: a package in one run of bytes.
//
// It is for devices that have no file system where a package lies: a package that was linked into a
// program, written to a partition, or sent over a wire. A carton (docs/formats/carton.md) holds the
// envelope, what travels beside it, and payloads by the digests that the manifest has of them.
// It promises that it copies nothing, holds nothing but a view, and that a carton which opens has
// exactly one form: every part where the table says, in order, nothing between, nothing behind.
// It proves nothing. Whoever takes a part out hands it to the same judge as if it had come from
// anywhere else: the envelope to package::prove, a payload to core/delta, piece by piece.
#pragma once

#include <cstdint>

#include "core/base/base.h"
#include "core/crypto/sha256.h"

namespace airlock::carton {

using crypto::Digest;

// What a part is. Numbers are stored, and parts stand in their order.
enum class Part : std::uint8_t {
  envelope = 1,      // manifest.cose, or a keyring's; exactly one
  log_proof = 2,     // that the release stands in the public log; at most one
  certificates = 3,  // of its signers; at most one
  payload = 4,       // named by its SHA-256, in ascending order
};

// What a manifest may name, and what travels beside it.
inline constexpr std::size_t kPartsMax = 131;
inline constexpr std::size_t kAlignment = 16;  // of each part, from the carton's start
inline constexpr std::size_t kHeadSize = 16;
inline constexpr std::size_t kEntrySize = 56;
inline constexpr std::array<std::uint8_t, 4> kMagic = {'A', 'L', 'C', '1'};

// One line of the table.
struct Entry {
  Part part = Part::envelope;
  std::uint64_t offset = 0;  // from the carton's start
  std::uint64_t size = 0;    // > 0
  Digest name;               // of a payload; zero for the others
};
void write_head(std::size_t parts, std::uint64_t size, MutableBytes to);
void write_entry(const Entry& entry, MutableBytes to);

// aligned is the first place at or behind `offset` where a part may begin.
constexpr std::uint64_t aligned(std::uint64_t offset) {
  return (offset + kAlignment - 1) / kAlignment * kAlignment;
}

// A carton that was looked through; it views the bytes, which must outlive it.
class Carton {
 public:
  // open reads the table and holds it against the bytes, all of which the carton must be. Errors:
  // wrong_magic, unsupported_version, truncated, trailing_bytes, too_many, missing_field (no
  // envelope), unknown_field (a part that this version does not know), not_canonical (parts out of
  // order, not side by side, or with something between them; at = the part).
  static Result<Carton> open(Bytes whole);

  Bytes envelope() const { return bytes_of_entry(0); }
  // log_proof and certificates are empty where none came with the package.
  Bytes log_proof() const { return only(Part::log_proof); }
  Bytes certificates() const { return only(Part::certificates); }
  // payload finds one by the digest that the manifest has of it: not_found.
  Result<Bytes> payload(const Digest& digest) const;
  std::size_t part_count() const { return count_; }
  Entry entry(std::size_t index) const;

 private:
  Carton(Bytes whole, std::size_t count) : whole_(whole), count_(count) {}
  Bytes only(Part part) const;
  Bytes bytes_of_entry(std::size_t index) const;

  Bytes whole_;
  std::size_t count_;
};

}  // namespace airlock::carton
