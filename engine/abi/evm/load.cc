#include "engine/abi/evm/load.h"

#include <algorithm>

#include "engine/abi/evm/internal/entries.h"
#include "host/json/tree.h"

namespace airlock::abi::evm {

using internal::Draft;
using internal::Name;
using json::Node;
using type::EntryKind;

namespace {

constexpr std::string_view kTuple = "tuple";

// A member that may be absent, but is a text where it is there.
Result<std::string_view> text_or(Node object, std::string_view key, std::string_view otherwise) {
  const auto member = object.member(key);
  if (!member) return otherwise;
  if (!member->is_text()) return fail(Code::bad_abi);
  return member->as_text();
}

Result<bool> flag(Node object, std::string_view key) {
  const auto member = object.member(key);
  if (!member || member->kind() == Node::Kind::no) return false;
  if (member->kind() != Node::Kind::yes) return fail(Code::bad_abi);
  return true;
}

Result<EntryKind> kind_of(std::string_view type) {
  if (type == "function") return EntryKind::function;
  if (type == "event") return EntryKind::event;
  if (type == "error") return EntryKind::error;
  if (type == "constructor") return EntryKind::constructor;
  if (type == "fallback") return EntryKind::fallback;
  if (type == "receive") return EntryKind::receive;
  return fail(Code::bad_abi);
}

Result<std::uint8_t> flags_of(Node item) {
  AIRLOCK_ASSIGN(const std::string_view mutability, text_or(item, "stateMutability", ""));
  if (mutability == "payable") return type::kIsPayable;
  if (mutability == "view") return type::kIsView;
  if (mutability == "pure") return type::kIsPure;
  if (mutability == "nonpayable") return std::uint8_t{0};
  if (!mutability.empty()) return fail(Code::bad_abi);
  // The form before solc 0.5.
  AIRLOCK_ASSIGN(const bool is_payable, flag(item, "payable"));
  AIRLOCK_ASSIGN(const bool is_constant, flag(item, "constant"));
  AIRLOCK_ASSIGN(const bool is_anonymous, flag(item, "anonymous"));
  if (is_anonymous) return type::kIsAnonymous;
  if (is_payable) return type::kIsPayable;
  return is_constant ? type::kIsView : std::uint8_t{0};
}

class Loader {
 public:
  explicit Loader(std::string_view name) { builder_.set_name(name); }

  Result<type::OwnedMap> load(Node root) {
    const auto inner = root.member("abi");
    const Node items = inner ? *inner : root;
    if (!items.is_array()) return fail(Code::bad_abi);
    std::size_t at = 0;
    for (const Node item : items.elements()) {
      if (const Status read = add(item); !read) return fail(read.error().code, at);
      ++at;
    }
    AIRLOCK_TRY(add_built_in("Error", "string"));
    AIRLOCK_TRY(add_built_in("Panic", "uint256"));
    return builder_.finish();
  }

 private:
  Status add(Node item) {
    if (!item.is_object()) return fail(Code::bad_abi);
    AIRLOCK_ASSIGN(const std::string_view type, text_or(item, "type", "function"));
    Draft draft;
    AIRLOCK_ASSIGN(draft.kind, kind_of(type));
    is_event_ = draft.kind == EntryKind::event;
    AIRLOCK_ASSIGN(draft.flags, flags_of(item));
    if (draft.kind == EntryKind::function || draft.kind == EntryKind::event ||
        draft.kind == EntryKind::error) {
      AIRLOCK_ASSIGN(draft.name, text_or(item, "name", ""));
    }
    AIRLOCK_ASSIGN(draft.input, parameters(item.member("inputs")));
    draft.inputs = parameters_.spelling();
    if (draft.kind == EntryKind::event) {
      AIRLOCK_TRY(note_indexed(item, draft));
    }
    if (draft.kind == EntryKind::function) {
      AIRLOCK_ASSIGN(draft.output, parameters(item.member("outputs")));
      draft.outputs = parameters_.spelling();
    }
    AIRLOCK_TRY(entries_.add(draft));
    return {};
  }

  static Status note_indexed(Node item, Draft& draft) {
    std::size_t topics = (draft.flags & type::kIsAnonymous) != 0 ? 0 : 1;
    const auto inputs = item.member("inputs");
    if (inputs) {
      for (const Node input : inputs->elements()) {
        AIRLOCK_ASSIGN(const bool is_indexed, flag(input, "indexed"));
        draft.indexed += is_indexed ? 'i' : '-';
        topics += is_indexed ? 1 : 0;
      }
    }
    if (topics > kTopicsMax) return fail(Code::bad_abi);
    return {};
  }

  Status add_built_in(std::string_view name, std::string_view type) {
    Draft draft{.kind = EntryKind::error, .name = name};
    parameters_.begin();
    AIRLOCK_TRY(parameters_.add(type, "", {}));
    AIRLOCK_ASSIGN(draft.input, parameters_.end());
    draft.inputs = parameters_.spelling();
    // A contract that names it otherwise is refused like any other collision.
    AIRLOCK_TRY(entries_.add(draft));
    return {};
  }

  // A tuple whose components are being read.
  struct Open {
    json::Elements::Iterator at, end;
    std::string_view arrays;  // of the tuple, to be told when it closes
    Name name;
  };

  Result<std::uint32_t> parameters(std::optional<Node> list) {
    parameters_.begin();
    if (!list) return parameters_.end();
    AIRLOCK_TRY(open(*list, "", {}));
    while (!open_.empty()) {
      Open& top = open_.back();
      if (top.at == top.end) {
        const Open closed = top;
        open_.pop_back();
        if (!open_.empty()) AIRLOCK_TRY(parameters_.close(closed.arrays, closed.name));
        continue;
      }
      const Node parameter = *top.at;
      ++top.at;
      AIRLOCK_TRY(read(parameter));
    }
    return parameters_.end();
  }

  Status open(Node list, std::string_view arrays, const Name& name) {
    if (!list.is_array()) return fail(Code::bad_abi);
    const json::Elements elements = list.elements();
    open_.push_back({elements.begin(), elements.end(), arrays, name});
    return {};
  }

  Status read(Node parameter) {
    if (!parameter.is_object()) return fail(Code::bad_abi);
    AIRLOCK_ASSIGN(const std::string_view type, text_or(parameter, "type", ""));
    Name name;
    AIRLOCK_ASSIGN(name.name, text_or(parameter, "name", ""));
    AIRLOCK_ASSIGN(name.note, text_or(parameter, "internalType", ""));
    if (name.note == type) name.note = {};
    if (is_event_ && open_.size() == 1) {
      AIRLOCK_ASSIGN(name.is_indexed, flag(parameter, "indexed"));
    }
    const std::size_t bracket = std::min(type.find('['), type.size());
    const std::string_view base = type.substr(0, bracket), arrays = type.substr(bracket);
    if (base != kTuple) return parameters_.add(base, arrays, name);
    const auto components = parameter.member("components");
    if (!components) return fail(Code::bad_abi);
    AIRLOCK_TRY(parameters_.open());
    return open(*components, arrays, name);
  }

  type::Builder builder_{"evm", type::Order::big, type::AddressForm::eip55};
  internal::Parameters parameters_{builder_};
  internal::Entries entries_{builder_};
  std::vector<Open> open_;
  bool is_event_ = false;
};

}  // namespace

Result<type::OwnedMap> load(std::string_view json_abi, std::string_view name) {
  AIRLOCK_ASSIGN(const json::Tree tree, json::Tree::parse(json_abi, kJsonSizeMax));
  return Loader(name).load(tree.root());
}

}  // namespace airlock::abi::evm
