// What the readers share. Private to the room.
#pragma once

#include <algorithm>

#include "core/codec/text.h"
#include "core/minimal/minimal.h"

namespace airlock::minimal {

// read_list reads a list before anything about it is proven. Errors: bad_metadata.
Result<Metadata> read_list(std::string_view text);

class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text), size_(text.size()) {}

  bool is_done() const { return text_.empty(); }
  std::size_t place() const { return size_ - text_.size(); }
  std::string_view rest() const { return text_; }

  bool skip(std::string_view literal) {
    if (!text_.starts_with(literal)) return false;
    text_.remove_prefix(literal.size());
    return true;
  }
  Status take(std::string_view literal) { return skip(literal) ? Status() : here(); }

  // take_until returns what stands before a character, which is in it nowhere.
  Result<std::string_view> take_until(char end) {
    const auto found = std::find(text_.begin(), text_.end(), end);
    if (found == text_.end()) return here();
    return take_bytes(static_cast<std::size_t>(found - text_.begin()));
  }

  Result<std::string_view> take_bytes(std::size_t size) {
    if (size > text_.size()) return here();
    const std::string_view taken(text_.data(), size);
    text_.remove_prefix(size);
    return taken;
  }

  Result<std::uint64_t> take_number() {
    const auto end =
        std::find_if(text_.begin(), text_.end(), [](char c) { return c < '0' || c > '9'; });
    const std::string_view digits(text_.data(), static_cast<std::size_t>(end - text_.begin()));
    const Result<std::uint64_t> number = codec::read_decimal(digits, kNumberMax);
    if (!number) return here();
    text_.remove_prefix(digits.size());
    return *number;
  }

  Status take_hex(MutableBytes room) {
    AIRLOCK_ASSIGN(const std::string_view digits, take_bytes(room.size() * 2));
    return codec::read_hex(digits, room) ? Status() : here();
  }

  std::unexpected<Error> here() const { return fail(Code::bad_metadata, place()); }

 private:
  std::string_view text_;
  std::size_t size_;
};

}  // namespace airlock::minimal
