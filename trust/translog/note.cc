#include "trust/translog/note.h"

#include <algorithm>

#include "host/text/text.h"

namespace airlock::translog {
namespace {

using package::NoteKeyType;

constexpr std::string_view kSignatureStart = "\u2014 ";  // em dash, space

void append_big_endian(Buffer& to, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) to.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

std::string line_of(std::string_view name, Bytes signature) {
  return std::string(kSignatureStart) + std::string(name) + " " + text::to_base64(signature) + "\n";
}

std::string hash_lines(std::span<const Digest> hashes) {
  std::string lines;
  for (const Digest& hash : hashes) lines += text::to_base64(hash.bytes) + "\n";
  return lines;
}

// A signature line up to its key's id, by which two lines are by one key.
std::string_view signer_of(std::string_view line) {
  constexpr std::size_t kIdLetters = 5;  // whole letters of Base 64 that the key id alone makes
  const std::size_t space = line.rfind(' ');
  return line.substr(0, std::min(line.size(), space + 1 + kIdLetters));
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1);
    lines.push_back(text.substr(0, end + 1));
    text.remove_prefix(end + 1);
  }
  return lines;
}

}  // namespace

std::string checkpoint_text(std::string_view origin, const TreeHead& head) {
  return std::string(origin) + "\n" + std::to_string(head.size) + "\n" +
         text::to_base64(head.root.bytes) + "\n";
}

Result<std::string> sign_checkpoint(const LogIdentity& log, const TreeHead& head,
                                    const Sign& sign) {
  const std::string text = checkpoint_text(log.origin, head);
  Buffer signature;
  append_big_endian(signature, package::note_key_id(log.origin, NoteKeyType::ed25519, log.key), 4);
  AIRLOCK_ASSIGN(const Buffer bytes, sign(bytes_of(text)));
  signature.insert(signature.end(), bytes.begin(), bytes.end());
  std::string note = text + "\n" + line_of(log.origin, signature);
  AIRLOCK_ASSIGN(const package::Checkpoint made, package::Checkpoint::parse(note));
  AIRLOCK_TRY(package::check_log_signature(made, log.origin, log.key));
  return note;
}

Result<std::string> cosign(const package::Checkpoint& checkpoint, const package::Witness& witness,
                           std::int64_t time, const Sign& sign) {
  const package::CosignedMessage message(time, checkpoint.note.text);
  Buffer whole;
  for (const Bytes part : message.parts()) whole.insert(whole.end(), part.begin(), part.end());
  AIRLOCK_ASSIGN(const Buffer bytes, sign(whole));
  AIRLOCK_TRY(crypto::verify(witness.key, message.parts(), bytes));
  Buffer signature;
  append_big_endian(signature,
                    package::note_key_id(witness.name, NoteKeyType::cosignature, witness.key), 4);
  append_big_endian(signature, static_cast<std::uint64_t>(time), 8);
  signature.insert(signature.end(), bytes.begin(), bytes.end());
  return line_of(witness.name, signature);
}

std::string signature_line(const package::NoteSignature& signature) {
  return std::string(kSignatureStart) + std::string(signature.name) + " " +
         std::string(signature.encoded) + "\n";
}

Result<std::string> with_cosignatures(std::string_view checkpoint, std::string_view lines) {
  AIRLOCK_ASSIGN(const package::Note note, package::Note::parse(checkpoint));
  std::vector<std::string_view> kept = lines_of(checkpoint.substr(note.text.size() + 1));
  for (const std::string_view line : lines_of(lines)) {
    std::erase_if(kept, [&](std::string_view one) { return signer_of(one) == signer_of(line); });
    kept.push_back(line);
  }
  std::string made = std::string(note.text) + "\n";
  for (const std::string_view line : kept) made += line;
  AIRLOCK_TRY(package::Checkpoint::parse(made));
  return made;
}

std::string write_growth(std::uint64_t old_size, std::span<const Digest> path) {
  return "old " + std::to_string(old_size) + "\n" + hash_lines(path) + "\n";
}

std::string write_proof(std::uint64_t index, std::span<const Digest> path,
                        std::string_view checkpoint) {
  return "c2sp.org/tlog-proof@v1\nindex " + std::to_string(index) + "\n" + hash_lines(path) + "\n" +
         std::string(checkpoint);
}

std::string verifier_key(std::string_view name, NoteKeyType type, const crypto::PublicKey& key) {
  const std::uint32_t id = package::note_key_id(name, type, key);
  Buffer id_bytes;
  append_big_endian(id_bytes, id, 4);
  Buffer typed = {static_cast<std::uint8_t>(type)};
  typed.insert(typed.end(), key.view().begin(), key.view().end());
  return std::string(name) + "+" + text::to_hex(id_bytes) + "+" + text::to_base64(typed);
}

}  // namespace airlock::translog
