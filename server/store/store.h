// server/store: what the server remembers.
//
// It is for rollouts, the devices whose keys are enrolled and when each was seen last, the reports
// that devices sent, and the audit of who changed what and why. It promises that what it
// acknowledged survives a crash (SQLite, write-ahead log, synchronous=FULL); that every change of a
// rollout or of the enrolled keys stands in the audit, in the same transaction as the change; that
// the audit only grows, by the database's own triggers; and that one report of a device counts
// once, however often it is sent. It holds no secret, stores no address, and never decides what a
// device is offered.
//
// One Store is used by one thread at a time; its own lock sees to that. Reports arrive through a
// ReportWriter, check-ins through Sightings, outcomes of payments through an OutcomeWriter; each
// has a connection and a thread of its own (report_writer.h, sightings.h, outcome_writer.h).
// Experiments and what was decided about them are in experiments.h.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/base.h"
#include "core/crypto/crypto.h"
#include "core/package/package.h"
#include "host/file/file.h"

namespace airlock::store {

using crypto::Digest;

inline constexpr std::uint32_t kShareWhole =
    10'000;  // a share counts ten-thousandths: 12.34 % = 1234
inline constexpr std::size_t kRolloutsMax = 1000;
inline constexpr std::size_t kListMax = 32;      // models, regions or groups of one rollout
inline constexpr std::size_t kWordMax = 64;      // bytes of a model, region, group, code or version
inline constexpr std::size_t kWhyMax = 500;      // bytes of an operator's reason
inline constexpr std::size_t kKeysMax = 10'000;  // keys of one import
inline constexpr std::size_t kRowsMax = 1000;    // rows of one answer
inline constexpr std::size_t kDuidSize = 32;     // characters
inline constexpr int kSchemaVersion = 6;

// duid_of names a device by its Ed25519 key: base32 of the first 20 bytes of its SHA-256.
std::string duid_of(Bytes ed25519);

// Numbers are stored: append only.
enum class State : std::uint8_t { created = 0, running = 1, paused = 2, halted = 3 };
inline constexpr State kStates[] = {State::created, State::running, State::paused, State::halted};
std::string_view name_of(State state);

// Who may be offered one release, and how far the offer has gone.
struct Rollout {
  std::int64_t id = 0;
  Digest manifest;
  Digest seed;              // of the devices' buckets; drawn when the rollout is made
  std::uint32_t share = 0;  // of kShareWhole
  State state = State::created;
  std::vector<std::string> models;        // empty: every model of the release
  std::vector<std::string> regions;       // empty: every region
  std::vector<std::string> groups;        // empty: every group
  std::vector<std::string> certificates;  // of the firmware that runs; empty: every one
  std::string from_min;                   // versions that may be offered it; empty: any
  std::string from_max;
  std::int64_t not_before = 0;  // Unix seconds; 0: at once
  std::int64_t not_after = 0;   // 0: without end
  std::int64_t created = 0;
};

// Who does something, why, and when. `who` is the name in the operator's certificate.
struct Deed {
  std::string who;
  std::string why;
  std::int64_t when = 0;
};

struct AuditEntry {
  std::int64_t id = 0;
  std::int64_t when = 0;
  std::string who;
  std::string what;  // "rollout.create", "rollout.advance", .., "devices.import"
  std::string why;
  std::string detail;
};

// What a device said when it checked in last.
struct Sighting {
  std::int64_t at = 0;
  std::string model{};
  std::string version{};
  std::uint32_t security_version = 0;
  std::uint32_t bootloader = 0;
  std::string region{};
  std::string group{};
  std::string certificate{};  // SHA-256 of the firmware's signing certificate, hexadecimal
};

struct Device {
  std::string duid;
  std::string key;  // hexadecimal
  std::int64_t enrolled = 0;
  std::optional<Sighting> seen;  // none yet, or only under a pseudonym
};

// Whether a report's key is enrolled: others are kept and marked, and count for nothing.
enum class Standing : std::uint8_t { marked = 0, counted = 1 };

struct Report {
  std::string duid;
  std::int64_t sequence = 0;
  std::int64_t rollout = 0;
  std::string manifest;
  std::string version;
  std::string phase;
  std::string outcome;
  std::string reason;
  std::int64_t time_bound = 0;
  std::int64_t received = 0;
  Standing standing = Standing::marked;
};

// How often enrolled devices of a rollout said one thing.
struct ReportCount {
  std::int64_t rollout = 0;
  std::string outcome;
  std::string reason;
  std::int64_t count = 0;
};

struct Import {
  std::size_t added = 0;
  std::size_t known = 0;
};

// The step that an operator takes with a rollout.
enum class Step : std::uint8_t { resume, pause, halt };

// Whether other processes serve the same folder. Those that share it look for each other's changes.
enum class Sharing : std::uint8_t { alone, with_others };

class Store {
 public:
  // open opens or makes FOLDER/server.db (the folder too), and brings an older schema up to date.
  // It holds FOLDER/lock, alone or with others: a server that does not expect others would not
  // hear of the rollouts that they halt. Errors: busy where another process has this folder in
  // another way, unsupported_version where a newer server wrote it, database_failed, io errors.
  static Result<std::unique_ptr<Store>> open(const file::Path& folder,
                                             Sharing sharing = Sharing::alone);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  const file::Path& path() const { return path_; }

  Result<std::vector<Rollout>> rollouts();
  // create_rollout stores a rollout (its id is given here, and its seed where the draft has none,
  // as that of an operator has) and its audit entry. Errors: too_many, out_of_range (share),
  // missing_field (no reason), database_failed.
  Result<Rollout> create_rollout(const Rollout& draft, const Deed& deed);
  // advance sets a share, which may only grow: what was offered cannot be taken back. Errors:
  // not_found, out_of_range, conflict (halted, or the share does not grow), missing_field.
  Result<Rollout> advance(std::int64_t id, std::uint32_t share, const Deed& deed);
  // take pauses, resumes (or starts) or halts. A halted rollout stays halted: conflict.
  Result<Rollout> take(std::int64_t id, Step step, const Deed& deed);

  // import_devices enrols keys; one that is enrolled already is fine.
  Result<Import> import_devices(const std::vector<std::string>& keys_hex, const Deed& deed);
  Result<std::vector<Device>> devices(std::size_t rows_max);

  // reports returns the latest of one standing, newest first, of one rollout or of all: strangers
  // crowd out nobody.
  Result<std::vector<Report>> reports(std::optional<std::int64_t> rollout, Standing standing,
                                      std::size_t rows_max);
  // report_counts counts enrolled devices, of one rollout or of all, by how their sessions ended.
  Result<std::vector<ReportCount>> report_counts(std::optional<std::int64_t> rollout);
  Result<std::vector<AuditEntry>> audit(std::size_t rows_max);

 private:
  class Database;
  Store(file::File lock, file::Path path, std::unique_ptr<Database> database);

  file::File lock_;
  std::mutex mutex_;
  file::Path path_;
  std::unique_ptr<Database> database_;
};

}  // namespace airlock::store
