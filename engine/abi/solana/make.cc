// Types whose parts are all made.
#include <algorithm>

#include "engine/abi/solana/types.h"

namespace airlock::abi::solana {

using type::Form;
using type::kNone;
using type::Prefix;

namespace {

struct Word {
  std::string_view name;
  Form form;
  std::uint16_t size;
};
constexpr std::array<Word, 19> kWords{{
    {"bool", Form::boolean, 0},
    {"u8", Form::unsigned_integer, 8},
    {"u16", Form::unsigned_integer, 16},
    {"u32", Form::unsigned_integer, 32},
    {"u64", Form::unsigned_integer, 64},
    {"u128", Form::unsigned_integer, 128},
    {"u256", Form::unsigned_integer, 256},
    {"i8", Form::signed_integer, 8},
    {"i16", Form::signed_integer, 16},
    {"i32", Form::signed_integer, 32},
    {"i64", Form::signed_integer, 64},
    {"i128", Form::signed_integer, 128},
    {"i256", Form::signed_integer, 256},
    {"f32", Form::floating, 32},
    {"f64", Form::floating, 64},
    {"pubkey", Form::address, 32},
    {"publicKey", Form::address, 32},
    {"bytes", Form::bytes, 0},
    {"string", Form::text, 0},
}};

constexpr std::uint32_t kFullTag = 4;  // bytes of the tag of a coption in memory

std::uint32_t alignment_of(const type::Type& type) {
  if (type.form == Form::unsigned_integer || type.form == Form::signed_integer ||
      type.form == Form::floating)
    return std::min(type.size / 8U, 8U);  // Solana's machine aligns nothing to more than 8
  return 1;
}

}  // namespace

Result<std::uint32_t> Types::add(type::Type type, Facts facts) {
  if (builder_.type_count() >= type::kTypesMax) return fail(Code::too_many);
  if (facts.nesting > type::kNestingMax || facts.copies > type::kArrayCountMax ||
      facts.extent > kExtentMax)
    return fail(Code::bad_type);
  type.extent = facts.varies ? 0 : static_cast<std::uint32_t>(facts.extent);
  const std::uint32_t index = builder_.add(type);
  if (index >= facts_.size()) facts_.resize(index + 1);
  facts_[index] = facts;
  return index;
}

Result<std::uint32_t> Types::reserve(type::Type type, Waiting waiting) {
  if (builder_.type_count() >= type::kTypesMax) return fail(Code::too_many);
  waiting.holder = builder_.reserve();
  builder_.put(waiting.holder, type);
  facts_.resize(waiting.holder + 1);
  const std::uint32_t holder = waiting.holder;
  waiting_.push_back(std::move(waiting));
  return holder;
}

Result<std::uint32_t> Types::add_opaque(type::Text name) {
  return add({.form = Form::parameter, .name = name, .first = kNone}, {});
}

Result<std::uint32_t> Types::plain(std::string_view word) {
  for (const Word& known : kWords) {
    if (known.name != word) continue;
    type::Type made{.form = known.form, .size = known.size};
    Facts facts{.varies = false};
    switch (known.form) {
      case Form::boolean: facts.extent = 1; break;
      case Form::unsigned_integer:
      case Form::signed_integer:
      case Form::floating: facts.extent = known.size / 8U; break;
      case Form::address: facts.extent = known.size; break;
      case Form::bytes:
      case Form::text:
        made.size = static_cast<std::uint16_t>(rules_.length);
        facts.varies = true;
        break;
      case Form::fixed_bytes:
      case Form::hash:
      case Form::list:
      case Form::array:
      case Form::tuple:
      case Form::choice:
      case Form::option:
      case Form::parameter:
      case Form::instance:
      case Form::reference:
      case Form::signer: break;
    }
    facts.alignment = alignment_of(made);
    return add(made, facts);
  }
  return fail(Code::bad_type);
}

Result<std::uint32_t> Types::finish(Open done) {
  Result<std::uint32_t> made = kNone;
  switch (done.kind) {
    case Kind::members: made = finish_tuple(done); break;
    case Kind::variants: made = finish_choice(done); break;
    case Kind::array: return finish_array(done);
    case Kind::full_option: return finish_full_option(done);
    case Kind::alias: made = done.made[0]; break;
    case Kind::arguments: {
      std::string key = std::move(done.key);
      AIRLOCK_ASSIGN(const std::size_t environment, environment_of(done, key));
      return begin_body(std::move(key), *done.definition, {done.scope.setting, environment});
    }
  }
  if (made && !done.key.empty()) instances_[done.key] = *made;
  return made;
}

Result<std::size_t> Types::environment_of(const Open& arguments, std::string& key) {
  Environment made;
  std::size_t types = 0, place = 0;
  for (const json::Node parameter : arguments.definition->whole.member("generics")->elements()) {
    const json::Node given = arguments.arguments[place++];
    AIRLOCK_ASSIGN(const std::string_view name, json::text(parameter, "name", type::kNameMax));
    Argument argument{.name = name};
    if (given.member("type")) {
      argument.value = arguments.made[types++];
    } else {
      const auto value = given.member("value");
      if (!value) return fail(Code::bad_abi);
      argument.is_count = true;
      AIRLOCK_ASSIGN(argument.value, count_of(*value, arguments.scope));
    }
    key += (argument.is_count ? "#" : ",") + std::to_string(argument.value);
    made.push_back(argument);
  }
  if (environments_.size() > kInstancesMax) return fail(Code::too_many);
  environments_.push_back(std::move(made));
  return environments_.size() - 1;
}

Result<Types::Facts> Types::facts_of_members(const Open& done) const {
  Facts facts{.varies = false, .nesting = 1};
  for (std::uint32_t made : done.made) {
    const Facts& member = facts_[made];
    facts.varies |= member.varies;
    facts.extent += member.extent;
    facts.copies = std::max(facts.copies, member.copies);
    facts.nesting = std::max(facts.nesting, member.nesting + 1);
    facts.alignment = std::max(facts.alignment, member.alignment);
    if (facts.extent > kExtentMax) return fail(Code::bad_type);
  }
  return facts;
}

Result<std::uint32_t> Types::finish_tuple(Open& done) {
  for (std::size_t i = 0; i < done.made.size(); ++i) done.fields[i].type = done.made[i];
  if (has_hidden_room(done)) return add_opaque(done.name);
  AIRLOCK_ASSIGN(const Facts facts, facts_of_members(done));
  return add({.form = Form::tuple,
              .name = done.name,
              .first = builder_.add_fields(done.fields),
              .count = static_cast<std::uint32_t>(done.fields.size())},
             facts);
}

// A struct that an account holds as memory does, and that the compiler may have spread: where is
// not written in the IDL, unless nothing needed spreading.
bool Types::has_hidden_room(const Open& done) const {
  if (done.definition == nullptr) return false;
  const auto serialization = done.definition->whole.member("serialization");
  if (!serialization || !serialization->is_text() || serialization->as_text() != "bytemuckunsafe")
    return false;
  const auto repr = done.definition->whole.member("repr");
  if (!repr) return false;
  const auto packed = repr->member("packed");
  if (packed && packed->kind() == json::Node::Kind::yes) return false;
  const auto order = repr->member("kind");
  if (!order || !order->is_text() || order->as_text() != "c") return done.made.size() > 1;
  std::uint64_t at = 0;
  std::uint32_t most = 1;
  for (std::uint32_t made : done.made) {
    const Facts& member = facts_[made];
    if (member.varies || at % member.alignment != 0) return true;
    at += member.extent;
    most = std::max(most, member.alignment);
  }
  return at % most != 0;
}

Result<std::uint32_t> Types::finish_choice(Open& done) {
  for (std::size_t i = 0; i < done.made.size(); ++i) done.fields[i].type = done.made[i];
  AIRLOCK_ASSIGN(Facts facts, facts_of_members(done));
  facts.varies = true;
  facts.extent = 0;
  const bool is_bare = std::all_of(done.made.begin(), done.made.end(), [this](std::uint32_t made) {
    return !facts_[made].varies && facts_[made].extent == 0;
  });
  if (is_bare && done.size <= static_cast<std::uint16_t>(Prefix::u64)) {
    facts.varies = false;
    facts.extent = done.size;
  }
  return add({.form = Form::choice,
              .size = done.size,
              .name = done.name,
              .first = builder_.add_fields(done.fields),
              .count = static_cast<std::uint32_t>(done.fields.size())},
             facts);
}

Result<std::uint32_t> Types::finish_array(const Open& done) {
  const type::Type& element = builder_.at(done.made[0]);
  Facts facts = facts_[done.made[0]];
  facts.extent *= done.count;
  ++facts.nesting;
  const bool is_bytes = element.form == Form::unsigned_integer && element.size == 8;
  if (is_bytes && done.count > 0 && done.count <= 0xffff)
    return add({.form = Form::fixed_bytes, .size = static_cast<std::uint16_t>(done.count)}, facts);
  facts.copies *= std::max(done.count, 1U);
  return add({.form = Form::array, .first = done.made[0], .count = done.count}, facts);
}

Result<std::uint32_t> Types::finish_full_option(const Open& done) {
  Facts facts = facts_[done.made[0]];
  if (facts.varies) return fail(Code::bad_type);
  facts.extent += kFullTag;
  facts.alignment = std::max(facts.alignment, kFullTag);
  ++facts.nesting;
  return add(
      {.form = Form::option, .flags = type::kFullWidth, .size = kFullTag, .first = done.made[0]},
      facts);
}

}  // namespace airlock::abi::solana
