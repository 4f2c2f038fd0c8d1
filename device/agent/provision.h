// A new device, and the firmware that it leaves the factory with.
#pragma once

#include <optional>

#include "core/base/base.h"
#include "device/platform/platform.h"
#include "trust/x509/x509.h"

namespace airlock::agent {

// What the factory has at hand.
struct Factory {
  platform::Config config;
  file::Path keyring;                      // the anchor's envelope
  file::Path root;                         // root.json of the repository
  std::optional<file::Path> ca;            // PEM; needed unless config.server_roots
  std::optional<file::Path> firmware;      // a package folder; proven like any other
  std::optional<file::Path> fee_limits{};  // the wallet's own; a copy becomes the device's
  std::optional<std::int64_t> clock;       // Unix seconds
  x509::Responder* responder = nullptr;
};

// provision makes a device in `folder`. The firmware passes the package door and the gate, is
// written into slot a and read back; its security version becomes the floor. Errors: bad_keyring
// and those of the doors, bad_metadata (the root is none), wrong_magic (the
// authority is none), usage (a model, component or server that
// can never work), exists_already (the folder is not empty), those of the disk; each says what it
// is about. The folder appears whole or not at all.
platform::Located<void> provision(const file::Path& folder, Factory factory);

}  // namespace airlock::agent
