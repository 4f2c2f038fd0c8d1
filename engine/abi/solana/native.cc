#include "engine/abi/solana/idl.h"
#include "engine/abi/solana/loading.h"

namespace airlock::abi::solana {

using type::Entry;
using type::EntryKind;
using type::Prefix;

namespace {

using Kind = json::Node::Kind;

class Native {
 public:
  Native(type::Builder& builder, json::Node root, Rules rules, std::size_t tag_size)
      : builder_(builder), types_(builder, rules), root_(root), tag_size_(tag_size) {}

  Status read() {
    AIRLOCK_ASSIGN(const std::string_view name, name_of(root_));
    builder_.set_name(name);
    AIRLOCK_TRY(declare_types(types_, root_));
    AIRLOCK_TRY(add_instructions());
    AIRLOCK_TRY(add_stored());
    return add_records(builder_, types_, root_);
  }

 private:
  Status add_instructions() {
    AIRLOCK_ASSIGN(const std::vector<json::Node> listed, list_in(root_, "instructions"));
    for (const json::Node item : listed) {
      AIRLOCK_ASSIGN(const std::string_view name, name_of(item));
      AIRLOCK_ASSIGN(const std::vector<std::uint8_t> key, key_of(item));
      Entry entry{.kind = EntryKind::function,
                  .flags = type::kIsEntry,
                  .name = builder_.text(name),
                  .key = builder_.bytes(key),
                  .note = builder_.text(joined_docs(item))};
      if (const auto arguments = item.member("args")) {
        AIRLOCK_ASSIGN(entry.input, types_.make_fields(*arguments, Setting::call));
      } else {
        entry.input = builder_.add({.form = type::Form::tuple});
      }
      AIRLOCK_TRY(add_accounts(builder_, entry, item));
      builder_.add(entry);
    }
    return {};
  }

  // A tag is a number, or several one after the other; bytes of any other kind are a discriminator.
  Result<std::vector<std::uint8_t>> key_of(json::Node item) const {
    AIRLOCK_ASSIGN(std::optional<std::vector<std::uint8_t>> stored, stored_key(item));
    if (stored) return std::move(*stored);
    std::vector<std::uint8_t> key;
    const auto tag = item.member("tag");
    if (!tag) return key;
    AIRLOCK_ASSIGN(const std::vector<json::Node> several,
                   tag->is_array() ? list_in(item, "tag")
                                   : Result<std::vector<json::Node>>(std::vector{*tag}));
    for (const json::Node one : several) {
      if (one.kind() != Kind::number || (tag_size_ < 8 && one.as_number() >> 8 * tag_size_ != 0))
        return fail(Code::bad_abi);
      for (std::size_t i = 0; i < tag_size_; ++i)
        key.push_back(static_cast<std::uint8_t>(one.as_number() >> 8 * i));
    }
    if (key.size() > type::kKeySizeMax) return fail(Code::bad_abi);
    return key;
  }

  Status add_stored() {
    AIRLOCK_ASSIGN(const std::vector<json::Node> listed, list_in(root_, "accounts"));
    for (const json::Node item : listed) {
      AIRLOCK_ASSIGN(const std::string_view name, name_of(item));
      AIRLOCK_ASSIGN(const std::uint32_t made, types_.make_named(name, Setting::stored));
      AIRLOCK_ASSIGN(const std::optional<std::vector<std::uint8_t>> key, stored_key(item));
      Entry entry{.kind = EntryKind::account, .name = builder_.text(name), .input = made};
      if (key) entry.key = builder_.bytes(*key);
      builder_.add(entry);
    }
    return {};
  }

  type::Builder& builder_;
  Types types_;
  json::Node root_;
  std::size_t tag_size_;
};

struct Encoding {
  std::string_view name;
  Rules rules;
  std::size_t tag_size;  // of an instruction
};
constexpr std::array<Encoding, 2> kEncodings{{{"borsh", {Prefix::u32, Prefix::u8, 1, true}, 1},
                                              {"bincode", {Prefix::u64, Prefix::u32, 1, true}, 4}}};

}  // namespace

Status read_native(type::Builder& builder, json::Node root) {
  AIRLOCK_ASSIGN(const std::string_view schema, json::text(root, "schema", type::kNameMax));
  if (schema != kNativeSchema) return fail(Code::unsupported_version);
  AIRLOCK_ASSIGN(const std::string_view named, json::text(root, "encoding", type::kNameMax));
  for (const Encoding& encoding : kEncodings)
    if (encoding.name == named)
      return Native(builder, root, encoding.rules, encoding.tag_size).read();
  return fail(Code::bad_abi);
}

}  // namespace airlock::abi::solana
