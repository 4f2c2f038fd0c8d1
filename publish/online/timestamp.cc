#include <algorithm>

#include "host/text/text.h"
#include "publish/online/online.h"
#include "trust/tuf/tuf.h"

namespace airlock::online {
namespace {

constexpr std::string_view kPresent = "repo-timestamp";
constexpr std::string_view kNext = "next";
constexpr std::string_view kSince = "since";
constexpr std::size_t kSinceSizeMax = 64;
constexpr std::size_t kNextMax = 1024;

Path key_file(const Path& folder, std::string_view name) {
  return folder / (std::string(name) + ".key");
}
Path public_file(const Path& folder, std::string_view name) {
  return folder / (std::string(name) + ".pub");
}

// The public keys that the newest root lists for the timestamp, as hexadecimal.
Answer<std::vector<std::string>> listed_keys(const Path& repository) {
  const Path metadata = repository / release::kMetadataFolder;
  const std::uint64_t version = tuf::newest_version(metadata, "root");
  const Path path = metadata / (std::to_string(version) + ".root.json");
  AIRLOCK_ASSIGN(const Buffer bytes, naming(path, file::read(path, tuf::kRootSizeMax)));
  AIRLOCK_ASSIGN(const tuf::Outline root, naming(path, tuf::outline(bytes)));
  std::vector<std::string> listed;
  const auto role = std::ranges::find(root.roles, "timestamp", &tuf::OutlinedRole::name);
  if (role == root.roles.end()) return listed;
  for (const tuf::OutlinedKey& key : root.keys) {
    if (std::ranges::find(role->key_ids, key.id) != role->key_ids.end()) {
      listed.push_back(key.material);
    }
  }
  return listed;
}

// The names in next/, in their order.
Answer<std::vector<std::string>> names_in(const Path& next) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator at(next, error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() == ".key") names.push_back(at->path().stem().string());
    if (names.size() > kNextMax) return Refusal::of(Code::too_many, next.string());
  }
  const bool is_absent = error == std::errc::no_such_file_or_directory;
  if (error && !is_absent) return Refusal::of(file::code_of(error.value()), next.string());
  std::ranges::sort(names);
  return names;
}

// The secret goes last: while it is there, the next run sees that it signs already.
Answer<void> forget_the_present(const Path& folder, std::string_view name) {
  const Path next = folder / kNext;
  AIRLOCK_TRY(naming(public_file(next, name), file::remove_file(public_file(next, name))));
  return naming(key_file(next, name), file::remove_file(key_file(next, name)));
}

struct Candidates {
  std::vector<std::string> listed;
  std::size_t unlisted = 0;
};
Answer<Candidates> candidates_in(const TimestampOrder& order) {
  const Path next = order.folder / kNext;
  AIRLOCK_ASSIGN(const std::vector<std::string> listed, listed_keys(order.repository));
  AIRLOCK_ASSIGN(const std::vector<std::string> names, names_in(next));
  const Path present_path = key_file(order.folder, kPresent);
  Result<Buffer> present = file::read(present_path, keys::kKeyFileMax);
  if (!present && present.error().code != Code::not_found) {
    return Refusal::of(present.error(), present_path.string());
  }
  Candidates found;
  for (const std::string& name : names) {
    const Path path = key_file(next, name);
    const Result<Buffer> bytes = file::read(path, keys::kKeyFileMax);
    if (bytes && present && equal(*bytes, *present)) {
      AIRLOCK_TRY(forget_the_present(order.folder, name));
      continue;
    }
    const Path half = public_file(next, name);
    AIRLOCK_ASSIGN(const Buffer pem, naming(half, file::read(half, keys::kKeyFileMax)));
    AIRLOCK_ASSIGN(const tuf::PublicKey key, naming(half, tuf::key_from_pem(text_of(pem))));
    const std::string material = text::to_hex(key.material);
    const bool is_listed = std::ranges::find(listed, material) != listed.end();
    if (is_listed) found.listed.push_back(name);
    if (!is_listed) ++found.unlisted;
  }
  return found;
}

// The secret first: it alone signs. What stands in next/ goes last, so that nothing is ever lost.
Answer<void> put_in_place(const TimestampOrder& order, std::string_view name) {
  const Path next = order.folder / kNext;
  const Path key = key_file(order.folder, kPresent);
  const Path half = public_file(order.folder, kPresent);
  const Path since = order.folder / kSince;
  AIRLOCK_ASSIGN(const Buffer secret,
                 naming(key_file(next, name), file::read(key_file(next, name), keys::kKeyFileMax)));
  AIRLOCK_ASSIGN(
      const Buffer open_half,
      naming(public_file(next, name), file::read(public_file(next, name), keys::kKeyFileMax)));
  AIRLOCK_TRY(naming(key, file::replace(key, secret, file::Privacy::secret)));
  AIRLOCK_TRY(naming(half, file::replace(half, open_half)));
  AIRLOCK_TRY(naming(since, file::replace(since, bytes_of(text::to_time(order.now) + "\n"))));
  return forget_the_present(order.folder, name);
}

}  // namespace

bool is_due(const Age& age, std::int64_t every, std::int64_t now) {
  if (!age.since || now - *age.since >= every) return true;
  return age.ends && *age.ends - now < every;
}

Age timestamp_age(const Path& folder) {
  const Result<Buffer> bytes = file::read(folder / kSince, kSinceSizeMax);
  if (!bytes) return {};
  std::string_view written = text_of(*bytes);
  if (written.ends_with('\n')) written.remove_suffix(1);
  const Result<std::int64_t> since = text::from_time(written);
  return since ? Age{*since} : Age{};
}

Answer<TimestampChange> change_timestamp_key(const TimestampOrder& order,
                                             const keys::Secret& passphrase) {
  AIRLOCK_ASSIGN(const Candidates found, candidates_in(order));
  const Path next = order.folder / kNext;
  if (found.listed.empty()) return Refusal::of(Code::no_next_key, next.string());
  const std::string& name = found.listed.front();
  const Path path = key_file(next, name);
  AIRLOCK_ASSIGN(keys::RepositoryKey key,
                 naming(path, keys::RepositoryKey::open(path, passphrase)));
  AIRLOCK_ASSIGN(const release::RoleSigner signer,
                 release::role_signer(std::move(key), path.string()));
  AIRLOCK_TRY(
      release::renew_timestamp(order.repository, {&signer, 1}, order.valid_seconds, order.now));
  AIRLOCK_TRY(put_in_place(order, name));
  return TimestampChange{name, found.listed.size() - 1, found.unlisted};
}

}  // namespace airlock::online
