#include "engine/abi/move/aptos.h"

#include "engine/abi/move/bcs.h"
#include "engine/abi/move/identifier.h"
#include "engine/abi/move/loader.h"
#include "engine/abi/move/tag.h"

namespace airlock::abi::move {
namespace {

using type::Form;

constexpr std::uint64_t kKindsMax = 0xffff'ffff;
constexpr std::uint64_t kMultisigEntryFunction = 0;
constexpr std::uint64_t kNameMax = 255;

std::string_view name(Cursor& cursor) {
  const std::string_view read = text_of(cursor.take(cursor.uleb(kNameMax)));
  if (!is_identifier(read, true)) cursor.stop();
  return read;
}

// Reads what calls and scripts have in common: type arguments, and the count of the others.
template <class Call>
void read_counts(Cursor& cursor, Call& call) {
  const std::uint64_t tags = cursor.uleb(kLengthMax);
  if (tags > kTypeArgumentsMax) cursor.stop(Code::over_budget);
  for (std::uint64_t i = 0; i < tags && !cursor.failed(); ++i)
    call.tags[call.tag_count++] = take_tag(cursor);
  const std::uint64_t count = cursor.uleb(kLengthMax);
  if (count > kCallArgumentsMax) cursor.stop(Code::over_budget);
  call.argument_count = static_cast<std::uint32_t>(count);
  call.arguments_at = cursor.at();
}

EntryCall read_call(Cursor& cursor) {
  EntryCall call;
  call.address = cursor.take(kAddressSize);
  call.module = name(cursor);
  call.function = name(cursor);
  read_counts(cursor, call);
  for (std::uint64_t i = 0; i < call.argument_count && !cursor.failed(); ++i)
    cursor.take(cursor.uleb(kLengthMax));
  return call;
}

// Takes an argument of a script by what it says that it is: the bytes of its value.
Bytes take_script_argument(Cursor& cursor) {
  constexpr std::array<std::uint8_t, 9> kSizes = {1, 8, 16, 32, 0, 1, 2, 4, 32};
  constexpr std::uint64_t kBytes = 4, kValue = 9;  // a vector of u8, and any value in BCS
  const std::uint64_t kind = cursor.uleb(kKindsMax);
  if (kind > kValue) cursor.stop(Code::unknown_call);
  if (kind == kValue) return cursor.take(cursor.uleb(kLengthMax));
  if (kind < kValue && kind != kBytes) return cursor.take(kSizes[kind]);
  Cursor ahead = cursor;
  const auto size = static_cast<std::size_t>(ahead.uleb(kLengthMax));
  ahead.take(size);
  if (ahead.failed()) cursor.stop();
  return cursor.take(ahead.at() - cursor.at());
}

ScriptCall read_script(Cursor& cursor) {
  ScriptCall script;
  script.code = cursor.take(cursor.uleb(kLengthMax));
  read_counts(cursor, script);
  for (std::uint64_t i = 0; i < script.argument_count && !cursor.failed(); ++i)
    take_script_argument(cursor);
  return script;
}

void read_multisig(Cursor& cursor, Payload& made) {
  made.account = cursor.take(kAddressSize);
  const std::uint8_t option = cursor.u8();
  if (option > 1) cursor.stop();
  made.is_stored = option == 0;
  if (made.is_stored) return;
  if (cursor.uleb(kKindsMax) != kMultisigEntryFunction) cursor.stop(Code::unknown_call);
  made.call = read_call(cursor);
}

Payload read_kind(Cursor& cursor) {
  Payload made;
  const std::uint64_t kind = cursor.uleb(kKindsMax);
  made.kind = static_cast<PayloadKind>(kind);
  switch (kind) {
    case static_cast<std::uint64_t>(PayloadKind::script): made.script = read_script(cursor); break;
    case static_cast<std::uint64_t>(PayloadKind::entry_function):
      made.call = read_call(cursor);
      break;
    case static_cast<std::uint64_t>(PayloadKind::multisig): read_multisig(cursor, made); break;
    default: cursor.stop(Code::unknown_call); break;
  }
  return made;
}

Status finish(Cursor& cursor) {
  if (!cursor.at_end()) cursor.stop();
  return cursor.status();
}

// A signer, also behind a reference.
bool signs(const type::Map& map, const type::Field& parameter) {
  const type::Type* type = &map.types()[parameter.type];
  while (type->form == Form::reference) type = &map.types()[type->first];
  return type->form == Form::signer;
}

std::size_t signer_count(const type::Map& map, std::span<const type::Field> parameters) {
  std::size_t count = 0;
  while (count < parameters.size() && signs(map, parameters[count])) ++count;
  return count;
}

using Resolved = std::array<std::uint32_t, kTypeArgumentsMax>;

// Notes the arguments of a call or of a script, each taken by `take`.
template <class Call, class Take>
Status decode_given(const type::Map& map, const type::Entry& entry, const Call& call, Bytes data,
                    type::Tape& tape, const Take& take) {
  const type::Type& input = map.types()[entry.input];
  const auto parameters = map.fields_of(input);
  const std::size_t signers = signer_count(map, parameters);
  if ((entry.flags & type::kIsEntry) == 0 || entry.parameters != call.tag_count ||
      parameters.size() - signers != call.argument_count)
    return fail(Code::chain_refuses, call.arguments_at);
  Resolved resolved{};
  for (std::size_t i = 0; i < call.tag_count; ++i) resolved[i] = find_type(map, call.tags[i]);
  const Arguments arguments(resolved.data(), call.tag_count);
  const std::uint32_t node = tape.size();
  const auto at = static_cast<std::uint32_t>(call.arguments_at);
  if (!tape.add(entry.input, at, input.count)) return fail(Code::over_budget, at);
  Cursor none({}, Code::chain_refuses, at);
  for (std::size_t i = 0; i < signers; ++i)
    AIRLOCK_TRY(decode(map, parameters[i].type, arguments, none, tape));
  Cursor cursor(data.subspan(at), Code::chain_refuses, at);
  for (std::size_t i = signers; i < parameters.size(); ++i) {
    const Bytes value = take(cursor);
    AIRLOCK_TRY(cursor.status());
    Cursor argument(value, Code::chain_refuses, cursor.at() - value.size());
    AIRLOCK_TRY(decode(map, parameters[i].type, arguments, argument, tape));
    if (!argument.at_end()) return fail(Code::chain_refuses, argument.at());
  }
  tape.close(node);
  return {};
}

Result<std::vector<json::Node>> in_order(const type::Map& map,
                                         std::span<const type::Field> parameters,
                                         json::Node arguments) {
  std::vector<json::Node> made;
  const bool by_name = arguments.is_object();
  if ((!by_name && !arguments.is_array()) || arguments.count() != parameters.size())
    return fail(Code::bad_value, parameters.size());
  if (!by_name) {
    for (const json::Node argument : arguments.elements()) made.push_back(argument);
    return made;
  }
  for (const type::Field& parameter : parameters) {
    const auto argument = arguments.member(map.text(parameter.name));
    if (!argument) return fail(Code::bad_value, made.size());
    made.push_back(*argument);
  }
  return made;
}

void append_name(std::vector<std::uint8_t>& made, std::string_view name) {
  append_uleb(made, name.size());
  made.insert(made.end(), name.begin(), name.end());
}

}  // namespace

Result<Payload> read_payload(Bytes data) {
  if (data.size() > kTransactionSizeMax) return fail(Code::oversized, data.size());
  Cursor cursor(data, Code::chain_refuses);
  const Payload payload = read_kind(cursor);
  AIRLOCK_TRY(finish(cursor));
  return payload;
}

Result<EntryCall> read_entry_call(Bytes data) {
  AIRLOCK_ASSIGN(const Payload payload, read_payload(data));
  if (payload.kind != PayloadKind::entry_function) return fail(Code::unknown_call);
  return payload.call;
}

Result<AptosTransaction> read_transaction(Bytes data) {
  if (data.size() > kTransactionSizeMax) return fail(Code::oversized, data.size());
  Cursor cursor(data, Code::chain_refuses);
  AptosTransaction made;
  made.sender = cursor.take(kAddressSize);
  made.sequence_number = cursor.u64();
  made.payload = read_kind(cursor);
  made.gas_max = cursor.u64();
  made.gas_price = cursor.u64();
  made.expires_seconds = cursor.u64();
  made.chain_id = cursor.u8();
  AIRLOCK_TRY(finish(cursor));
  return made;
}

Result<const type::Entry*> decode_call(const type::Map& map, const EntryCall& call, Bytes data,
                                       type::Tape& tape) {
  const type::Entry* entry = find_function(map, call.address, call.module, call.function);
  if (entry == nullptr) return fail(Code::unknown_call);
  AIRLOCK_TRY(decode_given(map, *entry, call, data, tape, [](Cursor& cursor) {
    return cursor.take(static_cast<std::size_t>(cursor.uleb(kLengthMax)));
  }));
  return entry;
}

Result<const type::Entry*> decode_script(const type::Map& map, const ScriptCall& script, Bytes data,
                                         type::Tape& tape) {
  AIRLOCK_ASSIGN(const type::Entry* entry, map.find_named(type::EntryKind::function, "main"));
  AIRLOCK_TRY(decode_given(map, *entry, script, data, tape, &take_script_argument));
  return entry;
}

Result<std::vector<std::uint8_t>> encode_payload(const type::Map& map, const type::Entry& function,
                                                 std::span<const std::string> type_arguments,
                                                 json::Node arguments) {
  if ((function.flags & type::kIsEntry) == 0 || function.note.size == 0)
    return fail(Code::unknown_call);
  if (type_arguments.size() != function.parameters || type_arguments.size() > kTypeArgumentsMax)
    return fail(Code::bad_value, type_arguments.size());
  std::vector<std::uint8_t> made = {static_cast<std::uint8_t>(PayloadKind::entry_function)};
  const std::string_view id = map.text(function.note);
  const std::size_t colons = id.find("::");
  AIRLOCK_ASSIGN(const auto address,
                 type::read_address(id.substr(0, colons), type::AddressForm::hex, kAddressSize));
  made.insert(made.end(), address.begin(), address.end());
  append_name(made, id.substr(colons + 2));
  append_name(made, map.text(function.name));
  append_uleb(made, type_arguments.size());
  Resolved resolved{};
  for (std::size_t i = 0; i < type_arguments.size(); ++i) {
    AIRLOCK_ASSIGN(const auto tag, read_tag(type_arguments[i]));
    resolved[i] = find_type(map, tag);
    made.insert(made.end(), tag.begin(), tag.end());
  }
  auto parameters = map.fields_of(map.types()[function.input]);
  parameters = parameters.subspan(signer_count(map, parameters));
  AIRLOCK_ASSIGN(const auto values, in_order(map, parameters, arguments));
  append_uleb(made, values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::vector<std::uint8_t> argument;
    AIRLOCK_TRY(encode(map, parameters[i].type, Arguments(resolved.data(), type_arguments.size()),
                       values[i], argument));
    append_uleb(made, argument.size());
    made.insert(made.end(), argument.begin(), argument.end());
  }
  if (made.size() > kTransactionSizeMax) return fail(Code::over_budget, made.size());
  return made;
}

}  // namespace airlock::abi::move
