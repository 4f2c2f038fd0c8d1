// What a device knows of itself: for the gate, the server and the screen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/base.h"
#include "core/package/package.h"
#include "device/apply/shelf.h"
#include "device/fetch/fetch.h"
#include "device/platform/platform.h"

namespace airlock::agent {

using crypto::Digest;

// By what a device knows which firmware runs.
enum class Knowledge : std::uint8_t {
  nothing_runs,
  by_manifest,
  by_record,  // the manifest is damaged: the boot record keeps its versions, and no more
  none,       // the manifest is damaged, and the record was written before it kept versions
};
std::string_view name_of(Knowledge knowledge);  // "nothing_runs", ..

// The firmware that runs: the manifest of the committed slot, which was proven before it ran.
class Running {
 public:
  // read holds the stored envelope against the digest in the boot record. A device without firmware
  // is no error, nor is an envelope that is damaged: what does not depend on it may be installed.
  // Errors: those of the disk, which say nothing of what runs.
  static Result<Running> read(platform::Device& device, const slot::Record& record);

  Knowledge knowledge() const;
  // Image of a component, as its manifest says; image_of is nullptr where nothing runs, where the
  // manifest is damaged, and where it does not know the component.
  struct Image {
    FixedText<package::kComponentIdMax> component;
    std::uint64_t size = 0;
    Digest digest;
  };
  const Image* image_of(std::string_view component) const;
  // manifest is zero where nothing runs and where it is damaged.
  Digest manifest() const { return whole_ ? slot_.manifest : Digest{}; }
  // version is "" where nothing runs or nothing is known.
  std::string_view version() const { return slot_.version.view(); }
  std::uint32_t data_version() const { return slot_.data_version; }
  std::uint32_t security_version() const { return slot_.security_version; }
  // shelf is what is kept of a kind that is read, beside the firmware.
  const apply::Shelf& shelf(const apply::ShelfKind& kind) const { return shelves_[kind.place]; }
  const apply::Shelves& shelves() const { return shelves_; }

 private:
  Status keep(const package::Manifest& manifest);

  slot::Slot slot_;
  bool whole_ = false;  // the manifest could be read; its bytes are not kept
  FixedList<Image, package::kComponentsMax> images_;
  apply::Shelves shelves_;
};

// Whether the running images are what their manifest says, as far as is known: patches need them.
enum class Bases : std::uint8_t { whole, damaged };

// facts_for collects what the gate compares a release of this kind with. The result views `device`
// and `running`. `clock` is the system's, for this one run.
Result<package::DeviceFacts> facts_for(platform::Device& device, const slot::Record& record,
                                       const Running& running, const package::Manifest& release,
                                       std::optional<std::int64_t> clock,
                                       Bases bases = Bases::whole);

// present is the latest that is known of the time: by the record, and by the clock for this run.
std::int64_t present(const slot::Record& record, std::optional<std::int64_t> clock);

// check_in_of collects what the server is told.
Result<fetch::CheckIn> check_in_of(platform::Device& device, const slot::Record& record,
                                   const Running& running);

}  // namespace airlock::agent
