// Packs for the tests of this room, with what a manifest would say of them.
#pragma once

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "engine/abi/packs_test.h"
#include "engine/embed/airlock_abi.h"

namespace airlock::embed {

inline constexpr const char* kAbsent = "abi/eip155:1/0x2222222222222222222222222222222222222222";
using abi::golden;
using abi::key_of;
using abi::kToken;
using abi::kTransfer;
using abi::permit;
using abi::permit_items;
using abi::sending_items;
using abi::token_items;

struct Packed {
  std::vector<std::uint8_t> file;
  std::array<std::uint8_t, AIRLOCK_ABI_ROOT_SIZE> root{};
  std::uint32_t count = 0;
  std::string version;

  airlock_abi_committed committed() const&& = delete;  // its version is this one's
  airlock_abi_committed committed() const& {
    airlock_abi_committed committed{};
    std::memcpy(committed.root, root.data(), root.size());
    committed.count = count;
    committed.version = version.c_str();
    return committed;
  }
};

inline Packed packed(const std::vector<abi::pack::Item>& items, std::string version) {
  auto file = abi::pack::build(items);
  AIRLOCK_CHECK(file.has_value());
  const abi::Entries entries = abi::pack::Pack::open(*file)->entries();
  return {std::move(*file), entries.root.bytes, entries.count, std::move(version)};
}

// A pack of one token, whose receiver has this name.
inline Packed token_pack(std::string version, const std::string& receiver = "to") {
  return packed(token_items("transfer(address " + receiver + ",uint256 value)"),
                std::move(version));
}

// The call that the tests decode: 1000 to 0x2222...
inline airlock_abi_call transfer() {
  static const std::vector<std::uint8_t> data = *abi::type::read_hex(kTransfer);
  airlock_abi_call call{};
  call.chain = "eip155:1";
  call.target = kToken.data();  // a literal, so that a NUL stands behind it
  call.data = data.data();
  call.data_size = data.size();
  return call;
}

// A pack with descriptors of the token's transfer and of its permit.
inline Packed described_pack(std::string version) {
  auto items = sending_items();
  for (abi::pack::Item& item : permit_items()) {
    if (item.key.starts_with("token/")) continue;  // both have it
    item.key.replace(item.key.find("a.json"), 6, "permit.json");
    items.push_back(std::move(item));
  }
  return packed(items, std::move(version));
}

// The transfer as it is sent.
inline airlock_abi_sending sending() {
  const airlock_abi_call call = transfer();
  airlock_abi_sending made{};
  made.chain = call.chain;
  made.target = call.target;
  made.data = call.data;
  made.data_size = call.data_size;
  return made;
}

// An engine with one reader, by the C ABI.
class Seated : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(airlock_abi_engine_new(&engine_), AIRLOCK_ABI_OK);
    ASSERT_EQ(airlock_abi_reader_new(engine_, &reader_), AIRLOCK_ABI_OK);
  }
  void TearDown() override {
    airlock_abi_reader_free(reader_);
    airlock_abi_engine_free(engine_);
  }

  int load(const Packed& pack, airlock_abi_fault* fault = nullptr) {
    const auto committed = pack.committed();
    return airlock_abi_load(engine_, pack.file.data(), pack.file.size(), &committed, fault);
  }

  airlock_abi_engine* engine_ = nullptr;
  airlock_abi_reader* reader_ = nullptr;
};

}  // namespace airlock::embed
