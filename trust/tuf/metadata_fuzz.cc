// Any bytes as metadata: unsigned they are outlined or refused, and signed by the right key they
// are refused or lead to a whole repository; nothing else happens. Targets metadata is searched
// too: the input holds what stands below it, in a member "below" that nobody else reads.
#include <map>
#include <set>

#include "core/crypto/crypto.h"
#include "trust/tuf/internal/canonical.h"
#include "trust/tuf/internal/fake_keys.h"
#include "trust/tuf/internal/metadata.h"
#include "trust/tuf/tuf.h"

using namespace airlock;
using namespace airlock::tuf::internal;

namespace {

constexpr std::int64_t kNow = 1'700'000'000;
constexpr std::size_t kPathsMax = 16;  // that are searched for in one input

// The key of RFC 8032, section 7.1, test 1: inputs name it where a role is to be proven.
const FakeSigner& signer() {
  static const FakeSigner made = signer_of_secret(
      *text::from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
  return made;
}

// Every role's reader sees the signed part, as if its signatures had been enough.
void read_as_each_role(Envelope& envelope) {
  (void)read_root(envelope);
  (void)read_timestamp(envelope);
  (void)read_snapshot(envelope);
  if (const auto targets = read_targets(envelope)) {
    for (const auto& [path, value] : targets->targets.members()) {
      if (const auto target = target_of(path, value)) (void)tuf::claim_of(*target);
    }
  }
}

class Memory final : public tuf::Store, public tuf::Fetcher {
 public:
  explicit Memory(Bytes file) : file_(file.begin(), file.end()) {}
  Result<tuf::Buffer> load(std::string_view role) override {
    if (role == "root") return file_;
    return fail(Code::not_found);
  }
  Status save(std::string_view, Bytes) override { return {}; }
  Status remove(std::string_view) override { return {}; }
  Result<tuf::Buffer> fetch(std::string_view, std::size_t) override { return file_; }

 private:
  tuf::Buffer file_;
};

// What lies below the role of the input, signed, and a snapshot that lists it.
struct Below {
  explicit Below(json::Node parts) {
    if (!parts.is_object()) return;
    for (const auto& [name, part] : parts.members()) {
      const auto version = json::integer(part, "version", 1, tuf::kVersionMax);
      if (!version) continue;
      const std::string file = std::to_string(*version) + "." + encoded(name) + ".json";
      served.files[file] = FakeRepository::sign(json::value_of(part), {signer()});
      FileEntry& entry = snapshot.files[std::string(name) + ".json"];
      entry.version = static_cast<std::uint64_t>(*version);
      if (const auto targets = part.member("targets"); targets && targets->is_object()) {
        for (const auto& [path, value] : targets->members()) paths.emplace(path);
      }
    }
  }
  class Server final : public tuf::Fetcher {
   public:
    Result<tuf::Buffer> fetch(std::string_view name, std::size_t size_max) override {
      ++requests;
      const auto found = files.find(name);
      if (found == files.end()) return fail(Code::not_found);
      if (found->second.size() > size_max) return fail(Code::oversized, size_max);
      return found->second;
    }
    std::map<std::string, tuf::Buffer, std::less<>> files;
    std::size_t requests = 0;
  } served;
  Snapshot snapshot;
  std::set<std::string> paths;
};

std::string answer_of(const Result<tuf::Target>& found) {
  if (!found) return std::string(name(found.error().code));
  return found->path + " " + std::to_string(found->length) + " " + found->custom;
}

// A search visits no more roles than it may, says the same again from what it stored, and finds
// what the top-level role lists there.
void search(Envelope& envelope) {
  const auto parts = envelope.tree.root().member("below");
  if (!parts) return;
  Below below(*parts);
  auto targets = read_targets(envelope);
  if (!targets) return;
  below.paths.insert({"wanted", "a/b"});
  for (const auto& [path, value] : targets->targets.members()) below.paths.emplace(path);
  Root root;
  root.consistent_snapshot = true;
  const tuf::Repository repository(std::make_shared<const tuf::Repository::State>(
      std::move(root), Timestamp{}, below.snapshot, std::move(*targets), kNow, tuf::Limits{}));
  MemoryStore store;
  std::size_t left = kPathsMax;
  for (const std::string& path : below.paths) {
    if (left-- == 0) return;
    below.served.requests = 0;
    const auto found = repository.find(path, store, below.served);
    AIRLOCK_CHECK(below.served.requests <= tuf::kRolesVisitedMax);
    AIRLOCK_CHECK(answer_of(repository.find(path, store, below.served)) == answer_of(found));
    if (const auto above = repository.find(path))
      AIRLOCK_CHECK(answer_of(above) == answer_of(found));
    AIRLOCK_CHECK(!found || (found->path == path && tuf::is_target_path(path)));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes file(data, size);
  (void)tuf::outline(file);
  if (auto envelope = open_envelope(file, tuf::kRootSizeMax)) {
    // Without control characters the canonical form is JSON, of the same value.
    const std::string message(envelope->message());
    if (const auto again = json::Tree::parse(message, tuf::kTargetsSizeMax)) {
      AIRLOCK_CHECK(json::value_of(again->root()) == json::value_of(envelope->signed_part));
      AIRLOCK_CHECK(canonical(again->root()) == message);
    }
    read_as_each_role(*envelope);
  }
  if (auto envelope = open_envelope(file, tuf::kRootSizeMax)) search(*envelope);
  Memory memory(file);
  AIRLOCK_CHECK(!tuf::refresh(memory, memory, kNow));  // one file is never a whole repository
  return 0;
}
