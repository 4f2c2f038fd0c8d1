// The owner at the device: a scripted answer, or a screen and a key.
#pragma once

#include <optional>
#include <string>

#include "core/base/base.h"
#include "device/agent/agent.h"

namespace airlock::app {

// What the command line says about consent. There is no "yes to whatever comes".
struct Consent {
  std::optional<crypto::Digest> digest;  // --consent
  bool refuse = false;                   // --refuse
};

// consent_screen is what the owner reads: plain lines, safe to show.
std::string consent_screen(const agent::Question& question);

class OwnerAtDevice final : public agent::Owner {
 public:
  explicit OwnerAtDevice(Consent consent) : consent_(consent) {}
  Result<crypto::Digest> ask(const agent::Question& question) override;

 private:
  Consent consent_;
};

}  // namespace airlock::app
