#include <algorithm>
#include <array>

#include "fleet/device.h"
#include "fleet/fiber.h"
#include "fleet/fleet.h"
#include "fleet/server.h"
#include "fleet/simulated_line.h"
#include "fleet/timeline.h"
#include "host/text/text.h"

namespace airlock::fleet {
namespace {

constexpr std::int64_t kBegin = 1'800'000'000;  // Unix seconds, of the simulated clock
constexpr std::int64_t kSecondMs = 1000;
constexpr std::int64_t kHourMs = 3600 * kSecondMs;
constexpr std::int64_t kDayMs = 24 * kHourMs;
constexpr std::int64_t kReleaseMsMax = 30 * kDayMs;  // what is not done by then is late
constexpr std::uint64_t kTurnsBetweenTellings = 4096;

// What the operator does with each release: the share from an hour on.
struct Stage {
  std::int64_t at_ms;
  std::uint32_t share;
};
constexpr std::array kStages = {Stage{0, 100}, Stage{2 * kHourMs, 1000}, Stage{6 * kHourMs, 5000},
                                Stage{12 * kHourMs, store::kShareWhole}};

Link link_of(const Settings& settings, Dice& dice) {
  if (dice.falls(settings.faults.slow)) return {600, 2'000, settings.faults.losses};
  return {dice.between(10, 120), 250'000, settings.faults.losses};
}

class Simulation {
 public:
  Simulation(const Settings& settings, file::Path folder, const Progress& progress)
      : settings_(settings), folder_(std::move(folder)), progress_(progress) {}

  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;
  ~Simulation() { finish_turns(); }

  release::Answer<Tally> run();

 private:
  // A device with what its turns need.
  struct Member {
    std::unique_ptr<Device> device;
    std::unique_ptr<SimulatedLine> line;
    std::unique_ptr<Fiber> fiber;  // while a turn waits
  };

  release::Answer<void> set_up();
  Result<void> people();
  release::Answer<void> publish();
  release::Answer<void> play();
  release::Answer<void> act(Timeline::Who who);
  void turn(Timeline::Who who);
  void finish_turns();
  void begin_turn(Timeline::Who who);
  std::unique_ptr<Fiber> take_fiber();
  std::int64_t clock() const { return kBegin + timeline_.now_ms() / kSecondMs; }
  Timeline::Who operator_at(std::size_t stage) const {
    return settings_.devices + static_cast<Timeline::Who>(stage);
  }
  // renewal is who renews the timestamp each day.
  Timeline::Who renewal() const { return operator_at(kStages.size()); }
  void tell();

  const Settings settings_;
  const file::Path folder_;
  const Progress& progress_;
  Timeline timeline_;
  Tally tally_;
  std::unique_ptr<Ground> ground_;
  Pool pool_;
  std::unique_ptr<Server> server_;
  std::optional<World> world_;
  std::vector<std::unique_ptr<Fiber>> idle_;
  std::vector<Member> members_;
  std::vector<std::int64_t> rollouts_;
  std::uint64_t waiting_ = 0;  // devices that are not done with the latest release
  std::uint64_t turns_ = 0;
  std::uint64_t operations_ = 0;
  bool ending_ = false;
};

release::Answer<Tally> Simulation::run() {
  AIRLOCK_TRY(check(settings_));
  AIRLOCK_TRY(set_up());
  tally_.devices = settings_.devices;
  for (std::uint64_t i = 0; i < releases_of(settings_); ++i) {
    AIRLOCK_TRY(publish());
    AIRLOCK_TRY(play());
  }
  finish_turns();
  for (const std::int64_t rollout : rollouts_) {
    AIRLOCK_ASSIGN(const std::uint64_t heard, server_->registry().committed(rollout));
    tally_.heard += heard;
  }
  for (const Member& member : members_) tally_.cuts += member.device->power_failures();
  std::ranges::sort(tally_.took_ms);
  return std::move(tally_);
}

release::Answer<void> Simulation::set_up() {
  Server::set_clock(kBegin);
  AIRLOCK_ASSIGN(ground_, Ground::prepare(settings_, folder_, kBegin));
  const file::Path data = folder_ / "server";
  AIRLOCK_ASSIGN(server_,
                 release::naming(data, Server::open(ground_->vendor().repository(), data)));
  world_.emplace(World{settings_, *ground_, pool_, [this] { return timeline_.now_ms(); },
                       [this] { return clock(); }, tally_, operations_});
  timeline_.ring(renewal(), kDayMs);
  AIRLOCK_TRY(people());
  return {};
}

Result<void> Simulation::people() {
  std::vector<std::string> keys;
  members_.resize(settings_.devices);
  for (Timeline::Who who = 0; who < settings_.devices; ++who) {
    AIRLOCK_ASSIGN(platform::DeviceKey key, ground_->key_of(who));
    keys.push_back(text::to_hex(key.public_key()));
    const Wait wait = [this, who](std::int64_t ms) {
      timeline_.ring(who, ms);
      members_[who].fiber->pause();
    };
    Dice dice(settings_.seed, who, 1);
    const Link link = link_of(settings_, dice);
    members_[who].device = std::make_unique<Device>(*world_, who, std::move(key), wait);
    members_[who].line = std::make_unique<SimulatedLine>(*server_, link, dice, wait, tally_);
    members_[who].device->connect(*members_[who].line);
    timeline_.ring(who, dice.between(0, kHourMs));
  }
  return server_->registry().enrol(keys, kBegin);
}

release::Answer<void> Simulation::publish() {
  AIRLOCK_TRY(ground_->publish(clock()));
  AIRLOCK_ASSIGN(const std::int64_t rollout,
                 server_->registry().offer(ground_->releases().back().manifest,
                                           ground_->draw_seed(), kStages[0].share, clock()));
  AIRLOCK_TRY(server_->look_again());
  rollouts_.push_back(rollout);
  for (std::size_t i = 1; i < kStages.size(); ++i) {
    timeline_.ring(operator_at(i), kStages[i].at_ms);
  }
  for (const Member& member : members_) member.device->meet();
  waiting_ = members_.size();
  tally_.updates += members_.size();
  ++tally_.releases;
  return {};
}

// Until every device is done with the latest release, and the operator too.
release::Answer<void> Simulation::play() {
  const std::int64_t begin_ms = timeline_.now_ms();
  const std::int64_t last_stage_ms = begin_ms + kStages.back().at_ms;
  const std::int64_t end_ms = begin_ms + kReleaseMsMax;
  while (waiting_ > 0 || timeline_.now_ms() <= last_stage_ms) {
    const std::optional<Timeline::Who> who = timeline_.next(end_ms);
    if (!who) break;
    Server::set_clock(clock());
    AIRLOCK_TRY(act(*who));
  }
  for (const Member& member : members_) {
    switch (member.device->standing()) {
      case Device::Standing::waits: ++tally_.late; break;
      case Device::Standing::done: ++tally_.done; break;
      case Device::Standing::refused: ++tally_.refused; break;
    }
  }
  return {};
}

release::Answer<void> Simulation::act(Timeline::Who who) {
  if (who < settings_.devices) {
    turn(who);
    return {};
  }
  if (who == renewal()) {
    timeline_.ring(who, kDayMs);
    return ground_->vendor().renew_timestamp(clock());
  }
  const std::uint32_t share = kStages[who - settings_.devices].share;
  AIRLOCK_TRY(server_->registry().advance(rollouts_.back(), share, clock()));
  AIRLOCK_TRY(server_->look_again());
  return {};
}

void Simulation::turn(Timeline::Who who) {
  Member& member = members_[who];
  const auto waited = [&member] { return member.device->standing() == Device::Standing::waits; };
  const bool before = waited();
  if (member.fiber != nullptr) {
    member.fiber->go_on();
  } else if (!ending_) {
    begin_turn(who);
  }
  if (member.fiber != nullptr && !member.fiber->is_running()) {
    idle_.push_back(std::move(member.fiber));
  }
  if (before && !waited()) --waiting_;
  if (++turns_ % kTurnsBetweenTellings == 0) tell();
}

void Simulation::begin_turn(Timeline::Who who) {
  Member& member = members_[who];
  member.fiber = take_fiber();
  member.fiber->begin([this, who] {
    const std::int64_t next_ms = members_[who].device->turn();
    if (!ending_) timeline_.ring(who, next_ms);
  });
}

std::unique_ptr<Fiber> Simulation::take_fiber() {
  if (idle_.empty()) return std::make_unique<Fiber>();
  std::unique_ptr<Fiber> fiber = std::move(idle_.back());
  idle_.pop_back();
  return fiber;
}

// Reports that are on their way arrive; nobody asks anything new.
void Simulation::finish_turns() {
  ending_ = true;
  while (const auto who = timeline_.next(timeline_.now_ms() + kReleaseMsMax)) {
    if (*who < settings_.devices) turn(*who);
  }
}

void Simulation::tell() {
  if (progress_) progress_(tally_.updates - waiting_, releases_of(settings_) * settings_.devices);
}

}  // namespace

release::Answer<Tally> simulate(const Settings& settings, const file::Path& folder,
                                const Progress& progress) {
  return Simulation(settings, folder, progress).run();
}

}  // namespace airlock::fleet
