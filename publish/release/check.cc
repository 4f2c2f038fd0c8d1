#include "publish/release/check.h"

#include <algorithm>
#include <map>
#include <set>

#include "publish/release/desk.h"
#include "trust/doors/doors.h"

namespace airlock::release {
namespace {

// A file's length and digest, read in pieces: an artifact may be larger than memory.
struct Measured {
  std::uint64_t size = 0;
  Digest sha256;
};
Result<Measured> measure(const Path& path) {
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  AIRLOCK_ASSIGN(const file::File opened, file::File::open(path, file::Access::read));
  Measured made;
  AIRLOCK_ASSIGN(made.size, opened.size());
  Buffer piece(kPiece);
  crypto::Sha256 hash;
  for (std::uint64_t at = 0; at < made.size; at += kPiece) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, made.size - at));
    AIRLOCK_TRY(opened.read_at(at, MutableBytes(piece).first(size)));
    hash.update(Bytes(piece).first(size));
  }
  made.sha256 = hash.finish();
  return made;
}

// Those of one level stay in the order in which they were found.
std::vector<Finding> worst_first(std::vector<Finding> found) {
  std::vector<Finding> sorted;
  for (const Level level : {Level::error, Level::warning, Level::note}) {
    for (Finding& one : found) {
      if (one.level == level) sorted.push_back(std::move(one));
    }
  }
  return sorted;
}

class Check {
 public:
  explicit Check(const CheckOrder& order) : order_(order) {}

  Checked run() {
    const auto roots = read_roots(order_.repository, {});
    if (!roots) {
      found(Level::error, roots.error());
    } else {
      of_roots(*roots);
      of_offer(*roots);
      of_newest();
    }
    of_drafts();
    of_unfinished();
    made_.findings = worst_first(std::move(made_.findings));
    if (!made_.findings.empty()) made_.worst = made_.findings.front().level;
    return std::move(made_);
  }

 private:
  Path metadata() const { return order_.repository / kMetadataFolder; }

  void found(Level level, const Error& error, std::string about) {
    const bool is_known = std::ranges::any_of(made_.findings, [&](const Finding& one) {
      return one.error.code == error.code && one.about == about;
    });
    if (!is_known) made_.findings.push_back({level, error, std::move(about)});
  }
  void found(Level level, Code code, std::string about) {
    found(level, Error{code}, std::move(about));
  }
  void found(Level level, const Refusal& refusal) { found(level, refusal.error, refusal.about); }

  // An expired file is an error of whoever judges it; one that ends soon is a warning.
  void of_expiry(std::int64_t expires, std::int64_t within, const Path& about) {
    if (expires <= order_.now) return found(Level::error, Code::metadata_expired, about.string());
    if (expires - order_.now > within) return;
    found(Level::warning, Code::expires_soon, about.string());
  }

  void of_role(std::string_view role, Bytes file, std::int64_t within, const Path& about) {
    const auto outline = tuf::outline(file);
    if (!outline) return;  // who judged it has said so
    made_.roles.push_back({std::string(role), outline->version, outline->expires});
    of_expiry(outline->expires, within, about);
  }

  void of_roots(const Roots& roots) {
    of_role("root", roots.back(), order_.warn_seconds,
            metadata_path(order_.repository, roots.size(), "root"));
    const std::uint64_t newest = tuf::newest_version(metadata(), "root");
    if (newest > roots.size()) {
      found(Level::warning, Code::unnamed_file,
            metadata_path(order_.repository, newest, "root").string());
    }
    const auto outline = tuf::outline(roots.back());
    if (outline) of_keys(*outline);
  }

  // One key in two roles undoes the keeping apart of what is online and what is not. A role whose
  // keys cannot meet its threshold is no role. Delegated roles may share one among themselves.
  void of_keys(const tuf::Outline& above) {
    const bool is_root = above.type == "root";
    for (const tuf::OutlinedRole& role : above.roles) {
      std::set<std::string> usable;
      for (const std::string& id : role.key_ids) {
        const auto key = std::ranges::find(above.keys, id, &tuf::OutlinedKey::id);
        if (key == above.keys.end() || !key->usable) continue;
        usable.insert(key->material);
        if (is_root) role_of_.try_emplace(key->material, role.name);
        const auto other = role_of_.find(key->material);
        if (other == role_of_.end() || other->second == role.name) continue;
        found(Level::warning, Code::key_in_two_roles,
              other->second + " and " + role.name + ": " + id);
      }
      if (usable.size() < role.threshold) {
        found(Level::error, Code::threshold_missing, "the keys of " + role.name);
      }
    }
  }

  // What devices are offered today, judged as they do.
  void of_offer(const Roots& roots) {
    MemoryStore store;
    if (!store.save("root", roots.front())) return;
    const Drafts none;
    FolderFetcher fetcher(metadata(), none);
    const Path timestamp = metadata() / kTimestampFile;
    const auto seen = tuf::refresh(store, fetcher, order_.now);
    if (const auto present = file::read(timestamp, tuf::kTimestampSizeMax)) {
      of_role("timestamp", *present, order_.warn_timestamp_seconds, timestamp);
    }
    if (seen) {
      offered_ = seen->version_of("snapshot");
      return;
    }
    const bool is_absent = seen.error().code == Code::not_found && fetcher.judged() == timestamp;
    if (is_absent) return found(Level::warning, Code::not_offered, timestamp.string());
    found(Level::error, seen.error(), fetcher.judged().string());
  }

  // What the next timestamp will offer.
  void of_newest() {
    auto newest = read_newest(order_.repository, {}, 0);
    if (!newest) {
      found(Level::error, newest.error());
      return;
    }
    for (const auto& [role, file] :
         {std::pair("targets", &newest->targets), std::pair("snapshot", &newest->snapshot)}) {
      const std::uint64_t version = newest->repository.version_of(role);
      of_role(role, *file, order_.warn_seconds, metadata_path(order_.repository, version, role));
    }
    const std::uint64_t snapshot = newest->repository.version_of("snapshot");
    if (offered_ != 0 && offered_ < snapshot) {
      found(Level::warning, Code::not_offered,
            metadata_path(order_.repository, snapshot, "snapshot").string());
    }
    const std::uint64_t targets = tuf::newest_version(metadata(), "targets");
    if (targets > newest->repository.version_of("targets")) {
      found(Level::note, Code::unnamed_file,
            metadata_path(order_.repository, targets, "targets").string());
    }
    if (const auto outline = tuf::outline(newest->targets)) of_keys(*outline);
    const tuf::Repository::Listing listing = newest->list();
    of_doors(listing.targets);
    for (const tuf::Target& target : listing.targets) of_target(target);
    of_delegated(listing);
    of_left(listing);
  }

  void of_delegated(const tuf::Repository::Listing& listing) {
    std::map<std::string_view, const tuf::Target*> followed;
    for (const tuf::Target& target : listing.targets) followed.emplace(target.path, &target);
    for (const auto& one : listing.roles) {
      const Path file = metadata_path(order_.repository, one.version, one.role);
      made_.delegated.push_back(one.role);
      if (!one.judged) {
        // A role that was taken back stays in the snapshot, and nobody asks for it.
        const bool is_nobodys = one.judged.error().code == Code::target_missing;
        found(is_nobodys ? Level::note : Level::error, one.judged.error(), file.string());
        continue;
      }
      of_expiry(one.expires, order_.warn_seconds, file);
      for (const tuf::Target& target : one.targets) {
        const auto there = followed.find(target.path);
        const bool is_followed = there != followed.end() && is_same(*there->second, target);
        if (!is_followed) {
          found(Level::warning, Code::target_missing, file.string() + ": " + target.path);
        }
      }
    }
  }

  static bool is_same(const tuf::Target& a, const tuf::Target& b) {
    return a.length == b.length && a.sha256 == b.sha256 && a.sha512 == b.sha512;
  }

  // Files of delegated roles that no snapshot names.
  void of_left(const tuf::Repository::Listing& listing) {
    std::map<std::string_view, std::uint64_t> named;
    for (const auto& one : listing.roles) named.emplace(one.role, one.version);
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(metadata(), ignored)) {
      const auto file = read_metadata_name(entry.path().filename().string());
      if (!file) continue;
      const auto role = named.find(file->role);
      if (role == named.end() || file->version <= role->second) continue;
      found(Level::note, Code::unnamed_file, entry.path().string());
    }
  }

  void of_target(const tuf::Target& target) {
    ++made_.targets;
    const Path path = order_.repository / kTargetsFolder / tuf::path_of_target(target, true);
    if (!tuf::claims_a_package(target)) return of_file(target, path);
    ++made_.packages;
    const auto envelope = file::read(path, package::kEnvelopeSizeMax);
    if (!envelope) return found(Level::error, envelope.error(), path.string());
    if (const Status same = tuf::check_target(target, *envelope); !same) {
      return found(Level::error, same.error(), path.string());
    }
    const auto manifest = package::read_unproven(*envelope);
    if (!manifest) return found(Level::error, manifest.error(), path.string());
    if (const Status agree = doors::check_agree(target, *manifest); !agree) {
      return found(Level::error, agree.error(), path.string());
    }
    of_package(*manifest, *envelope, path);
  }

  // Plain targets name SHA-256, as all that we write do; of another tool's SHA-512 the length
  // counts.
  void of_file(const tuf::Target& target, const Path& path) {
    const auto measured = measure(path);
    if (!measured) return found(Level::error, measured.error(), path.string());
    const bool is_same =
        measured->size == target.length && (!target.sha256 || measured->sha256 == *target.sha256);
    if (!is_same) found(Level::error, Code::target_mismatch, path.string());
  }

  void of_package(const package::Manifest& manifest, Bytes envelope, const Path& path) {
    for (std::size_t i = 0; i < manifest.component_count(); ++i) {
      const package::Component component = manifest.component(i);
      for (std::size_t k = 0; k < component.payload_count(); ++k) {
        of_artifact(component.payload(k));
      }
    }
    if (manifest.kind == package::Kind::keyring) return of_keyring(manifest, path);
    if (order_.keyring == nullptr) return;
    // Devices that have this keyring refuse what an earlier one let in and this one does not
    // retain.
    const auto proven = prove_package(envelope, *order_.keyring);
    if (!proven) found(Level::warning, proven.error().error, path.string());
    const PublishOrder order{{}, order_.repository, *order_.keyring, order_.now};
    if (const auto logged = check_logged(order, manifest); !logged) {
      found(Level::error, logged.error());
    }
    // Who can ask a responder may still learn that a certificate holds; who cannot refuses it.
    if (const auto certified = check_certified(order, envelope); !certified) {
      const bool may_be_asked = certified.error().error.code == Code::revocation_unknown;
      found(may_be_asked ? Level::warning : Level::error, certified.error());
    }
  }

  void of_keyring(const package::Manifest& manifest, const Path& path) {
    const auto keyring = package::Keyring::parse(manifest.content);
    if (!keyring) return found(Level::error, keyring.error(), path.string());
    const auto apart = check_doors_apart(*keyring, order_.repository, {});
    if (!apart) found(Level::error, apart.error());
  }

  void of_artifact(const package::Payload& payload) {
    if (!artifacts_.insert(payload.digest).second) return;
    ++made_.artifacts;
    const Path path = order_.repository / kArtifactsFolder / artifact_name(payload.digest);
    const auto measured = measure(path);
    if (!measured) return found(Level::error, measured.error(), path.string());
    if (measured->size != payload.size || measured->sha256 != payload.digest) {
      found(Level::error, Code::digest_mismatch, path.string());
    }
  }

  void of_doors(const std::vector<tuf::Target>& targets) {
    if (order_.keyring == nullptr) return;
    const auto apart = check_doors_apart(*order_.keyring, order_.repository, {});
    if (!apart) found(Level::error, apart.error());
    const auto newest = check_keyring_is_newest(*order_.keyring, targets);
    if (!newest) found(Level::warning, newest.error());
  }

  void of_drafts() {
    const auto waiting = look(order_.repository, OldKeys::at_hand, order_.now);
    if (!waiting) {
      // A repository that cannot be read has been told of; a draft that cannot is news.
      const bool is_told = std::ranges::any_of(
          made_.findings, [&](const Finding& one) { return one.about == waiting.error().about; });
      if (!is_told) found(Level::warning, waiting.error());
      return;
    }
    for (const Waiting& draft : *waiting) {
      const bool is_one_of_many = draft.next == Step::others && !is_top_level(draft.role);
      if (is_one_of_many) continue;  // the list above it is told of
      found(Level::warning, Code::draft_waits, draft.path.string());
    }
  }

  // What a killed process left; the next that writes removes it.
  void of_unfinished() {
    for (const Path& path : file::unfinished_in(order_.repository)) {
      found(Level::note, Code::unnamed_file, path.string());
    }
  }

  const CheckOrder& order_;
  Checked made_;
  std::map<std::string, std::string> role_of_;  // of root, by the material of its keys
  std::set<Digest> artifacts_;
  std::uint64_t offered_ = 0;
};

}  // namespace

Checked check(const CheckOrder& order) { return Check(order).run(); }

}  // namespace airlock::release
