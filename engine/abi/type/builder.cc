#include "engine/abi/type/builder.h"

#include <algorithm>
#include <compare>
#include <numeric>

namespace airlock::abi::type {
namespace {

std::uint64_t hash_of(const Type& type) {
  std::uint64_t hash = static_cast<std::uint64_t>(type.form) << 32 | type.flags;
  for (const std::uint64_t part : {std::uint64_t{type.size} << 32 | type.count,
                                   std::uint64_t{type.name.at} << 32 | type.first})
    hash = mixed(hash, part);
  return hash;
}

template <class Record>
void append(std::vector<std::uint8_t>& bytes, std::span<const Record> records) {
  const auto* from = reinterpret_cast<const std::uint8_t*>(records.data());
  bytes.insert(bytes.end(), from, from + records.size_bytes());
}

}  // namespace

Result<OwnedMap> OwnedMap::parse(std::vector<std::uint8_t> encoded) {
  AIRLOCK_ASSIGN(const Map map, Map::parse(encoded));
  return OwnedMap(std::move(encoded), map);
}

Builder::Builder(std::string_view loader, Order order, AddressForm address_form)
    : order_(order), address_form_(address_form) {
  // What most contracts need, so that lists do not grow step by step.
  types_.reserve(64);
  fields_.reserve(128);
  entries_.reserve(32);
  texts_.reserve(4096);
  kept_.reserve(128);
  loader_ = text(loader);
}

Text Builder::text(std::string_view text) {
  if (text.empty()) return {};
  const auto next = static_cast<std::uint32_t>(kept_.size());
  const std::uint32_t place = kept_places_.find_or_add(
      type::hash_of(text), next, [&](std::uint32_t kept) { return view(kept_[kept]) == text; });
  if (place == next) {
    kept_.push_back(
        {static_cast<std::uint32_t>(texts_.size()), static_cast<std::uint32_t>(text.size())});
    texts_.append(text);
  }
  return kept_[place];
}

std::uint32_t Builder::add(const Type& type) {
  const auto next = static_cast<std::uint32_t>(types_.size());
  const std::uint32_t place = type_places_.find_or_add(
      hash_of(type), next, [&](std::uint32_t other) { return types_[other] == type; });
  if (place == next) types_.push_back(type);
  return place;
}

std::uint32_t Builder::reserve() {
  types_.push_back({});
  return static_cast<std::uint32_t>(types_.size() - 1);
}

void Builder::put(std::uint32_t index, const Type& type) {
  AIRLOCK_CHECK(index < types_.size());
  types_[index] = type;
}

std::uint32_t Builder::add_fields(std::span<const Field> fields) {
  const auto first = static_cast<std::uint32_t>(fields_.size());
  fields_.insert(fields_.end(), fields.begin(), fields.end());
  return first;
}

std::uint32_t Builder::add_accounts(std::span<const Account> accounts) {
  const auto first = static_cast<std::uint32_t>(accounts_.size());
  accounts_.insert(accounts_.end(), accounts.begin(), accounts.end());
  return first;
}

// Those of one key keep the order in which they came. std::stable_sort would do the same by a
// function that C++17 deprecated, as one of our compilers says.
void Builder::sort_entries() {
  std::vector<std::uint32_t> order(entries_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [this](std::uint32_t one, std::uint32_t other) {
    const Entry &a = entries_[one], &b = entries_[other];
    if (a.kind != b.kind) return a.kind < b.kind;
    const Bytes left = bytes_of(view(a.key)), right = bytes_of(view(b.key));
    const auto compared = std::lexicographical_compare_three_way(left.begin(), left.end(),
                                                                 right.begin(), right.end());
    return compared != 0 ? compared < 0 : one < other;
  });
  std::vector<Entry> sorted;
  sorted.reserve(order.size());
  for (const std::uint32_t place : order) sorted.push_back(entries_[place]);
  entries_ = std::move(sorted);
}

Result<OwnedMap> Builder::finish() {
  if (texts_.size() > kMapSizeMax) return fail(Code::oversized, texts_.size());
  sort_entries();
  Map::Head head{};
  head.magic = Map::kMagic;
  head.version = kMapVersion;
  head.loader = loader_;
  head.name = name_;
  head.order = order_;
  head.address_form = address_form_;
  head.type_count = static_cast<std::uint32_t>(types_.size());
  head.field_count = static_cast<std::uint32_t>(fields_.size());
  head.entry_count = static_cast<std::uint32_t>(entries_.size());
  head.account_count = static_cast<std::uint32_t>(accounts_.size());
  head.text_size = static_cast<std::uint32_t>(texts_.size());
  std::vector<std::uint8_t> encoded;
  encoded.reserve(sizeof head + types_.size() * sizeof(Type) + fields_.size() * sizeof(Field) +
                  entries_.size() * sizeof(Entry) + accounts_.size() * sizeof(Account) +
                  texts_.size());
  append<Map::Head>(encoded, {&head, 1});
  append<Type>(encoded, types_);
  append<Field>(encoded, fields_);
  append<Entry>(encoded, entries_);
  append<Account>(encoded, accounts_);
  append<char>(encoded, {texts_.data(), texts_.size()});
  return OwnedMap::parse(std::move(encoded));
}

}  // namespace airlock::abi::type
