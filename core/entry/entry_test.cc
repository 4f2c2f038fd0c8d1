#include "core/entry/entry.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace airlock::entry {
namespace {

// A pack with the keys b, d, f, .. of which the content is the key itself.
struct Pack {
  explicit Pack(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      keys.push_back(std::string("golden/") + static_cast<char>('b' + 2 * i));
      leaves.push_back(leaf_of(keys.back(), crypto::sha256(bytes_of(keys.back()))));
      hasher.add(leaves.back());
    }
  }
  Entries entries() const { return {hasher.root(), static_cast<std::uint32_t>(keys.size())}; }
  Leaf leaf(std::size_t index) const {
    Leaf made{
        static_cast<std::uint32_t>(index), keys[index], crypto::sha256(bytes_of(keys[index])), {}};
    std::array<Digest, kPathMax> path;
    const std::size_t size = package::write_inclusion_path(leaves, index, path);
    for (std::size_t i = 0; i < size; ++i) EXPECT_TRUE(made.path.add(path[i]));
    return made;
  }
  std::vector<std::uint8_t> proof(std::initializer_list<std::size_t> places) const {
    Proof made;
    for (const std::size_t place : places) EXPECT_TRUE(made.leaves.add(leaf(place)));
    std::vector<std::uint8_t> room(kProofSizeMax);
    const auto encoded = encode(made, room);
    EXPECT_TRUE(encoded);
    room.resize(encoded->size());
    return room;
  }

  std::vector<std::string> keys;
  std::vector<Digest> leaves;
  package::TreeHasher hasher;
};

Code present(const Pack& pack, std::size_t place, std::string_view key, std::string_view content) {
  const Status status = check_present(pack.proof({place}), key, bytes_of(content), pack.entries());
  return status ? Code::ok : status.error().code;
}

Code absent(const Pack& pack, std::initializer_list<std::size_t> places, std::string_view key) {
  const Status status = check_absent(pack.proof(places), key, pack.entries());
  return status ? Code::ok : status.error().code;
}

TEST(Entry, OfThePackIsProvenWhereverItStands) {
  for (std::size_t count = 1; count <= 9; ++count) {
    const Pack pack(count);
    for (std::size_t i = 0; i < count; ++i)
      EXPECT_EQ(present(pack, i, pack.keys[i], pack.keys[i]), Code::ok) << count << ' ' << i;
  }
}

TEST(Entry, WithOtherContentOrAnotherKeyIsRefused) {
  const Pack pack(5);
  EXPECT_EQ(present(pack, 2, pack.keys[2], "something else"), Code::entry_mismatch);
  EXPECT_EQ(present(pack, 2, pack.keys[3], pack.keys[3]), Code::entry_mismatch);
  EXPECT_EQ(present(pack, 3, pack.keys[2], pack.keys[2]), Code::entry_mismatch);
}

TEST(Entry, OfAnotherPackIsRefused) {
  const Pack pack(5), other(6);
  const Status status =
      check_present(other.proof({2}), other.keys[2], bytes_of(other.keys[2]), pack.entries());
  EXPECT_EQ(status.error().code, Code::entry_mismatch);
}

TEST(Entry, ThatIsMissingIsProvenByItsNeighbours) {
  const Pack pack(5);  // b d f h j
  EXPECT_EQ(absent(pack, {1, 2}, "golden/e"), Code::ok);
  EXPECT_EQ(absent(pack, {0}, "golden/a"), Code::ok);
  EXPECT_EQ(absent(pack, {4}, "golden/z"), Code::ok);
  EXPECT_EQ(absent(Pack(0), {}, "golden/a"), Code::ok);
}

TEST(Entry, ThatIsThereCannotBeProvenMissing) {
  const Pack pack(5);
  for (std::size_t i = 0; i < pack.keys.size(); ++i) {
    const std::string& key = pack.keys[i];
    EXPECT_EQ(absent(pack, {}, key), Code::entry_mismatch);
    for (std::size_t a = 0; a < pack.keys.size(); ++a) {
      EXPECT_EQ(absent(pack, {a}, key), Code::entry_mismatch);
      for (std::size_t b = 0; b < pack.keys.size(); ++b)
        EXPECT_EQ(absent(pack, {a, b}, key), Code::entry_mismatch);
    }
  }
}

TEST(Entry, IsNotProvenByNeighboursThatAreNone) {
  const Pack pack(5);
  EXPECT_EQ(absent(pack, {0, 2}, "golden/c"), Code::entry_mismatch);
  EXPECT_EQ(absent(pack, {2, 1}, "golden/e"), Code::entry_mismatch);
  EXPECT_EQ(absent(pack, {1}, "golden/e"), Code::entry_mismatch);
}

// Of another spelling everything would be missing.
TEST(Entry, OfAKeyThatNoPackCanHaveIsNotProvenMissing) {
  constexpr std::string_view kAddress = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48";
  constexpr std::string_view kProgram = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
  const auto nothing = [](std::string_view key) { return absent(Pack(0), {}, key); };
  const std::string evm(kAddress), solana(kProgram), move = "0x" + std::string(64, '1');
  for (const std::string& key :
       {"abi/eip155:1/" + evm, "abi/eip155:1/" + std::string("any"), "code/eip155:1/" + evm,
        "token/eip155:137/" + evm, "name/eip155:1/" + evm, "chain/" + std::string("eip155:1"),
        "clear/eip155:1/" + evm + "/a/b.json", "typed/eip155:1/" + evm + "/a.json",
        "abi/solana:mainnet/" + solana, "abi/aptos:1/" + move, "abi/sui:mainnet/" + move,
        std::string("file/a"), std::string("golden/a"), "abi/cosmos:hub-4/" + std::string("x")})
    EXPECT_EQ(nothing(key), Code::ok) << key;
  for (const std::string& key :
       {"abi/eip155:1/" + std::string("0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"),
        std::string("foo"),
        std::string("EIP155:1"),
        "abi/eip155:01/" + evm,
        "abi/EIP155:1/" + evm,
        "abi/eip155:/" + evm,
        "abi/eip155/" + evm,
        "abi/eip155:1/" + evm + "/",
        "abi/eip155:1/" + evm.substr(2),
        "abi/eip155:1/" + evm + "0",
        "ABI/eip155:1/" + evm,
        "abi//" + evm,
        "code/eip155:1/" + std::string("any"),
        "chain/eip155:1/" + evm,
        std::string("chain/eip155"),
        std::string("file/"),
        std::string("file"),
        "clear/eip155:1/" + evm,
        "clear/eip155:1/" + evm + "/",
        "abi/solana:mainnet/" + evm,
        "abi/aptos:1/" + std::string("0x1"),
        "abi/sui:mainnet/" + std::string("0x2"),
        "mail/eip155:1/" + evm})
    EXPECT_EQ(nothing(key), Code::out_of_range) << key;
}

TEST(EntryProof, ThatIsCutOrLongerIsRefused) {
  const Pack pack(9);
  const auto whole = pack.proof({3});
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(Proof::parse(Bytes(whole).first(size)));
  auto longer = whole;
  longer.push_back(0);
  EXPECT_EQ(Proof::parse(longer).error().code, Code::trailing_bytes);
}

TEST(EntryProof, ThatIsChangedAnywhereProvesNothing) {
  const Pack pack(9);
  const auto whole = pack.proof({3});
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto changed = whole;
    changed[at] ^= 1;
    EXPECT_FALSE(check_present(changed, pack.keys[3], bytes_of(pack.keys[3]), pack.entries()))
        << at;
  }
}

}  // namespace
}  // namespace airlock::entry
