// server/rollout: who is offered which release.
//
// It is for one question, asked at every check-in: what does this device get now? evaluate is a
// pure function of what the device said and an immutable Snapshot; it reads no database, no clock
// and no file. A Snapshot joins the rollouts of server/store with the releases that lie in the
// repository, and is replaced as a whole when either changes.
//
// It promises: shares are exact (of 10 000 buckets, `share` of them are offered the release, and a
// growing share only adds buckets); a device keeps its bucket for the life of a rollout; nothing
// older than what runs, and nothing of which the release itself says that this device cannot take
// it, is offered; and every answer that offers nothing says why in one stable word. Which targets
// there are it asks trust/tuf, with the repository's first root, so that it offers none that a
// device would not find, in whatever role; it proves no package: an answer is advice, and the
// device verifies all of it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/base.h"
#include "core/package/package.h"
#include "host/file/file.h"
#include "host/json/json.h"
#include "server/assignment/assignment.h"
#include "server/store/store.h"
#include "trust/tuf/tuf.h"

namespace airlock::rollout {

using crypto::Digest;

inline constexpr std::uint32_t kBuckets = assignment::kBuckets;
static_assert(kBuckets == store::kShareWhole);
inline constexpr std::size_t kTargetsMax = 200'000;  // of the repository, in whatever role
inline constexpr std::size_t kBucketsToldMax = 64;   // of one check-in in private mode
inline constexpr std::size_t kNotNowMax = 32;        // manifests that a device did not take
inline constexpr std::uint32_t kPollAfterSeconds =
    3600;  // the middle; told ones lie 25 % around it

using assignment::bucket_of;

// Why nothing is offered, in the order in which a rollout is looked at: a later one was closer to
// an offer. X(identifier, explanation); the identifier is the word on the wire.
#define AIRLOCK_ROLLOUT_REASONS(X)                                                   \
  X(no_rollout_for_model, "no rollout speaks of this model")                         \
  X(halted, "the rollout was halted")                                                \
  X(release_missing, "the rollout's release is not in the repository")               \
  X(not_running, "the rollout was created but not started")                          \
  X(ended, "the rollout's time window has closed")                                   \
  X(already_newest, "the device runs this release or a newer one")                   \
  X(keyring_unknown, "the device does not tell which keyring it trusts")             \
  X(kind_unknown, "the device does not tell that it takes packages of this kind")    \
  X(region, "the rollout is for other regions")                                      \
  X(group, "the rollout is for other groups")                                        \
  X(certificate, "the rollout is for firmware signed under other certificates")      \
  X(version_range, "the rollout is for devices of other versions")                   \
  X(from_version_outside, "the release does not install over this version")          \
  X(bootloader_too_old, "the release needs a newer bootloader")                      \
  X(secure_boot_too_low, "the release needs a higher secure-boot level")             \
  X(data_version_unreadable, "the release does not read this version of the data")   \
  X(below_floor, "the release has a lower security version than the device")         \
  X(expired, "the release has expired")                                              \
  X(no_usable_payload, "the release has no full payload and no patch for this base") \
  X(paused, "the rollout is paused")                                                 \
  X(not_started, "the rollout's time window has not opened")                         \
  X(outside_share, "the device's share of the rollout has not come yet")             \
  X(bucket_missing, "the device named no bucket for this rollout")

enum class Reason : std::uint8_t {
#define X(identifier, explanation) identifier,
  AIRLOCK_ROLLOUT_REASONS(X)
#undef X
};
#define X(identifier, explanation) +1
inline constexpr std::size_t kReasonCount = 0 AIRLOCK_ROLLOUT_REASONS(X);
#undef X
std::string_view word_of(Reason reason);
std::string_view explain(Reason reason);

// One payload as an offer names it.
struct OfferedPayload {
  package::PayloadType type = package::PayloadType::full;
  Digest base;  // of a patch
  std::uint64_t size = 0;
  std::string json;  // {"component":..,"digest":..,"size":..,"type":..}
};
struct OfferedComponent {
  std::string id;
  std::vector<OfferedPayload> payloads;
};

// One release of the repository, read and not proven.
struct Release {
  struct Range {
    std::string min_text;
    std::string max_text;
    package::VersionRange range;
  };
  package::Kind kind = package::Kind::firmware;
  Digest manifest;
  std::string target;  // TUF path
  std::string version_text;
  package::Semver version;  // views version_text
  std::uint32_t security_version = 0;
  std::int64_t expires = 0;
  std::uint32_t bootloader_min = 0;
  std::uint32_t secure_boot_min = 0;
  std::uint32_t data_version = 0;
  std::uint32_t data_version_min = 0;
  std::vector<std::string> models;
  std::vector<Range> from_versions;
  std::vector<OfferedComponent> components;
};

// check_repository refuses a folder in which no root is (not_found), or whose newest does not read
// (bad_metadata). A server of an empty folder would tell every device that there is nothing.
Status check_repository(const file::Path& repository);

// check_models refuses a rollout's models of which one is not the release's: wrong_model.
Status check_models(const Release& release, const std::vector<std::string>& models);

// make_release copies what check-ins need out of an envelope. Errors: those of reading it, and
// wrong_kind for what no device installs by itself yet: fee plugins, advisories.
Result<std::shared_ptr<const Release>> make_release(std::string target, Bytes envelope);

// What the repository offers: targets by the digest of their manifest. It keeps the releases that
// it has read.
class Catalogue {
 public:
  explicit Catalogue(file::Path repository) : repository_(std::move(repository)) {}

  // refresh reads the targets that the present timestamp names by way of its snapshot, those of
  // delegated roles too; files that are newer are published and not offered yet. A repository that
  // never had a timestamp offers nothing, and a role that cannot be had none of its own. Errors
  // leave what was known before: mixed_metadata (a file that the one above it names is not there,
  // or is another), those of tuf::refresh but metadata_expired, and those of reading.
  Status refresh();
  // is_offered tells whether a timestamp was ever read.
  bool is_offered() const { return is_offered_; }
  // is_published tells whether the next timestamp would offer a manifest: the newest snapshot that
  // is there leads to it.
  bool is_published(const Digest& manifest) const;
  // find reads a release: target_missing where the repository offers none of that manifest,
  // target_mismatch and digest_mismatch where its file is not the listed one.
  Result<std::shared_ptr<const Release>> find(const Digest& manifest);

 private:
  struct Place {
    std::string target;
    file::Path file;
    Digest sha256;
  };
  using Places = std::multimap<Digest, Place>;
  Result<Places> places_of(const std::vector<tuf::Target>& targets, bool consistent) const;
  static Result<std::shared_ptr<const Release>> read_release(const Digest& manifest,
                                                             const Place& place);

  file::Path repository_;
  bool is_offered_ = false;
  Places places_;
  std::map<Digest, std::shared_ptr<const Release>> read_;
};

// A rollout, ready for check-ins.
struct Plan {
  store::Rollout rollout;
  std::shared_ptr<const Release> release;     // empty: not in the repository
  std::optional<package::VersionRange> from;  // views the rollout's texts
  std::string offer_head;                     // the answer's JSON up to the payloads
};

class Snapshot {
 public:
  // build joins rollouts and releases. A rollout whose release cannot be read offers nothing.
  static std::shared_ptr<const Snapshot> build(const std::vector<store::Rollout>& rollouts,
                                               Catalogue& catalogue);

  // plans_for returns the rollouts that speak of a model, the newest release first.
  const std::vector<const Plan*>& plans_for(std::string_view model) const;
  std::size_t count_of(store::State state) const;

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::vector<std::unique_ptr<Plan>> plans_;
  std::unordered_map<std::string, std::vector<const Plan*>, TextHash, std::equal_to<>> by_model_;
  std::vector<const Plan*> any_model_;
};

// What a device says of itself when it checks in. The views must outlive the evaluation.
struct CheckIn {
  struct Told {
    std::int64_t rollout = 0;
    std::uint32_t bucket = 0;
  };
  struct Installed {
    std::string_view component;
    Digest image;
  };
  // What the device has of a kind that is neither firmware nor a keyring: 0.0.0 where nothing yet.
  struct Content {
    package::Kind kind = package::Kind::abi_pack;
    package::Semver version;
    std::uint32_t security_version = 0;
  };
  std::string_view duid{};       // empty in private mode
  std::string_view pseudonym{};  // private mode
  std::string_view model{};
  package::Semver version{};
  std::uint32_t security_version = 0;
  std::uint32_t bootloader = 0;
  std::uint32_t secure_boot = 0;
  std::optional<std::uint32_t> data_version{};  // of the owner's data; none before a first firmware
  std::optional<std::uint32_t> keyring{};  // the version that it trusts; nobody else is offered one
  std::string_view region{};
  std::string_view group{};
  std::string_view certificate{};  // of the firmware that runs: 64 hexadecimal digits, or empty
  FixedList<Told, kBucketsToldMax> buckets{};
  FixedList<Installed, package::kComponentsMax> images{};
  FixedList<Content, package::kKindCount> contents{};  // of the kinds that it takes, each once
  FixedList<Digest, kNotNowMax> not_now{};  // releases that it did not take, offered last
};

// What a device is told.
struct Answer {
  const Plan* plan = nullptr;  // of the offer, or of the refusal that came closest to one
  bool offers = false;
  Reason reason = Reason::no_rollout_for_model;  // where nothing is offered
  FixedList<const OfferedPayload*, package::kComponentsMax> payloads;
  std::uint64_t size = 0;
  // Every rollout that waits only for the bucket of a private device, so that one more question is
  // enough. Of more than fit, the newest releases.
  FixedList<const Plan*, kBucketsToldMax> unbucketed;
  std::uint32_t poll_after_seconds = kPollAfterSeconds;
};

// evaluate decides. `now` is Unix seconds. The answer views the snapshot.
Answer evaluate(const CheckIn& device, const Snapshot& snapshot, std::int64_t now);

// write appends an answer's JSON.
void write(const Answer& answer, std::string& json);

}  // namespace airlock::rollout
