// What a device knows of itself: for the gate, the server and the screen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/base.h"
#include "core/package/package.h"
#include "device/fetch/fetch.h"
#include "device/platform/platform.h"

namespace airlock::agent {

using crypto::Digest;

// The firmware that runs: the manifest of the committed slot, which was proven before it ran.
class Running {
 public:
  // read holds the stored envelope against the digest in the boot record: image_rejected where they
  // differ. A device without firmware is no error.
  static Result<Running> read(platform::Device& device, const slot::Record& record);

  // manifest is nullptr where nothing runs.
  const package::Manifest* manifest() const { return manifest_ ? &*manifest_ : nullptr; }
  std::string_view version() const { return manifest_ ? manifest_->version.text : ""; }

 private:
  file::Buffer envelope_;
  std::optional<package::Manifest> manifest_;  // views envelope_
};

// facts_for collects what the gate compares a release of this kind with. The result views `device`
// and `running`. `clock` is the system's, for this one run.
Result<package::DeviceFacts> facts_for(platform::Device& device, const slot::Record& record,
                                       const Running& running, const package::Manifest& release,
                                       std::optional<std::int64_t> clock);

// check_in_of collects what the server is told.
Result<fetch::CheckIn> check_in_of(platform::Device& device, const slot::Record& record,
                                   const Running& running);

}  // namespace airlock::agent
