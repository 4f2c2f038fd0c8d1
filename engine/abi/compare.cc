#include "engine/abi/compare.h"

#include <algorithm>
#include <array>
#include <set>

#include "engine/abi/compare_texts.h"
#include "engine/abi/known.h"

namespace airlock::abi {
namespace {

using type::Entry;
using type::EntryKind;
using type::Field;
using type::Form;
using type::Map;
using type::Type;
using What = Change::What;

std::string_view word_of(EntryKind kind) {
  switch (kind) {
    case EntryKind::function: return "function";
    case EntryKind::constructor: return "constructor";
    case EntryKind::fallback: return "fallback";
    case EntryKind::receive: return "receive";
    case EntryKind::event: return "event";
    case EntryKind::error: return "error";
    case EntryKind::account: return "account";
    case EntryKind::record: return "record";
  }
  return "";
}

std::string_view word_of(Form form) {
  switch (form) {
    case Form::boolean: return "bool";
    case Form::unsigned_integer: return "uint";
    case Form::signed_integer: return "int";
    case Form::floating: return "float";
    case Form::address: return "address";
    case Form::fixed_bytes: return "bytes";
    case Form::bytes: return "bytes";
    case Form::text: return "string";
    case Form::hash: return "hash";
    case Form::list: return "list";
    case Form::array: return "array";
    case Form::tuple: return "tuple";
    case Form::choice: return "enum";
    case Form::option: return "option";
    case Form::parameter: return "parameter";
    case Form::instance: return "instance";
    case Form::reference: return "reference";
    case Form::signer: return "signer";
  }
  return "";
}

// A type without what it contains: "uint256", "list", "tuple of 3".
std::string word_of(const Map& map, const Type& type) {
  std::string word(word_of(type.form));
  switch (type.form) {
    case Form::unsigned_integer:
    case Form::signed_integer:
    case Form::floating:
    case Form::fixed_bytes: word += std::to_string(type.size); break;
    case Form::array:
    case Form::tuple:
    case Form::choice: word += " of " + std::to_string(type.count); break;
    case Form::instance: word += " " + std::string(map.text(type.name)); break;
    case Form::parameter: word += " " + std::to_string(type.first); break;
    case Form::boolean:
    case Form::address:
    case Form::bytes:
    case Form::text:
    case Form::hash:
    case Form::list:
    case Form::option:
    case Form::reference:
    case Form::signer: break;
  }
  return word;
}

bool same_layout(const Map& before, const Type& a, const Map& after, const Type& b) {
  if (a.form != b.form || a.size != b.size || a.flags != b.flags) return false;
  switch (a.form) {
    case Form::array:
    case Form::tuple:
    case Form::choice: return a.count == b.count;
    case Form::instance: return a.count == b.count && before.text(a.name) == after.text(b.name);
    case Form::parameter: return a.first == b.first;
    case Form::boolean:
    case Form::unsigned_integer:
    case Form::signed_integer:
    case Form::floating:
    case Form::address:
    case Form::fixed_bytes:
    case Form::bytes:
    case Form::text:
    case Form::hash:
    case Form::list:
    case Form::option:
    case Form::reference:
    case Form::signer: return true;
  }
  return true;
}

std::string title_of(const Map& map, const Entry& entry) {
  const type::Text text = entry.signature.size != 0 ? entry.signature : entry.name;
  return std::string(word_of(entry.kind)) + " " + std::string(map.text(text));
}

struct FlagWord {
  std::uint32_t flag;
  std::string_view word;
};
constexpr std::array<FlagWord, 7> kEntryFlags = {{{type::kIsPayable, "payable"},
                                                  {type::kIsView, "view"},
                                                  {type::kIsPure, "pure"},
                                                  {type::kIsAnonymous, "anonymous"},
                                                  {type::kIsPublic, "public"},
                                                  {type::kIsFriend, "friend"},
                                                  {type::kIsEntry, "entry"}}};
constexpr std::array<FlagWord, 3> kAccountFlags = {{{type::kIsWritable, "writable"},
                                                    {type::kIsSigner, "signer"},
                                                    {type::kIsOptional, "optional"}}};

// Only what differs: "payable" beside "not payable".
std::string words_of(std::span<const FlagWord> words, std::uint32_t flags, std::uint32_t other) {
  std::string told;
  for (const auto& [flag, word] : words) {
    if (((flags ^ other) & flag) == 0) continue;
    told += (told.empty() ? "" : ", ") + std::string((flags & flag) != 0 ? "" : "not ") +
            std::string(word);
  }
  return told;
}

std::string joined(const std::vector<std::string_view>& names) {
  std::string text;
  for (const std::string_view name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

class Comparison {
 public:
  Comparison(const Map& before, const Map& after, std::string_view key,
             std::vector<Change>& changes)
      : before_(before), after_(after), key_(key), changes_(changes) {}

  Status compare() {
    if (before_.name() != after_.name())
      AIRLOCK_TRY(tell(What::renamed, false, "name", before_.name(), after_.name()));
    for (const Entry& entry : before_.entries()) {
      const Entry* const next = partner(after_, before_, entry);
      if (next == nullptr) {
        AIRLOCK_TRY(tell({What::removed, true, {}, title_of(before_, entry), {}, {}, {}}));
      } else {
        AIRLOCK_TRY(compare(entry, *next));
      }
    }
    for (const Entry& entry : after_.entries()) {
      if (partner(before_, after_, entry) != nullptr) continue;
      AIRLOCK_TRY(tell({What::added, false, {}, title_of(after_, entry), {}, {}, {}}));
    }
    return {};
  }

 private:
  struct Pair {
    std::uint32_t before, after;
    std::string place;
  };

  // The entry of the other map that the same bytes choose; of what no bytes choose, by its name.
  static const Entry* partner(const Map& in, const Map& of, const Entry& entry) {
    if (entry.key.size != 0) return in.find(entry.kind, of.bytes(entry.key));
    const auto found = std::ranges::find_if(in.entries(), [&](const Entry& other) {
      return other.kind == entry.kind && other.key.size == 0 &&
             in.text(other.name) == of.text(entry.name);
    });
    return found == in.entries().end() ? nullptr : &*found;
  }

  Status tell(Change change) {
    if (changes_.size() == kChangesMax) return fail(Code::too_many, kChangesMax);
    change.key = key_;
    changes_.push_back(std::move(change));
    return {};
  }
  Status tell(What what, bool is_breaking, std::string place, std::string_view before,
              std::string_view after) {
    return tell(
        {what, is_breaking, {}, title_, std::move(place), std::string(before), std::string(after)});
  }

  Status compare(const Entry& a, const Entry& b) {
    title_ = title_of(before_, a);
    if (before_.text(a.name) != after_.text(b.name))
      AIRLOCK_TRY(tell(What::renamed, false, {}, before_.text(a.name), after_.text(b.name)));
    if (a.flags != b.flags) {
      const bool lost = (a.flags & type::kIsPayable & ~b.flags) != 0 ||
                        (a.flags & type::kIsEntry & ~b.flags) != 0;
      AIRLOCK_TRY(tell(What::flags, lost, {}, words_of(kEntryFlags, a.flags, b.flags),
                       words_of(kEntryFlags, b.flags, a.flags)));
    }
    AIRLOCK_TRY(compare_types(a.input, b.input, "input"));
    AIRLOCK_TRY(compare_types(a.output, b.output, "output"));
    return compare_accounts(a, b);
  }

  static std::vector<std::string_view> names_in(const Map& map, const auto& named) {
    std::vector<std::string_view> names;
    for (const auto& one : named) names.push_back(map.text(one.name));
    return names;
  }

  // A name that stood in another place before breaks who goes by it: its value is now another one.
  Status compare_names(const std::vector<std::string_view>& was,
                       const std::vector<std::string_view>& is, const std::string& place,
                       const std::vector<std::string>& places) {
    const std::set<std::string_view> known(was.begin(), was.end());
    std::vector<std::string_view> before, after;
    for (std::size_t i = 0; i < std::min(was.size(), is.size()); ++i) {
      if (was[i] == is[i]) continue;
      if (!is[i].empty() && known.contains(is[i])) {
        before.push_back(was[i]);
        after.push_back(is[i]);
      } else {
        AIRLOCK_TRY(tell(What::renamed, false, places[i], was[i], is[i]));
      }
    }
    if (after.empty()) return {};
    return tell(What::swapped, true, place, joined(before), joined(after));
  }

  Status compare_accounts(const Entry& a, const Entry& b) {
    const auto old = before_.accounts_of(a), now = after_.accounts_of(b);
    if (old.size() != now.size()) {
      AIRLOCK_TRY(tell(What::retyped, true, "accounts", std::to_string(old.size()),
                       std::to_string(now.size())));
    }
    std::vector<std::string> places;
    for (std::size_t i = 0; i < old.size(); ++i) places.push_back("accounts." + std::to_string(i));
    AIRLOCK_TRY(compare_names(names_in(before_, old), names_in(after_, now), "accounts", places));
    for (std::size_t i = 0; i < std::min(old.size(), now.size()); ++i) {
      const std::string& place = places[i];
      if (old[i].flags != now[i].flags)
        AIRLOCK_TRY(tell(What::flags, true, place,
                         words_of(kAccountFlags, old[i].flags, now[i].flags),
                         words_of(kAccountFlags, now[i].flags, old[i].flags)));
    }
    return {};
  }

  // Both types side by side; a pair that was seen, as in a type that contains itself, is done.
  Status compare_types(std::uint32_t a, std::uint32_t b, std::string place) {
    if (a == type::kNone || b == type::kNone) {
      if (a == b) return {};
      return tell(What::retyped, true, std::move(place), a == type::kNone ? "none" : "some",
                  b == type::kNone ? "none" : "some");
    }
    std::vector<Pair> open = {{a, b, std::move(place)}};
    std::set<std::pair<std::uint32_t, std::uint32_t>> seen;
    while (!open.empty()) {
      const Pair pair = std::move(open.back());
      open.pop_back();
      if (!seen.emplace(pair.before, pair.after).second) continue;
      const Type& old = before_.types()[pair.before];
      const Type& now = after_.types()[pair.after];
      if (!same_layout(before_, old, after_, now)) {
        AIRLOCK_TRY(
            tell(What::retyped, true, pair.place, word_of(before_, old), word_of(after_, now)));
        continue;
      }
      AIRLOCK_TRY(open_parts(old, now, pair.place, open));
    }
    return {};
  }

  Status open_parts(const Type& old, const Type& now, const std::string& place,
                    std::vector<Pair>& open) {
    if (old.form == Form::list || old.form == Form::array || old.form == Form::option ||
        old.form == Form::reference) {
      open.push_back({old.first, now.first, place + "[]"});
      return {};
    }
    if (old.form != Form::tuple && old.form != Form::choice && old.form != Form::instance)
      return {};
    const auto was = before_.fields_of(old), is = after_.fields_of(now);
    const std::vector<std::string_view> names = names_in(before_, was);
    std::vector<std::string> places;
    for (std::size_t i = 0; i < was.size(); ++i)
      places.push_back(place + "." +
                       (names[i].empty() ? std::to_string(i) : std::string(names[i])));
    AIRLOCK_TRY(compare_names(names, names_in(after_, is), place, places));
    for (std::size_t i = 0; i < was.size(); ++i) {
      const std::string& inner = places[i];
      if (was[i].tag != is[i].tag)
        AIRLOCK_TRY(tell(What::retyped, true, inner, std::to_string(was[i].tag),
                         std::to_string(is[i].tag)));
      open.push_back({was[i].type, is[i].type, inner});
    }
    return {};
  }

  const Map& before_;
  const Map& after_;
  std::string key_;
  std::vector<Change>& changes_;
  std::string title_;
};

Status compare_contents(std::string_view key, Bytes before, Bytes after,
                        std::vector<Change>& changes) {
  if (key.starts_with("abi/")) {
    AIRLOCK_ASSIGN(const Map old, Map::parse(before));
    AIRLOCK_ASSIGN(const Map now, Map::parse(after));
    const std::size_t told = changes.size();
    AIRLOCK_TRY(Comparison(old, now, key, changes).compare());
    if (changes.size() != told) return {};
    changes.push_back({What::content, false, std::string(key), {}, "notes or order", {}, {}});
    return {};
  }
  return compare_texts(key, before, after, changes);
}

// Whether a descriptor comes beside another one of the same contract: it may speak of a call that
// the other one spoke of, and be asked in its place.
bool comes_beside(const pack::Pack& before, std::string_view key) {
  const auto binding = is_binding(key) ? read_binding(key) : fail(Code::bad_pack);
  if (!binding) return false;
  const std::string_view place = key.substr(0, key.size() - binding->name.size());
  const std::uint32_t first = before.first_from(place);
  return first < before.count() && before.key(first).starts_with(place);
}

}  // namespace

std::string_view name_of(Change::What what) {
  switch (what) {
    case What::added: return "added";
    case What::removed: return "removed";
    case What::renamed: return "renamed";
    case What::swapped: return "swapped";
    case What::retyped: return "retyped";
    case What::flags: return "flags";
    case What::content: return "content";
  }
  return "";
}

Result<std::vector<Change>> compare(const Map& before, const Map& after) {
  std::vector<Change> changes;
  AIRLOCK_TRY(Comparison(before, after, "", changes).compare());
  return changes;
}

Result<std::vector<Change>> compare(const pack::Pack& before, const pack::Pack& after) {
  std::vector<Change> changes;
  std::uint32_t old = 0, now = 0;
  while (old < before.count() || now < after.count()) {
    if (changes.size() >= kChangesMax) return fail(Code::too_many, kChangesMax);
    const bool gone =
        now == after.count() || (old < before.count() && before.key(old) < after.key(now));
    const bool fresh =
        old == before.count() || (now < after.count() && after.key(now) < before.key(old));
    if (gone) {
      changes.push_back({What::removed, true, std::string(before.key(old++)), {}, {}, {}, {}});
    } else if (fresh) {
      const std::string_view key = after.key(now++);
      changes.push_back({What::added, comes_beside(before, key), std::string(key), {}, {}, {}, {}});
    } else {
      if (before.digest(old) != after.digest(now)) {
        AIRLOCK_ASSIGN(const Bytes was, before.content(old));
        AIRLOCK_ASSIGN(const Bytes is, after.content(now));
        AIRLOCK_TRY(compare_contents(before.key(old), was, is, changes));
      }
      ++old;
      ++now;
    }
  }
  return changes;
}

}  // namespace airlock::abi
