#include "publish/diff/internal/payload.h"

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

// The entries with offsets counted from the body's first byte, and the body.
struct Body {
  std::vector<delta::HeadEntry> entries;
  std::vector<std::uint8_t> bytes;
};

Body make_body(const std::vector<CodedBlock>& blocks, std::uint16_t piece_size) {
  Body body;
  for (const CodedBlock& block : blocks) {
    const std::vector<Digest> leaves = leaves_of(block.bytes, piece_size);
    body.entries.push_back({body.bytes.size(), delta::stored_size(block.bytes.size(), piece_size),
                            block.coding, root_of(leaves)});
    if (leaves.size() > 1) {
      for (const Digest& leaf : leaves) append(body.bytes, leaf.bytes);
    }
    append(body.bytes, block.bytes);
  }
  return body;
}

std::vector<std::uint8_t> write_entries(const std::vector<delta::HeadEntry>& entries,
                                        std::uint64_t head_size) {
  std::vector<std::uint8_t> bytes(entries.size() * delta::kHeadEntrySize);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    delta::HeadEntry entry = entries[i];
    entry.offset += head_size;
    const MutableBytes all(bytes);
    delta::write_head_entry(entry, all.subspan(i * delta::kHeadEntrySize, delta::kHeadEntrySize));
  }
  return bytes;
}

class MemorySource final : public Source {
 public:
  explicit MemorySource(Bytes bytes) : bytes_(bytes) {}

  Status read(std::uint64_t offset, MutableBytes to) override {
    if (offset > bytes_.size() || to.size() > bytes_.size() - offset) {
      return fail(Code::storage_failed, offset);
    }
    copy_into(to, bytes_.subspan(static_cast<std::size_t>(offset), to.size()));
    return {};
  }

 private:
  Bytes bytes_;
};

}  // namespace

BuiltPayload join_payload(const std::vector<CodedBlock>& blocks, std::uint16_t piece_size) {
  const Body body = make_body(blocks, piece_size);
  const std::uint64_t pieces = delta::head_piece_count(blocks.size(), piece_size);
  const delta::HeadPlace last = delta::head_place(blocks.size(), piece_size, pieces - 1);
  const std::uint64_t head_size = last.offset + last.path_size * Digest::kSize + last.piece_size;
  const std::vector<std::uint8_t> entries = write_entries(body.entries, head_size);
  const std::size_t head_piece = delta::head_entries_per_piece(piece_size) * delta::kHeadEntrySize;
  const std::vector<Digest> leaves = leaves_of(entries, head_piece);

  BuiltPayload built;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    std::array<Digest, package::kTreeDepthMax> path;
    const std::size_t size = package::write_inclusion_path(leaves, i, path);
    for (const Digest& digest : std::span(path).first(size)) append(built.bytes, digest.bytes);
    const std::size_t at = i * head_piece;
    append(built.bytes, Bytes(entries).subspan(at, std::min(head_piece, entries.size() - at)));
  }
  AIRLOCK_CHECK(built.bytes.size() == head_size);
  append(built.bytes, body.bytes);

  built.payload.size = built.bytes.size();
  built.payload.digest = crypto::sha256(built.bytes);
  built.payload.head_size = static_cast<std::uint32_t>(head_size);
  built.payload.root = root_of(leaves);
  built.payload.piece_size = piece_size;
  built.payload.decoder_memory = delta::kDecoderMemoryMax;
  return built;
}

Status check_payload(const BuiltPayload& built, Bytes image, Bytes base, std::size_t workers) {
  const BuiltImage described = describe_image(image);
  const package::Image view = described.view();
  MemorySource source(built.bytes);
  MemorySource base_source(base);
  MemoryArea slot(image.size());
  const Status made = decode_blocks({view, built.payload, source, &base_source, slot}, workers);
  if (!made) return fail(Code::self_check_failed, made.error().at);
  if (!equal(slot.bytes(), image)) return fail(Code::self_check_failed, view.block_count());
  return {};
}

}  // namespace airlock::diff
