// What the server is told of a session: the phase that it is in, or how it ended.
#pragma once

#include <cstdint>

#include "core/base/base.h"
#include "core/update/update.h"
#include "device/fetch/fetch.h"
#include "device/platform/platform.h"

namespace airlock::agent {

// Stands in front of what is signed, so that the key signs nothing that could be something else.
inline constexpr std::string_view kReportContext = "airlock-report-v1\n";

// sign_text signs a text for one purpose, which its context names.
Result<fetch::SignedReport> sign_text(const platform::DeviceKey& key, std::string_view context,
                                      std::string text);

// make_report writes and signs the report of the phase at hand; of `reporting`, how it ended.
Result<fetch::SignedReport> make_report(const platform::DeviceKey& key,
                                        const update::Session& session, std::int64_t time_bound);

}  // namespace airlock::agent
