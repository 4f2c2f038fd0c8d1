// A decoded value: a place on a tape, the map that explains it, and the bytes that it lies in. All
// three must outlive it. Copied like a pointer.
#pragma once

#include <optional>

#include "engine/abi/type/map.h"
#include "engine/abi/type/tape.h"
#include "engine/number/number.h"

namespace airlock::abi::type {

class Parts;

class Value {
 public:
  // The nodes are those that a decoder made of `data` with `map`; `index` is one of them.
  Value(const Map& map, std::span<const Node> nodes, Bytes data, std::uint32_t index = 0)
      : map_(&map), nodes_(nodes), data_(data), index_(index) {
    AIRLOCK_CHECK(index < nodes.size());
  }

  const Map& map() const { return *map_; }
  const Type& type() const { return map_->types()[node().type]; }
  std::uint32_t type_index() const { return node().type; }
  Form form() const { return type().form; }
  Bytes data() const { return data_; }
  std::uint32_t place() const { return index_; }  // on the tape

  // bytes returns what the value itself lies in; of a list, tuple, choice or option nothing.
  Bytes bytes() const;
  // Each of these is for values of that form alone (a bug otherwise).
  bool as_boolean() const;
  number::U256 as_unsigned() const;  // unsigned_integer; also what a signed one's bits are
  number::Signed as_signed() const;  // both forms of integer
  std::string_view as_text() const;  // perhaps not UTF-8

  // count returns the number of parts: elements, members, 1 for a choice, 0 or 1 for an option.
  std::uint32_t count() const;
  Parts parts() const;
  // part returns the part at a place below count(), walking over those before it.
  Value part(std::uint32_t place) const;
  // field_of returns the field that explains a tuple's part.
  const Field& field_of(std::uint32_t place) const;
  // member returns a tuple's part by name, or nothing.
  std::optional<Value> member(std::string_view name) const;
  // variant returns the field of a choice's variant; its value is part(0).
  const Field& variant() const;

 private:
  friend class Parts;
  const Node& node() const { return nodes_[index_]; }

  const Map* map_;
  std::span<const Node> nodes_;
  Bytes data_;
  std::uint32_t index_;
};

// The parts of a value, for a range-for.
class Parts {
 public:
  class Iterator {
   public:
    Value operator*() const { return at_; }
    Iterator& operator++() {
      at_.index_ = at_.node().end;
      --left_;
      return *this;
    }
    bool operator==(const Iterator& other) const { return left_ == other.left_; }

   private:
    friend class Parts;
    Iterator(Value at, std::uint32_t left) : at_(at), left_(left) {}
    Value at_;
    std::uint32_t left_;
  };
  Iterator begin() const { return {first_, count_}; }
  Iterator end() const { return {first_, 0}; }

 private:
  friend class Value;
  Parts(Value first, std::uint32_t count) : first_(first), count_(count) {}
  Value first_;
  std::uint32_t count_;
};

}  // namespace airlock::abi::type
