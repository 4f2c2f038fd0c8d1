// Checkpoints of a public log: what it signs, and what its witnesses cosign.
//
// A checkpoint says "this log has so many entries, and this is the root of their tree", as a signed
// note: text, an empty line, signature lines (C2SP signed-note, tlog-checkpoint). A witness cosigns
// it after it saw that the log only grew, and says when (C2SP tlog-cosignature, Ed25519).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/base/base.h"
#include "core/package/keyring.h"
#include "core/package/tree.h"

namespace airlock::package {

inline constexpr std::size_t kNoteSizeMax = 16 << 10;
inline constexpr std::size_t kNoteSignaturesMax =
    32;  // known and unknown; the standard asks for 16
inline constexpr std::uint64_t kLogSizeMax = std::uint64_t{1} << 40;  // entries

// What a key of a note signs, by the numbers of C2SP signed-note.
enum class NoteKeyType : std::uint8_t { ed25519 = 0x01, cosignature = 0x04 };

// note_key_id is the number by which a signature line names its key: the first four bytes,
// big-endian, of SHA-256(name || 0x0A || type || key).
std::uint32_t note_key_id(std::string_view name, NoteKeyType type, const crypto::PublicKey& key);

// One signature line as it was found; nothing about it is checked but its form.
struct NoteSignature {
  std::string_view name;
  std::uint32_t key_id = 0;
  std::string_view encoded;  // Base 64 of key id and signature
};

// A signed note taken apart, nothing trusted. It views the text that it was read from.
struct Note {
  std::string_view text;  // what is signed, with its last line's end
  FixedList<NoteSignature, kNoteSignaturesMax> signatures;

  // parse takes a note apart. Errors: oversized, too_many, bad_text (at = the place; control
  // characters, no UTF-8, no empty line before the signatures, a malformed line).
  static Result<Note> parse(std::string_view note);
};

// A checkpoint taken apart, nothing trusted.
struct Checkpoint {
  std::string_view origin;
  TreeHead head;
  Note note;

  // parse reads a note whose text is a checkpoint. Lines after the third are passed over, and
  // signed with the rest. Errors: those of Note::parse, bad_text, out_of_range (more entries than
  // kLogSizeMax), bad_proof (an empty log with another root than the empty tree's).
  static Result<Checkpoint> parse(std::string_view note);
};

// The bytes that a witness signs, in two parts: header and time, then the checkpoint's own text.
class CosignedMessage {
 public:
  CosignedMessage(std::int64_t time, std::string_view text);
  CosignedMessage(const CosignedMessage&) = delete;  // parts_ points into head_
  CosignedMessage& operator=(const CosignedMessage&) = delete;
  std::span<const Bytes> parts() const { return parts_; }

 private:
  std::array<char, 48> head_;
  std::array<Bytes, 2> parts_;
};

// check_log_signature says whether the log of this name signed a checkpoint with this key. Errors:
// wrong_log (another origin, or no signature by the key), bad_signature (one that does not verify),
// unsupported_algorithm (a key that is not Ed25519).
Status check_log_signature(const Checkpoint& checkpoint, std::string_view origin,
                           const crypto::PublicKey& key);

// What a witness said: at this time this was the largest tree of the log that it saw.
struct Cosignature {
  std::uint8_t witness = 0;  // its place in the policy
  std::int64_t time = 0;     // Unix seconds
};
using Cosignatures = FixedList<Cosignature, kWitnessesMax>;

// find_cosignatures verifies those of the policy's witnesses, each counted once, by its latest
// time. Unknown ones are passed over, and so are times after kTimeMax. Errors: bad_signature (by a
// witness, and it does not verify).
Result<Cosignatures> find_cosignatures(const Checkpoint& checkpoint, const LogPolicy& policy);

// A checkpoint that the policy's log signed and enough of its witnesses cosigned. Only
// check_witnessed makes one.
class Witnessed {
 public:
  const TreeHead& head() const { return head_; }
  const Cosignatures& cosignatures() const { return cosignatures_; }
  // attested is the latest time of which `required` witnesses say that it has come: of the
  // cosignatures' times, latest first, the one at that place. 0 where none is required.
  std::int64_t attested() const { return attested_; }

 private:
  friend Result<Witnessed> check_witnessed(const Checkpoint&, const LogPolicy&);
  TreeHead head_;
  Cosignatures cosignatures_;
  std::int64_t attested_ = 0;
};

// check_witnessed errors: those of check_log_signature and find_cosignatures, witnesses_missing (at
// = how many there are).
Result<Witnessed> check_witnessed(const Checkpoint& checkpoint, const LogPolicy& policy);

}  // namespace airlock::package
