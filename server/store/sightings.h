// When an enrolled device was seen last, and with what: written behind the check-ins' back.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>

#include "server/store/store.h"

namespace airlock::store {

inline constexpr std::size_t kSightingsMax = 1 << 16;      // devices that wait to be written
inline constexpr std::size_t kSightingsBatchMax = 1000;    // of one transaction
inline constexpr std::chrono::seconds kSightingsTime{10};  // between two writes

// Sightings keeps the latest check-in of each device in memory and writes all of them every
// kSightingsTime. It loses by design: what a crash takes, or what comes while kSightingsMax other
// devices wait, is told again by the device's next check-in. Only enrolled devices are written, so
// that nobody fills the disk with names that he invents. A check-in is not signed: a sighting is
// what somebody said under that name.
class Sightings {
 public:
  static Result<std::unique_ptr<Sightings>> open(const Store& store);
  // The destructor writes what still waits.
  ~Sightings();
  Sightings(const Sightings&) = delete;
  Sightings& operator=(const Sightings&) = delete;

  // saw notes a check-in: no I/O, and one lock that nobody holds for long.
  void saw(const std::string& duid, Sighting sighting);
  // flush writes what waits. Errors: database_failed, busy, disk_full; then it counts as dropped.
  Status flush();
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  class Writing;
  explicit Sightings(std::unique_ptr<Writing> writing);
  void run();

  std::mutex mutex_;
  std::condition_variable ends_;
  std::unordered_map<std::string, Sighting> waiting_;
  bool ending_ = false;
  std::atomic<std::uint64_t> dropped_ = 0;
  std::mutex writing_mutex_;
  std::unique_ptr<Writing> writing_;
  std::thread thread_;
};

}  // namespace airlock::store
