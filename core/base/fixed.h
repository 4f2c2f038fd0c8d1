// Containers with a named limit and no heap. std::vector allocates; std::array has no length.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/base/result.h"

namespace airlock {

// At most kCapacity values of T, in the order they were added. T has a default value.
template <class T, std::size_t kCapacity>
class FixedList {
 public:
  static constexpr std::size_t capacity() { return kCapacity; }

  constexpr std::size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr bool full() const { return size_ == kCapacity; }

  // add appends; a full list answers too_many.
  constexpr Status add(const T& value) {
    if (full()) return fail(Code::too_many, kCapacity);
    items_[size_++] = value;
    return {};
  }
  constexpr void clear() { size_ = 0; }
  constexpr void drop_last() {
    AIRLOCK_CHECK(size_ > 0);
    --size_;
  }

  constexpr T& operator[](std::size_t index) {
    AIRLOCK_CHECK(index < size_);
    return items_[index];
  }
  constexpr const T& operator[](std::size_t index) const {
    AIRLOCK_CHECK(index < size_);
    return items_[index];
  }
  constexpr const T& last() const { return (*this)[size_ - 1]; }

  constexpr T* begin() { return items_.data(); }
  constexpr T* end() { return items_.data() + size_; }
  constexpr const T* begin() const { return items_.data(); }
  constexpr const T* end() const { return items_.data() + size_; }
  constexpr operator std::span<const T>() const { return {items_.data(), size_}; }

  friend constexpr bool operator==(const FixedList& a, const FixedList& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  std::array<T, kCapacity> items_{};
  std::size_t size_ = 0;
};

// A text of at most kCapacity bytes, held by value.
template <std::size_t kCapacity>
class FixedText {
 public:
  constexpr FixedText() = default;

  // set copies; a longer text answers oversized and changes nothing. from makes one.
  constexpr Status set(std::string_view text) {
    if (text.size() > kCapacity) return fail(Code::oversized, text.size());
    std::copy(text.begin(), text.end(), chars_.begin());
    size_ = text.size();
    return {};
  }
  static constexpr Result<FixedText> from(std::string_view text) {
    FixedText made;
    AIRLOCK_TRY(made.set(text));
    return made;
  }

  constexpr std::string_view view() const { return {chars_.data(), size_}; }
  constexpr bool empty() const { return size_ == 0; }

  friend constexpr bool operator==(const FixedText& a, const FixedText& b) {
    return a.view() == b.view();
  }

 private:
  std::array<char, kCapacity> chars_{};
  std::size_t size_ = 0;
};

}  // namespace airlock
