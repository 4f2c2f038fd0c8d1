// The simulated wallet's side of fee plugins: it judges and tries them before they serve, and says
// how they run here.
#pragma once

#include "apps/airlock-device/commands.h"
#include "device/apply/editions.h"
#include "engine/fee/plugin/plugin.h"

namespace airlock::app {

// confinement_of is how this device's maker has plugins confined. Errors: usage, where a layer that
// may lack is none.
platform::Located<fee::plugin::Confinement> confinement_of(const platform::Config& config);

// judge_plugin is what this wallet asks of a plugin before it serves: what it would do to who loads
// it, the version that was signed, its golden cases in a confined process, and the wallet's limits.
Status judge_plugin(const platform::Config& config, const file::Path& limits, Bytes plugin,
                    const apply::Edition& edition);

// how_to_run is in the wallet's own process where the device's maker wants that, the quorum of
// firmware signed this very plugin, and the owner consented to it; otherwise confined.
fee::plugin::How how_to_run(const platform::Device& device, const apply::Shelf& shelf,
                            const fee::plugin::Candidate& plugin,
                            const fee::plugin::Confinement& confined);

}  // namespace airlock::app
