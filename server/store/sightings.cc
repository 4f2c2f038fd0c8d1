#include "server/store/sightings.h"

#include "server/store/database.h"

namespace airlock::store {

// The connection and the statement of whoever writes.
class Sightings::Writing {
 public:
  explicit Writing(Connection connection, Statement insert)
      : connection_(std::move(connection)), insert_(std::move(insert)) {}

  static Result<std::unique_ptr<Writing>> open(const file::Path& path) {
    AIRLOCK_ASSIGN(auto connection, Connection::open(path));
    // Losing the last seconds is this room's bargain, so the check-ins wait for no sync.
    AIRLOCK_TRY(connection.execute("PRAGMA synchronous=NORMAL"));
    AIRLOCK_ASSIGN(
        auto insert,
        connection.prepare("INSERT INTO sightings (duid, at, model, version, security_version, "
                           "bootloader, region, device_group, certificate) "
                           "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 "
                           "WHERE EXISTS (SELECT 1 FROM devices WHERE duid = ?1) "
                           "ON CONFLICT (duid) DO UPDATE SET at = excluded.at, "
                           "model = excluded.model, version = excluded.version, "
                           "security_version = excluded.security_version, "
                           "bootloader = excluded.bootloader, region = excluded.region, "
                           "device_group = excluded.device_group, "
                           "certificate = excluded.certificate"));
    return std::make_unique<Writing>(std::move(connection), std::move(insert));
  }

  // write commits in pieces, so that no report waits long for the database.
  Status write(const std::unordered_map<std::string, Sighting>& seen) {
    auto next = seen.begin();
    while (next != seen.end()) {
      AIRLOCK_ASSIGN(auto transaction, Transaction::begin(connection_));
      for (std::size_t at = 0; at < kSightingsBatchMax && next != seen.end(); ++at, ++next) {
        AIRLOCK_TRY(write_one(next->first, next->second));
      }
      AIRLOCK_TRY(transaction.commit());
    }
    return {};
  }

 private:
  Status write_one(const std::string& duid, const Sighting& seen) {
    insert_.bind(0, duid).bind(1, seen.at).bind(2, seen.model).bind(3, seen.version);
    insert_.bind(4, std::int64_t{seen.security_version}).bind(5, std::int64_t{seen.bootloader});
    insert_.bind(6, seen.region).bind(7, seen.group).bind(8, seen.certificate);
    return insert_.run();
  }

  Connection connection_;
  Statement insert_;
};

Result<std::unique_ptr<Sightings>> Sightings::open(const Store& store) {
  AIRLOCK_ASSIGN(auto writing, Writing::open(store.path()));
  return std::unique_ptr<Sightings>(new Sightings(std::move(writing)));
}

Sightings::Sightings(std::unique_ptr<Writing> writing)
    : writing_(std::move(writing)), thread_([this] { run(); }) {}

Sightings::~Sightings() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  ends_.notify_one();
  thread_.join();
  (void)flush();  // nobody is left to be told; the devices will tell it again
}

void Sightings::saw(const std::string& duid, Sighting sighting) {
  const std::lock_guard lock(mutex_);
  if (const auto known = waiting_.find(duid); known != waiting_.end()) {
    known->second = std::move(sighting);
    return;
  }
  if (waiting_.size() >= kSightingsMax) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  waiting_.emplace(duid, std::move(sighting));
}

Status Sightings::flush() {
  const std::lock_guard writing_lock(writing_mutex_);  // first: an older batch never comes second
  std::unordered_map<std::string, Sighting> seen;
  {
    const std::lock_guard lock(mutex_);
    seen.swap(waiting_);
  }
  const Status written = writing_->write(seen);
  if (!written) dropped_.fetch_add(seen.size(), std::memory_order_relaxed);
  return written;
}

void Sightings::run() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      if (ends_.wait_for(lock, kSightingsTime, [this] { return ending_; })) return;
    }
    (void)flush();  // a busy or full database: the devices will tell it again
  }
}

}  // namespace airlock::store
