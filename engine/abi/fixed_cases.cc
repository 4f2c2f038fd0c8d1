#include "engine/abi/fixed_cases.h"

#include <array>

namespace airlock::abi {
namespace {

struct Case {
  std::string_view loader;
  std::string_view data;       // 0x..
  std::string_view signature;  // empty: the contract's own answer to a plain send
  std::string_view arguments;  // by place
};

#define WORD_ADDRESS(byte)                                                                         \
  "000000000000000000000000" byte byte byte byte byte byte byte byte byte byte byte byte byte byte \
      byte byte byte byte byte byte
#define WORD_ZEROS "00000000000000000000000000000000000000000000000000000000000000"
#define ADDRESS_11 "0x1111111111111111111111111111111111111111"
#define ADDRESS_22 "0x2222222222222222222222222222222222222222"
#define HASH_33 "3333333333333333333333333333333333333333333333333333333333333333"
#define HASH_44 "4444444444444444444444444444444444444444444444444444444444444444"

constexpr std::array<Case, 5> kCases = {{
    {"evm", "0xa9059cbb" WORD_ADDRESS("11") WORD_ZEROS "07", "transfer(address,uint256)",
     "[\"" ADDRESS_11 "\",\"7\"]"},
    {"evm", "0x095ea7b3" WORD_ADDRESS("11") WORD_ZEROS "07", "approve(address,uint256)",
     "[\"" ADDRESS_11 "\",\"7\"]"},
    {"evm", "0x23b872dd" WORD_ADDRESS("11") WORD_ADDRESS("22") WORD_ZEROS "07",
     "transferFrom(address,address,uint256)", "[\"" ADDRESS_11 "\",\"" ADDRESS_22 "\",\"7\"]"},
    {"evm",
     "0xd505accf" WORD_ADDRESS("11") WORD_ADDRESS("22") WORD_ZEROS "07" WORD_ZEROS "09" WORD_ZEROS
                                                                   "1b" HASH_33 HASH_44,
     "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
     "[\"" ADDRESS_11 "\",\"" ADDRESS_22 "\",\"7\",\"9\",\"27\",\"0x" HASH_33 "\",\"0x" HASH_44
     "\"]"},
    {"evm", "0x", "", "[]"},
}};

bool says(const type::Map& map, const Reading& read, std::span<const type::Node> nodes, Bytes data,
          const Case& one) {
  if (!read.is_canonical) return false;
  if (one.signature.empty()) {
    // A plain send calls nothing that has a name.
    return read.entry->kind == type::EntryKind::receive ||
           read.entry->kind == type::EntryKind::fallback;
  }
  if (map.text(read.entry->signature) != one.signature) return false;
  std::string shown;
  const type::Value value(map, nodes, data, read.node);
  if (!type::append_json(shown, value, type::Shape::positional)) return false;
  return shown == one.arguments;
}

}  // namespace

Status check_fixed_cases(const type::Map& map, const Loader& loader, std::span<type::Node> room) {
  for (std::size_t i = 0; i < kCases.size(); ++i) {
    const Case& one = kCases[i];
    if (one.loader != loader.name()) continue;
    AIRLOCK_ASSIGN(const std::vector<std::uint8_t> data, type::read_hex(one.data));
    type::Tape tape(room);
    const auto read = loader.read(map, data, tape);
    const bool says_nothing =
        !read && (read.error().code == Code::unknown_call || one.data == "0x");
    if (says_nothing) continue;
    if (!read || !says(map, *read, tape.nodes(), data, one))
      return fail(Code::golden_case_failed, i);
  }
  return {};
}

}  // namespace airlock::abi
