#include "engine/abi/solana/idl.h"

#include <map>

#include "engine/abi/solana/loading.h"
#include "engine/abi/solana/names.h"
#include "engine/abi/type/spelling.h"

namespace airlock::abi::solana {

using type::Entry;
using type::EntryKind;
using type::kNone;

namespace {

using Kind = json::Node::Kind;

constexpr std::size_t kGroupsMax = 16;  // of accounts within accounts

bool is_yes(json::Node node, std::string_view one, std::string_view other) {
  for (const std::string_view name : {one, other})
    if (const auto found = node.member(name); found && found->kind() == Kind::yes) return true;
  return false;
}

// What little-endian bytes of a number an instruction or an enum begins with.
std::vector<std::uint8_t> little(std::uint64_t value, std::size_t size) {
  std::vector<std::uint8_t> made;
  for (std::size_t i = 0; i < size; ++i) made.push_back(static_cast<std::uint8_t>(value >> 8 * i));
  return made;
}

std::size_t width_of(std::string_view type) {
  if (type == "u8") return 1;
  if (type == "u16") return 2;
  if (type == "u32") return 4;
  return type == "u64" ? 8 : 0;
}

// read_key reads a discriminator: its bytes as numbers.
Result<std::vector<std::uint8_t>> read_key(json::Node list) {
  if (list.count() > type::kKeySizeMax) return fail(Code::bad_abi);
  std::vector<std::uint8_t> key;
  for (const json::Node byte : list.elements()) {
    if (byte.kind() != Kind::number || byte.as_number() > 0xff) return fail(Code::bad_abi);
    key.push_back(static_cast<std::uint8_t>(byte.as_number()));
  }
  return key;
}

}  // namespace

Result<std::vector<json::Node>> list_in(json::Node object, std::string_view name) {
  std::vector<json::Node> made;
  const auto found = object.member(name);
  if (!found || found->kind() == Kind::null) return made;
  if (!found->is_array()) return fail(Code::bad_abi);
  if (found->count() > type::kEntriesMax) return fail(Code::too_many);
  for (const json::Node element : found->elements()) made.push_back(element);
  return made;
}

Result<std::string_view> name_of(json::Node item) {
  const auto name = json::text(item, "name", type::kNameMax);
  if (!name || name->empty()) return fail(Code::bad_abi);
  return *name;
}

Result<std::optional<std::vector<std::uint8_t>>> stored_key(json::Node item) {
  using Found = std::optional<std::vector<std::uint8_t>>;
  if (const auto bytes = item.member("discriminator"); bytes && bytes->is_array()) {
    AIRLOCK_ASSIGN(std::vector<std::uint8_t> key, read_key(*bytes));
    return Found(std::move(key));
  }
  const auto tag = item.member("discriminant");
  if (!tag) return Found();
  const auto value = tag->is_object() ? tag->member("value") : tag;
  const auto type = tag->member("type");
  if (!value || value->kind() != Kind::number) return fail(Code::bad_abi);
  const std::size_t width =
      type && type->is_text() ? width_of(type->as_text()) : std::size_t{type ? 0U : 1U};
  if (width == 0 || (width < 8 && value->as_number() >> 8 * width != 0)) return fail(Code::bad_abi);
  return Found(little(value->as_number(), width));
}

Status add_accounts(type::Builder& builder, Entry& entry, json::Node instruction) {
  struct Group {
    std::string path;
    std::vector<json::Node> items;
    std::size_t next = 0;
  };
  std::vector<type::Account> made;
  AIRLOCK_ASSIGN(std::vector<json::Node> first, list_in(instruction, "accounts"));
  std::vector<Group> open;
  open.push_back({"", std::move(first)});
  while (!open.empty()) {
    if (open.back().next == open.back().items.size()) {
      open.pop_back();
      continue;
    }
    const json::Node item = open.back().items[open.back().next++];
    AIRLOCK_ASSIGN(const std::string_view name, name_of(item));
    const std::string path = open.back().path + std::string(name);
    if (item.member("accounts")) {
      if (open.size() == kGroupsMax) return fail(Code::bad_abi);
      AIRLOCK_ASSIGN(std::vector<json::Node> within, list_in(item, "accounts"));
      open.push_back({path + ".", std::move(within)});
      continue;
    }
    type::Account account{.name = builder.text(path)};
    if (is_yes(item, "writable", "isMut")) account.flags |= type::kIsWritable;
    if (is_yes(item, "signer", "isSigner")) account.flags |= type::kIsSigner;
    if (is_yes(item, "optional", "isOptional")) account.flags |= type::kIsOptional;
    if (const auto address = item.member("address"); address && address->is_text()) {
      const auto read = type::read_address(address->as_text(), type::AddressForm::base58, 32);
      if (!read) return fail(Code::bad_abi);
      account.address = builder.bytes(*read);
    }
    made.push_back(account);
    if (made.size() > type::kAccountsMax) return fail(Code::too_many);
  }
  entry.account_count = static_cast<std::uint32_t>(made.size());
  entry.first_account = builder.add_accounts(made);
  return {};
}

Status declare_types(Types& types, json::Node root) {
  AIRLOCK_ASSIGN(const std::vector<json::Node> listed, list_in(root, "types"));
  for (const json::Node definition : listed) {
    AIRLOCK_ASSIGN(const std::string_view name, name_of(definition));
    const auto body = definition.member("type");
    if (!body) return fail(Code::bad_abi);
    AIRLOCK_TRY(types.declare(name, definition, *body));
  }
  return {};
}

Status add_records(type::Builder& builder, Types& types, json::Node root) {
  AIRLOCK_ASSIGN(const std::vector<json::Node> listed, list_in(root, "types"));
  for (const json::Node definition : listed) {
    if (const auto generics = definition.member("generics");
        generics && generics->is_array() && generics->count() > 0)
      continue;
    AIRLOCK_ASSIGN(const std::string_view name, name_of(definition));
    if (types.is_ambiguous(name)) continue;
    AIRLOCK_ASSIGN(const std::uint32_t made, types.make_named(name, Setting::stored));
    builder.add({.kind = EntryKind::record,
                 .name = builder.text(name),
                 .input = made,
                 .note = builder.text(joined_docs(definition))});
  }
  return {};
}

namespace {

class Idl {
 public:
  Idl(type::Builder& builder, json::Node root, Keys keys)
      : builder_(builder), types_(builder, {}), root_(root), keys_(keys) {
    const auto metadata = root.member("metadata");
    const auto origin = metadata ? metadata->member("origin") : std::nullopt;
    is_shank_ = origin && origin->is_text() && origin->as_text() == "shank";
  }

  Status read() {
    builder_.set_name(program_name());
    AIRLOCK_TRY(declare_types(types_, root_));
    AIRLOCK_TRY(declare_accounts());
    AIRLOCK_TRY(add_instructions());
    AIRLOCK_TRY(add_stored("accounts", EntryKind::account));
    AIRLOCK_TRY(add_stored("events", EntryKind::event));
    AIRLOCK_TRY(add_errors());
    return add_records(builder_, types_, root_);
  }

 private:
  std::string_view program_name() const {
    for (const std::optional<json::Node> holder :
         {std::optional(root_), root_.member("metadata")}) {
      if (!holder) continue;
      if (const auto name = json::text(*holder, "name", type::kNameMax)) return *name;
    }
    return "";
  }

  // In the old form, types may name the struct of an account, which stands with the account.
  Status declare_accounts() {
    AIRLOCK_ASSIGN(const std::vector<json::Node> listed, list_in(root_, "accounts"));
    for (const json::Node item : listed) {
      AIRLOCK_ASSIGN(const std::string_view name, name_of(item));
      const auto body = item.member("type");
      if (body && !types_.knows(name)) AIRLOCK_TRY(types_.declare(name, item, *body));
    }
    return {};
  }

  Status add_instructions() {
    AIRLOCK_ASSIGN(const std::vector<json::Node> listed, list_in(root_, "instructions"));
    std::uint64_t place = 0;
    for (const json::Node item : listed) {
      AIRLOCK_ASSIGN(const std::string_view name, name_of(item));
      AIRLOCK_ASSIGN(std::optional<std::vector<std::uint8_t>> key, stored_key(item));
      if (!key) {
        switch (keys_) {
          case Keys::anchor: {
            const Discriminator derived = discriminator("global", snake_case(name));
            key.emplace(derived.begin(), derived.end());
            break;
          }
          case Keys::tag_u8: key = little(place, 1); break;
          case Keys::tag_u32: key = little(place, 4); break;
        }
      }
      ++place;
      Entry entry{.kind = EntryKind::function,
                  .flags = type::kIsEntry,
                  .name = builder_.text(name),
                  .key = builder_.bytes(*key),
                  .note = builder_.text(joined_docs(item))};
      AIRLOCK_ASSIGN(entry.input, arguments_of(item));
      AIRLOCK_ASSIGN(entry.output, returned_by(item));
      AIRLOCK_TRY(add_accounts(builder_, entry, item));
      builder_.add(entry);
    }
    return {};
  }

  Result<std::uint32_t> arguments_of(json::Node item) {
    const auto arguments = item.member("args");
    if (!arguments) return builder_.add({.form = type::Form::tuple});
    return types_.make_fields(*arguments, Setting::call);
  }

  Result<std::uint32_t> returned_by(json::Node item) {
    const auto returned = item.member("returns");
    if (!returned || returned->kind() == Kind::null) return kNone;
    AIRLOCK_ASSIGN(const std::uint32_t made, types_.make(*returned, Setting::call));
    const type::Field field[] = {{.type = made}};
    return builder_.add(
        {.form = type::Form::tuple, .first = builder_.add_fields(field), .count = 1});
  }

  // Accounts and events: their bodies stand beside their names in the old form, among the types in
  // the new one.
  Status add_stored(std::string_view list, EntryKind kind) {
    AIRLOCK_ASSIGN(const std::vector<json::Node> listed, list_in(root_, list));
    for (const json::Node item : listed) {
      AIRLOCK_ASSIGN(const std::string_view name, name_of(item));
      Entry entry{
          .kind = kind, .name = builder_.text(name), .note = builder_.text(joined_docs(item))};
      AIRLOCK_ASSIGN(entry.input, body_of(item, name));
      AIRLOCK_ASSIGN(const std::optional<std::vector<std::uint8_t>> key, stored_key(item));
      if (key) {
        entry.key = builder_.bytes(*key);
      } else if (!is_shank_ && keys_ == Keys::anchor) {
        entry.key = kind == EntryKind::event
                        ? builder_.bytes(discriminator("event", name))
                        : builder_.bytes(discriminator("account", pascal_case(name)));
      }
      builder_.add(entry);
    }
    return {};
  }

  Result<std::uint32_t> body_of(json::Node item, std::string_view name) {
    if (const auto fields = item.member("fields"))
      return types_.make_fields(*fields, Setting::stored);
    if (const auto body = item.member("type"))
      return types_.make_body(item, *body, Setting::stored);
    return types_.make_named(name, Setting::stored);
  }

  Status add_errors() {
    AIRLOCK_ASSIGN(const std::vector<json::Node> listed, list_in(root_, "errors"));
    std::map<std::uint64_t, int> uses;
    for (const json::Node item : listed)
      if (const auto code = item.member("code"); code && code->kind() == Kind::number)
        ++uses[code->as_number()];
    for (const json::Node item : listed) {
      AIRLOCK_ASSIGN(const std::string_view name, name_of(item));
      const auto code = item.member("code");
      if (!code || code->kind() != Kind::number || code->as_number() > 0xffff'ffff)
        return fail(Code::bad_abi);
      Entry entry{.kind = EntryKind::error, .name = builder_.text(name)};
      if (const auto text = item.member("msg"); text && text->is_text())
        entry.note = builder_.text(text->as_text());
      // A code that two errors have names neither.
      if (uses[code->as_number()] == 1) entry.key = builder_.bytes(little(code->as_number(), 4));
      builder_.add(entry);
    }
    return {};
  }

  type::Builder& builder_;
  Types types_;
  json::Node root_;
  Keys keys_;
  bool is_shank_ = false;
};

}  // namespace

Result<type::OwnedMap> load(std::string_view json, Keys keys) {
  AIRLOCK_ASSIGN(const json::Tree tree, json::Tree::parse(json, kIdlSizeMax));
  const json::Node root = tree.root();
  if (!root.is_object()) return fail(Code::bad_abi);
  type::Builder builder(kLoader, type::Order::little, type::AddressForm::base58);
  if (root.member("schema")) {
    AIRLOCK_TRY(read_native(builder, root));
    return builder.finish();
  }
  if (!root.member("instructions")) return fail(Code::bad_abi);
  AIRLOCK_TRY(Idl(builder, root, keys).read());
  return builder.finish();
}

Result<std::optional<std::array<std::uint8_t, kAddressSize>>> address_of(std::string_view json) {
  using Address = std::array<std::uint8_t, kAddressSize>;
  AIRLOCK_ASSIGN(const json::Tree tree, json::Tree::parse(json, kIdlSizeMax));
  const json::Node root = tree.root();
  const auto metadata = root.member("metadata");
  for (const std::optional<json::Node> holder : {std::optional(root), metadata}) {
    const auto found = holder ? holder->member("address") : std::nullopt;
    if (!found || !found->is_text() || found->as_text().empty()) continue;
    const auto read = type::read_address(found->as_text(), type::AddressForm::base58, kAddressSize);
    if (!read) return fail(Code::bad_abi);
    Address address{};
    copy_into(address, *read);
    return std::optional(address);
  }
  return std::optional<Address>();
}

}  // namespace airlock::abi::solana
