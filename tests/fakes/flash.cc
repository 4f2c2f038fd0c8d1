#include "tests/fakes/flash.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace airlock::fakes {
namespace {

using Kind = Operation::Kind;

constexpr std::size_t kPage = 1024;  // of what a fingerprint is kept for
constexpr std::uint8_t kGarbage[] = {0x5a, 0xc3, 0x00, 0xff, 0x91};

}  // namespace

// A chain of products waits for each of them, so that eight chains run side by side.
std::uint64_t fingerprint_of(Bytes bytes) {
  constexpr std::size_t kChains = 8;
  using Words = std::array<std::uint64_t, kChains>;
  Words chains = {1, 2, 3, 4, 5, 6, 7, 8};
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(Words)) {
    Words words{};
    std::memcpy(&words, bytes.data() + at, std::min(sizeof words, bytes.size() - at));
    for (std::size_t i = 0; i < kChains; ++i) chains[i] = mix(chains[i], words[i]);
  }
  std::uint64_t all = bytes.size();
  for (const std::uint64_t chain : chains) all = mix(all, chain);
  return all;
}

Power& Power::operator=(const Power& from) {
  unsynced_ = from.unsynced_;
  on_ = from.on_;
  armed_ = from.armed_;
  cut_ = from.cut_;
  cut_at_ = from.cut_at_;
  operations_ = from.operations_;
  failures_ = from.failures_;
  keeps_breaches_ = from.keeps_breaches_;
  breaches_ = from.breaches_;
  witness_ = nullptr;
  return *this;
}

void Power::cut_at(std::uint64_t operation, Cut cut) {
  armed_ = true;
  cut_ = cut;
  cut_at_ = operations_ + operation;
}

Power::Fate Power::next(const Operation& operation, Cut& cut) {
  if (!on_) return Fate::is_off;
  if (witness_ != nullptr) witness_->before(operation);
  const std::uint64_t number = operations_++;
  if (!armed_ || number != cut_at_) return Fate::happens;
  cut = cut_;
  fail();
  return Fate::fails;
}

void Power::fail() {
  armed_ = false;
  on_ = false;
  ++failures_;
}

void Power::breached(Breach breach) {
  AIRLOCK_CHECK(keeps_breaches_);  // the rules of flash were broken
  breaches_.push_back(std::move(breach));
}

Flash::Flash(Power& power, Geometry geometry, std::size_t size)
    : Flash(power, geometry, alike(geometry, size)) {}

Flash::Flash(Power& power, Geometry geometry, Sectors sectors, Torn torn)
    : power_(&power),
      rules_(geometry, std::move(sectors)),
      torn_(torn),
      now_(rules_.size(), geometry.erased),
      pages_((now_.size() + kPage - 1) / kPage),
      failures_seen_(power.failures()) {}

Status Flash::read(std::uint64_t offset, MutableBytes to) {
  settle();
  if (!power_->is_on()) return airlock::fail(Code::storage_failed);
  if (offset > now_.size() || to.size() > now_.size() - offset) {
    return airlock::fail(Code::out_of_range);
  }
  if (!unreadable_.empty() && !to.empty()) {
    const std::size_t last = (static_cast<std::size_t>(offset) + to.size() - 1);
    for (std::size_t word = static_cast<std::size_t>(offset) / geometry().write_unit;
         word <= last / geometry().write_unit; ++word) {
      if (unreadable_[word]) return airlock::fail(Code::storage_failed, offset);
    }
  }
  copy_into(to, Bytes(now_).subspan(static_cast<std::size_t>(offset), to.size()));
  return {};
}

Status Flash::erase(std::uint64_t offset, std::uint64_t size) {
  settle();
  return change({Kind::erase, number_, offset, {}, size});
}

Status Flash::write(std::uint64_t offset, Bytes bytes) {
  settle();
  return change({Kind::write, number_, offset, bytes, bytes.size()});
}

Status Flash::sync() {
  settle();
  const Operation operation{Kind::sync, number_, 0, {}, 0};
  Cut cut = Cut::before;
  switch (power_->next(operation, cut)) {
    case Power::Fate::is_off: return airlock::fail(Code::storage_failed);
    case Power::Fate::happens: unsynced_.clear(); return {};
    case Power::Fate::fails: break;
  }
  tear(operation, cut);
  return airlock::fail(Code::storage_failed);
}

void Flash::fail_in(const Operation& operation, Cut cut) {
  power_->fail();
  tear(operation, cut);
}

Bytes Flash::contents() {
  settle();
  return now_;
}

void Flash::damage(std::size_t offset, std::uint8_t bits) {
  settle();
  changing(offset, 1).at(offset) ^= bits;
  for (Change& change : unsynced_) {
    if (offset < change.offset || offset - change.offset >= change.before.size()) continue;
    change.before[offset - change.offset] ^= bits;
  }
}

std::uint64_t Flash::fingerprint() {
  settle();
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < pages_.size(); ++i) {
    std::uint64_t& page = pages_[i];
    if (page == 0) {
      const Bytes rest = Bytes(now_).subspan(i * kPage);
      page = fingerprint_of(rest.first(std::min(kPage, rest.size())));
    }
    all = mix(all, page);
  }
  for (std::size_t word = 0; word < unreadable_.size(); ++word) {
    if (unreadable_[word]) all = mix(all, word);
  }
  return all;
}

Flash::Memory& Flash::changing(std::size_t offset, std::size_t size) {
  if (size == 0) return now_;
  const std::size_t last = (offset + size - 1) / kPage;
  for (std::size_t page = offset / kPage; page <= last; ++page) pages_[page] = 0;
  return now_;
}

std::uint8_t Flash::wanted_at(const Operation& operation, std::size_t i) const {
  return operation.kind == Kind::erase ? geometry().erased : operation.wanted[i];
}

Status Flash::change(const Operation& operation) {
  if (power_->is_on()) {
    std::optional<Breach> breach = operation.kind == Kind::erase
                                       ? rules_.erase(operation.offset, operation.size)
                                       : rules_.write(operation.offset, operation.size);
    if (breach) {
      power_->breached(std::move(*breach));
      return airlock::fail(Code::storage_failed, operation.offset);
    }
  }
  Cut cut = Cut::before;
  const Power::Fate fate = power_->next(operation, cut);
  if (fate == Power::Fate::is_off) return airlock::fail(Code::storage_failed);
  if (fate == Power::Fate::fails) {
    tear(operation, cut);
    return airlock::fail(Code::storage_failed);
  }
  const auto at = static_cast<std::ptrdiff_t>(operation.offset);
  const auto size = static_cast<std::ptrdiff_t>(operation.size);
  unsynced_.push_back({static_cast<std::size_t>(operation.offset),
                       Memory(now_.begin() + at, now_.begin() + at + size)});
  apply(operation);
  if (stuck_) changing(stuck_->first, 1)[stuck_->first] = stuck_->second;
  return {};
}

void Flash::apply(const Operation& operation) {
  const auto offset = static_cast<std::size_t>(operation.offset);
  const auto from = changing(offset, static_cast<std::size_t>(operation.size)).begin() +
                    static_cast<std::ptrdiff_t>(offset);
  if (operation.kind == Kind::write) {
    std::copy(operation.wanted.begin(), operation.wanted.end(), from);
    return;
  }
  std::fill_n(from, operation.size, geometry().erased);
  if (unreadable_.empty()) return;
  const std::size_t word = geometry().write_unit;
  std::fill_n(unreadable_.begin() + static_cast<std::ptrdiff_t>(operation.offset / word),
              operation.size / word, false);
}

// What came before the operation is settled first, then the operation itself is torn.
void Flash::tear(const Operation& operation, Cut cut) {
  const bool was_synced = operation.kind == Kind::sync && cut == Cut::after;
  if (was_synced) unsynced_.clear();
  settle();
  if (operation.kind == Kind::sync || cut == Cut::before) return;
  if (cut == Cut::after) return apply(operation);
  const auto offset = static_cast<std::size_t>(operation.offset);
  const auto size = static_cast<std::size_t>(operation.size);
  const std::size_t word = geometry().write_unit;
  Memory& memory = changing(offset, size);
  const std::size_t half = size / 2 / word * word;
  const std::size_t garbage_end = std::min(half + word, size);
  std::size_t torn_from = half;
  std::size_t torn_to = half;
  if (cut == Cut::torn_erase) {
    torn_from = 0;
    torn_to = size;
    for (std::size_t i = 0; i < size; ++i) {
      const auto mask = static_cast<std::uint8_t>(0xb5 >> (i % 3));
      std::uint8_t& byte = memory[offset + i];
      byte = static_cast<std::uint8_t>((byte & mask) | (wanted_at(operation, i) & ~mask));
    }
  } else {
    for (std::size_t i = 0; i < half; ++i) memory[offset + i] = wanted_at(operation, i);
    if (cut == Cut::torn_garbage) torn_to = garbage_end;
    for (std::size_t i = torn_from; i < torn_to; ++i) {
      memory[offset + i] = kGarbage[i % sizeof kGarbage];
    }
  }
  if (torn_ == Torn::reads || torn_from == torn_to) return;
  if (unreadable_.empty()) unreadable_.assign(now_.size() / word, false);
  for (std::size_t i = torn_from; i < torn_to; i += word) unreadable_[(offset + i) / word] = true;
}

void Flash::undo(const Change& change) {
  const bool every_other = power_->unsynced() == Unsynced::every_other;
  const std::size_t word = geometry().write_unit;
  const auto to = changing(change.offset, change.before.size()).begin() +
                  static_cast<std::ptrdiff_t>(change.offset);
  if (!every_other) {
    std::ranges::copy(change.before, to);
    return;
  }
  const bool first_is_kept = change.offset / word % 2 == 0;
  for (std::size_t i = first_is_kept ? word : 0; i < change.before.size(); i += 2 * word) {
    const auto lost = static_cast<std::ptrdiff_t>(i);
    std::copy_n(change.before.begin() + lost, word, to + lost);
  }
}

void Flash::settle() {
  if (failures_seen_ == power_->failures()) return;
  failures_seen_ = power_->failures();
  rules_.power_failed();
  if (power_->unsynced() != Unsynced::kept) {
    for (auto change = unsynced_.rbegin(); change != unsynced_.rend(); ++change) undo(*change);
  }
  unsynced_.clear();
}

}  // namespace airlock::fakes
