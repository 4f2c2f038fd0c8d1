#include "engine/abi/move/attributes.h"

#include <algorithm>

#include "engine/abi/move/cursor.h"

namespace airlock::abi::move {
namespace {

constexpr std::uint64_t kLengthMax = 0x7fff'ffff;

std::string_view text(Cursor& cursor) { return text_of(cursor.take(cursor.uleb(kLengthMax))); }

void read_errors(Cursor& cursor, Attributes& made) {
  for (std::uint64_t left = cursor.uleb(kLengthMax); left > 0 && !cursor.failed(); --left) {
    ErrorText error;
    error.code = cursor.u64();
    error.name = text(cursor);
    error.text = text(cursor);
    made.errors.push_back(error);
  }
}

void read_items(Cursor& cursor, bool is_function, Attributes& made) {
  for (std::uint64_t left = cursor.uleb(kLengthMax); left > 0 && !cursor.failed(); --left) {
    const std::string_view item = text(cursor);
    for (std::uint64_t kinds = cursor.uleb(kLengthMax); kinds > 0 && !cursor.failed(); --kinds) {
      made.items.push_back({item, is_function, static_cast<Purpose>(cursor.u8())});
      for (std::uint64_t texts = cursor.uleb(kLengthMax); texts > 0 && !cursor.failed(); --texts)
        text(cursor);
    }
  }
}

}  // namespace

bool Attributes::has(std::string_view item, bool is_function, Purpose purpose) const {
  return std::ranges::any_of(items, [&](const Attribute& attribute) {
    return attribute.purpose == purpose && attribute.is_function == is_function &&
           attribute.item == item;
  });
}

Result<Attributes> read_attributes(const Module& module) {
  Attributes made;
  for (const Metadata& entry : module.metadata()) {
    const std::string_view key = text_of(entry.key);
    const bool is_first = key == "aptos::metadata_v0";
    if (!is_first && key != "aptos::metadata_v1") continue;
    Cursor cursor(entry.value, Code::bad_module);
    read_errors(cursor, made);
    if (!is_first) {
      read_items(cursor, false, made);
      read_items(cursor, true, made);
    }
    if (!cursor.at_end()) cursor.stop();
    AIRLOCK_TRY(cursor.status());
  }
  return made;
}

}  // namespace airlock::abi::move
