#include "tests/fakes/nor.h"

#include <algorithm>

namespace airlock::fakes {
namespace {

Breach breach(std::string_view operation, std::uint64_t offset, std::string_view rule) {
  return std::string(operation) + " at " + std::to_string(offset) + ": " + std::string(rule);
}

}  // namespace

Sectors alike(const Geometry& geometry, std::size_t size) {
  return Sectors((size + geometry.unit - 1) / geometry.unit, geometry.unit);
}

NorRules::NorRules(Geometry geometry, Sectors sectors, std::uint32_t endurance)
    : geometry_(geometry), starts_{0}, endurance_(endurance), erases_(sectors.size(), 0) {
  for (std::size_t size : sectors) {
    AIRLOCK_CHECK(size > 0 && size % geometry.write_unit == 0);
    starts_.push_back(starts_.back() + size);
  }
  writable_.assign(size() / geometry.write_unit, 1);
}

bool NorRules::is_boundary(std::uint64_t offset) const {
  return std::binary_search(starts_.begin(), starts_.end(), offset);
}

std::size_t NorRules::sector_at(std::uint64_t offset) const {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  return static_cast<std::size_t>(after - starts_.begin()) - 1;
}

std::optional<Breach> NorRules::erase(std::uint64_t offset, std::uint64_t size) {
  if (offset > this->size() || size > this->size() - offset) {
    return breach("erase", offset, "it ends behind the area");
  }
  if (!is_boundary(offset) || !is_boundary(offset + size)) {
    return breach("erase", offset, "whole sectors are erased");
  }
  const std::size_t end = sector_at(offset + size);
  for (std::size_t sector = sector_at(offset); sector < end; ++sector) {
    if (++erases_[sector] > endurance_ && endurance_ != 0) {
      return breach("erase", offset, "the sector is worn out");
    }
  }
  const auto first = static_cast<std::ptrdiff_t>(offset / geometry_.write_unit);
  const auto last = static_cast<std::ptrdiff_t>((offset + size) / geometry_.write_unit);
  std::fill(writable_.begin() + first, writable_.begin() + last, 1);
  return std::nullopt;
}

std::optional<Breach> NorRules::write(std::uint64_t offset, std::uint64_t size) {
  if (offset > this->size() || size > this->size() - offset) {
    return breach("write", offset, "it ends behind the area");
  }
  if (offset % geometry_.write_unit != 0 || size % geometry_.write_unit != 0) {
    return breach("write", offset, "whole words are written");
  }
  const auto first = writable_.begin() + static_cast<std::ptrdiff_t>(offset / geometry_.write_unit);
  const auto last = first + static_cast<std::ptrdiff_t>(size / geometry_.write_unit);
  if (std::find(first, last, 0) != last) {
    return breach("write", offset, "a word is written once after it was erased");
  }
  std::fill(first, last, 0);
  return std::nullopt;
}

void NorRules::power_failed() { std::fill(writable_.begin(), writable_.end(), 0); }

std::uint32_t NorRules::worst_erases() const {
  return erases_.empty() ? 0 : *std::max_element(erases_.begin(), erases_.end());
}

Guard::Guard(Area& driver, NorRules rules) : driver_(driver), rules_(std::move(rules)) {
  AIRLOCK_CHECK(driver.size() >= rules_.size());
}

Status Guard::erase(std::uint64_t offset, std::uint64_t size) {
  if (std::optional<Breach> found = rules_.erase(offset, size)) {
    breaches_.push_back(std::move(*found));
    return fail(Code::storage_failed, offset);
  }
  return driver_.erase(offset, size);
}

Status Guard::write(std::uint64_t offset, Bytes bytes) {
  if (std::optional<Breach> found = rules_.write(offset, bytes.size())) {
    breaches_.push_back(std::move(*found));
    return fail(Code::storage_failed, offset);
  }
  return driver_.write(offset, bytes);
}

}  // namespace airlock::fakes
