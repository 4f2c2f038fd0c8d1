#include "core/entry/entry.h"

#include "core/codec/codec.h"

namespace airlock::entry {
namespace {

using codec::CborReader;
using codec::CborWriter;

enum class ProofKey : std::int64_t { format = 1, leaves = 2 };
constexpr std::size_t kLeafParts = 4;

Result<Leaf> read_leaf(CborReader& reader) {
  AIRLOCK_ASSIGN(const std::size_t parts, reader.read_array(kLeafParts));
  if (parts != kLeafParts) return fail(Code::missing_field, parts);
  Leaf leaf;
  AIRLOCK_ASSIGN(const std::uint64_t index, reader.read_unsigned(package::kEntriesMax));
  leaf.index = static_cast<std::uint32_t>(index);
  AIRLOCK_ASSIGN(leaf.key, reader.read_text(kKeyMax));
  if (!is_key(leaf.key)) return fail(Code::out_of_range, reader.position());
  AIRLOCK_TRY(reader.read_exactly(leaf.content.bytes));
  AIRLOCK_ASSIGN(const std::size_t steps, reader.read_array(kPathMax));
  for (std::size_t i = 0; i < steps; ++i) {
    Digest step;
    AIRLOCK_TRY(reader.read_exactly(step.bytes));
    AIRLOCK_TRY(leaf.path.add(step));
  }
  return leaf;
}

Status check_leaf(const Leaf& leaf, const Entries& committed) {
  const Status included = package::verify_inclusion(leaf_of(leaf.key, leaf.content), leaf.index,
                                                    committed.count, leaf.path, committed.root);
  if (!included) return fail(Code::entry_mismatch, leaf.index);
  return {};
}

}  // namespace

bool is_key(std::string_view key) {
  if (key.empty() || key.size() > kKeyMax) return false;
  for (const char c : key) {
    if (c <= ' ' || c > '~') return false;
  }
  return true;
}

Digest leaf_of(std::string_view key, const Digest& content) {
  AIRLOCK_CHECK(is_key(key));
  std::array<std::uint8_t, 1 + kKeyMax + Digest::kSize> data;
  data[0] = static_cast<std::uint8_t>(key.size());
  copy_into(MutableBytes(data).subspan(1), bytes_of(key));
  copy_into(MutableBytes(data).subspan(1 + key.size()), content.bytes);
  return package::leaf_hash(Bytes(data).first(1 + key.size() + Digest::kSize));
}

Result<Proof> Proof::parse(Bytes encoded) {
  if (encoded.size() > kProofSizeMax) return fail(Code::oversized, encoded.size());
  CborReader reader(encoded);
  AIRLOCK_ASSIGN(codec::CborMapReader map, codec::CborMapReader::enter(reader, 2));
  Proof proof;
  for (const ProofKey expected : {ProofKey::format, ProofKey::leaves}) {
    if (map.done()) return fail(Code::missing_field, reader.position());
    AIRLOCK_ASSIGN(const std::int64_t key, map.next_key());
    if (key != static_cast<std::int64_t>(expected)) return fail(Code::unknown_field);
    if (expected == ProofKey::format) {
      AIRLOCK_ASSIGN(const std::uint64_t format, reader.read_unsigned());
      if (format != kProofFormat) return fail(Code::unsupported_version, format);
      continue;
    }
    AIRLOCK_ASSIGN(const std::size_t count, reader.read_array(proof.leaves.capacity()));
    for (std::size_t i = 0; i < count; ++i) {
      AIRLOCK_ASSIGN(const Leaf leaf, read_leaf(reader));
      AIRLOCK_TRY(proof.leaves.add(leaf));
    }
  }
  AIRLOCK_TRY(reader.finish());
  return proof;
}

Result<Bytes> encode(const Proof& proof, MutableBytes buffer) {
  CborWriter writer(buffer);
  writer.write_map(2);
  writer.write_integer(static_cast<std::int64_t>(ProofKey::format));
  writer.write_unsigned(kProofFormat);
  writer.write_integer(static_cast<std::int64_t>(ProofKey::leaves));
  writer.write_array(proof.leaves.size());
  for (const Leaf& leaf : proof.leaves) {
    writer.write_array(kLeafParts);
    writer.write_unsigned(leaf.index);
    writer.write_text(leaf.key);
    writer.write_bytes(leaf.content.bytes);
    writer.write_array(leaf.path.size());
    for (const Digest& step : leaf.path) writer.write_bytes(step.bytes);
  }
  return writer.finish();
}

Status check_present(Bytes proof, std::string_view key, Bytes content, const Entries& committed) {
  AIRLOCK_ASSIGN(const Proof read, Proof::parse(proof));
  if (read.leaves.size() != 1 || read.leaves[0].key != key) return fail(Code::entry_mismatch);
  if (read.leaves[0].content != crypto::sha256(content)) return fail(Code::entry_mismatch);
  return check_leaf(read.leaves[0], committed);
}

Status check_absent(Bytes proof, std::string_view key, const Entries& committed) {
  if (!is_spelled(key)) return fail(Code::out_of_range);
  AIRLOCK_ASSIGN(const Proof read, Proof::parse(proof));
  const auto& leaves = read.leaves;
  for (const Leaf& leaf : leaves) AIRLOCK_TRY(check_leaf(leaf, committed));
  if (leaves.empty()) {
    // Only of nothing is nothing the proof.
    if (committed.count != 0) return fail(Code::entry_mismatch);
    return {};
  }
  const Leaf& first = leaves[0];
  const Leaf& last = leaves.last();
  bool between = false;
  if (leaves.size() == 2) {
    between = first.index + 1 == last.index && first.key < key && key < last.key;
  } else {
    const bool before_all = first.index == 0 && key < first.key;
    const bool after_all = first.index + 1 == committed.count && first.key < key;
    between = before_all || after_all;
  }
  if (!between) return fail(Code::entry_mismatch, first.index);
  return {};
}

}  // namespace airlock::entry
