// Whether a release stands in the public log, and what the device remembers of that log.
#pragma once

#include <optional>
#include <string>

#include "core/base/base.h"
#include "core/package/package.h"
#include "device/platform/platform.h"
#include "trust/translog/translog.h"

namespace airlock::agent {

inline constexpr std::string_view kSeenName = "log/checkpoint";

// The largest checkpoint that the device accepted, as it was served. Size 0: none of this log.
struct Seen {
  package::TreeHead head;
  std::string note;
};
// read_seen reads what is stored. What the keyring's log did not sign counts as absent, as does
// what is damaged: then the witnesses alone vouch for the next checkpoint. Errors: those of the
// disk.
Result<Seen> read_seen(const platform::Device& device, const package::LogPolicy& policy);

// A release that the log has, and what the device remembers once it accepts that.
struct Logged {
  package::Included included;
  Seen next;
};
// check_logged judges the proof that came with a release; nothing where the keyring demands none.
// Tiles are read where the proof's checkpoint is another one than the device saw. Errors: those of
// package::prove_included and package::follow, and those of the fetcher.
Result<std::optional<Logged>> check_logged(const package::Keyring& keyring,
                                           const package::Manifest& manifest, Bytes proof,
                                           const Seen& seen, translog::Fetcher& log);

// told_by is the record with the time that a release tells of: a quorum signed the one, enough
// witnesses the other, so the present is not before them.
slot::Record told_by(const slot::Record& record, const package::Manifest& manifest,
                     const std::optional<Logged>& logged);

// keep_seen stores what the device remembers from now on.
Status keep_seen(const platform::Device& device, const Logged& logged);

// The log's files that came with a package by hand, and those of the server for what is not there.
class HandedLog final : public translog::Fetcher {
 public:
  HandedLog(const file::Path& package_folder, translog::Fetcher& server)
      : folder_(package_folder / "log"), server_(server) {}
  Result<file::Buffer> fetch(std::string_view path, std::size_t size_max) override;

 private:
  translog::FolderFetcher folder_;
  translog::Fetcher& server_;
};

}  // namespace airlock::agent
