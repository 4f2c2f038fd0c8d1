// The flash that holds what the wallet must not forget: NOR, mapped for reading, in a file.
//
// Memory and file say the same at all times; a machine that is killed finds in the file what it had
// programmed. The rules of NOR flash are held by a guard: sectors are erased whole, and a word is
// programmed once after its erase, which nobody can know of anymore after a reset. What breaks them
// is said on the screen, and fails.
#pragma once

#include <array>
#include <cstdint>

#include "apps/airlock-mcu/semihosting.h"
#include "core/base/base.h"
#include "core/package/package.h"

namespace airlock::mcu {

inline constexpr std::size_t kWord = 16;  // bytes that are programmed at once
inline constexpr std::size_t kSmallSector = 4 << 10;
inline constexpr std::size_t kLargeSector = 64 << 10;
inline constexpr std::uint8_t kErased = 0xff;

// A part of the flash, all of whose sectors are alike.
struct Region {
  std::size_t begin = 0;
  std::size_t size = 0;
  std::size_t sector = kSmallSector;
  constexpr std::size_t end() const { return begin + size; }
};
constexpr Region behind(const Region& before, std::size_t size, std::size_t sector) {
  return {before.end(), size, sector};
}

// Where everything lies, two of most things. A board where one place executes has its execution
// area and its staging area, a sector larger, where others have slots, and a journal of exchanges.
struct Layout {
  std::array<Region, 2> record, journal, keyring, manifest, image;
  Region scratch;
  Region secret;  // the device's own, from the factory
  std::array<Region, 2> one_place, exchange;
  std::size_t size = 0;
};
constexpr Layout lay_out() {
  Layout made;
  Region last;
  const auto place = [&last](std::size_t size, std::size_t sector = kSmallSector) {
    return last = behind(last, size, sector);
  };
  constexpr std::size_t kSlot = 2 << 20;
  constexpr std::size_t kEnvelope = 64 << 10;
  made.image = {place(kSlot, kLargeSector), place(kSlot, kLargeSector)};
  made.record = {place(kSmallSector), place(kSmallSector)};
  made.journal = {place(kSmallSector), place(kSmallSector)};
  made.keyring = {place(kEnvelope), place(kEnvelope)};
  made.manifest = {place(kEnvelope), place(kEnvelope)};
  made.scratch = place(64 << 10);
  made.secret = place(kSmallSector);
  constexpr std::size_t kExecution = 512 << 10;
  made.one_place = {Region{made.image[0].begin, kExecution, kLargeSector},
                    Region{made.image[1].begin, kExecution + kLargeSector, kLargeSector}};
  made.exchange = {place(kSmallSector), place(kSmallSector)};
  made.size = last.end();
  return made;
}
inline constexpr Layout kLayout = lay_out();

// The chip.
class Flash {
 public:
  // make is the factory's: an erased chip. open reads what the file holds. Errors: not_found,
  // storage_failed.
  Status make();
  Status open();

  Bytes mapped(const Region& region) const;
  Status erase(const Region& region, std::uint64_t offset, std::uint64_t size);
  Status program(const Region& region, std::uint64_t offset, Bytes bytes);

  // erases is how often a sector was erased since the reset, all of them together; most_erases is
  // of the one that was erased most.
  std::uint32_t erases() const { return erases_; }
  std::uint16_t most_erases() const { return most_erases_; }

 private:
  std::optional<HostFile> file_;
  std::uint32_t erases_ = 0;
  std::uint16_t most_erases_ = 0;
};

// A region, as core/ wants it.
class FlashArea final : public Area {
 public:
  FlashArea(Flash& flash, const Region& region) : flash_(flash), region_(region) {}

  Bytes mapped() const { return flash_.mapped(region_); }
  std::uint64_t size() const override { return region_.size; }
  Status read(std::uint64_t offset, MutableBytes to) override;
  Status erase(std::uint64_t offset, std::uint64_t size) override {
    return flash_.erase(region_, offset, size);
  }
  Status write(std::uint64_t offset, Bytes bytes) override {
    return flash_.program(region_, offset, bytes);
  }
  Status sync() override { return {}; }

 private:
  Flash& flash_;
  Region region_;
};

}  // namespace airlock::mcu
