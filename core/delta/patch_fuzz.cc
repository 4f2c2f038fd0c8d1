// Any coded bytes behind valid proofs: the decoder writes inside its block and refuses the rest.
// (Bytes with wrong proofs never come this far; delta_test.cc holds that.)
#include <cstring>
#include <vector>

#include "core/delta/delta.h"
#include "core/package/tree.h"

using namespace airlock;

namespace {

constexpr std::size_t kHostileSizeMax = 16 << 10;
constexpr std::uint16_t kPieceSize = 512;
constexpr std::size_t kBaseSize = 4096;

class HostileSource final : public Source {
 public:
  explicit HostileSource(Bytes bytes) : bytes_(bytes) {}
  Status read(std::uint64_t offset, MutableBytes to) override {
    AIRLOCK_CHECK(offset <= bytes_.size() && to.size() <= bytes_.size() - offset);
    copy_into(to, bytes_.subspan(offset, to.size()));
    return {};
  }

 private:
  Bytes bytes_;
};

// A slot that traps where a write would leave the block or skip a byte.
class OneBlockSlot final : public Area {
 public:
  explicit OneBlockSlot(std::size_t size) : size_(size) {}
  std::uint64_t size() const override { return size_; }
  Status erase(std::uint64_t, std::uint64_t) override { return {}; }
  Status sync() override { return {}; }
  Status read(std::uint64_t, MutableBytes) override { return fail(Code::storage_failed); }
  Status write(std::uint64_t offset, Bytes bytes) override {
    AIRLOCK_CHECK(offset == written_ && bytes.size() <= size_ - written_);
    written_ += bytes.size();
    return {};
  }

 private:
  std::size_t size_;
  std::size_t written_ = 0;
};

// A payload of one block, with the head in front of it and every proof right.
struct Proven {
  std::vector<std::uint8_t> bytes;
  package::Payload payload;
};

Proven prove(Bytes coded, delta::Coding coding) {
  package::TreeHasher tree;
  std::vector<std::uint8_t> list;
  for (std::size_t at = 0; at < coded.size(); at += kPieceSize) {
    const std::size_t size = std::min<std::size_t>(kPieceSize, coded.size() - at);
    const package::Digest leaf = package::leaf_hash(coded.subspan(at, size));
    tree.add(leaf);
    list.insert(list.end(), leaf.bytes.begin(), leaf.bytes.end());
  }
  if (tree.count() == 1) list.clear();
  Proven made;
  made.bytes.resize(delta::kHeadEntrySize);
  delta::write_head_entry(
      {delta::kHeadEntrySize, delta::stored_size(coded.size(), kPieceSize), coding, tree.root()},
      made.bytes);
  made.payload.root = package::leaf_hash(made.bytes);
  made.bytes.insert(made.bytes.end(), list.begin(), list.end());
  made.bytes.insert(made.bytes.end(), coded.begin(), coded.end());
  made.payload.type = package::PayloadType::patch;
  made.payload.size = made.bytes.size();
  made.payload.head_size = delta::kHeadEntrySize;
  made.payload.piece_size = kPieceSize;
  made.payload.base_size = kBaseSize;
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static delta::BlockDecoder decoder;
  static const std::vector<std::uint8_t> base(kBaseSize, 0x5A);
  if (size < 4 || size > kHostileSizeMax) return 0;
  const auto coding = static_cast<delta::Coding>(data[0] % 3);
  const std::size_t block_size = 1 + (data[1] | std::size_t{data[2]} << 8);
  const Proven proven = prove(Bytes(data + 3, size - 3), coding);
  const package::Digest none;
  const package::Image image = {{}, block_size, none, none.bytes};
  HostileSource source(proven.bytes);
  HostileSource base_source(base);
  OneBlockSlot slot(block_size);
  const Status status = decoder.decode(image, proven.payload, 0, source, &base_source, slot);
  AIRLOCK_CHECK(!status && (status.error().code == Code::patch_malformed ||
                            status.error().code == Code::block_rejected));
  return 0;
}
