#include "device/agent/provision.h"

#include <set>

#include "core/package/names.h"
#include "device/agent/facts.h"
#include "device/agent/folder.h"
#include "device/agent/incoming.h"
#include "device/agent/logged.h"
#include "device/apply/apply.h"
#include "host/text/text.h"

namespace airlock::agent {
namespace {

using platform::Fault;
using platform::located;

constexpr std::size_t kCaSizeMax = 256 << 10;

// The first release, and the proof that it stands in the log where the keyring names one.
struct First {
  Release release;
  std::optional<Logged> logged;
};

Status remember_log(platform::Device& device, const First& first) {
  if (!first.logged) return {};
  AIRLOCK_TRY(keep_seen(device, *first.logged));
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  const std::int64_t attested = first.logged->included.witnessed().attested();
  AIRLOCK_TRY(device.store_record(slot::raise_time(record, attested)));
  return {};
}

// The factory vouches for the first firmware with its own hands, as an owner does later: the same
// staging, the same reading back, the same trial, with the bootloader as the judge.
Status start_with(platform::Device& device, const First& first, const file::Path& folder,
                  std::optional<std::int64_t> clock) {
  const Release& release = first.release;
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  AIRLOCK_ASSIGN(const Running nothing, Running::read(device, record));
  const package::Manifest& manifest = release.proven.manifest();
  if (manifest.kind != package::Kind::firmware) return fail(Code::wrong_kind);
  AIRLOCK_ASSIGN(const package::DeviceFacts facts,
                 facts_for(device, record, nothing, manifest, clock));
  AIRLOCK_ASSIGN(const package::InstallPlan plan, package::admit(release.proven, facts));
  FolderArtifacts artifacts(folder);
  AIRLOCK_TRY(
      apply::stage_firmware(device, {release.proven, plan}, release.envelope, artifacts, {}));
  AIRLOCK_ASSIGN(const apply::Verified verified,
                 apply::verify_firmware(device, release.proven, release.envelope));
  AIRLOCK_TRY(apply::keep_consent(device, release.proven.digest()));
  AIRLOCK_TRY(apply::arm_firmware(device, verified));
  AIRLOCK_ASSIGN(const slot::Boot boot, device.boot());
  if (!boot.trial) return fail(boot.gave_up);
  AIRLOCK_TRY(apply::confirm_firmware(device, release.proven));
  return remember_log(device, first);
}

platform::Located<void> make_whole(const file::Path& folder, platform::Birth birth,
                                   const std::optional<First>& first, const Factory& factory) {
  AIRLOCK_TRY(platform::make_device(folder, std::move(birth)));
  if (!first) return {};
  AIRLOCK_ASSIGN(platform::Device device, platform::Device::open(folder, platform::Opening::drive));
  return located(*factory.firmware, start_with(device, *first, *factory.firmware, factory.clock));
}

std::unexpected<Fault> refuse(std::string what_to_do) {
  return std::unexpected(Fault(Error{Code::usage}, std::move(what_to_do)));
}

platform::Located<void> check_place(std::string_view option, std::string_view text) {
  const bool one_line = text::visible(text) == text && text.find('\n') == std::string_view::npos;
  if (one_line && text.size() <= platform::kPlaceTextMax) return {};
  return refuse("the " + std::string(option) +
                " takes one line of at most 64 bytes, without control characters");
}

// What no manifest could name, and a server that cannot be asked, would make a device that is never
// updated.
platform::Located<void> check_config(const platform::Config& config) {
  if (!package::is_model(config.model) || config.model.size() > package::kModelTextMax) {
    return refuse("the model takes 1 to 64 printable characters without a space");
  }
  if (config.model == "*") return refuse("the model is the device's own; * stands for all of them");
  if (config.components.empty()) return refuse("name at least one component");
  if (config.components.size() > package::kComponentsMax) {
    return refuse("a device has at most 8 components");
  }
  std::set<std::string_view> ids;
  for (const platform::ComponentConfig& component : config.components) {
    const std::string& id = component.id;
    if (!package::is_plain_name(id) || id.size() > package::kComponentIdMax) {
      return refuse("the component " + id +
                    " takes a name of 1 to 32 characters a-z, 0-9 and -, which begins with no -");
    }
    if (!ids.insert(id).second) return refuse("the component " + id + " is named twice");
  }
  if (!fetch::is_server(config.server)) {
    return refuse("the server takes https://HOST or https://HOST:PORT, a port from 1 to 65535");
  }
  AIRLOCK_TRY(check_place("region", config.region));
  return check_place("group", config.group);
}

Status check_root(Bytes metadata) {
  AIRLOCK_ASSIGN(const tuf::Outline root, tuf::outline(metadata));
  if (root.type != "root") return fail(Code::bad_metadata);
  return {};
}

// An anchor that does not open would make a device that trusts nobody, or no server.
platform::Located<void> read_anchors(const Factory& factory, platform::Birth& birth) {
  AIRLOCK_ASSIGN(birth.keyring,
                 located(factory.keyring, file::read(factory.keyring, package::kEnvelopeSizeMax)));
  const Result<package::Keyring> keyring = package::open_keyring_anchor(birth.keyring);
  if (!keyring) {
    return std::unexpected(Fault(
        keyring.error(), factory.keyring.string() +
                             ": name the keyring package, keyring.cose of airlock keys init"));
  }
  AIRLOCK_ASSIGN(birth.root, located(factory.root, file::read(factory.root, tuf::kRootSizeMax)));
  if (const Status root = check_root(birth.root); !root) {
    return std::unexpected(
        Fault(root.error(),
              factory.root.string() + ": name the repository's root, as metadata/1.root.json"));
  }
  AIRLOCK_ASSIGN(birth.ca, located(factory.ca, file::read(factory.ca, kCaSizeMax)));
  if (const Status ca = platform::check_authorities(birth.ca); !ca) {
    return std::unexpected(Fault(
        ca.error(),
        factory.ca.string() + ": name the TLS authority's certificate, PEM, with nothing cut off"));
  }
  return {};
}

// A package that does not prove leaves no device behind.
platform::Located<std::optional<First>> read_firmware(const Factory& factory, Bytes keyring) {
  if (!factory.firmware) return std::nullopt;
  const file::Path path = *factory.firmware / "manifest.cose";
  AIRLOCK_ASSIGN(file::Buffer envelope, located(path, file::read(path, package::kEnvelopeSizeMax)));
  AIRLOCK_ASSIGN(Release proven, located(path, prove_envelope(std::move(envelope), keyring)));
  const file::Path proof_path = proof_beside(path);
  Result<file::Buffer> proof = file::read(proof_path, package::kProofSizeMax);
  if (!proof && proof.error().code == Code::not_found) proof = file::Buffer{};
  if (!proof) return std::unexpected(Fault(proof.error(), proof_path.string()));
  AIRLOCK_ASSIGN(const package::Keyring keys,
                 located(factory.keyring, package::open_keyring_anchor(keyring)));
  translog::FolderFetcher log(*factory.firmware / "log");
  AIRLOCK_ASSIGN(
      std::optional<Logged> logged,
      located(proof_path, check_logged(keys, proven.proven.manifest(), *proof, {}, log)));
  return First{std::move(proven), std::move(logged)};
}

}  // namespace

platform::Located<void> provision(const file::Path& place, Factory factory) {
  AIRLOCK_TRY(check_config(factory.config));
  AIRLOCK_ASSIGN(file::NewFolder folder, located(place, file::NewFolder::begin(place)));
  platform::Birth birth;
  birth.config = std::move(factory.config);
  AIRLOCK_TRY(read_anchors(factory, birth));
  AIRLOCK_ASSIGN(const std::optional<First> first, read_firmware(factory, birth.keyring));
  AIRLOCK_TRY(make_whole(folder.path(), std::move(birth), first, factory));
  return located(place, folder.commit());
}

}  // namespace airlock::agent
