#include "engine/abi/golden.h"

#include <algorithm>

#include "engine/abi/carried.h"

namespace airlock::abi {

using json::Node;

namespace {

constexpr std::size_t kTextMax = 128;  // of a chain or an address

using Address = std::vector<std::uint8_t>;

// What both kinds of cases state of a screen.
struct Stated {
  std::optional<Address> from{};
  std::optional<Node> shown{};

  std::optional<Bytes> sender() const { return from ? std::optional<Bytes>(*from) : std::nullopt; }
};

Status only(Node object, std::initializer_list<std::string_view> names) {
  for (const auto& [name, value] : object.members())
    if (std::ranges::find(names, name) == names.end()) return fail(Code::unknown_field);
  return {};
}

// A screen says what it is for and lists whole fields, and so do those of the calls in it.
Status check_shown(Node screen) {
  std::vector<Node> open{screen};
  while (!open.empty()) {
    const Node one = open.back();
    open.pop_back();
    AIRLOCK_TRY(json::text(one, "intent", clear::kSentenceMax));
    AIRLOCK_ASSIGN(const Node fields, json::array(one, "fields", clear::kFieldsMax));
    for (const Node field : fields.elements()) {
      AIRLOCK_TRY(json::text(field, "label", kGoldenSizeMax));
      AIRLOCK_TRY(json::text(field, "value", kGoldenSizeMax));
      if (const auto call = field.member("call")) open.push_back(*call);
    }
  }
  return {};
}

Result<Stated> read_stated(Node root) {
  Stated made;
  if (root.member("from")) {
    AIRLOCK_ASSIGN(const std::string_view from, json::text(root, "from", kTextMax));
    AIRLOCK_ASSIGN(made.from,
                   type::read_address(from, type::AddressForm::eip55, clear::kAddressSize));
  }
  if (root.member("shown")) {
    AIRLOCK_ASSIGN(made.shown, json::object(root, "shown"));
    AIRLOCK_TRY(check_shown(*made.shown));
  }
  return made;
}

bool is_same(Node stated, Node is) {
  if (stated.kind() != is.kind()) return false;
  switch (stated.kind()) {
    case Node::Kind::text: return stated.as_text() == is.as_text();
    case Node::Kind::number: return stated.as_number() == is.as_number();
    case Node::Kind::negative: return stated.as_negative() == is.as_negative();
    case Node::Kind::array: return stated.count() == is.count();
    case Node::Kind::null:
    case Node::Kind::no:
    case Node::Kind::yes:
    case Node::Kind::object: return true;
  }
  return false;
}

// Whether all that is stated is so: members by name, of which there may be more, and every element
// of a list.
bool holds(Node stated, Node is) {
  std::vector<std::pair<Node, Node>> open{{stated, is}};
  while (!open.empty()) {
    const auto [wanted, found] = open.back();
    open.pop_back();
    if (!is_same(wanted, found)) return false;
    if (wanted.is_object()) {
      for (const auto& [name, value] : wanted.members()) {
        const auto member = found.member(name);
        if (!member) return false;
        open.emplace_back(value, *member);
      }
    }
    if (!wanted.is_array()) continue;
    auto at = found.elements().begin();
    for (const Node value : wanted.elements()) {
      open.emplace_back(value, *at);
      ++at;
    }
  }
  return true;
}

Status check(const clear::Shown& shown, Node stated) {
  if (!shown.front().is_clear) return fail(Code::golden_case_failed);
  const std::string json = clear::json_of(shown);
  AIRLOCK_ASSIGN(const json::Tree is, json::Tree::parse(json, json.size()));
  return holds(stated, is.root()) ? Status() : fail(Code::golden_case_failed);
}

Status check(const Decoded& decoded, const Carried& carried, Node expect) {
  std::string json;
  AIRLOCK_TRY(append_json(json, decoded, carried, ""));
  AIRLOCK_ASSIGN(const json::Tree is,
                 json::Tree::parse(json, type::kOutputMax, json::Nul::in_texts));
  if (json::value_of(is.root()) != json::value_of(expect)) return fail(Code::golden_case_failed);
  return {};
}

Status replay_message(const Snapshot& snapshot, Node root, std::span<type::Node> room) {
  AIRLOCK_TRY(only(root, {"message", "from", "shown"}));
  AIRLOCK_ASSIGN(const Stated stated, read_stated(root));
  if (!stated.shown) return fail(Code::missing_field);
  AIRLOCK_ASSIGN(const Node message, json::object(root, "message"));
  AIRLOCK_ASSIGN(const clear::TypedData read,
                 clear::TypedData::read(json::write(json::value_of(message))));
  return check(show(snapshot, Signing{read, stated.sender()}, room), *stated.shown);
}

// A screen is a chain's of the EVM.
Status check_screen(const Snapshot& snapshot, const Call& call, Node root, const Stated& stated,
                    std::span<type::Node> room) {
  const auto chain = chain_id_of(call.chain);
  if (!chain) return fail(Code::loader_missing);
  AIRLOCK_ASSIGN(const Address to,
                 type::read_address(call.target, type::AddressForm::eip55, clear::kAddressSize));
  number::U256 value;
  if (const auto pays = root.member("value")) {
    AIRLOCK_ASSIGN(value, type::read_unsigned(*pays, 256));
  }
  const Sending sending{*chain, to, stated.sender(), value, call.data};
  return check(show(snapshot, sending, room), *stated.shown);
}

Status replay_call(const Snapshot& snapshot, Loaders loaders, Node root,
                   std::span<type::Node> room) {
  AIRLOCK_TRY(only(root, {"chain", "target", "data", "value", "from", "expect", "shown"}));
  Call call;
  AIRLOCK_ASSIGN(call.chain, json::text(root, "chain", kTextMax));
  AIRLOCK_ASSIGN(call.target, json::text(root, "target", kTextMax));
  AIRLOCK_ASSIGN(const std::string_view hex, json::text(root, "data", kGoldenSizeMax));
  AIRLOCK_ASSIGN(const std::vector<std::uint8_t> data, type::read_hex(hex));
  call.data = data;
  AIRLOCK_ASSIGN(const Stated stated, read_stated(root));
  if (stated.shown) AIRLOCK_TRY(check_screen(snapshot, call, root, stated, room));
  if (stated.shown && !root.member("expect")) return {};
  AIRLOCK_ASSIGN(const Node expect, json::object(root, "expect"));
  const auto decoded = decode(snapshot, loaders, call, room);
  if (!decoded)
    return fail(Code::golden_case_failed, static_cast<std::uint64_t>(decoded.error().code));
  return check(*decoded, Carried::of({snapshot, loaders, room}, call, *decoded), expect);
}

}  // namespace

Status replay(const Snapshot& snapshot, Loaders loaders, Bytes content,
              std::span<type::Node> room) {
  AIRLOCK_ASSIGN(const json::Tree tree,
                 json::Tree::parse(text_of(content), kGoldenSizeMax, json::Nul::in_texts));
  const Node root = tree.root();
  if (!root.is_object()) return fail(Code::wrong_type);
  return root.member("message") ? replay_message(snapshot, root, room)
                                : replay_call(snapshot, loaders, root, room);
}

}  // namespace airlock::abi
