#include "tests/fakes/public_log.h"

#include <openssl/evp.h>

#include <bit>

namespace airlock::fakes {
namespace {

using package::NoteKeyType;
using Leaves = std::span<const Digest>;

Digest root_of(Leaves leaves) {
  package::TreeHasher hasher;
  for (const Digest& leaf : leaves) hasher.add(leaf);
  return hasher.root();
}

// RFC 9162, section 2.1.3.1.
std::vector<Digest> path_of(std::uint64_t index, Leaves leaves) {
  if (leaves.size() == 1) return {};
  const std::size_t split = std::bit_floor(leaves.size() - 1);
  const bool left = index < split;
  std::vector<Digest> path =
      left ? path_of(index, leaves.first(split)) : path_of(index - split, leaves.subspan(split));
  path.push_back(root_of(left ? leaves.subspan(split) : leaves.first(split)));
  return path;
}

// RFC 9162, section 2.1.4.1.
std::vector<Digest> subproof(std::uint64_t size, Leaves leaves, bool is_whole) {
  if (size == leaves.size()) {
    return is_whole ? std::vector<Digest>{} : std::vector<Digest>{root_of(leaves)};
  }
  const std::size_t split = std::bit_floor(leaves.size() - 1);
  const bool left = size <= split;
  std::vector<Digest> proof = left ? subproof(size, leaves.first(split), is_whole)
                                   : subproof(size - split, leaves.subspan(split), false);
  proof.push_back(root_of(left ? leaves.subspan(split) : leaves.first(split)));
  return proof;
}

void append_big_endian(Buffer& to, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) to.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

std::string line_of(std::string_view name, const Buffer& signature) {
  return "\u2014 " + std::string(name) + " " + base64(signature) + "\n";
}

}  // namespace

std::string base64(Bytes bytes) {
  std::string made((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(made.data()), bytes.data(),
                                   static_cast<int>(bytes.size()));
  made.resize(static_cast<std::size_t>(size));
  return made;
}

std::string note_line(std::string_view name, const Signer& signer, std::string_view text) {
  Buffer made;
  append_big_endian(made, package::note_key_id(name, NoteKeyType::ed25519, signer.key()), 4);
  const Buffer signature = signer.sign_message(bytes_of(text));
  made.insert(made.end(), signature.begin(), signature.end());
  return line_of(name, made);
}

std::string cosignature_line(const Signer& witness, std::int64_t time, std::string_view text) {
  Buffer made;
  append_big_endian(
      made, package::note_key_id(witness.name(), NoteKeyType::cosignature, witness.key()), 4);
  append_big_endian(made, static_cast<std::uint64_t>(time), 8);
  const std::string message =
      "cosignature/v1\ntime " + std::to_string(time) + "\n" + std::string(text);
  const Buffer signature = witness.sign_message(bytes_of(message));
  made.insert(made.end(), signature.begin(), signature.end());
  return line_of(witness.name(), made);
}

PublicLog::PublicLog(std::string_view seed) : log_("log", crypto::Algorithm::eddsa, seed) {
  for (std::size_t i = 0; i < kWitnesses; ++i) {
    witnesses_.emplace_back("witness-" + std::to_string(i + 1), crypto::Algorithm::eddsa, seed);
  }
}

std::uint64_t PublicLog::add(const Digest& manifest) {
  leaves_.push_back(package::leaf_hash(manifest.bytes));
  return leaves_.size() - 1;
}

package::LogPolicy PublicLog::policy(std::uint8_t required) const {
  package::LogPolicy policy{origin_, log_.key(), {}, required};
  for (const Signer& witness : witnesses_) {
    AIRLOCK_CHECK(policy.witnesses.add({witness.name(), witness.key()}).has_value());
  }
  return policy;
}

KeyringPlan::Log PublicLog::plan(std::uint8_t required) const {
  KeyringPlan::Log plan{origin_, log_.key(), {}, required};
  for (const Signer& witness : witnesses_) {
    plan.witnesses.emplace_back(witness.name(), witness.key());
  }
  return plan;
}

Buffer PublicLog::tile(std::uint64_t size) const {
  AIRLOCK_CHECK(size <= 256);
  Buffer made;
  for (const Digest& leaf : Leaves(leaves_).first(size)) {
    made.insert(made.end(), leaf.bytes.begin(), leaf.bytes.end());
  }
  return made;
}

package::TreeHead PublicLog::head(std::uint64_t size) const {
  return {size, root_of(Leaves(leaves_).first(size))};
}

std::string PublicLog::text(std::uint64_t size) const {
  return origin_ + "\n" + std::to_string(size) + "\n" + base64(head(size).root.bytes) + "\n";
}

std::string PublicLog::checkpoint(std::uint64_t size, const Times& times) const {
  const std::string signed_text = text(size);
  std::string note = signed_text + "\n" + note_line(origin_, log_, signed_text);
  for (std::size_t i = 0; i < kWitnesses; ++i) {
    if (times[i] != 0) note += cosignature_line(witnesses_[i], times[i], signed_text);
  }
  return note;
}

std::string PublicLog::proof(std::uint64_t index, std::uint64_t size, const Times& times) const {
  std::string proof = "c2sp.org/tlog-proof@v1\nindex " + std::to_string(index) + "\n";
  for (const Digest& hash : path(index, size)) proof += base64(hash.bytes) + "\n";
  return proof + "\n" + checkpoint(size, times);
}

std::vector<Digest> PublicLog::path(std::uint64_t index, std::uint64_t size) const {
  return path_of(index, Leaves(leaves_).first(size));
}

std::vector<Digest> PublicLog::growth(std::uint64_t old_size, std::uint64_t size) const {
  if (old_size == 0) return {};
  return subproof(old_size, Leaves(leaves_).first(size), true);
}

}  // namespace airlock::fakes
