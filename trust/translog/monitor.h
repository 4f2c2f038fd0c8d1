// A monitor: one who reads all of a log, keeps it, and notices when it contradicts itself.
#pragma once

#include <set>
#include <vector>

#include "trust/translog/log.h"

namespace airlock::translog {

inline constexpr std::uint64_t kMonitoredMax = std::uint64_t{1} << 24;  // entries: 512 MiB

// What a look at the log found.
struct Followed {
  TreeHead head;
  std::uint64_t first = 0;          // the place of ..
  std::vector<Digest> added;        // .. what was not there before: manifests' digests
  package::Cosignatures cosigners;  // of the policy's witnesses, on this checkpoint
};

// What a monitor knows of one log, kept in a folder: every entry, and the last checkpoint.
class Monitor {
 public:
  // open errors: busy, log_damaged (what is stored does not make the stored root), those of
  // reading. An empty folder begins with nothing. `policy` views texts that outlive the monitor.
  static Result<Monitor> open(const file::Path& folder, const package::LogPolicy& policy);

  // follow reads what the log has grown by. Every root is recomputed from the entries. Errors:
  // log_forked and log_went_back (a signed checkpoint that contradicts what was seen; it is kept as
  // evidence in the file `contradiction`), log_damaged (the entries are not those of the signed
  // root), oversized (more than kMonitoredMax), those of the fetcher and of check_log_signature.
  Result<Followed> follow(Fetcher& fetcher);

  bool knows(const Digest& manifest) const { return known_.contains(manifest); }
  const std::vector<Digest>& entries() const { return entries_; }

 private:
  Monitor(file::Path folder, const package::LogPolicy& policy, file::File lock)
      : folder_(std::move(folder)), policy_(policy), lock_(std::move(lock)) {}
  LogIdentity log() const { return {std::string(policy_.origin), policy_.key}; }
  Status load();
  Status check_not_behind(const SignedHead& newest) const;
  bool continues(Fetcher& fetcher, const TreeHead& next) const;
  Status keep(const SignedHead& newest, std::vector<Digest> entries);
  std::unexpected<Error> contradicted(const SignedHead& newest, Code code) const;

  file::Path folder_;
  package::LogPolicy policy_;
  file::File lock_;
  std::vector<Digest> entries_;
  std::set<Digest> known_;
};

}  // namespace airlock::translog
