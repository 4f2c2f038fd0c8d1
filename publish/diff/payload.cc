#include "publish/diff/internal/payload.h"

#include "core/base/bytes_source.h"
#include "core/package/tree.h"
#include "publish/diff/memory_area.h"

namespace airlock::diff {
namespace {

std::vector<Digest> leaves_of(Bytes bytes, std::size_t piece_size) {
  std::vector<Digest> leaves;
  for (std::size_t at = 0; at < bytes.size(); at += piece_size) {
    leaves.push_back(
        package::leaf_hash(bytes.subspan(at, std::min(piece_size, bytes.size() - at))));
  }
  return leaves;
}

Digest root_of(const std::vector<Digest>& leaves) {
  package::TreeHasher hasher;
  for (const Digest& leaf : leaves) hasher.add(leaf);
  return hasher.root();
}

void append(std::vector<std::uint8_t>& to, Bytes bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

// The entries, and what they are for, in one row.
struct Body {
  std::vector<delta::HeadEntry> entries;
  std::vector<std::uint8_t> bytes;
};

Body make_body(const std::vector<CodedBlock>& blocks, std::uint16_t piece_size) {
  Body body;
  for (const CodedBlock& block : blocks) {
    const std::vector<Digest> leaves = leaves_of(block.bytes, piece_size);
    body.entries.push_back(
        {delta::stored_size(block.bytes.size(), piece_size), block.coding, root_of(leaves)});
    if (leaves.size() > 1) {
      for (const Digest& leaf : leaves) append(body.bytes, leaf.bytes);
    }
    append(body.bytes, block.bytes);
  }
  return body;
}

// The head's pieces, each with the offset of what its first entry is for.
std::vector<std::vector<std::uint8_t>> make_head(const std::vector<delta::HeadEntry>& entries,
                                                 std::uint64_t head_size, std::size_t each) {
  std::vector<std::vector<std::uint8_t>> pieces;
  std::uint64_t offset = head_size;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i % each == 0) {
      pieces.emplace_back();
      for (unsigned shift = 64; shift > 0; shift -= 8) {
        pieces.back().push_back(static_cast<std::uint8_t>(offset >> (shift - 8)));
      }
    }
    std::array<std::uint8_t, delta::kHeadEntrySize> entry;
    delta::write_head_entry(entries[i], entry);
    append(pieces.back(), entry);
    offset += entries[i].stored_size;
  }
  return pieces;
}

}  // namespace

BuiltPayload join_payload(const std::vector<CodedBlock>& entries, std::uint16_t piece_size) {
  const Body body = make_body(entries, piece_size);
  const std::uint64_t count = delta::head_piece_count(entries.size(), piece_size);
  const delta::HeadPlace last = delta::head_place(entries.size(), piece_size, count - 1);
  const std::uint64_t head_size = last.offset + last.path_size * Digest::kSize + last.piece_size;
  const auto pieces = make_head(body.entries, head_size, delta::head_entries_per_piece(piece_size));
  std::vector<Digest> leaves;
  for (const auto& piece : pieces) leaves.push_back(package::leaf_hash(piece));

  BuiltPayload built;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    std::array<Digest, package::kTreeDepthMax> path;
    const std::size_t size = package::write_inclusion_path(leaves, i, path);
    for (const Digest& digest : std::span(path).first(size)) append(built.bytes, digest.bytes);
    append(built.bytes, pieces[i]);
  }
  AIRLOCK_CHECK(built.bytes.size() == head_size);
  append(built.bytes, body.bytes);

  built.payload.size = built.bytes.size();
  built.payload.digest = crypto::sha256(built.bytes);
  built.payload.head_size = static_cast<std::uint32_t>(head_size);
  built.payload.root = root_of(leaves);
  built.payload.piece_size = piece_size;
  return built;
}

Status check_payload(const BuiltPayload& built, Bytes image, Bytes base, std::size_t workers) {
  const BuiltImage described = describe_image(image);
  const package::Image view = described.view();
  BytesSource source(built.bytes);
  BytesSource base_source(base);
  MemoryArea slot(image.size());
  const Status made = decode_blocks({view, built.payload, source, &base_source, slot}, workers);
  if (!made) return fail(Code::self_check_failed, made.error().at);
  if (!equal(slot.bytes(), image)) return fail(Code::self_check_failed, view.block_count());
  return {};
}

}  // namespace airlock::diff
