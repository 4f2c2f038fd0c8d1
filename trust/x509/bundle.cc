#include "trust/x509/bundle.h"

#include "core/codec/codec.h"

namespace airlock::x509 {
namespace {

using codec::CborMapReader;
using codec::CborReader;
using codec::CborWriter;

// Numbers are wire format: append, never renumber, never reuse.
enum class BundleKey : std::int64_t { format = 1, leaves = 2, authorities = 3, crls = 4 };
enum class LeafKey : std::int64_t { certificate = 1, staple = 2 };

constexpr std::size_t kBundleFields = 4;
constexpr std::size_t kLeafFields = 2;

// Nothing is left out, never written as empty: a bundle has one encoding.
Result<Buffer> read_piece(CborReader& reader, std::size_t size_max) {
  AIRLOCK_ASSIGN(const Bytes piece, reader.read_bytes(size_max));
  if (piece.empty()) return fail(Code::not_canonical, reader.position());
  return Buffer(piece.begin(), piece.end());
}

Result<std::size_t> read_count(CborReader& reader, std::size_t max) {
  AIRLOCK_ASSIGN(const std::size_t count, reader.read_array(max));
  if (count == 0) return fail(Code::not_canonical, reader.position());
  return count;
}

Status read_pieces(CborReader& reader, std::vector<Buffer>& pieces, std::size_t count_max,
                   std::size_t size_max) {
  AIRLOCK_ASSIGN(const std::size_t count, read_count(reader, count_max));
  for (std::size_t i = 0; i < count; ++i) {
    AIRLOCK_ASSIGN(Buffer piece, read_piece(reader, size_max));
    pieces.push_back(std::move(piece));
  }
  return {};
}

Status read_leaf_field(std::int64_t key, CborReader& reader, BundleLeaf& leaf) {
  const auto keep = [&](Buffer& piece, std::size_t size_max) -> Status {
    AIRLOCK_ASSIGN(piece, read_piece(reader, size_max));
    return {};
  };
  switch (static_cast<LeafKey>(key)) {
    case LeafKey::certificate: return keep(leaf.certificate, kCertificateSizeMax);
    case LeafKey::staple: return keep(leaf.staple, kOcspSizeMax);
  }
  return fail(Code::unknown_field, reader.position());
}

Result<BundleLeaf> read_leaf(CborReader& reader) {
  BundleLeaf leaf;
  AIRLOCK_ASSIGN(CborMapReader map, CborMapReader::enter(reader, kLeafFields));
  while (!map.done()) {
    AIRLOCK_ASSIGN(const std::int64_t key, map.next_key());
    AIRLOCK_TRY(read_leaf_field(key, reader, leaf));
  }
  if (leaf.certificate.empty()) return fail(Code::missing_field, reader.position());
  return leaf;
}

Status read_leaves(CborReader& reader, Bundle& bundle) {
  AIRLOCK_ASSIGN(const std::size_t count, read_count(reader, kBundleLeavesMax));
  for (std::size_t i = 0; i < count; ++i) {
    AIRLOCK_ASSIGN(BundleLeaf leaf, read_leaf(reader));
    bundle.leaves.push_back(std::move(leaf));
  }
  return {};
}

Status read_field(std::int64_t key, CborReader& reader, Bundle& bundle) {
  switch (static_cast<BundleKey>(key)) {
    case BundleKey::format: {
      AIRLOCK_ASSIGN(const std::uint64_t format, reader.read_unsigned());
      if (format != kBundleFormat) return fail(Code::unsupported_version, format);
      return {};
    }
    case BundleKey::leaves: return read_leaves(reader, bundle);
    case BundleKey::authorities:
      return read_pieces(reader, bundle.authorities, kBundleAuthoritiesMax, kCertificateSizeMax);
    case BundleKey::crls: return read_pieces(reader, bundle.crls, kBundleCrlsMax, kBundleSizeMax);
  }
  return fail(Code::unknown_field, reader.position());
}

void write_key(CborWriter& writer, auto key) {
  writer.write_integer(static_cast<std::int64_t>(key));
}

void write_pieces(CborWriter& writer, BundleKey key, const std::vector<Buffer>& pieces) {
  if (pieces.empty()) return;
  write_key(writer, key);
  writer.write_array(pieces.size());
  for (const Buffer& piece : pieces) writer.write_bytes(piece);
}

void write_leaf(CborWriter& writer, const BundleLeaf& leaf) {
  writer.write_map(leaf.staple.empty() ? 1 : 2);
  write_key(writer, LeafKey::certificate);
  writer.write_bytes(leaf.certificate);
  if (leaf.staple.empty()) return;
  write_key(writer, LeafKey::staple);
  writer.write_bytes(leaf.staple);
}

}  // namespace

Result<Bundle> Bundle::parse(Bytes encoded) {
  Bundle bundle;
  if (encoded.empty()) return bundle;
  if (encoded.size() > kBundleSizeMax) return fail(Code::oversized, encoded.size());
  CborReader reader(encoded);
  bool has_format = false;
  AIRLOCK_ASSIGN(CborMapReader map, CborMapReader::enter(reader, kBundleFields));
  while (!map.done()) {
    AIRLOCK_ASSIGN(const std::int64_t key, map.next_key());
    AIRLOCK_TRY(read_field(key, reader, bundle));
    has_format = has_format || key == static_cast<std::int64_t>(BundleKey::format);
  }
  AIRLOCK_TRY(reader.finish());
  if (!has_format) return fail(Code::missing_field);
  return bundle;
}

Result<Buffer> Bundle::encode() const {
  Buffer room(kBundleSizeMax);
  CborWriter writer{MutableBytes(room)};
  writer.write_map(1 + (leaves.empty() ? 0U : 1U) + (authorities.empty() ? 0U : 1U) +
                   (crls.empty() ? 0U : 1U));
  write_key(writer, BundleKey::format);
  writer.write_unsigned(kBundleFormat);
  if (!leaves.empty()) {
    write_key(writer, BundleKey::leaves);
    writer.write_array(leaves.size());
    for (const BundleLeaf& leaf : leaves) write_leaf(writer, leaf);
  }
  write_pieces(writer, BundleKey::authorities, authorities);
  write_pieces(writer, BundleKey::crls, crls);
  if (!writer.finish()) return fail(Code::oversized, writer.size());
  room.resize(writer.size());
  AIRLOCK_TRY(parse(room));
  return room;
}

Result<std::vector<Certificate>> Bundle::chain_of(std::size_t leaf) const {
  std::vector<Certificate> chain;
  AIRLOCK_ASSIGN(Certificate first, Certificate::from_der(leaves[leaf].certificate));
  chain.push_back(std::move(first));
  for (const Buffer& der : authorities) {
    if (auto one = Certificate::from_der(der)) chain.push_back(std::move(*one));
  }
  return chain;
}

}  // namespace airlock::x509
