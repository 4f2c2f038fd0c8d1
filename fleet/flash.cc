#include "fleet/flash.h"

#include <algorithm>

namespace airlock::fleet {
namespace {

constexpr std::size_t rounded(std::size_t size) { return (size + kSector - 1) / kSector * kSector; }

}  // namespace

Supply::Fate Supply::next() {
  ++operations_;
  if (!on_) return Fate::is_off;
  if (!is_armed()) return Fate::happens;
  --left_;
  if (left_ > 0) return Fate::happens;
  on_ = false;
  ++failures_;
  return Fate::torn;
}

Flash::Flash(Supply& supply, std::size_t size)
    : supply_(&supply),
      memory_(rounded(size), kErased),
      writable_(memory_.size() / kWord, true),
      failures_seen_(supply.failures()) {}

void Flash::settle() {
  if (failures_seen_ == supply_->failures()) return;
  failures_seen_ = supply_->failures();
  std::fill(writable_.begin(), writable_.end(), false);
}

Status Flash::read(std::uint64_t offset, MutableBytes to) {
  if (!supply_->is_on()) return fail(Code::storage_failed);
  if (offset > memory_.size() || to.size() > memory_.size() - offset) {
    return fail(Code::out_of_range, offset);
  }
  copy_into(to, Bytes(memory_).subspan(offset, to.size()));
  return {};
}

Status Flash::erase(std::uint64_t offset, std::uint64_t size) {
  settle();
  AIRLOCK_CHECK(offset % kSector == 0 && size % kSector == 0 && offset + size <= memory_.size());
  const Supply::Fate fate = supply_->next();
  if (fate == Supply::Fate::is_off) return fail(Code::storage_failed);
  const bool is_torn = fate == Supply::Fate::torn;
  const MutableBytes range = MutableBytes(memory_).subspan(offset, is_torn ? size / 2 : size);
  std::ranges::fill(range, kErased);
  if (is_torn) return fail(Code::storage_failed);
  std::fill_n(writable_.begin() + static_cast<std::ptrdiff_t>(offset / kWord), size / kWord, true);
  return {};
}

Status Flash::write(std::uint64_t offset, Bytes bytes) {
  settle();
  if (!supply_->is_on()) return fail(Code::storage_failed);
  AIRLOCK_CHECK(offset <= memory_.size() && bytes.size() <= memory_.size() - offset);
  AIRLOCK_CHECK(offset % kWord == 0 && bytes.size() % kWord == 0);
  const auto first = writable_.begin() + static_cast<std::ptrdiff_t>(offset / kWord);
  const auto last = first + static_cast<std::ptrdiff_t>(bytes.size() / kWord);
  AIRLOCK_CHECK(std::find(first, last, false) == last);
  std::fill(first, last, false);
  const bool is_torn = supply_->next() == Supply::Fate::torn;
  const Bytes written = bytes.first(is_torn ? bytes.size() / 2 : bytes.size());
  const MutableBytes range = MutableBytes(memory_).subspan(offset, written.size());
  std::ranges::copy(written, range.begin());
  if (is_torn) return fail(Code::storage_failed);
  return {};
}

Status Flash::sync() {
  if (supply_->next() != Supply::Fate::happens) return fail(Code::storage_failed);
  return {};
}

}  // namespace airlock::fleet
