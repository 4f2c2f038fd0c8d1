#include "tests/fakes/flash.h"

#include <algorithm>

namespace airlock::fakes {
namespace {

constexpr std::uint8_t kGarbage[] = {0x5a, 0xc3, 0x00, 0xff, 0x91};

std::size_t round_up(std::size_t size, std::size_t unit) { return (size + unit - 1) / unit * unit; }

}  // namespace

void Power::cut_at(std::uint64_t operation, Cut cut) {
  armed_ = true;
  cut_ = cut;
  cut_at_ = operations_ + operation;
}

Power::Fate Power::next(Cut& cut) {
  if (!on_) return Fate::is_off;
  const std::uint64_t operation = operations_++;
  if (!armed_ || operation != cut_at_) return Fate::happens;
  armed_ = false;
  on_ = false;
  ++failures_;
  cut = cut_;
  return Fate::fails;
}

Flash::Flash(Power& power, Geometry geometry, std::size_t size)
    : power_(&power),
      geometry_(geometry),
      now_(round_up(size, geometry.unit), geometry.erased),
      synced_(now_),
      writable_(now_.size(), true),
      failures_seen_(power.failures()) {}

Status Flash::read(std::uint64_t offset, MutableBytes to) {
  settle();
  if (!power_->is_on()) return fail(Code::storage_failed);
  if (offset > now_.size() || to.size() > now_.size() - offset) return fail(Code::out_of_range);
  copy_into(to, Bytes(now_).subspan(static_cast<std::size_t>(offset), to.size()));
  return {};
}

Status Flash::erase(std::uint64_t offset, std::uint64_t size) {
  AIRLOCK_CHECK(offset % geometry_.unit == 0 && size % geometry_.unit == 0);
  AIRLOCK_CHECK(offset <= now_.size() && size <= now_.size() - offset);
  const auto start = static_cast<std::size_t>(offset);
  const Memory wanted(static_cast<std::size_t>(size), geometry_.erased);
  const Status changed = change(start, wanted);
  for (std::size_t i = 0; i < wanted.size(); ++i) writable_[start + i] = changed.has_value();
  return changed;
}

Status Flash::write(std::uint64_t offset, Bytes bytes) {
  AIRLOCK_CHECK(offset % geometry_.write_unit == 0 && bytes.size() % geometry_.write_unit == 0);
  AIRLOCK_CHECK(offset <= now_.size() && bytes.size() <= now_.size() - offset);
  const auto start = static_cast<std::size_t>(offset);
  const bool powered = power_->is_on();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    AIRLOCK_CHECK(!powered || writable_[start + i]);
    writable_[start + i] = false;
  }
  return change(start, Memory(bytes.begin(), bytes.end()));
}

Status Flash::sync() {
  settle();
  Cut cut = Cut::before;
  switch (power_->next(cut)) {
    case Power::Fate::is_off: return fail(Code::storage_failed);
    case Power::Fate::happens: synced_ = now_; return {};
    case Power::Fate::fails: break;
  }
  if (cut == Cut::after) synced_ = now_;
  settle();
  return fail(Code::storage_failed);
}

Bytes Flash::contents() {
  settle();
  return now_;
}

void Flash::damage(std::size_t offset, std::uint8_t bits) {
  now_.at(offset) ^= bits;
  synced_.at(offset) ^= bits;
}

Status Flash::change(std::size_t offset, const Memory& wanted) {
  settle();
  Cut cut = Cut::before;
  const Power::Fate fate = power_->next(cut);
  if (fate == Power::Fate::is_off) return fail(Code::storage_failed);
  if (fate == Power::Fate::happens) {
    std::copy(wanted.begin(), wanted.end(), now_.begin() + static_cast<std::ptrdiff_t>(offset));
    return {};
  }
  settle();  // first what came before it, then the operation itself
  tear(offset, wanted, cut);
  synced_ = now_;
  return fail(Code::storage_failed);
}

void Flash::tear(std::size_t offset, const Memory& wanted, Cut cut) {
  const std::size_t half = wanted.size() / 2 / geometry_.write_unit * geometry_.write_unit;
  switch (cut) {
    case Cut::before: return;
    case Cut::after:
      std::copy(wanted.begin(), wanted.end(), now_.begin() + static_cast<std::ptrdiff_t>(offset));
      return;
    case Cut::torn_half:
    case Cut::torn_garbage: {
      for (std::size_t i = 0; i < half; ++i) now_[offset + i] = wanted[i];
      if (cut == Cut::torn_half) return;
      const std::size_t end = std::min(half + geometry_.write_unit, wanted.size());
      for (std::size_t i = half; i < end; ++i) now_[offset + i] = kGarbage[i % sizeof kGarbage];
      return;
    }
    case Cut::torn_erase:
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        const auto mask = static_cast<std::uint8_t>(0xb5 >> (i % 3));
        std::uint8_t& byte = now_[offset + i];
        byte = static_cast<std::uint8_t>((byte & mask) | (wanted[i] & ~mask));
      }
      return;
  }
}

void Flash::settle() {
  if (failures_seen_ == power_->failures()) return;
  failures_seen_ = power_->failures();
  writable_.assign(writable_.size(), false);  // nobody remembers what was erased
  switch (power_->unsynced()) {
    case Unsynced::kept: break;
    case Unsynced::lost: now_ = synced_; break;
    case Unsynced::every_other:
      for (std::size_t i = 0; i < now_.size(); ++i) {
        if (i / geometry_.write_unit % 2 == 1) now_[i] = synced_[i];
      }
      break;
  }
  synced_ = now_;
}

}  // namespace airlock::fakes
