#include "fleet/fleet.h"

#include <algorithm>
#include <cmath>

namespace airlock::fleet {
namespace {

bool is_share(double value) { return value >= 0 && value <= 1; }

}  // namespace

Status check(const Settings& settings) {
  const Faults& faults = settings.faults;
  for (const double share : {faults.cuts, faults.losses, faults.slow, faults.full, faults.clocks,
                             faults.refusals, faults.unwell}) {
    if (!is_share(share)) return fail(Code::out_of_range);
  }
  const bool fits = settings.devices >= 1 && settings.devices <= kDevicesMax &&
                    settings.updates >= 1 && settings.updates <= kUpdatesMax &&
                    settings.image_size >= kImageMin && settings.image_size <= kImageMax;
  if (!fits) return fail(Code::out_of_range);
  return {};
}

std::uint64_t releases_of(const Settings& settings) {
  return (settings.updates + settings.devices - 1) / settings.devices;
}

std::optional<std::int64_t> Tally::share_ms(double share) const {
  constexpr double kRounding = 1e-6;  // of an update: 0.99 has no exact double
  const double wanted = std::ceil(share * static_cast<double>(willing()) - kRounding);
  const auto count = static_cast<std::size_t>(std::max(wanted, 1.0));
  if (count > took_ms.size()) return std::nullopt;
  return took_ms[count - 1];
}

void Tally::add(const Tally& other) {
  releases += other.releases;
  updates += other.updates;
  done += other.done;
  refused += other.refused;
  late += other.late;
  bricks += other.bricks;
  wrong += other.wrong;
  unconsented += other.unconsented;
  cuts += other.cuts;
  for (std::size_t i = 0; i < kTenths; ++i) cuts_by_tenth[i] += other.cuts_by_tenth[i];
  given_up += other.given_up;
  expired += other.expired;
  losses += other.losses;
  reboots += other.reboots;
  check_ins += other.check_ins;
  heard += other.heard;
  bytes_served += other.bytes_served;
  took_ms.insert(took_ms.end(), other.took_ms.begin(), other.took_ms.end());
}

}  // namespace airlock::fleet
