// fleet: thousands of devices and the server that updates them, with everything that goes wrong.
//
// It is for the question that a release asks of the whole product: does every device that has
// power, a network and an owner who says yes end on the new version, how long does that take, and
// what does the server send for it? Each device is the agent of core/bare with flash in memory and
// a companion that carries its bytes, as in production; the server is UpdateService with its own
// database and repository. simulate runs all of them in one process on one simulated clock and
// network: power fails within storage operations, requests and answers are lost, links are slow,
// a companion's disk is full or its clock is wrong, owners refuse or take their time, and an
// operator raises the share step by step.
//
// It promises that nothing but the settings decides what happens: the same seed makes the same
// tally, on any machine. It judges by what lies in flash, never by what a device says, and repairs
// nothing: a device that was lost stays lost and is counted. It is no test double of anything: no
// check of the product is switched off here.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/base.h"
#include "host/file/file.h"
#include "publish/release/release.h"

namespace airlock::fleet {

inline constexpr std::uint32_t kDevicesMax = 100'000;
inline constexpr std::uint64_t kUpdatesMax = 10'000'000;
inline constexpr std::size_t kImageMin = 4 << 10;
inline constexpr std::size_t kImageMax = 1 << 20;

// What goes wrong, as shares of one.
struct Faults {
  double cuts = 0.1;       // of updates: the power fails, once or more often
  double losses = 0.02;    // of requests and answers, each
  double slow = 0.1;       // of devices: behind a slow link
  double full = 0.02;      // of updates: the companion's disk is full for hours
  double clocks = 0.05;    // of companions: a clock that is months off, and runs too fast or slow
  double refusals = 0.01;  // of updates: the owner says no
  double unwell = 0.01;    // of updates: the new firmware hangs in its first trial boot
};

struct Settings {
  std::uint32_t devices = 1'000;
  std::uint64_t updates = 1'000;  // in all, in whole releases: each goes to every device
  std::uint64_t seed = 1;
  std::size_t image_size = 16 << 10;  // bytes
  Faults faults;
};
// check refuses settings out of range: out_of_range.
Status check(const Settings& settings);
// releases_of is how many releases, one after the other, make so many updates or some more.
std::uint64_t releases_of(const Settings& settings);

// What became of it. An update is one device on its way to one release.
struct Tally {
  std::uint64_t devices = 0;
  std::uint64_t releases = 0;
  std::uint64_t updates = 0;
  std::uint64_t done = 0;     // the device runs the release, byte by byte
  std::uint64_t refused = 0;  // by the owner
  std::uint64_t late = 0;     // neither, when the release's time was over
  std::uint64_t bricks = 0;
  std::uint64_t wrong = 0;        // ran what no vendor made
  std::uint64_t unconsented = 0;  // ran what its owner did not say yes to
  std::uint64_t cuts = 0;         // power failures that happened
  // Of those the ones in each tenth of an update's storage operations.
  static constexpr std::size_t kTenths = 10;
  std::array<std::uint64_t, kTenths> cuts_by_tenth{};
  std::uint64_t given_up = 0;  // trials that took all their boots; the owner says yes again
  std::uint64_t expired = 0;   // looks at the repository by a clock for which it had expired
  std::uint64_t losses = 0;    // requests and answers that were lost
  std::uint64_t reboots = 0;
  std::uint64_t check_ins = 0;
  std::uint64_t heard = 0;         // updates of which the server knows that they were committed
  std::uint64_t bytes_served = 0;  // bodies
  // Milliseconds from a release until a device runs it; one for each done update, ascending.
  std::vector<std::int64_t> took_ms;

  void add(const Tally& other);
  // is_clean: every update whose owner said yes is done, and nothing that must never be was seen.
  bool is_clean() const {
    return late == 0 && bricks == 0 && wrong == 0 && unconsented == 0 && done + refused == updates;
  }
  // willing is how many updates no owner refused, done or not: what a share of the fleet is of.
  std::uint64_t willing() const { return updates - refused; }
  // share_ms is the time after which that share of the willing, above 0 to 1, was done; nothing
  // where it never was, or nobody was willing.
  std::optional<std::int64_t> share_ms(double share) const;
};

// Told of what was done so far; of all.
using Progress = std::function<void(std::uint64_t done, std::uint64_t of)>;

// simulate makes its keys, its repository and its database in `folder`, which is empty or not
// there. Errors: those of check, of publish/release and of server/store.
release::Answer<Tally> simulate(const Settings& settings, const file::Path& folder,
                                const Progress& progress);

// Servers that run elsewhere: real processes, over TLS.
struct Against {
  std::vector<std::string> servers;  // "https://HOST:PORT" each; a thread asks one of them
  file::Path authority;              // whose certificates they have, PEM
  unsigned threads = 4;
  // Told when the repository and the database are there to be served.
  std::function<void(const file::Path& repository, const file::Path& data)> ready;
};
inline constexpr unsigned kThreadsMax = 64;
// check refuses, by its name, what is no "https://HOST:PORT": bad_text.
release::Answer<void> check(const Against& against);

// run_against lets the same devices update from servers that others run, `airlock-server run
// --beside NAME` on the folders that `ready` is told of, after it has waited for them to answer.
// Everybody is offered each release at once, and nobody waits: of what goes wrong only that which
// takes no hours: Faults::slow, full and clocks count as 0. Errors also: those of check; timed_out
// where no server answers.
release::Answer<Tally> run_against(const Settings& settings, const file::Path& folder,
                                   const Against& against, const Progress& progress);

// draw makes the curve of a tally, as SVG: the share of the willing that was done, over hours, or
// over seconds where all was done within one.
std::string draw(const Tally& tally);

}  // namespace airlock::fleet
