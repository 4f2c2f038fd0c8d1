// Lists that stay in the encoding that they were read from.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "core/base/base.h"

namespace airlock::package {

// take_item reads the next item off the front of a list that was checked before: what cannot be
// read there now is a bug.
template <class Item>
Item take_item(Bytes& items) = delete;
template <>
std::string_view take_item(Bytes& items);

// The items of an encoded list that was checked whole when it was parsed. Each is read again when
// it is asked for, so that no array of them stands on a bootloader's stack: two words do. The
// encoding must outlive it.
template <class Item>
class Items {
 public:
  Items() = default;
  // Of the items alone, without the head of their array.
  Items(Bytes items, std::size_t count) : items_(items), count_(count) {}

  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  Item operator[](std::size_t index) const {
    AIRLOCK_CHECK(index < count_);
    Bytes rest = items_;
    for (std::size_t i = 0; i < index; ++i) take_item<Item>(rest);
    return take_item<Item>(rest);
  }

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Item;
    using difference_type = std::ptrdiff_t;
    using pointer = const Item*;
    using reference = Item;

    Iterator() = default;
    Iterator(Bytes rest, std::size_t left) : rest_(rest), left_(left) {}
    Item operator*() const {
      Bytes rest = rest_;
      return take_item<Item>(rest);
    }
    Iterator& operator++() {
      take_item<Item>(rest_);
      --left_;
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.left_ == b.left_; }

   private:
    Bytes rest_;
    std::size_t left_ = 0;
  };
  Iterator begin() const { return {items_, count_}; }
  Iterator end() const { return {}; }

 private:
  Bytes items_;
  std::size_t count_ = 0;
};

// A container of bytes that is handed over and held by nobody: what views it must not.
template <class T>
concept Passing = std::convertible_to<const T&, Bytes> && !std::ranges::enable_borrowed_range<T>;

}  // namespace airlock::package
