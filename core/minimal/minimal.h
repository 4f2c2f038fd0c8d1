// core/minimal: the repository door in its smallest form, for command lines and very small devices.
//
// It is for one question: is this what the vendor publishes? It reads two files and the signatures
// of one: a root that the device was built with (which keys, how many of them), and a list of
// targets. Both have one rigid form each, so that the reader is small: JSON, with every byte where
// it must be. It promises
//   - that nothing is read before enough different keys of the root signed it;
//   - that nothing older than what was seen before is accepted, nor other bytes under its version;
//   - that nothing expired is accepted;
//   - that a target is exactly as long and has exactly the digest that was signed, and that no byte
//     beyond its length is taken.
// What it cannot promise beside the whole of TUF stands in docs/formats/minimal.md: it has no
// timestamp, so that a withheld list is noticed when it expires and not before.
// Nothing is kept and nothing is copied: texts must outlive what was read from them.
#pragma once

#include <optional>
#include <string_view>

#include "core/base/base.h"
#include "core/crypto/crypto.h"

namespace airlock::minimal {

using crypto::Digest;

inline constexpr std::size_t kMetadataSizeMax = 64 << 10;
inline constexpr std::size_t kKeysMax = 8;
inline constexpr std::size_t kPathSizeMax = 255;
inline constexpr std::uint64_t kNumberMax = std::uint64_t{1} << 53;  // versions, lengths
inline constexpr std::size_t kSignatureLineSize = 64 + 1 + 128 + 1;
inline constexpr std::size_t kRootSizeMax = 1024;

// Who may sign, and how many of them must.
struct Root {
  FixedList<crypto::PublicKey, kKeysMax> keys;  // Ed25519
  std::size_t threshold = 0;
};
// read_root reads {"keys":["<64 hex>",..],"threshold":N}: keys strictly ascending. Errors:
// oversized, bad_metadata (at = the place), bad_key, weak_key.
Result<Root> read_root(std::string_view text);

// What was accepted last, for the device to keep. All zero: nothing yet.
struct Seen {
  std::uint64_t version = 0;
  Digest digest;
  friend bool operator==(const Seen&, const Seen&) = default;
};

struct Target {
  std::string_view path;
  std::uint64_t length = 0;
  Digest sha256;
};

// is_path says whether a target may be called so: a plain path without '"', of at most kPathSizeMax
// bytes.
bool is_path(std::string_view path);

// A list of targets. Whoever is outside this room gets it from prove alone.
class Metadata {
 public:
  std::uint64_t version() const { return seen_.version; }
  std::int64_t expires() const { return expires_; }
  // seen is what the device keeps, before it uses anything of the list.
  const Seen& seen() const { return seen_; }

  // find errors: target_missing.
  Result<Target> find(std::string_view path) const;
  // next returns the target at a place and moves it on; the first place is 0.
  std::optional<Target> next(std::size_t& place) const;

 private:
  friend Result<Metadata> read_list(std::string_view text);
  Metadata() = default;
  std::string_view targets_;
  std::int64_t expires_ = 0;
  Seen seen_;
};

// The two files as they were fetched.
struct Given {
  std::string_view metadata;
  std::string_view signatures;
};
// prove judges them at a time (Unix seconds; a device without a clock gives its lower bound).
// Errors: oversized, threshold_missing, bad_metadata (at = the place), metadata_expired,
// metadata_rollback, mixed_metadata (other bytes under a version that was seen).
Result<Metadata> prove(const Given& given, const Root& root, const Seen& seen, std::int64_t now);

// A target's bytes as they come.
class TargetCheck {
 public:
  explicit TargetCheck(const Target& target) : target_(target) {}
  // update errors: target_mismatch (longer than was signed).
  Status update(Bytes bytes);
  // finish errors: target_mismatch.
  Status finish();

 private:
  Target target_;
  std::uint64_t length_ = 0;
  crypto::Sha256 hash_;
};

}  // namespace airlock::minimal
