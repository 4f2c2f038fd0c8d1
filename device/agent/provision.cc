#include "device/agent/provision.h"

#include <set>

#include "core/package/names.h"
#include "device/agent/certified.h"
#include "device/agent/facts.h"
#include "device/agent/folder.h"
#include "device/agent/incoming.h"
#include "device/agent/logged.h"
#include "device/apply/apply.h"
#include "device/fetch/responder.h"
#include "host/text/text.h"

namespace airlock::agent {
namespace {

using platform::Fault;
using platform::located;

constexpr std::size_t kCaSizeMax = 256 << 10;
constexpr std::size_t kLimitsSizeMax = 256 << 10;

// The first release, the proof that it stands in the log where the keyring names one, and the
// certificates of its signers.
struct First {
  Release release;
  std::optional<Logged> logged;
  file::Buffer bundle;
};

Status remember_log(platform::Device& device, const First& first) {
  if (!first.logged) return {};
  AIRLOCK_TRY(keep_seen(device, *first.logged));
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  AIRLOCK_TRY(device.store_record(told_by(record, first.release.proven.manifest(), first.logged)));
  return {};
}

// The present is not before the keyring was made that the factory trusts.
Status remember_anchor(platform::Device& device) {
  AIRLOCK_ASSIGN(const file::Buffer envelope, device.keyring_envelope());
  AIRLOCK_ASSIGN(const package::Manifest& manifest, package::read_unproven(envelope));
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  AIRLOCK_TRY(device.store_record(slot::raise_time(record, manifest.created)));
  return {};
}

// The factory vouches for the first firmware with its own hands, as an owner does later: the same
// staging, the same reading back, the same trial, with the bootloader as the judge.
Status start_with(platform::Device& device, const First& first, const Factory& factory) {
  const Release& release = first.release;
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  AIRLOCK_ASSIGN(const Running nothing, Running::read(device, record));
  const package::Manifest& manifest = release.proven.manifest();
  if (manifest.kind != package::Kind::firmware) return fail(Code::wrong_kind);
  const std::int64_t moment = present(told_by(record, manifest, first.logged), factory.clock);
  AIRLOCK_TRY(check_certified(device, {release.envelope, first.bundle, moment, factory.responder}));
  AIRLOCK_ASSIGN(const package::DeviceFacts facts,
                 facts_for(device, record, nothing, manifest, factory.clock));
  AIRLOCK_ASSIGN(const package::InstallPlan plan, package::admit(release.proven, facts));
  FolderArtifacts artifacts(*factory.firmware);
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
  AIRLOCK_ASSIGN(platform::Device device, platform::Device::open(folder, platform::Opening::drive));
  AIRLOCK_TRY(located(factory.keyring, remember_anchor(device)));
  if (!first) return {};
  return located(*factory.firmware, start_with(device, *first, factory));
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
  if (config.responders.size() > platform::kRespondersMax) {
    return refuse("a device lists at most 8 responders");
  }
  for (const std::string& place : config.responders) {
    if (!fetch::is_place(place)) return refuse("the responder " + place + " takes HOST:PORT");
  }
  for (const std::string& kind : config.ask_for) {
    const Result<package::Kind> known = package::kind_named(kind);
    if (!known || apply::shelf_kind(*known) == nullptr) {
      return refuse("the owner is asked always or never about " + kind +
                    "; only of abi-pack, fee-policy and fee-plugin a device may choose");
    }
  }
  AIRLOCK_TRY(check_place("region", config.region));
  AIRLOCK_TRY(check_place("group", config.group));
  return check_place("tier", config.tier);
}

Status check_root(Bytes metadata) {
  AIRLOCK_ASSIGN(const tuf::Outline root, tuf::outline(metadata));
  if (root.type != "root") return fail(Code::bad_metadata);
  return {};
}

// Who vouches for the server; somebody must.
platform::Located<void> read_authorities(const Factory& factory, const package::Keyring& keyring,
                                         platform::Birth& birth) {
  if (factory.config.server_roots) {
    AIRLOCK_ASSIGN(const x509::Roots roots, doors::certificate_roots_of(keyring));
    if (roots.certificates().empty()) {
      return refuse(
          "no wallet root is compiled in, nor in the keyring, that could vouch for the "
          "server");
    }
  }
  if (!factory.ca && factory.config.server_roots) return {};
  if (!factory.ca)
    return refuse("name the TLS authority, or have wallet roots vouch for the server");
  AIRLOCK_ASSIGN(birth.ca, located(*factory.ca, file::read(*factory.ca, kCaSizeMax)));
  if (const Status ca = platform::check_authorities(birth.ca); !ca) {
    return std::unexpected(
        Fault(ca.error(), factory.ca->string() +
                              ": name the TLS authority's certificate, PEM, with nothing cut off"));
  }
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
  return read_authorities(factory, *keyring, birth);
}

// A package that does not prove leaves no device behind. Its certificates are judged once there is
// one that remembers.
platform::Located<std::optional<First>> read_firmware(const Factory& factory, Bytes keyring) {
  if (!factory.firmware) return std::nullopt;
  const file::Path path = *factory.firmware / "manifest.cose";
  AIRLOCK_ASSIGN(file::Buffer envelope, located(path, file::read(path, package::kEnvelopeSizeMax)));
  AIRLOCK_ASSIGN(const package::Keyring keys,
                 located(factory.keyring, package::open_keyring_anchor(keyring)));
  AIRLOCK_ASSIGN(Release proven, located(path, prove_envelope(std::move(envelope), keys)));
  const file::Path proof_path = proof_beside(path);
  AIRLOCK_ASSIGN(const file::Buffer proof,
                 located(proof_path, read_beside(proof_path, package::kProofSizeMax)));
  const file::Path bundle_path = bundle_beside(path);
  AIRLOCK_ASSIGN(file::Buffer bundle,
                 located(bundle_path, read_beside(bundle_path, x509::kBundleSizeMax)));
  translog::FolderFetcher log(*factory.firmware / "log");
  AIRLOCK_ASSIGN(std::optional<Logged> logged,
                 located(proof_path, check_logged(keys, proven.proven.manifest(), proof, {}, log)));
  return First{std::move(proven), std::move(logged), std::move(bundle)};
}

}  // namespace

platform::Located<void> provision(const file::Path& place, Factory factory) {
  AIRLOCK_TRY(check_config(factory.config));
  if (factory.config.fee_plugins != platform::FeePlugins::none && !factory.fee_limits)
    return refuse("fee plugins need the wallet's own limits for fees beside them");
  AIRLOCK_ASSIGN(file::NewFolder folder, located(place, file::NewFolder::begin(place)));
  platform::Birth birth;
  birth.config = std::move(factory.config);
  AIRLOCK_TRY(read_anchors(factory, birth));
  if (factory.fee_limits) {
    AIRLOCK_ASSIGN(birth.fee_limits,
                   located(*factory.fee_limits, file::read(*factory.fee_limits, kLimitsSizeMax)));
  }
  AIRLOCK_ASSIGN(const std::optional<First> first, read_firmware(factory, birth.keyring));
  AIRLOCK_TRY(make_whole(folder.path(), std::move(birth), first, factory));
  return located(place, folder.commit());
}

}  // namespace airlock::agent
