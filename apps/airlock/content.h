// What a package carries of fees, shown to whoever signs it, and judged by whoever publishes it.
#pragma once

#include "apps/airlock/plugins.h"
#include "apps/airlock/show.h"

namespace airlock::app {

// show_content says in words what a fee policy or a fee plugin is, out of the package's folder;
// nothing of other kinds. What no wallet would take is shown to nobody: errors of read_policy_in
// and read_plugin_in.
std::expected<Shown, Refusal> show_content(const file::Path& package,
                                           const package::Manifest& manifest);

// show_to_sign is what stands on the screen of whoever signs: the manifest, and its content.
std::expected<std::string, Refusal> show_to_sign(const std::string& package,
                                                 const package::Manifest& manifest);

// judge_content judges the content as a wallet will, a plugin's golden cases included: it may have
// been made by another tool than `airlock release`.
Answer judge_content(const file::Path& package, const package::Manifest& manifest,
                     const ConfinementOptions& confinement);

}  // namespace airlock::app
