#include "apps/airlock-tuf/client.h"

#include <chrono>
#include <thread>

#include "core/crypto/crypto.h"
#include "host/text/text.h"

namespace airlock::app {
namespace {

constexpr std::string_view kPlainInNames =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.~-";
constexpr std::string_view kPlainInPaths =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.~-!$&'()*+,;=:@/";
constexpr std::size_t kNameSizeMax = 200;  // of a file, whatever else is put to it
constexpr int kLockTries = 600;
constexpr std::chrono::milliseconds kLockPause(50);

std::unexpected<NamedError> failed(Error error, std::string about) {
  return std::unexpected(NamedError{error, std::move(about)});
}

std::string joined(const std::string& base, std::string_view rest) {
  return base + (base.ends_with('/') ? "" : "/") + std::string(rest);
}

// Whoever comes second waits, half a minute at most.
Status wait_for(file::File& held) {
  for (int tries = 1;; ++tries) {
    const Status taken = held.lock();
    if (taken || taken.error().code != Code::busy || tries == kLockTries) return taken;
    std::this_thread::sleep_for(kLockPause);
  }
}

// Two processes at once would each store what the other does not know of.
Result<file::File> lock(const file::Path& folder) {
  AIRLOCK_TRY(file::make_folders(folder));
  AIRLOCK_ASSIGN(file::File held, file::File::open(folder / "lock", file::Access::create));
  AIRLOCK_TRY(wait_for(held));
  return held;
}

// Puts a target into its folder, which may serve several clients. What a killed process left of
// this very target goes; that nobody writes it now is known by the folder's lock, where its file
// system has locks.
Status store(const file::Path& path, Bytes bytes) {
  AIRLOCK_TRY(file::make_folders(path.parent_path()));
  AIRLOCK_ASSIGN(file::File folder, file::File::open(path.parent_path(), file::Access::read));
  const Status held = wait_for(folder);
  if (!held && held.error().code == Code::busy) return held;
  file::remove_unfinished_of(path);
  return file::replace(path, bytes);
}

class Metadata final : public tuf::Fetcher {
 public:
  Metadata(Http& http, std::string base) : http_(http), base_(std::move(base)) {}
  Result<tuf::Buffer> fetch(std::string_view name, std::size_t size_max) override {
    return http_.get(joined(base_, name), size_max);
  }

 private:
  Http& http_;
  std::string base_;
};

// One process's work: everything that a command needs, and the lock for as long as it takes.
class Client {
 public:
  Client(const Options& options, file::File lock, Http http)
      : options_(options),
        lock_(std::move(lock)),
        http_(std::move(http)),
        limits_{.snapshot_size = std::max(tuf::kSnapshotSizeMax, options.metadata_size_max),
                .targets_size = options.metadata_size_max},
        store_(options.metadata, limits_),
        metadata_(http_, options.metadata_url) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Answer<tuf::Repository> refresh(std::int64_t now) {
    file::remove_unfinished(options_.metadata);
    auto found = tuf::refresh(store_, metadata_, now, limits_);
    if (!found) return failed(found.error(), options_.metadata_url);
    return std::move(*found);
  }

  Answer<Downloaded> download(const tuf::Repository& repository, const std::string& name) {
    const auto target = repository.find(name, store_, metadata_);
    if (!target) return failed(target.error(), name);
    Downloaded done{name, file_of(options_.targets, name), is_there(*target)};
    if (done.was_there) return done;
    const Status brought = bring(*target, repository.consistent_snapshot(), done.file);
    if (!brought) return failed(brought.error(), name);
    return done;
  }

 private:
  // A link is no copy of ours: whoever made it could change what it leads to.
  bool is_there(const tuf::Target& target) const {
    const file::Path path = file_of(options_.targets, target.path);
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(path, ignored))) {
      return false;
    }
    const auto bytes = file::read(path, static_cast<std::size_t>(target.length));
    return bytes && tuf::check_target(target, *bytes);
  }

  // Nothing is written before all of it was proven.
  Status bring(const tuf::Target& target, bool consistent_snapshot, const file::Path& to) {
    if (target.length > options_.download_size_max) return fail(Code::oversized, target.length);
    const std::string path = tuf::path_of_target(target, consistent_snapshot);
    const std::string url =
        joined(options_.target_base_url, text::percent_encoded(path, kPlainInPaths));
    AIRLOCK_ASSIGN(const file::Buffer bytes,
                   http_.get(url, static_cast<std::size_t>(target.length)));
    AIRLOCK_TRY(tuf::check_target(target, bytes));
    return store(to, bytes);
  }

  const Options& options_;
  file::File lock_;
  Http http_;
  tuf::Limits limits_;
  tuf::FolderStore store_;
  Metadata metadata_;
};

Answer<std::unique_ptr<Client>> open(const Options& options) {
  auto held = lock(options.metadata);
  if (!held) return failed(held.error(), options.metadata.string());
  auto http = Http::open(options.http);
  if (!http) return failed(http.error(), options.metadata_url);
  return std::make_unique<Client>(options, std::move(*held), std::move(*http));
}

}  // namespace

Answer<void> init(const Options& options) {
  const auto held = lock(options.metadata);
  if (!held) return failed(held.error(), options.metadata.string());
  const auto root = file::read(options.root, tuf::kRootSizeMax);
  if (!root) return failed(root.error(), options.root.string());
  // Nothing else could ever be refreshed by it, and the right one would then stand in its way.
  const Result<tuf::Outline> outline = tuf::outline(*root);
  if (!outline) return failed(outline.error(), options.root.string());
  if (outline->type != "root") return failed({Code::bad_metadata, 0}, options.root.string());
  const file::Path place = options.metadata / "root.json";
  Status made = file::create(place, *root);
  if (!made && made.error().code == Code::exists_already) {
    const auto trusted = file::read(place, tuf::kRootSizeMax);
    if (trusted && *trusted == *root) made = {};
  }
  if (!made) return failed(made.error(), place.string());
  return {};
}

Answer<Refreshed> refresh(const Options& options, std::int64_t now) {
  auto client = open(options);
  if (!client) return std::unexpected(client.error());
  const auto found = (*client)->refresh(now);
  if (!found) return std::unexpected(found.error());
  return Refreshed{found->version_of("root"), found->version_of("timestamp"),
                   found->version_of("snapshot"), found->version_of("targets")};
}

Answer<std::vector<Downloaded>> download(const Options& options, std::int64_t now) {
  auto client = open(options);
  if (!client) return std::unexpected(client.error());
  const auto repository = (*client)->refresh(now);
  if (!repository) return std::unexpected(repository.error());
  std::vector<Downloaded> all;
  for (const std::string& name : options.target_names) {
    auto done = (*client)->download(*repository, name);
    if (!done) return std::unexpected(done.error());
    all.push_back(std::move(*done));
  }
  return all;
}

file::Path file_of(const file::Path& folder, std::string_view target) {
  std::string name = text::percent_encoded(target, kPlainInNames);
  // No encoded name has a '%' before what is no hexadecimal digit, so that the two never meet.
  if (name.size() > kNameSizeMax) {
    name = "%sha256-" + text::to_hex(crypto::sha256(bytes_of(target)).bytes);
  }
  return folder / name;
}

}  // namespace airlock::app
