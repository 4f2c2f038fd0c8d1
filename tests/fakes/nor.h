// The rules of NOR flash, kept beside any area: what may be erased and written, where, and how
// often.
//
// Erasing sets whole sectors to one value, and sectors of one part may differ in size. A word (the
// write unit) is written once between two erases, also with what it holds already: flash that keeps
// a code beside each word cannot do it twice. After a power failure nobody knows which words are
// still erased, so that each must be erased again before it is written. Sectors wear out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/base.h"

namespace airlock::fakes {

struct Geometry {
  std::size_t unit = 4096;     // of erasing, where all sectors are alike
  std::size_t write_unit = 1;  // offsets and sizes of writes are multiples
  std::uint8_t erased = 0xff;
};

// The sizes of an area's sectors, in order.
using Sectors = std::vector<std::size_t>;
// alike returns as many sectors of `geometry.unit` as hold `size` bytes.
Sectors alike(const Geometry& geometry, std::size_t size);

// What a driver did against the rules. Its text names the operation and the rule.
using Breach = std::string;

class NorRules {
 public:
  // The area is erased to begin with. A sector bears `endurance` erases; 0: any number.
  NorRules(Geometry geometry, Sectors sectors, std::uint32_t endurance = 0);

  const Geometry& geometry() const { return geometry_; }
  std::size_t size() const { return starts_.back(); }

  // erase and write note an operation, or say which rule it breaks; then nothing is noted.
  std::optional<Breach> erase(std::uint64_t offset, std::uint64_t size);
  std::optional<Breach> write(std::uint64_t offset, std::uint64_t size);
  // power_failed forgets which words are erased.
  void power_failed();

  // worst_erases is how often the sector that was erased most was erased.
  std::uint32_t worst_erases() const;

 private:
  bool is_boundary(std::uint64_t offset) const;
  std::size_t sector_at(std::uint64_t offset) const;

  Geometry geometry_;
  std::vector<std::uint64_t> starts_;  // of the sectors, and the end
  std::uint32_t endurance_;
  std::vector<std::uint32_t> erases_;
  std::vector<std::uint8_t> writable_;  // per word
};

// A driver under guard: every operation goes to `driver` after it was held against the rules; one
// that breaks them fails with storage_failed, and is kept in breaches(). The driver may be
// anything: a file, a block device, memory. It must outlive the guard.
class Guard final : public Area {
 public:
  Guard(Area& driver, NorRules rules);
  ~Guard() = default;

  std::uint64_t size() const override { return rules_.size(); }
  Status read(std::uint64_t offset, MutableBytes to) override { return driver_.read(offset, to); }
  Status erase(std::uint64_t offset, std::uint64_t size) override;
  Status write(std::uint64_t offset, Bytes bytes) override;
  Status sync() override { return driver_.sync(); }

  const std::vector<Breach>& breaches() const { return breaches_; }
  const NorRules& rules() const { return rules_; }
  void power_failed() { rules_.power_failed(); }

 private:
  Area& driver_;
  NorRules rules_;
  std::vector<Breach> breaches_;
};

}  // namespace airlock::fakes
