#include "engine/abi/type/map.h"

#include <algorithm>
#include <bit>
#include <compare>

namespace airlock::abi::type {

static_assert(std::endian::native == std::endian::little, "a map is read where it lies");
static_assert(sizeof(Type) == 24 && sizeof(Field) == 24 && sizeof(Entry) == 52 &&
              sizeof(Account) == 20);

namespace {

// Takes records off the front of bytes that are known to be long enough.
template <class Record>
std::span<const Record> take(Bytes& rest, std::size_t count) {
  const Bytes taken = rest.first(count * sizeof(Record));
  rest = rest.subspan(taken.size());
  return {reinterpret_cast<const Record*>(taken.data()), count};
}

std::strong_ordering compare(Bytes a, Bytes b) {
  return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end());
}

bool is_prefix(std::uint16_t size) {
  switch (static_cast<Prefix>(size)) {
    case Prefix::none:
    case Prefix::u8:
    case Prefix::u16:
    case Prefix::u32:
    case Prefix::u64:
    case Prefix::uleb:
    case Prefix::short_u16:
    case Prefix::evm_word: return true;
  }
  return false;
}

bool is_integer_size(std::uint16_t bits) { return bits >= 8 && bits <= 256 && bits % 8 == 0; }

bool has_fields(Form form) {
  return form == Form::tuple || form == Form::choice || form == Form::instance;
}

bool has_element(Form form) {
  return form == Form::list || form == Form::array || form == Form::option ||
         form == Form::reference;
}

}  // namespace

Result<Map> Map::parse(Bytes encoded) {
  AIRLOCK_CHECK(reinterpret_cast<std::uintptr_t>(encoded.data()) % 8 == 0);
  static_assert(sizeof(Head) == 48);
  if (encoded.size() < sizeof(Head)) return fail(Code::truncated, encoded.size());
  if (encoded.size() > kMapSizeMax) return fail(Code::oversized, encoded.size());
  Map map;
  Bytes rest = encoded;
  map.encoded_ = encoded;
  map.head_ = take<Head>(rest, 1).data();
  const Head& head = *map.head_;
  if (head.magic != kMagic) return fail(Code::wrong_magic);
  if (head.version != kMapVersion) return fail(Code::unsupported_version, head.version);
  if (head.type_count > kTypesMax || head.field_count > kFieldsMax ||
      head.entry_count > kEntriesMax || head.account_count > kAccountsMax)
    return fail(Code::too_many);
  const std::size_t needed = head.type_count * sizeof(Type) + head.field_count * sizeof(Field) +
                             head.entry_count * sizeof(Entry) +
                             head.account_count * sizeof(Account) + std::size_t{head.text_size};
  if (needed > rest.size()) return fail(Code::truncated, encoded.size());
  if (needed < rest.size()) return fail(Code::trailing_bytes, needed);
  map.types_ = take<Type>(rest, head.type_count);
  map.fields_ = take<Field>(rest, head.field_count);
  map.entries_ = take<Entry>(rest, head.entry_count);
  map.accounts_ = take<Account>(rest, head.account_count);
  map.texts_ = text_of(rest);
  if (head.zero != 0 || (head.order != Order::big && head.order != Order::little) ||
      head.address_form < AddressForm::eip55 || head.address_form > AddressForm::hex)
    return fail(Code::out_of_range);
  AIRLOCK_TRY(map.check_text(head.loader, kNameMax));
  AIRLOCK_TRY(map.check_text(head.name, kNameMax));
  AIRLOCK_TRY(map.check_fields());
  AIRLOCK_TRY(map.check_accounts());
  AIRLOCK_TRY(map.check_types());
  AIRLOCK_TRY(map.check_entries());
  return map;
}

Status Map::check_text(Text text, std::size_t size_max) const {
  if (text.at > texts_.size() || text.size > texts_.size() - text.at)
    return fail(Code::out_of_range, text.at);
  if (text.size > size_max) return fail(Code::oversized, text.at);
  return {};
}

Status Map::check_fields() const {
  for (const Field& field : fields_) {
    AIRLOCK_TRY(check_text(field.name, kNameMax));
    AIRLOCK_TRY(check_text(field.note, texts_.size()));
    if (field.type >= types_.size()) return fail(Code::out_of_range, field.type);
  }
  return {};
}

Status Map::check_accounts() const {
  for (const Account& account : accounts_) {
    AIRLOCK_TRY(check_text(account.name, kNameMax));
    AIRLOCK_TRY(check_text(account.address, 32));
    if (account.address.size != 0 && account.address.size != 32)
      return fail(Code::out_of_range, account.address.size);
  }
  return {};
}

Status Map::check_types() const {
  for (std::uint32_t i = 0; i < types_.size(); ++i) AIRLOCK_TRY(check_type(i));
  return {};
}

// What a type holds in place stands before it, so that no type holds itself in place. Through lists
// and options it may: their bytes end somewhere.
Status Map::check_type(std::uint32_t index) const {
  const Type& type = types_[index];
  AIRLOCK_TRY(check_text(type.name, kNameMax));
  const auto raw = static_cast<std::uint8_t>(type.form);
  if (raw == 0 || raw > kFormLast) return fail(Code::bad_type, index);
  if (has_fields(type.form)) {
    if (type.first > fields_.size() || type.count > fields_.size() - type.first)
      return fail(Code::bad_type, index);
    for (const Field& field : fields_of(type))
      if (field.type >= index) return fail(Code::bad_type, index);
  }
  if (has_element(type.form)) {
    const bool may_loop = type.form == Form::list || type.form == Form::option;
    if (type.first >= (may_loop ? types_.size() : index)) return fail(Code::bad_type, index);
  }
  bool good = true;
  switch (type.form) {
    case Form::unsigned_integer:
    case Form::signed_integer: good = is_integer_size(type.size); break;
    case Form::floating: good = type.size == 32 || type.size == 64; break;
    case Form::address: good = type.size > 0 && type.size <= 32; break;
    case Form::fixed_bytes: good = type.size > 0; break;
    case Form::bytes:
    case Form::text:
    case Form::list: good = is_prefix(type.size); break;
    case Form::choice:
      good = is_prefix(type.size) && static_cast<Prefix>(type.size) != Prefix::none;
      break;
    case Form::array: good = type.count <= kArrayCountMax; break;
    case Form::option: good = type.size == 1 || type.size == 4; break;
    case Form::boolean:
    case Form::hash:
    case Form::tuple:
    case Form::parameter:
    case Form::instance:
    case Form::reference:
    case Form::signer: break;
  }
  if (!good) return fail(Code::bad_type, index);
  return {};
}

Status Map::check_entries() const {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    const auto raw = static_cast<std::uint8_t>(entry.kind);
    if (raw == 0 || raw > kEntryKindLast) return fail(Code::wrong_type, i);
    AIRLOCK_TRY(check_text(entry.name, kNameMax));
    AIRLOCK_TRY(check_text(entry.key, kKeySizeMax));
    AIRLOCK_TRY(check_text(entry.signature, texts_.size()));
    AIRLOCK_TRY(check_text(entry.note, texts_.size()));
    if ((entry.input != kNone && entry.input >= types_.size()) ||
        (entry.output != kNone && entry.output >= types_.size()))
      return fail(Code::out_of_range, i);
    if (entry.first_account > accounts_.size() ||
        entry.account_count > accounts_.size() - entry.first_account)
      return fail(Code::out_of_range, i);
    if (i == 0 || entries_[i - 1].kind < entry.kind) continue;
    if (entries_[i - 1].kind > entry.kind) return fail(Code::not_canonical, i);
    const Bytes before = bytes(entries_[i - 1].key), key = bytes(entry.key);
    if (compare(before, key) > 0) return fail(Code::not_canonical, i);
    // An empty key answers to nothing, so that several may have it.
    if (!before.empty() && before.size() <= key.size() && equal(before, key.first(before.size())))
      return fail(Code::ambiguous, i);
  }
  return {};
}

const Entry* Map::find(EntryKind kind, Bytes key) const {
  const Entry* found = find_at_front(kind, key);
  return found != nullptr && found->key.size == key.size() ? found : nullptr;
}

const Entry* Map::find_at_front(EntryKind kind, Bytes data) const {
  // The last entry whose key is not above the data: if any key is at its front, then this one.
  std::size_t low = 0, high = entries_.size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    const Entry& entry = entries_[middle];
    const bool above = entry.kind != kind ? entry.kind > kind : compare(bytes(entry.key), data) > 0;
    if (above)
      high = middle;
    else
      low = middle + 1;
  }
  if (low == 0) return nullptr;
  const Entry& entry = entries_[low - 1];
  const Bytes key = bytes(entry.key);
  if (entry.kind != kind || key.empty() || key.size() > data.size()) return nullptr;
  return equal(key, data.first(key.size())) ? &entry : nullptr;
}

Result<const Entry*> Map::find_named(EntryKind kind, std::string_view name) const {
  const Entry* found = nullptr;
  for (const Entry& entry : entries_) {
    if (entry.kind != kind) continue;
    if (entry.signature.size != 0 && text(entry.signature) == name) return &entry;
    if (text(entry.name) != name) continue;
    if (found != nullptr) return fail(Code::ambiguous);
    found = &entry;
  }
  if (found == nullptr) return fail(Code::unknown_call);
  return found;
}

}  // namespace airlock::abi::type
