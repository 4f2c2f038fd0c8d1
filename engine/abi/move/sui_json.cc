// A Sui transaction as @mysten/sui's Transaction.getData() shows it.
#include "engine/abi/move/sui.h"
#include "engine/abi/move/tag.h"
#include "host/text/text.h"

namespace airlock::abi::move {
namespace {

class Writer {
 public:
  Writer(std::string& json, const SuiTransaction& transaction)
      : json_(json), transaction_(transaction) {}

  void write(std::size_t size_max) {
    size_max_ = size_max;
    json_ += R"({"version":2,"sender":)";
    put_hex(transaction_.sender);
    json_ += R"(,"expiration":)";
    if (transaction_.expires)
      json_.append(R"({"Epoch":")")
          .append(std::to_string(transaction_.epoch_last))
          .append(R"(","$kind":"Epoch"})");
    else
      json_ += "null";
    json_ += R"(,"gasData":{"budget":)";
    put_number(transaction_.gas_budget);
    json_ += R"(,"price":)";
    put_number(transaction_.gas_price);
    json_ += R"(,"owner":)";
    // Who pays is said where it is not who sends.
    if (equal(transaction_.gas_owner, transaction_.sender))
      json_ += "null";
    else
      put_hex(transaction_.gas_owner);
    json_ += R"(,"payment":)";
    put_list(transaction_.gas_objects, [this](const SuiObject& object) { put(object); });
    json_ += R"(},"inputs":)";
    put_list(transaction_.inputs, [this](const SuiInput& input) { put(input); });
    json_ += R"(,"commands":)";
    put_list(transaction_.commands, [this](const SuiCommand& command) { put(command); });
    json_ += '}';
  }

 private:
  template <class List, class Put>
  void put_list(const List& list, const Put& put) {
    json_ += '[';
    bool is_first = true;
    for (const auto& element : list) {
      if (json_.size() > size_max_) break;
      if (!is_first) json_ += ',';
      is_first = false;
      put(element);
    }
    json_ += ']';
  }
  void put_quoted(std::string_view text) { type::append_quoted(json_, text); }
  void put_number(std::uint64_t number) { put_quoted(std::to_string(number)); }
  void put_hex(Bytes bytes) {
    json_ += '"';
    type::append_hex(json_, bytes);
    json_ += '"';
  }
  void put_base64(Bytes bytes) { put_quoted(text::to_base64(bytes)); }
  void put_tag(Bytes tag) {
    std::string text;
    append_tag(text, tag);
    put_quoted(text);
  }
  // Opens {"KIND": and says the kind again at the end, as the library does.
  template <class Put>
  void put_kind(std::string_view kind, const Put& put) {
    json_ += '{';
    put_quoted(kind);
    json_ += ':';
    put();
    json_.append(R"(,"$kind":)");
    put_quoted(kind);
    json_ += '}';
  }

  void put(const SuiObject& object) {
    json_ += R"({"objectId":)";
    put_hex(object.id);
    json_ += R"(,"version":)";
    put_number(object.version);
    json_ += R"(,"digest":")";
    type::append_base58(json_, object.digest);
    json_ += R"("})";
  }

  void put_shared(const SuiInput& input) {
    json_ += R"({"objectId":)";
    put_hex(input.object.id);
    json_ += R"(,"initialSharedVersion":)";
    put_number(input.object.version);
    json_ += input.is_mutable ? R"(,"mutable":true})" : R"(,"mutable":false})";
  }

  void put(const SuiInput& input) {
    if (input.kind == SuiInputKind::pure) {
      put_kind("Pure", [&] {
        json_ += R"({"bytes":)";
        put_base64(input.bytes);
        json_ += '}';
      });
      return;
    }
    put_kind("Object", [&] {
      if (input.kind == SuiInputKind::shared) {
        put_kind("SharedObject", [&] { put_shared(input); });
        return;
      }
      const bool is_received = input.kind == SuiInputKind::receiving;
      put_kind(is_received ? "Receiving" : "ImmOrOwnedObject", [&] { put(input.object); });
    });
  }

  void put(const SuiArgument& argument) {
    switch (argument.kind) {
      case SuiArgumentKind::gas_coin: json_ += R"({"GasCoin":true,"$kind":"GasCoin"})"; return;
      case SuiArgumentKind::input: {
        const bool is_pure = transaction_.inputs[argument.index].kind == SuiInputKind::pure;
        json_.append(R"({"Input":)").append(std::to_string(argument.index));
        json_ +=
            is_pure ? R"(,"type":"pure","$kind":"Input"})" : R"(,"type":"object","$kind":"Input"})";
        return;
      }
      case SuiArgumentKind::result:
        json_.append(R"({"Result":)").append(std::to_string(argument.index));
        json_ += R"(,"$kind":"Result"})";
        return;
      case SuiArgumentKind::nested_result:
        json_.append(R"({"NestedResult":[)").append(std::to_string(argument.index)).append(",");
        json_.append(std::to_string(argument.part)).append(R"(],"$kind":"NestedResult"})");
        return;
    }
  }
  void put_arguments(const SuiCommand& command) {
    put_list(command.arguments, [this](const SuiArgument& argument) { put(argument); });
  }

  void put_call(const SuiCommand& command) {
    json_ += R"({"package":)";
    put_hex(command.package);
    json_ += R"(,"module":)";
    put_quoted(command.module);
    json_ += R"(,"function":)";
    put_quoted(command.function);
    json_ += R"(,"typeArguments":)";
    put_list(command.type_arguments, [this](Bytes tag) { put_tag(tag); });
    json_ += R"(,"arguments":)";
    put_arguments(command);
    json_ += '}';
  }
  // The two names of a command that has one argument and a list of them.
  void put_pair(const SuiCommand& command, std::string_view subject, std::string_view list) {
    json_.append("{\"").append(subject).append("\":");
    put(command.subject);
    json_.append(",\"").append(list).append("\":");
    put_arguments(command);
    json_ += '}';
  }
  void put_code(const SuiCommand& command) {
    json_ += R"({"modules":)";
    put_list(command.modules, [this](Bytes module) { put_base64(module); });
    json_ += R"(,"dependencies":)";
    put_list(command.dependencies, [this](Bytes package) { put_hex(package); });
    if (command.kind == SuiCommandKind::upgrade) {
      json_ += R"(,"package":)";
      put_hex(command.package);
      json_ += R"(,"ticket":)";
      put(command.subject);
    }
    json_ += '}';
  }
  void put_vector(const SuiCommand& command) {
    json_ += R"({"type":)";
    if (command.type_arguments.empty())
      json_ += "null";
    else
      put_tag(command.type_arguments[0]);
    json_ += R"(,"elements":)";
    put_arguments(command);
    json_ += '}';
  }

  void put(const SuiCommand& command) {
    switch (command.kind) {
      case SuiCommandKind::move_call: return put_kind("MoveCall", [&] { put_call(command); });
      case SuiCommandKind::transfer_objects:
        return put_kind("TransferObjects", [&] { put_pair(command, "address", "objects"); });
      case SuiCommandKind::split_coins:
        return put_kind("SplitCoins", [&] { put_pair(command, "coin", "amounts"); });
      case SuiCommandKind::merge_coins:
        return put_kind("MergeCoins", [&] { put_pair(command, "destination", "sources"); });
      case SuiCommandKind::publish: return put_kind("Publish", [&] { put_code(command); });
      case SuiCommandKind::make_move_vector:
        return put_kind("MakeMoveVec", [&] { put_vector(command); });
      case SuiCommandKind::upgrade: return put_kind("Upgrade", [&] { put_code(command); });
    }
  }

  std::string& json_;
  const SuiTransaction& transaction_;
  std::size_t size_max_ = 0;
};

}  // namespace

Status append_sui_json(std::string& json, const SuiTransaction& transaction, std::size_t size_max) {
  Writer(json, transaction).write(size_max);
  if (json.size() > size_max) return fail(Code::over_budget, json.size());
  return {};
}

}  // namespace airlock::abi::move
