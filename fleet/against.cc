// The same devices, over TLS, against servers that others run.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <thread>

#include "fleet/connected_line.h"
#include "fleet/device.h"
#include "fleet/fleet.h"
#include "fleet/registry.h"
#include "fleet/timeline.h"
#include "host/parallel/parallel.h"
#include "host/text/text.h"

namespace airlock::fleet {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::chrono::minutes kServerTimeMax{2};
constexpr std::chrono::minutes kReleaseTimeMax{30};
constexpr milliseconds kBreath{1};  // where a turn led nowhere
constexpr milliseconds kLook{100};  // between two looks whether a server is there
constexpr std::size_t kHealthSizeMax = 4096;

std::int64_t clock_of_host() { return static_cast<std::int64_t>(std::time(nullptr)); }

// Some of the devices, on a thread and a connection of their own.
class Squad {
 public:
  Squad(const Settings& settings, const Ground& ground, fetch::Connection connection,
        SteadyClock::time_point begun)
      : connection_(std::move(connection)),
        world_{
            settings,
            ground,
            pool_,
            [begun] {
              return std::chrono::duration_cast<milliseconds>(SteadyClock::now() - begun).count();
            },
            &clock_of_host,
            tally,
            operations_} {}
  Squad(const Squad&) = delete;
  Squad& operator=(const Squad&) = delete;

  void add(std::uint64_t number, platform::DeviceKey key) {
    Member& member = members_.emplace_back();
    member.device = std::make_unique<Device>(world_, number, std::move(key), [](std::int64_t) {});
    member.line = std::make_unique<ConnectedLine>(connection_, world_.settings.faults.losses,
                                                  Dice(world_.settings.seed, number, 1), tally);
    member.device->connect(*member.line);
    turns_.ring(static_cast<Timeline::Who>(members_.size() - 1), 0);
  }

  void play(std::atomic<std::uint64_t>& done);
  void count_failures() {
    for (const Member& member : members_) tally.cuts += member.device->power_failures();
  }

  Tally tally;

 private:
  struct Member {
    std::unique_ptr<Device> device;
    std::unique_ptr<ConnectedLine> line;
  };

  fetch::Connection connection_;
  Pool pool_;
  std::uint64_t operations_ = 0;
  World world_;
  Timeline turns_;  // whose turn is next; its time is nobody's
  std::vector<Member> members_;
};

void Squad::play(std::atomic<std::uint64_t>& done) {
  using Standing = Device::Standing;
  for (const Member& member : members_) member.device->meet();
  std::size_t waiting = members_.size();
  const auto end = SteadyClock::now() + kReleaseTimeMax;
  while (waiting > 0 && SteadyClock::now() < end) {
    const auto who = turns_.next(INT64_MAX);
    Device& device = *members_[*who].device;
    const bool waited = device.standing() == Standing::waits;
    turns_.ring(*who, device.turn());
    const bool settled = waited && device.standing() != Standing::waits;
    if (settled) {
      --waiting;
      ++done;
    } else {
      std::this_thread::sleep_for(kBreath);
    }
  }
  for (const Member& member : members_) {
    switch (member.device->standing()) {
      case Standing::waits: ++tally.late; break;
      case Standing::done: ++tally.done; break;
      case Standing::refused: ++tally.refused; break;
    }
  }
}

Status wait_for(const fetch::Endpoint& endpoint) {
  AIRLOCK_ASSIGN(fetch::Connection connection, fetch::Connection::open(endpoint));
  const auto end = SteadyClock::now() + kServerTimeMax;
  while (SteadyClock::now() < end) {
    if (connection.get("/healthz", kHealthSizeMax)) return {};
    std::this_thread::sleep_for(kLook);
  }
  return fail(Code::timed_out);
}

class Attack {
 public:
  Attack(const Settings& settings, file::Path folder, const Against& against)
      : settings_(settings), folder_(std::move(folder)), against_(against) {
    settings_.faults.full = 0;  // what takes hours
    settings_.faults.clocks = 0;
    settings_.faults.slow = 0;
  }

  release::Answer<Tally> run(const Progress& progress);

 private:
  release::Answer<void> set_up();
  Result<void> people();
  fetch::Endpoint endpoint_of(std::size_t squad) const {
    const std::string& server = against_.servers[squad % against_.servers.size()];
    return {.server = server, .ca_file = against_.authority};
  }
  release::Answer<void> play(const Progress& progress);

  Settings settings_;
  const file::Path folder_;
  const Against& against_;
  std::unique_ptr<Ground> ground_;
  std::optional<Registry> registry_;
  std::vector<std::unique_ptr<Squad>> squads_;
  std::vector<std::int64_t> rollouts_;
  std::atomic<std::uint64_t> done_ = 0;
};

release::Answer<Tally> Attack::run(const Progress& progress) {
  AIRLOCK_TRY(check(settings_));
  AIRLOCK_TRY(check(against_));
  AIRLOCK_TRY(set_up());
  Tally sum;
  sum.devices = settings_.devices;
  sum.releases = releases_of(settings_);
  sum.updates = sum.releases * settings_.devices;
  for (std::uint64_t i = 0; i < sum.releases; ++i) AIRLOCK_TRY(play(progress));
  for (const auto& squad : squads_) {
    squad->count_failures();
    sum.add(squad->tally);
  }
  for (const std::int64_t rollout : rollouts_) {
    AIRLOCK_ASSIGN(const std::uint64_t heard, registry_->committed(rollout));
    sum.heard += heard;
  }
  std::ranges::sort(sum.took_ms);
  return sum;
}

release::Answer<void> Attack::set_up() {
  AIRLOCK_ASSIGN(ground_, Ground::prepare(settings_, folder_, clock_of_host()));
  const file::Path data = folder_ / "server";
  AIRLOCK_ASSIGN(registry_,
                 release::naming(data, Registry::open(data, store::Sharing::with_others)));
  AIRLOCK_TRY(people());
  against_.ready(ground_->vendor().repository(), data);
  for (std::size_t i = 0; i < against_.servers.size(); ++i) {
    AIRLOCK_TRY(release::naming(against_.servers[i], wait_for(endpoint_of(i))));
  }
  return {};
}

Result<void> Attack::people() {
  const auto begun = SteadyClock::now();
  const std::size_t squads = std::min<std::size_t>(against_.threads, settings_.devices);
  for (std::size_t i = 0; i < squads; ++i) {
    AIRLOCK_ASSIGN(fetch::Connection connection, fetch::Connection::open(endpoint_of(i)));
    squads_.push_back(std::make_unique<Squad>(settings_, *ground_, std::move(connection), begun));
  }
  std::vector<std::string> keys;
  for (std::uint64_t number = 0; number < settings_.devices; ++number) {
    AIRLOCK_ASSIGN(platform::DeviceKey key, ground_->key_of(number));
    keys.push_back(text::to_hex(key.public_key()));
    squads_[number % squads]->add(number, std::move(key));
  }
  return registry_->enrol(keys, clock_of_host());
}

release::Answer<void> Attack::play(const Progress& progress) {
  AIRLOCK_TRY(ground_->publish(clock_of_host()));
  AIRLOCK_ASSIGN(const std::int64_t rollout,
                 registry_->offer(ground_->releases().back().manifest, ground_->draw_seed(),
                                  store::kShareWhole, clock_of_host()));
  rollouts_.push_back(rollout);
  AIRLOCK_TRY(parallel::for_each({0, squads_.size()}, squads_.size(),
                                 [this](std::size_t, std::size_t part) -> Status {
                                   squads_[part]->play(done_);
                                   return {};
                                 }));
  if (progress) progress(done_, releases_of(settings_) * settings_.devices);
  return {};
}

}  // namespace

release::Answer<void> check(const Against& against) {
  for (const std::string& server : against.servers) {
    if (!fetch::is_server(server)) return release::Refusal::of(Code::bad_text, server);
  }
  return {};
}

release::Answer<Tally> run_against(const Settings& settings, const file::Path& folder,
                                   const Against& against, const Progress& progress) {
  return Attack(settings, folder, against).run(progress);
}

}  // namespace airlock::fleet
