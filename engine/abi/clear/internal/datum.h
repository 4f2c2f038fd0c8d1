// A value that a rule speaks of, wherever it comes from.
#pragma once

#include <optional>

#include "engine/abi/clear/internal/compiled.h"
#include "engine/abi/type/value.h"

namespace airlock::abi::clear::internal {

// What stands around the data: of a transaction, or of a message's domain.
struct Around {
  std::uint64_t chain_id = 0;
  Bytes to{};
  std::optional<Bytes> from{};
  number::U256 value{};
};

struct Datum {
  enum class Kind : std::uint8_t { none, integer, boolean, address, bytes, text, parts };
  Kind kind = Kind::none;
  bool is_slice = false;  // bytes that a path cut out: what they are, the format says
  bool boolean = false;
  number::Signed integer{};
  std::string_view text{};
  std::optional<type::Value> value{};  // where it comes from the data

  Bytes bytes() const { return in_word_ ? Bytes(word_).subspan(at_, size_) : bytes_; }
  bool is_copy() const { return in_word_; }  // whose bytes end with it
  void set_bytes(Bytes bytes) { bytes_ = bytes; }
  // set_word keeps a part of a word that nobody else keeps.
  void set_word(const number::U256& number, std::size_t at, std::size_t size) {
    number::to_big(number, word_);
    at_ = at;
    size_ = size;
    in_word_ = true;
  }

 private:
  Bytes bytes_{};
  std::array<std::uint8_t, kWordSize> word_{};
  std::size_t at_ = 0, size_ = 0;
  bool in_word_ = false;
};

// as_number reads integers, and the digits or bytes of a constant or a slice.
std::optional<number::Signed> as_number(const Datum& datum);
// small_number reads one of at most 64 bits.
std::optional<std::uint64_t> small_number(const Datum& datum);
// as_address takes the last 20 bytes of what is longer.
std::optional<Address> as_address(const Datum& datum);
// equals compares a value with a constant of the file.
bool equals(const Datum& datum, const Literal& literal);
Datum datum_of(const Literal& literal);

// Walks paths. It knows which element of each list is being shown.
class Resolver {
 public:
  Resolver(const Compiled& file, type::Value root, const Around& around)
      : file_(file), root_(root), around_(around) {}

  // resolve returns nothing where there is no value: no sender, no such element, no entry.
  // Errors: bad_descriptor where a map has no entry for a key, bad_path where lists that belong
  // together differ in length.
  Result<std::optional<Datum>> resolve(const Operand& operand) const;

  // turn sets the loops from `first` to `last` of a path to their first elements, or the next ones.
  // It returns false where there are none left. Errors: over_budget, bad_path.
  enum class Turn : std::uint8_t { begin, on };
  Result<bool> turn(const Path& path, std::uint32_t first, std::uint32_t last, Turn turn);
  // length returns how many elements a loop of a path has. Errors: bad_path.
  Result<std::uint32_t> length(const Path& path, std::uint32_t loop) const;
  void set(std::uint32_t loop, std::uint32_t at, std::uint32_t length) {
    at_[loop] = at;
    lengths_[loop] = length;
  }
  std::uint32_t at(std::uint32_t loop) const { return at_[loop]; }

 private:
  Result<std::optional<Datum>> along(const Path& path) const;
  std::optional<Datum> container(Container container) const;
  Result<std::optional<Datum>> table(const Operand& operand) const;

  const Compiled& file_;
  type::Value root_;
  const Around& around_;
  std::array<std::uint32_t, kLoopsMax> at_{}, lengths_{};
  std::size_t turns_ = 0;
};

}  // namespace airlock::abi::clear::internal
