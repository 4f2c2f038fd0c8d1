#include "core/crypto/slh_dsa.h"

namespace airlock::crypto::slh_dsa {
namespace {

// Bytes of H_msg's output that choose the FORS leaves, the tree, and the leaf in it.
constexpr std::size_t kForsBytes = (kForsTrees * kForsHeight + 7) / 8;
constexpr std::size_t kTreeBits = (kLayers - 1) * kTreeHeight;
constexpr std::size_t kTreeBytes = (kTreeBits + 7) / 8;
constexpr std::size_t kLeafBytes = (kTreeHeight + 7) / 8;
constexpr std::size_t kSelectionSize = kForsBytes + kTreeBytes + kLeafBytes;
static_assert(kSelectionSize <= Digest::kSize, "one block of MGF1 is all of it");

std::uint64_t number_in(Bytes bytes, std::size_t bits) {
  std::uint64_t value = 0;
  for (std::uint8_t byte : bytes) value = value << 8 | byte;
  return value & ((std::uint64_t{1} << bits) - 1);
}

// Takes a signature apart, hash by hash.
class Parts {
 public:
  explicit Parts(Bytes signature) : rest_(signature) {}
  Bytes next() {
    const Bytes part = rest_.first(kHashSize);
    rest_ = rest_.subspan(kHashSize);
    return part;
  }

 private:
  Bytes rest_;
};

// From a node at height 0 to the root, each sibling being the next part of the signature.
Hash climb(const SeededHash& seeded, Address address, Hash node, std::uint32_t leaf,
           std::size_t height, std::uint32_t base, Parts& parts) {
  for (std::size_t level = 0; level < height; ++level) {
    const Bytes sibling = parts.next();
    address.node(static_cast<std::uint32_t>(level + 1), ancestor(base + leaf, level + 1));
    node = is_right(ancestor(leaf, level)) ? seeded.two(address, sibling, node)
                                           : seeded.two(address, node, sibling);
  }
  return node;
}

Hash fors_key(const SeededHash& seeded, const Address& place, const Selection& selected,
              Parts& parts) {
  Sha256 roots = seeded.begin(place.at(Purpose::fors_roots, selected.leaf));
  Address address = place.at(Purpose::fors_tree, selected.leaf);
  for (std::size_t i = 0; i < kForsTrees; ++i) {
    const std::uint32_t leaf = selected.fors[i];
    const auto base = static_cast<std::uint32_t>(i << kForsHeight);
    address.node(0, base + leaf);
    const Hash node = seeded.one(address, parts.next());
    roots.update(climb(seeded, address, node, leaf, kForsHeight, base, parts));
  }
  return SeededHash::end(roots);
}

// The leaf that a one-time signature over `hash` leads to.
Hash chains_key(const SeededHash& seeded, const Address& place, std::uint32_t leaf,
                const Hash& hash, Parts& parts) {
  const std::array<std::uint8_t, kChains> digits = digits_of(hash);
  Sha256 ends = seeded.begin(place.at(Purpose::chains, leaf));
  Address address = place.at(Purpose::chain, leaf);
  for (std::uint32_t chain = 0; chain < kChains; ++chain) {
    Hash node;
    copy_into(node, parts.next());
    for (std::uint32_t step = digits[chain]; step < kStepsMax; ++step) {
      address.step(chain, step);
      node = seeded.one(address, node);
    }
    ends.update(node);
  }
  return SeededHash::end(ends);
}

}  // namespace

Address::Address(std::size_t layer, std::uint64_t tree) {
  put(0, layer, 1);
  put(1, tree, 8);
}

Address Address::at(Purpose purpose, std::uint32_t pair) const {
  Address made = *this;
  made.put(9, static_cast<std::uint8_t>(purpose), 1);
  made.put(10, pair, 4);
  made.step(0, 0);
  return made;
}

void Address::step(std::uint32_t chain, std::uint32_t place) {
  put(14, chain, 4);
  put(18, place, 4);
}

void Address::put(std::size_t offset, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    bytes_[offset + size - 1 - i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
}

SeededHash::SeededHash(Bytes public_seed) {
  constexpr std::array<std::uint8_t, 64 - kHashSize> kPadding{};  // to one block of SHA-256
  AIRLOCK_CHECK(public_seed.size() == kHashSize);
  seeded_.update(public_seed);
  seeded_.update(kPadding);
}

Sha256 SeededHash::begin(const Address& address) const {
  Sha256 hash = seeded_;
  hash.update(address.view());
  return hash;
}

Hash SeededHash::end(Sha256& hash) {
  const Digest digest = hash.finish();
  Hash made;
  copy_into(made, Bytes(digest.bytes).first(kHashSize));
  return made;
}

Hash SeededHash::one(const Address& address, Bytes message) const {
  Sha256 hash = begin(address);
  hash.update(message);
  return end(hash);
}

Hash SeededHash::two(const Address& address, Bytes left, Bytes right) const {
  Sha256 hash = begin(address);
  hash.update(left);
  hash.update(right);
  return end(hash);
}

Selection select(Bytes randomizer, Bytes key, std::span<const Bytes> message) {
  Sha256 inner;
  inner.update(randomizer);
  inner.update(key);
  for (Bytes part : message) inner.update(part);
  const Digest digest = inner.finish();
  constexpr std::array<std::uint8_t, 4> kCounter{};  // the first block of MGF1-SHA-256
  Sha256 outer;
  outer.update(randomizer);
  outer.update(key.first(kHashSize));
  outer.update(digest.bytes);
  outer.update(kCounter);
  const Digest expanded = outer.finish();

  const Bytes bytes = expanded.bytes;
  Selection selected;
  for (std::size_t i = 0; i < kForsTrees; ++i) {
    const std::size_t bit = i * kForsHeight;  // a multiple of 4: two bytes hold each
    const std::uint64_t pair = number_in(bytes.subspan(bit / 8, 2), 16);
    selected.fors[i] = static_cast<std::uint16_t>((pair >> (16 - kForsHeight - bit % 8)) &
                                                  ((1U << kForsHeight) - 1));
  }
  selected.tree = number_in(bytes.subspan(kForsBytes, kTreeBytes), kTreeBits);
  selected.leaf = static_cast<std::uint32_t>(
      number_in(bytes.subspan(kForsBytes + kTreeBytes, kLeafBytes), kTreeHeight));
  return selected;
}

std::array<std::uint8_t, kChains> digits_of(const Hash& hash) {
  std::array<std::uint8_t, kChains> digits{};
  unsigned checksum = 0;
  for (std::size_t i = 0; i < kDigits; ++i) {
    const std::uint8_t byte = hash[i / 2];
    digits[i] = i % 2 == 0 ? byte >> 4 : byte & 15;
    checksum += static_cast<unsigned>(kStepsMax - digits[i]);
  }
  for (std::size_t i = 0; i < kChecksumDigits; ++i) {
    digits[kDigits + i] =
        static_cast<std::uint8_t>(checksum >> (4 * (kChecksumDigits - 1 - i)) & 15);
  }
  return digits;
}

bool verify_internal(Bytes key, std::span<const Bytes> message, Bytes signature) {
  AIRLOCK_CHECK(key.size() == 2 * kHashSize);
  if (signature.size() != kSignatureSize) return false;
  Parts parts(signature);
  Selection selected = select(parts.next(), key, message);
  const SeededHash seeded(key.first(kHashSize));
  Hash node = fors_key(seeded, Address(0, selected.tree), selected, parts);
  for (std::size_t layer = 0; layer < kLayers; ++layer) {
    const Address place(layer, selected.tree);
    node = chains_key(seeded, place, selected.leaf, node, parts);
    node = climb(seeded, place.at(Purpose::tree), node, selected.leaf, kTreeHeight, 0, parts);
    selected.leaf = static_cast<std::uint32_t>(selected.tree & ((1U << kTreeHeight) - 1));
    selected.tree >>= kTreeHeight;
  }
  return equal(node, key.last(kHashSize));
}

}  // namespace airlock::crypto::slh_dsa
