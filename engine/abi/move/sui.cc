#include "engine/abi/move/sui.h"

#include "engine/abi/move/bcs.h"
#include "engine/abi/move/identifier.h"
#include "engine/abi/move/loader.h"
#include "engine/abi/move/tag.h"

namespace airlock::abi::move {
namespace {

constexpr std::uint64_t kNameMax = 128;  // of Sui's identifiers
constexpr std::size_t kDigestSize = 32;
constexpr std::size_t kPureSizeMax = 16 << 10;
constexpr std::size_t kModulesInCommandMax = 64;
constexpr std::size_t kDependenciesMax = 512;

class Reader {
 public:
  explicit Reader(Bytes data) : cursor_(data, Code::chain_refuses) { made_.data = data; }

  Result<SuiTransaction> read() {
    choose(cursor_.uleb(kLengthMax), 0);  // TransactionData::V1
    choose(cursor_.uleb(kLengthMax), 0);  // TransactionKind::ProgrammableTransaction
    read_list(kSuiInputsMax, [this] { made_.inputs.push_back(read_input()); });
    read_list(kSuiCommandsMax, [this] { read_command(); });
    made_.sender = cursor_.take(kAddressSize);
    read_list(kSuiGasObjectsMax, [this] { made_.gas_objects.push_back(read_object()); });
    made_.gas_owner = cursor_.take(kAddressSize);
    made_.gas_price = cursor_.u64();
    made_.gas_budget = cursor_.u64();
    made_.expires = choose(cursor_.uleb(kLengthMax), 1) == 1;
    if (made_.expires) made_.epoch_last = cursor_.u64();
    if (!cursor_.at_end()) cursor_.stop();
    AIRLOCK_TRY(cursor_.status());
    return std::move(made_);
  }

 private:
  // Kinds above the last known one belong to newer versions of the chain.
  std::uint64_t choose(std::uint64_t kind, std::uint64_t last) {
    if (kind > last) cursor_.stop(Code::unknown_call);
    return kind;
  }
  template <class Read>
  void read_list(std::size_t max, const Read& read) {
    const std::uint64_t count = cursor_.uleb(kLengthMax);
    if (count > max) cursor_.stop();
    for (std::uint64_t i = 0; i < count && !cursor_.failed(); ++i) read();
  }
  bool read_truth() {
    const std::uint8_t truth = cursor_.u8();
    if (truth > 1) cursor_.stop();
    return truth == 1;
  }
  std::string_view read_name() {
    const std::string_view name = text_of(cursor_.take(cursor_.uleb(kNameMax)));
    if (!is_identifier(name)) cursor_.stop();
    return name;
  }
  SuiObject read_object() {
    SuiObject object;
    object.id = cursor_.take(kAddressSize);
    object.version = cursor_.u64();
    if (cursor_.uleb(kLengthMax) != kDigestSize) cursor_.stop();
    object.digest = cursor_.take(kDigestSize);
    return object;
  }

  SuiInput read_input() {
    SuiInput input;
    if (choose(cursor_.uleb(kLengthMax), 1) == 0) {
      input.bytes = cursor_.take(cursor_.uleb(kPureSizeMax));
      return input;
    }
    switch (choose(cursor_.uleb(kLengthMax), 2)) {
      case 1:
        input.kind = SuiInputKind::shared;
        input.object.id = cursor_.take(kAddressSize);
        input.object.version = cursor_.u64();
        input.is_mutable = read_truth();
        return input;
      case 2: input.kind = SuiInputKind::receiving; break;
      default: input.kind = SuiInputKind::owned; break;
    }
    input.object = read_object();
    return input;
  }

  SuiArgument read_argument() {
    SuiArgument argument;
    argument.kind = static_cast<SuiArgumentKind>(choose(cursor_.uleb(kLengthMax), 3));
    if (argument.kind == SuiArgumentKind::gas_coin) return argument;
    argument.index = cursor_.u16();
    if (argument.kind == SuiArgumentKind::nested_result) argument.part = cursor_.u16();
    const std::size_t there =
        argument.kind == SuiArgumentKind::input ? made_.inputs.size() : made_.commands.size();
    if (argument.index >= there) cursor_.stop();
    return argument;
  }
  void read_arguments(SuiCommand& command) {
    read_list(kSuiArgumentsMax, [&] { command.arguments.push_back(read_argument()); });
  }
  void read_code(SuiCommand& command) {
    read_list(kModulesInCommandMax,
              [&] { command.modules.push_back(cursor_.take(cursor_.uleb(kLengthMax))); });
    read_list(kDependenciesMax,
              [&] { command.dependencies.push_back(cursor_.take(kAddressSize)); });
  }
  void read_call(SuiCommand& command) {
    command.package = cursor_.take(kAddressSize);
    command.module = read_name();
    command.function = read_name();
    read_list(kSuiTypeArgumentsMax, [&] { command.type_arguments.push_back(take_tag(cursor_)); });
    read_arguments(command);
  }

  void read_command() {
    SuiCommand command;
    command.kind = static_cast<SuiCommandKind>(choose(cursor_.uleb(kLengthMax), 6));
    switch (command.kind) {
      case SuiCommandKind::move_call: read_call(command); break;
      case SuiCommandKind::transfer_objects:
        read_arguments(command);
        command.subject = read_argument();
        break;
      case SuiCommandKind::split_coins:
      case SuiCommandKind::merge_coins:
        command.subject = read_argument();
        read_arguments(command);
        break;
      case SuiCommandKind::publish: read_code(command); break;
      case SuiCommandKind::make_move_vector:
        if (read_truth()) command.type_arguments.push_back(take_tag(cursor_));
        read_arguments(command);
        // An empty vector of nothing has no type.
        if (command.arguments.empty() && command.type_arguments.empty()) cursor_.stop();
        break;
      case SuiCommandKind::upgrade:
        read_code(command);
        command.package = cursor_.take(kAddressSize);
        command.subject = read_argument();
        break;
    }
    made_.commands.push_back(std::move(command));
  }

  Cursor cursor_;
  SuiTransaction made_;
};

}  // namespace

Result<SuiTransaction> read_sui_transaction(Bytes data) {
  if (data.size() > kSuiTransactionSizeMax) return fail(Code::oversized, data.size());
  return Reader(data).read();
}

const type::Entry* sui_function(const type::Map& map, const SuiCommand& command) {
  if (command.kind != SuiCommandKind::move_call) return nullptr;
  return find_function(map, command.package, command.module, command.function);
}

Status decode_pure(const type::Map& map, const SuiTransaction& transaction,
                   const SuiCommand& command, std::size_t argument, type::Tape& tape) {
  const type::Entry* function = sui_function(map, command);
  if (function == nullptr || argument >= command.arguments.size()) return fail(Code::unknown_call);
  const SuiArgument& given = command.arguments[argument];
  if (given.kind != SuiArgumentKind::input) return fail(Code::unknown_call, argument);
  const SuiInput& input = transaction.inputs[given.index];
  if (input.kind != SuiInputKind::pure) return fail(Code::unknown_call, argument);
  const auto parameters = map.fields_of(map.types()[function->input]);
  const bool counts_fit = argument < parameters.size() &&
                          function->parameters == command.type_arguments.size() &&
                          function->parameters <= kSuiTypeArgumentsMax;
  if (!counts_fit) return fail(Code::chain_refuses, argument);
  std::array<std::uint32_t, kSuiTypeArgumentsMax> resolved{};
  for (std::size_t i = 0; i < command.type_arguments.size(); ++i)
    resolved[i] = find_type(map, command.type_arguments[i]);
  const auto at = static_cast<std::size_t>(input.bytes.data() - transaction.data.data());
  Cursor cursor(input.bytes, Code::chain_refuses, at);
  AIRLOCK_TRY(decode(map, parameters[argument].type,
                     Arguments(resolved.data(), command.type_arguments.size()), cursor, tape));
  if (!cursor.at_end()) return fail(Code::chain_refuses, cursor.at());
  return {};
}

}  // namespace airlock::abi::move
