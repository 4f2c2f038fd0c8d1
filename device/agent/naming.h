// How a device names itself to its server: by its DUID, or, in private mode, by buckets and by a
// pseudonym for each release, so that a leaked server is no list of wallet owners.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/base.h"
#include "core/update/update.h"
#include "device/fetch/fetch.h"
#include "device/platform/platform.h"

namespace airlock::agent {

inline constexpr std::uint32_t kBuckets = 10'000;

// name_in fills who asks: the DUID, or the pseudonym of `version`, which runs.
Status name_in(const platform::Device& device, std::string_view version, fetch::CheckIn& facts);

// add_buckets names the device's bucket for each seed. A bucket is the device's own secret hashed
// with the seed, so that the seed's maker cannot find out whose it is. Returns how many are new.
Result<std::size_t> add_buckets(const platform::Device& device, const fetch::Answer& answer,
                                fetch::CheckIn& facts);

// report_of writes and signs the report of the session's phase: with the device's key, or in
// private mode with the key of the pseudonym of the release at hand.
Result<fetch::SignedReport> report_of(const platform::Device& device,
                                      const update::Session& session, std::int64_t time_bound);

}  // namespace airlock::agent
