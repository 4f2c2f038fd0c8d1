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
  // read holds the stored envelope against the digest in the boot record. A device without firmware
  // is no error, nor is an envelope that is damaged: then it is not known what runs, and what does
  // not depend on that may be installed.
  static Result<Running> read(platform::Device& device, const slot::Record& record);

  // manifest is nullptr where nothing runs.
  const package::Manifest* manifest() const { return manifest_ ? &*manifest_ : nullptr; }
  std::string_view version() const { return manifest_ ? manifest_->version.text : ""; }

 private:
  file::Buffer envelope_;
  std::optional<package::Manifest> manifest_;  // views envelope_
};

// Whether the running images are what their manifest says, as far as is known: patches need them.
enum class Bases : std::uint8_t { whole, damaged };

// facts_for collects what the gate compares a release of this kind with. The result views `device`
// and `running`. `clock` is the system's, for this one run.
Result<package::DeviceFacts> facts_for(platform::Device& device, const slot::Record& record,
                                       const Running& running, const package::Manifest& release,
                                       std::optional<std::int64_t> clock,
                                       Bases bases = Bases::whole);

// check_in_of collects what the server is told.
Result<fetch::CheckIn> check_in_of(platform::Device& device, const slot::Record& record,
                                   const Running& running);

}  // namespace airlock::agent
