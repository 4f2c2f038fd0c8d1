// A Sui transaction from what @mysten/sui's Transaction.getData() shows: what sui_json.cc writes,
// read back. Whatever the chain would refuse is for read_sui_transaction to find in the bytes.
#include <charconv>

#include "engine/abi/move/bcs.h"
#include "engine/abi/move/module.h"
#include "engine/abi/move/sui.h"
#include "engine/abi/move/tag.h"
#include "engine/abi/type/spelling.h"
#include "host/text/text.h"

namespace airlock::abi::move {
namespace {

using json::Node;
using Made = std::vector<std::uint8_t>;

// Writes as it reads. After the first thing that is not as it should be nothing counts any more.
class Writer {
 public:
  Result<Made> write(Node whole) {
    put_kind(0);  // TransactionData::V1
    put_kind(0);  // TransactionKind::ProgrammableTransaction
    if (number_in(whole, "version") != 2) fault();
    put_list(whole, "inputs", [this](Node input) { put_input(input); });
    put_list(whole, "commands", [this](Node command) { put_command(command); });
    put_address(whole, "sender");
    put_gas(whole);
    put_expiration(whole);
    if (at_fault_) return fail(Code::bad_value, made_.size());
    return std::move(made_);
  }

 private:
  void fault() { at_fault_ = true; }

  std::optional<Node> member(Node of, std::string_view name) {
    const auto found = at_fault_ ? std::nullopt : of.member(name);
    if (!found) fault();
    return found;
  }
  std::string_view text_in(Node of, std::string_view name) {
    const auto found = member(of, name);
    if (found && found->is_text()) return found->as_text();
    fault();
    return {};
  }
  std::uint64_t number(Node written) {
    if (written.kind() == Node::Kind::number) return written.as_number();
    std::uint64_t value = 0;
    const std::string_view text = written.is_text() ? written.as_text() : std::string_view();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) fault();
    return value;
  }
  std::uint64_t number_in(Node of, std::string_view name) {
    const auto found = member(of, name);
    return found ? number(*found) : 0;
  }
  static bool is_absent(const std::optional<Node>& found) {
    return !found || found->kind() == Node::Kind::null;
  }

  void put(Bytes bytes) { made_.insert(made_.end(), bytes.begin(), bytes.end()); }
  void put_kind(std::uint64_t kind) { append_uleb(made_, kind); }
  void put_little(std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i)
      made_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  void put_u64(Node of, std::string_view name) { put_little(number_in(of, name), 8); }
  void put_u16(Node written) {
    const std::uint64_t value = number(written);
    if (value > UINT16_MAX) fault();
    put_little(value, 2);
  }
  void put_counted(const Result<Made>& bytes) {
    if (!bytes) return fault();
    append_uleb(made_, bytes->size());
    put(*bytes);
  }
  void put_name(Node of, std::string_view name) {
    const Bytes bytes = bytes_of(text_in(of, name));
    append_uleb(made_, bytes.size());
    put(bytes);
  }
  void put_truth(Node of, std::string_view name) {
    const auto found = member(of, name);
    if (!found || (found->kind() != Node::Kind::yes && found->kind() != Node::Kind::no))
      return fault();
    made_.push_back(found->kind() == Node::Kind::yes);
  }
  void put_address(std::string_view text) {
    const auto bytes = type::read_address(text, type::AddressForm::hex, kAddressSize);
    if (!bytes) return fault();
    put(*bytes);
  }
  void put_address(Node of, std::string_view name) { put_address(text_in(of, name)); }
  void put_tag(Node written) {
    if (!written.is_text()) return fault();
    const auto tag = read_tag(written.as_text());
    if (!tag) return fault();
    put(*tag);
  }
  template <class Put>
  void put_list(Node of, std::string_view name, const Put& put_one) {
    const auto list = member(of, name);
    if (!list || !list->is_array()) return fault();
    append_uleb(made_, list->count());
    for (const Node element : list->elements()) {
      if (at_fault_) return;
      put_one(element);
    }
  }

  void put_object(Node object) {
    put_address(object, "objectId");
    put_u64(object, "version");
    put_counted(type::read_base58(text_in(object, "digest")));
  }
  void put_shared(Node object) {
    put_address(object, "objectId");
    put_u64(object, "initialSharedVersion");
    put_truth(object, "mutable");
  }
  void put_input(Node input) {
    if (const auto pure = input.member("Pure")) {
      put_kind(0);
      return put_counted(text::from_base64(text_in(*pure, "bytes")));
    }
    put_kind(1);
    const auto object = member(input, "Object");
    if (!object) return;
    if (const auto owned = object->member("ImmOrOwnedObject")) {
      put_kind(0);
      return put_object(*owned);
    }
    if (const auto shared = object->member("SharedObject")) {
      put_kind(1);
      return put_shared(*shared);
    }
    put_kind(2);
    if (const auto received = member(*object, "Receiving")) put_object(*received);
  }

  void put_argument(Node argument) {
    if (argument.member("GasCoin"))
      return put_kind(static_cast<std::uint64_t>(SuiArgumentKind::gas_coin));
    if (const auto input = argument.member("Input")) {
      put_kind(static_cast<std::uint64_t>(SuiArgumentKind::input));
      return put_u16(*input);
    }
    if (const auto result = argument.member("Result")) {
      put_kind(static_cast<std::uint64_t>(SuiArgumentKind::result));
      return put_u16(*result);
    }
    const auto nested = member(argument, "NestedResult");
    if (!nested || !nested->is_array() || nested->count() != 2) return fault();
    put_kind(static_cast<std::uint64_t>(SuiArgumentKind::nested_result));
    for (const Node part : nested->elements()) put_u16(part);
  }
  void put_argument(Node of, std::string_view name) {
    if (const auto found = member(of, name)) put_argument(*found);
  }
  void put_arguments(Node of, std::string_view name) {
    put_list(of, name, [this](Node argument) { put_argument(argument); });
  }

  void put_call(Node call) {
    put_address(call, "package");
    put_name(call, "module");
    put_name(call, "function");
    put_list(call, "typeArguments", [this](Node tag) { put_tag(tag); });
    put_arguments(call, "arguments");
  }
  void put_code(Node code) {
    put_list(code, "modules", [this](Node module) {
      if (!module.is_text()) return fault();
      put_counted(text::from_base64(module.as_text()));
    });
    put_list(code, "dependencies", [this](Node package) {
      if (!package.is_text()) return fault();
      put_address(package.as_text());
    });
  }
  void put_vector(Node vector) {
    const auto tag = vector.member("type");
    made_.push_back(!is_absent(tag));
    if (!is_absent(tag)) put_tag(*tag);
    put_arguments(vector, "elements");
  }
  void put_parts(SuiCommandKind kind, Node parts) {
    put_kind(static_cast<std::uint64_t>(kind));
    switch (kind) {
      case SuiCommandKind::move_call: return put_call(parts);
      case SuiCommandKind::transfer_objects:
        put_arguments(parts, "objects");
        return put_argument(parts, "address");
      case SuiCommandKind::split_coins:
        put_argument(parts, "coin");
        return put_arguments(parts, "amounts");
      case SuiCommandKind::merge_coins:
        put_argument(parts, "destination");
        return put_arguments(parts, "sources");
      case SuiCommandKind::publish: return put_code(parts);
      case SuiCommandKind::make_move_vector: return put_vector(parts);
      case SuiCommandKind::upgrade:
        put_code(parts);
        put_address(parts, "package");
        return put_argument(parts, "ticket");
    }
  }
  void put_command(Node command) {
    static constexpr std::array<std::string_view, 7> kNames = {
        "MoveCall", "TransferObjects", "SplitCoins", "MergeCoins",
        "Publish",  "MakeMoveVec",     "Upgrade"};  // at the places of SuiCommandKind
    for (std::size_t kind = 0; kind < kNames.size(); ++kind) {
      if (const auto parts = command.member(kNames[kind]))
        return put_parts(static_cast<SuiCommandKind>(kind), *parts);
    }
    fault();
  }

  // Who sends pays, where nobody else is said to.
  void put_gas(Node whole) {
    const auto gas = member(whole, "gasData");
    if (!gas) return;
    put_list(*gas, "payment", [this](Node object) { put_object(object); });
    if (is_absent(gas->member("owner")))
      put_address(whole, "sender");
    else
      put_address(*gas, "owner");
    put_u64(*gas, "price");
    put_u64(*gas, "budget");
  }
  void put_expiration(Node whole) {
    const auto expiration = whole.member("expiration");
    const bool expires = !is_absent(expiration) && !expiration->member("None");
    put_kind(expires);
    if (expires) put_u64(*expiration, "Epoch");
  }

  Made made_;
  bool at_fault_ = false;
};

}  // namespace

Result<std::vector<std::uint8_t>> encode_sui_transaction(json::Node shown) {
  AIRLOCK_ASSIGN(std::vector<std::uint8_t> made, Writer().write(shown));
  AIRLOCK_TRY(read_sui_transaction(made));
  return made;
}

}  // namespace airlock::abi::move
