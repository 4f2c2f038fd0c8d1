#include "core/package/checkpoint.h"

#include "core/package/internal/lines.h"
#include "core/package/kind.h"

namespace airlock::package {
namespace {

using internal::take_line;

constexpr std::string_view kSignatureStart = "\u2014 ";  // em dash, space
constexpr std::string_view kCosignatureHeader = "cosignature/v1\ntime ";
constexpr std::size_t kKeyIdSize = 4;
constexpr std::size_t kKeyIdLetters = 8;  // of Base 64, in which the key id stands whole
constexpr std::size_t kTimeSize = 8;
constexpr std::size_t kCosignatureSize = kTimeSize + crypto::kCurveSignatureSize;

std::uint64_t big_endian(Bytes bytes) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

// How many bytes a character of UTF-8 has by its first one, and the least that it may mean; size 0
// where none begins so.
struct Lead {
  std::size_t size = 0;
  std::uint32_t least = 0;
  std::uint32_t bits = 0;
};
constexpr Lead lead_of(std::uint8_t byte) {
  if (byte >= 0xc2 && byte <= 0xdf) return {2, 0x80, byte & 0x1fU};
  if (byte >= 0xe0 && byte <= 0xef) return {3, 0x800, byte & 0x0fU};
  if (byte >= 0xf0 && byte <= 0xf4) return {4, 0x1'0000, byte & 0x07U};
  return {};
}

// The size of the character at the front of `text`, which is not empty; 0 where there is none that
// a note may hold (RFC 3629; of the control characters below space the line's end alone).
std::size_t character_size(Bytes text) {
  if (text[0] < 0x80) return text[0] >= ' ' || text[0] == '\n' ? 1 : 0;
  const Lead lead = lead_of(text[0]);
  if (lead.size == 0 || lead.size > text.size()) return 0;
  std::uint32_t value = lead.bits;
  for (const std::uint8_t byte : text.subspan(1, lead.size - 1)) {
    if ((byte & 0xc0) != 0x80) return 0;
    value = value << 6 | (byte & 0x3fU);
  }
  const bool is_surrogate = value >= 0xd800 && value <= 0xdfff;
  return value < lead.least || value > 0x10'ffff || is_surrogate ? 0 : lead.size;
}

Status check_characters(std::string_view note) {
  for (std::size_t at = 0; at < note.size();) {
    const std::size_t size = character_size(bytes_of(note).subspan(at));
    if (size == 0) return fail(Code::bad_text, at);
    at += size;
  }
  return {};
}

Result<NoteSignature> read_signature_line(std::string_view line) {
  if (!line.starts_with(kSignatureStart)) return fail(Code::bad_text);
  line.remove_prefix(kSignatureStart.size());
  const std::size_t space = line.find(' ');
  if (space == 0 || space == std::string_view::npos) return fail(Code::bad_text);
  NoteSignature signature;
  signature.name = text_of(bytes_of(line).first(space));
  line.remove_prefix(space + 1);
  signature.encoded = line;
  if (signature.name.find('+') != std::string_view::npos) return fail(Code::bad_text);
  if (signature.encoded.size() < kKeyIdLetters) return fail(Code::bad_text);
  AIRLOCK_TRY(codec::check_base64(signature.encoded));
  std::array<std::uint8_t, kKeyIdLetters> room;
  AIRLOCK_ASSIGN(
      const Bytes start,
      codec::read_base64(text_of(bytes_of(signature.encoded).first(kKeyIdLetters)), room));
  if (start.size() <= kKeyIdSize) return fail(Code::bad_text);
  signature.key_id = static_cast<std::uint32_t>(big_endian(start.first(kKeyIdSize)));
  return signature;
}

// Key id and signature of a known key, which have one size.
template <std::size_t kSize>
Result<std::array<std::uint8_t, kSize>> read_signature(const NoteSignature& signature) {
  std::array<std::uint8_t, kKeyIdSize + kSize> room;
  const Result<Bytes> bytes = codec::read_base64(signature.encoded, room);
  if (!bytes || bytes->size() != room.size()) return fail(Code::bad_signature);
  std::array<std::uint8_t, kSize> made;
  copy_into(made, bytes->subspan(kKeyIdSize));
  return made;
}

Status require_ed25519(const crypto::PublicKey& key) {
  if (key.algorithm == crypto::Algorithm::eddsa) return {};
  return fail(Code::unsupported_algorithm);
}

// The time of a cosignature by this key, once it is verified.
Result<std::int64_t> verify_cosignature(const NoteSignature& signature, std::string_view text,
                                        const crypto::PublicKey& key) {
  AIRLOCK_ASSIGN(const auto bytes, read_signature<kCosignatureSize>(signature));
  const std::uint64_t time = big_endian(Bytes(bytes).first(kTimeSize));
  if (time > static_cast<std::uint64_t>(INT64_MAX)) return fail(Code::bad_signature);
  const CosignedMessage message(static_cast<std::int64_t>(time), text);
  AIRLOCK_TRY(crypto::verify(key, message.parts(), Bytes(bytes).subspan(kTimeSize)));
  return static_cast<std::int64_t>(time);
}

// The latest time of this witness' cosignatures; nothing where there is none that counts.
Result<std::optional<std::int64_t>> latest_time(const Checkpoint& checkpoint,
                                                const Witness& witness) {
  AIRLOCK_TRY(require_ed25519(witness.key));
  const std::uint32_t id = note_key_id(witness.name, NoteKeyType::cosignature, witness.key);
  std::optional<std::int64_t> latest;
  for (const NoteSignature& signature : checkpoint.note.signatures) {
    if (signature.name != witness.name || signature.key_id != id) continue;
    AIRLOCK_ASSIGN(const std::int64_t time,
                   verify_cosignature(signature, checkpoint.note.text, witness.key));
    if (time <= kTimeMax && time > latest.value_or(-1)) latest = time;
  }
  return latest;
}

// Of the times, latest first, the one at place `count`.
std::int64_t time_at(const Cosignatures& found, std::size_t count) {
  if (count == 0) return 0;
  std::array<std::int64_t, kWitnessesMax> times{};
  for (std::size_t i = 0; i < found.size(); ++i) times[i] = found[i].time;
  std::sort(times.begin(), times.begin() + found.size(),
            [](std::int64_t a, std::int64_t b) { return a > b; });
  return times[count - 1];
}

}  // namespace

std::uint32_t note_key_id(std::string_view name, NoteKeyType type, const crypto::PublicKey& key) {
  const std::uint8_t between[] = {'\n', static_cast<std::uint8_t>(type)};
  crypto::Sha256 hash;
  hash.update(bytes_of(name));
  hash.update(between);
  hash.update(key.view());
  const Digest digest = hash.finish();
  return static_cast<std::uint32_t>(big_endian(Bytes(digest.bytes).first(kKeyIdSize)));
}

Result<Note> Note::parse(std::string_view text) {
  if (text.size() > kNoteSizeMax) return fail(Code::oversized, text.size());
  AIRLOCK_TRY(check_characters(text));
  const std::size_t blank = text.rfind("\n\n");
  if (blank == std::string_view::npos) return fail(Code::bad_text, text.size());
  Note note;
  note.text = text_of(bytes_of(text).first(blank + 1));
  std::string_view rest = text;
  rest.remove_prefix(blank + 2);
  while (!rest.empty()) {
    const std::size_t at = text.size() - rest.size();
    AIRLOCK_ASSIGN(const std::string_view line, take_line(rest));
    const Result<NoteSignature> signature = read_signature_line(line);
    if (!signature) return fail(Code::bad_text, at);
    AIRLOCK_TRY(note.signatures.add(*signature));
  }
  if (note.signatures.empty()) return fail(Code::bad_text, text.size());
  return note;
}

Result<Checkpoint> Checkpoint::parse(std::string_view text) {
  Checkpoint checkpoint;
  AIRLOCK_ASSIGN(checkpoint.note, Note::parse(text));
  std::string_view rest = checkpoint.note.text;
  AIRLOCK_ASSIGN(checkpoint.origin, take_line(rest));
  AIRLOCK_ASSIGN(const std::string_view size, take_line(rest));
  AIRLOCK_ASSIGN(const std::string_view root, take_line(rest));
  if (checkpoint.origin.empty()) return fail(Code::bad_text);
  AIRLOCK_ASSIGN(checkpoint.head.size, codec::read_decimal(size, kLogSizeMax));
  AIRLOCK_ASSIGN(checkpoint.head.root, internal::read_hash(root));
  if (rest.starts_with('\n') || rest.find("\n\n") != std::string_view::npos) {
    return fail(Code::bad_text, checkpoint.note.text.size() - rest.size());
  }
  const bool is_empty = checkpoint.head.size == 0;
  if (is_empty && checkpoint.head.root != crypto::sha256({})) return fail(Code::bad_proof);
  return checkpoint;
}

CosignedMessage::CosignedMessage(std::int64_t time, std::string_view text) {
  AIRLOCK_CHECK(time >= 0);
  std::array<char, internal::kDecimalDigitsMax + 1> digits;
  std::size_t first = digits.size();
  digits[--first] = '\n';
  auto rest = static_cast<std::uint64_t>(time);
  do {
    digits[--first] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  static_assert(kCosignatureHeader.size() + digits.size() <= sizeof head_);
  char* const end =
      std::copy(digits.begin() + first, digits.end(),
                std::copy(kCosignatureHeader.begin(), kCosignatureHeader.end(), head_.begin()));
  parts_ = {bytes_of({head_.data(), static_cast<std::size_t>(end - head_.data())}), bytes_of(text)};
}

Status check_log_signature(const Checkpoint& checkpoint, std::string_view origin,
                           const crypto::PublicKey& key) {
  AIRLOCK_TRY(require_ed25519(key));
  if (checkpoint.origin != origin) return fail(Code::wrong_log);
  const std::uint32_t id = note_key_id(origin, NoteKeyType::ed25519, key);
  bool is_signed = false;
  for (const NoteSignature& signature : checkpoint.note.signatures) {
    if (signature.name != origin || signature.key_id != id) continue;
    AIRLOCK_ASSIGN(const auto bytes, read_signature<crypto::kCurveSignatureSize>(signature));
    const std::array message = {bytes_of(checkpoint.note.text)};
    AIRLOCK_TRY(crypto::verify(key, message, bytes));
    is_signed = true;
  }
  if (!is_signed) return fail(Code::wrong_log);
  return {};
}

Result<Cosignatures> find_cosignatures(const Checkpoint& checkpoint, const LogPolicy& policy) {
  Cosignatures found;
  for (std::size_t i = 0; i < policy.witnesses.size(); ++i) {
    AIRLOCK_ASSIGN(const auto time, latest_time(checkpoint, policy.witnesses[i]));
    if (time) AIRLOCK_TRY(found.add({static_cast<std::uint8_t>(i), *time}));
  }
  return found;
}

Result<Witnessed> check_witnessed(const Checkpoint& checkpoint, const LogPolicy& policy) {
  AIRLOCK_TRY(check_log_signature(checkpoint, policy.origin, policy.key));
  Witnessed witnessed;
  witnessed.head_ = checkpoint.head;
  AIRLOCK_ASSIGN(witnessed.cosignatures_, find_cosignatures(checkpoint, policy));
  const std::size_t found = witnessed.cosignatures_.size();
  if (found < policy.required) return fail(Code::witnesses_missing, found);
  witnessed.attested_ = time_at(witnessed.cosignatures_, policy.required);
  return witnessed;
}

}  // namespace airlock::package
