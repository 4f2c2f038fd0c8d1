// Where something stands in a list, by a hash of it. Open addressing: nothing is allocated for each
// thing that is looked up.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace airlock::abi::type {

// mixed makes one more part count in a hash.
constexpr std::uint64_t mixed(std::uint64_t hash, std::uint64_t part) {
  return std::rotl((hash ^ part) * 0x9e3779b97f4a7c15, 29);
}

inline std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = mixed(0xcbf29ce484222325, text.size());
  for (; text.size() > sizeof hash; text.remove_prefix(sizeof hash)) {
    std::uint64_t part = 0;
    std::memcpy(&part, text.data(), sizeof part);
    hash = mixed(hash, part);
  }
  std::uint64_t last = 0;
  if (!text.empty()) std::memcpy(&last, text.data(), text.size());
  return mixed(hash, last);
}

class Places {
 public:
  Places() : slots_(kSlotsFirst) {}

  // find_or_add returns the place of what has this hash and `is_it`; where there is none, it is
  // `next` from now on.
  template <class IsIt>
  std::uint32_t find_or_add(std::uint64_t hash, std::uint32_t next, const IsIt& is_it) {
    const auto mark = static_cast<std::uint32_t>(hash);
    if (2 * (count_ + 1) > slots_.size()) grow();
    for (std::size_t i = mark & (slots_.size() - 1);; i = (i + 1) & (slots_.size() - 1)) {
      Slot& slot = slots_[i];
      if (slot.place == kEmpty) {
        slot = {mark, next};
        ++count_;
        return next;
      }
      if (slot.mark == mark && is_it(slot.place)) return slot.place;
    }
  }

 private:
  static constexpr std::uint32_t kEmpty = 0xffff'ffff;
  static constexpr std::size_t kSlotsFirst = 128;
  struct Slot {
    std::uint32_t mark = 0;  // the half of the hash that says where to look
    std::uint32_t place = kEmpty;
  };

  void grow() {
    std::vector<Slot> old(2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.place == kEmpty) continue;
      std::size_t i = slot.mark & (slots_.size() - 1);
      while (slots_[i].place != kEmpty) i = (i + 1) & (slots_.size() - 1);
      slots_[i] = slot;
    }
  }

  std::vector<Slot> slots_;
  std::size_t count_ = 0;
};

}  // namespace airlock::abi::type
