// What the commands around the public log share.
#pragma once

#include <string>
#include <vector>

#include "apps/airlock/opened.h"
#include "apps/airlock/place.h"
#include "trust/translog/translog.h"

namespace airlock::app {

// sign_by signs for a log or a witness. The key must outlive it.
translog::Sign sign_by(const keys::SigningKey& key);

// log_demanded is what a keyring demands of the public log: usage where it names none.
std::expected<package::LogPolicy, Refusal> log_demanded(const OpenedKeyring& keyring,
                                                        const std::string& path);
translog::LogIdentity identity_of(const package::LogPolicy& policy);

// cosigned_path is where a witness keeps what it cosigned of a log: "<SHA-256 of the
// origin>/checkpoint" (C2SP tlog-witness).
std::string cosigned_path(std::string_view origin);

// How a release is taken into a log.
struct Logging {
  std::string log{};                    // its folder
  std::string key{};                    // of the log; empty: the release stands there already
  std::vector<std::string> cosigned{};  // places of witnesses
  std::string ca{};                     // of those that are URLs
  std::int64_t wait_seconds = 0;        // for witnesses
};

inline constexpr std::int64_t kWaitSecondsMax = 24 * 3600;
std::expected<std::int64_t, Refusal> read_wait(const std::string& typed);
// add_witness_options adds --cosigned, --ca and --wait.
void add_witness_options(CLI::App& command, Logging& logging, std::string& wait);

struct LoggedRelease {
  std::uint64_t index = 0;
  package::TreeHead head;
  bool is_new = false;
};
// add_to_log appends a release that its quorum signed.
std::expected<LoggedRelease, Refusal> add_to_log(const std::string& log,
                                                 const crypto::Digest& manifest,
                                                 const keys::SigningKey& key);

// prove_in_log gathers cosignatures until there are enough or the time is over, and writes the
// proof beside the package, with the tiles that show how the log grew.
std::expected<package::Included, Refusal> prove_in_log(const Logging& logging,
                                                       const file::Path& package,
                                                       const crypto::Digest& manifest,
                                                       const package::LogPolicy& policy);

// log witness, log monitor: below `log`.
void add_watching_commands(CLI::App& family, Outcome& outcome);
void add_log_serve_command(CLI::App& family, Outcome& outcome);  // log serve

}  // namespace airlock::app
