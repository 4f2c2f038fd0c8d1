#include "device/agent/at_fault.h"

#include <unistd.h>

#include "device/agent/certified.h"
#include "device/agent/facts.h"
#include "device/agent/folder.h"
#include "device/agent/incoming.h"
#include "trust/tuf/tuf.h"

namespace airlock::agent {
namespace {

using update::Phase;

Status read_keyring(const platform::Device& device) {
  AIRLOCK_TRY(device.record());
  AIRLOCK_TRY(apply::trusted_keyring(device));
  return {};
}

// Nobody is asked: a refresh comes this far only by a root that can be trusted.
class Nobody final : public tuf::Fetcher {
 public:
  Result<tuf::Buffer> fetch(std::string_view, std::size_t) override {
    root_is_whole = true;
    return fail(Code::unreachable);
  }
  bool root_is_whole = false;
};

Status read_root(const platform::Device& device) {
  tuf::FolderStore store(device.path("trust"));
  Nobody nobody;
  const Result<tuf::Repository> found = tuf::refresh(store, nobody, 0);
  if (found || nobody.root_is_whole) return {};
  return std::unexpected(found.error());
}

// The first artifact of the plan that gives this error. The gate let the release pass, so the time
// is taken as the last at which it would.
Result<std::optional<file::Path>> artifact_at_fault(platform::Device& device, Bases bases,
                                                    Code code) {
  AIRLOCK_ASSIGN(const Origin origin, read_origin(device));
  if (origin.folder.empty()) return std::nullopt;
  AIRLOCK_ASSIGN(const Release release, prove_incoming(device));
  const package::Manifest& manifest = release.proven.manifest();
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  AIRLOCK_ASSIGN(const Running running, Running::read(device, record));
  AIRLOCK_ASSIGN(const package::DeviceFacts facts,
                 facts_for(device, record, running, manifest, manifest.expires, bases));
  AIRLOCK_ASSIGN(const package::InstallPlan plan, package::admit(release.proven, facts));
  FolderArtifacts artifacts(origin.folder);
  for (const package::Choice& choice : plan.choices) {
    const package::Payload payload = manifest.component(choice.component).payload(choice.payload);
    const Result<Source*> opened = artifacts.open(payload);
    if (!opened && opened.error().code == code) return artifacts.path_of(payload);
  }
  return std::nullopt;
}

// What the device itself needs to ask anybody, that is gone or may not be written.
std::optional<file::Path> own_file_at_fault(const platform::Device& device, Code code) {
  const file::Path ca = device.ca_file();
  if (code == Code::tls_failed && !ca.empty() && ::access(ca.c_str(), R_OK) != 0) return ca;
  if (code != Code::access_denied) return std::nullopt;
  for (const std::string_view folder : {"incoming", "trust", "."}) {
    if (::access(device.path(folder).c_str(), W_OK | X_OK) != 0) return device.path(folder);
  }
  return std::nullopt;
}

}  // namespace

std::optional<file::Path> file_at_fault(platform::Device& device, Phase phase, Code code) {
  const auto gives_the_same = [code](const auto& read) {
    return !read && read.error().code == code;
  };
  if (gives_the_same(read_keyring(device))) return device.path(platform::kKeyringName);
  if (gives_the_same(device.key())) return device.path(platform::kKeyName);
  if (phase == Phase::asking || phase == Phase::refreshing) {
    if (const auto own = own_file_at_fault(device, code)) return own;
  }
  x509::FolderMemory revoked(device.path(kCertificatesFolder));
  if (code == Code::revocation_unknown && !revoked.holds({})) {
    return device.path(kCertificatesFolder) / x509::FolderMemory::kFileName;
  }
  if (phase == Phase::refreshing && gives_the_same(read_root(device))) {
    return device.path(platform::kRootName);
  }
  if (phase != Phase::staging) return std::nullopt;
  for (const Bases bases : {Bases::whole, Bases::damaged}) {
    const auto found = artifact_at_fault(device, bases, code);
    if (found && *found) return *found;
  }
  return std::nullopt;
}

}  // namespace airlock::agent
