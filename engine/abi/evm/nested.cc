#include "engine/abi/evm/nested.h"

#include <algorithm>
#include <array>

#include "engine/abi/evm/internal/word.h"
#include "engine/abi/evm/load.h"
#include "engine/abi/type/value.h"

namespace airlock::abi::evm {

using type::Map;
using type::Value;

namespace {

// Where the parts of a carried call stand.
enum class Form : std::uint8_t { data, parts, packed, commands };
constexpr std::uint8_t kNowhere = 0xff;

struct Carrier {
  std::string_view signature;
  Form form;
  std::uint8_t list;  // the argument that holds the calls; kNowhere where the arguments are one
  // Of each call, by place.
  std::uint8_t target = kNowhere;
  std::uint8_t value = kNowhere;
  std::uint8_t data = kNowhere;
  std::uint8_t operation = kNowhere;
};

constexpr std::array<Carrier, 15> kCarriers = {
    Carrier{"multicall(bytes[])", Form::data, 0},
    Carrier{"multicall(uint256,bytes[])", Form::data, 1},
    Carrier{"multicall(bytes32,bytes[])", Form::data, 1},
    Carrier{"aggregate((address,bytes)[])", Form::parts, 0, 0, kNowhere, 1},
    Carrier{"tryAggregate(bool,(address,bytes)[])", Form::parts, 1, 0, kNowhere, 1},
    Carrier{"blockAndAggregate((address,bytes)[])", Form::parts, 0, 0, kNowhere, 1},
    Carrier{"tryBlockAndAggregate(bool,(address,bytes)[])", Form::parts, 1, 0, kNowhere, 1},
    Carrier{"aggregate3((address,bool,bytes)[])", Form::parts, 0, 0, kNowhere, 2},
    Carrier{"aggregate3Value((address,bool,uint256,bytes)[])", Form::parts, 0, 0, 2, 3},
    Carrier{"execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,"
            "bytes)",
            Form::parts, kNowhere, 0, 1, 2, 3},
    Carrier{"execTransactionFromModule(address,uint256,bytes,uint8)", Form::parts, kNowhere, 0, 1,
            2, 3},
    Carrier{"multiSend(bytes)", Form::packed, 0},
    Carrier{"execute(bytes,bytes[])", Form::commands, 1},
    Carrier{"execute(bytes,bytes[],uint256)", Form::commands, 1},
    Carrier{"EXECUTE_SUB_PLAN(bytes,bytes[])", Form::commands, 1}};

// What the Universal Router does by a byte, with the parameters that follow no selector.
struct Command {
  std::uint8_t number;
  std::string_view signature;
};
constexpr std::array<Command, 15> kCommands = {
    Command{0x00,
            "V3_SWAP_EXACT_IN(address recipient,uint256 amountIn,uint256 amountOutMin,bytes "
            "path,bool payerIsUser)"},
    Command{0x01,
            "V3_SWAP_EXACT_OUT(address recipient,uint256 amountOut,uint256 amountInMax,bytes "
            "path,bool payerIsUser)"},
    Command{0x02, "PERMIT2_TRANSFER_FROM(address token,address recipient,uint160 amount)"},
    Command{0x03,
            "PERMIT2_PERMIT_BATCH(((address token,uint160 amount,uint48 expiration,uint48 "
            "nonce)[] details,address spender,uint256 sigDeadline) permit,bytes signature)"},
    Command{0x04, "SWEEP(address token,address recipient,uint256 amountMin)"},
    Command{0x05, "TRANSFER(address token,address recipient,uint256 value)"},
    Command{0x06, "PAY_PORTION(address token,address recipient,uint256 bips)"},
    Command{0x08,
            "V2_SWAP_EXACT_IN(address recipient,uint256 amountIn,uint256 amountOutMin,"
            "address[] path,bool payerIsUser)"},
    Command{0x09,
            "V2_SWAP_EXACT_OUT(address recipient,uint256 amountOut,uint256 amountInMax,"
            "address[] path,bool payerIsUser)"},
    Command{0x0a,
            "PERMIT2_PERMIT(((address token,uint160 amount,uint48 expiration,uint48 nonce) "
            "details,address spender,uint256 sigDeadline) permit,bytes signature)"},
    Command{0x0b, "WRAP_ETH(address recipient,uint256 amount)"},
    Command{0x0c, "UNWRAP_WETH(address recipient,uint256 amountMin)"},
    Command{0x0d,
            "PERMIT2_TRANSFER_FROM_BATCH((address from,address to,uint160 amount,address "
            "token)[] details)"},
    Command{0x0e, "BALANCE_CHECK_ERC20(address owner,address token,uint256 minBalance)"},
    Command{0x21, "EXECUTE_SUB_PLAN(bytes commands,bytes[] inputs)"}};
constexpr std::uint8_t kMayFail = 0x80;

const Map& command_map() {
  static const type::OwnedMap kMap = [] {
    std::array<std::string_view, kCommands.size()> signatures;
    for (std::size_t i = 0; i < kCommands.size(); ++i) signatures[i] = kCommands[i].signature;
    auto map = load_signatures(signatures, "commands");
    AIRLOCK_CHECK(map);
    return std::move(*map);
  }();
  return kMap.map();
}

const type::Entry* command_entry(std::uint8_t number) {
  for (const Command& command : kCommands) {
    if (command.number != number) continue;
    const std::string_view name = command.signature.substr(0, command.signature.find('('));
    const auto entry = command_map().find_named(type::EntryKind::function, name);
    return entry ? *entry : nullptr;
  }
  return nullptr;
}

// Decodes calls in the order in which they are found; each may add its own behind the last.
class Walk {
 public:
  Walk(const FindMap& find, type::Tape& tape, std::span<Call> room)
      : find_(find), tape_(tape), room_(room.first(std::min(room.size(), kCallsMax))) {}

  Result<Calls> run(const Map& map, Bytes data) {
    if (room_.empty()) return fail(Code::over_budget);
    Call outer{.data = data, .target = {}, .value = {}, .map = &map, .decoded = {}};
    AIRLOCK_ASSIGN(outer.decoded, decode_call(map, data, tape_));
    add(outer);
    for (std::uint32_t i = 0; i < count_; ++i) {
      if (i > 0) read(room_[i]);
      if (room_[i].status == Code::ok) carry(i);
    }
    return Calls{room_.first(count_), is_whole_};
  }

 private:
  void add(const Call& call) {
    if (count_ == room_.size()) {
      is_whole_ = false;
      return;
    }
    room_[count_++] = call;
  }

  // Decodes one call, or says why it stays raw.
  void read(Call& call) {
    if (call.status != Code::ok) return;
    const bool is_command = call.kind == CallKind::command;
    if (call.map == nullptr) {
      call.status = Code::unknown_call;
      return;
    }
    if (refused_ >= kRefusedMax) {
      call.status = Code::over_budget;
      is_whole_ = false;
      return;
    }
    const type::Entry* const command = call.decoded.entry;
    auto decoded = is_command ? decode(*call.map, command->input, call.data, 0, tape_)
                              : decode_call(*call.map, call.data, tape_);
    if (decoded && is_command) {
      decoded->entry = command;
      if (!decoded->is_canonical) decoded = fail(Code::not_canonical);
    }
    if (decoded) {
      call.decoded = *decoded;
      return;
    }
    call.status = decoded.error().code;
    call.decoded = {};
    if (call.status != Code::unknown_call) ++refused_;
    if (call.status == Code::over_budget) is_whole_ = false;
  }

  // Adds what a decoded call carries.
  void carry(std::uint32_t place) {
    const Call& call = room_[place];
    const std::string_view signature = call.map->text(call.decoded.entry->signature);
    const auto* const carrier =
        std::find_if(kCarriers.begin(), kCarriers.end(),
                     [signature](const Carrier& known) { return known.signature == signature; });
    if (carrier == kCarriers.end()) return;
    if (call.depth == kCallDepthMax) {
      is_whole_ = false;
      return;
    }
    const Value arguments(*call.map, tape_.nodes(), call.data, call.decoded.node);
    const Call child{.parent = place,
                     .depth = call.depth + 1,
                     .data = {},
                     .target = {},
                     .value = {},
                     .decoded = {}};
    if (carrier->list == kNowhere) return add_parts(*carrier, arguments, child);
    const Value list = arguments.part(carrier->list);
    switch (carrier->form) {
      case Form::data:
        for (const Value data : list.parts()) add_own(data.bytes(), *call.map, child);
        return;
      case Form::parts:
        for (const Value parts : list.parts()) add_parts(*carrier, parts, child);
        return;
      case Form::packed: return add_packed(list.bytes(), child);
      case Form::commands: return add_commands(arguments.part(0).bytes(), list, child);
    }
  }

  // A call of the contract to itself.
  void add_own(Bytes data, const Map& map, Call child) {
    child.kind = CallKind::self;
    child.data = data;
    child.map = &map;
    add(child);
  }

  void add_parts(const Carrier& carrier, Value parts, Call child) {
    child.target = parts.part(carrier.target).bytes();
    child.data = parts.part(carrier.data).bytes();
    if (carrier.value != kNowhere) child.value = parts.part(carrier.value).bytes();
    const std::uint64_t operation =
        carrier.operation == kNowhere ? 0 : parts.part(carrier.operation).as_unsigned().limbs[0];
    add_to_target(child, operation);
  }

  void add_to_target(Call child, std::uint64_t operation) {
    if (count_ == room_.size()) {
      is_whole_ = false;
      return;
    }
    if (operation > 1) child.status = Code::chain_refuses;
    if (operation == 1) child.kind = CallKind::delegate_call;
    child.map = find_(child.target);
    add(child);
  }

  // A Safe's multiSend: operation, target, value, size and data of each, without gaps.
  void add_packed(Bytes packed, Call child) {
    constexpr std::size_t kTarget = 1, kValue = 21, kSize = 53, kHead = 85;
    while (!packed.empty()) {
      const auto size = packed.size() < kHead ? std::nullopt : internal::small(&packed[kSize]);
      if (!size || *size > packed.size() - kHead) {
        child.data = packed;
        child.target = child.value = {};
        child.status = Code::chain_refuses;
        return add(child);
      }
      child.target = packed.subspan(kTarget, kValue - kTarget);
      child.value = packed.subspan(kValue, kWordSize);
      child.data = packed.subspan(kHead, static_cast<std::size_t>(*size));
      add_to_target(child, packed[0]);
      packed = packed.subspan(kHead + child.data.size());
    }
  }

  void add_commands(Bytes commands, Value inputs, Call child) {
    child.kind = CallKind::command;
    if (commands.size() != inputs.count()) {  // the router reverts
      child.data = commands;
      child.status = Code::chain_refuses;
      return add(child);
    }
    std::size_t place = 0;
    for (const Value input : inputs.parts()) {
      const std::uint8_t command = commands[place++];
      child.may_fail = (command & kMayFail) != 0;
      child.decoded.entry = command_entry(command & static_cast<std::uint8_t>(~kMayFail));
      child.map = child.decoded.entry != nullptr ? &command_map() : nullptr;
      child.data = input.bytes();
      add(child);
    }
  }

  const FindMap& find_;
  type::Tape& tape_;
  std::span<Call> room_;
  std::uint32_t count_ = 0;
  std::size_t refused_ = 0;
  bool is_whole_ = true;
};

}  // namespace

Result<Calls> decode_nested(const Map& map, Bytes data, const FindMap& find, type::Tape& tape,
                            std::span<Call> room) {
  return Walk(find, tape, room).run(map, data);
}

Result<Path> Path::read(Bytes packed) {
  if (packed.size() < kTokenSize + kHopSize || (packed.size() - kTokenSize) % kHopSize != 0)
    return fail(Code::chain_refuses, packed.size());
  if ((packed.size() - kTokenSize) / kHopSize > kPathHopsMax)
    return fail(Code::over_budget, packed.size());
  return Path(packed);
}

std::uint32_t Path::fee(std::size_t hop) const {
  const Bytes fee = packed_.subspan(hop * kHopSize + kTokenSize, kHopSize - kTokenSize);
  return std::uint32_t{fee[0]} << 16 | std::uint32_t{fee[1]} << 8 | fee[2];
}

}  // namespace airlock::abi::evm
