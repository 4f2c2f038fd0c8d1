// status, boot: what runs.
#include <iostream>

#include "apps/airlock-device/commands.h"
#include "apps/airlock-device/shelves.h"
#include "device/agent/certified.h"
#include "device/agent/facts.h"
#include "device/agent/logged.h"
#include "device/platform/power_on.h"
#include "host/json/json.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"

namespace airlock::app {
namespace {

using platform::located;

json::Value floors_of(const slot::Record& record) {
  json::Value floors = json::Value::object();
  for (package::Kind kind : package::kKinds) {
    floors[std::string(package::name_of(kind))] = record.floors[package::index_of(kind)];
  }
  return floors;
}

json::Value last_error_of(const update::Session& session) {
  if (session.outcome == Code::ok) return nullptr;
  return {{"code", name(session.outcome)},
          {"phase", update::name_of(session.failed_in)},
          {"at", session.at}};
}

json::Value last_revert_of(const slot::Record& record) {
  const slot::Revert& revert = record.last_revert;
  if (revert.reason == Code::ok) return nullptr;
  return {{"reason", name(revert.reason)},
          {"manifest", text::to_hex(revert.manifest.bytes)},
          {"count", revert.count}};
}

json::Value trial_of(const slot::Record& record) {
  if (!record.trial_boots) return nullptr;
  return {{"manifest", text::to_hex(record.inactive_slot().manifest.bytes)},
          {"boots_left", *record.trial_boots}};
}

// What the session at hand is for; between two sessions there is none.
json::Value errand_of(const update::Session& session) {
  if (session.phase == update::Phase::idle) return nullptr;
  return name_of(session.errand);
}

// What the keyring demands of the public log, and what the device saw of it; null where it demands
// nothing.
platform::Located<json::Value> log_of(const platform::Device& device,
                                      const package::Keyring& keyring) {
  const std::optional<package::LogPolicy> log = keyring.log();
  if (!log) return json::Value(nullptr);
  AIRLOCK_ASSIGN(const agent::Seen seen,
                 located(device.path(agent::kSeenName), agent::read_seen(device, *log)));
  return json::Value{{"origin", log->origin},
                     {"witnesses", log->witnesses.size()},
                     {"required", log->required},
                     {"seen", seen.head.size},
                     {"root", text::to_hex(seen.head.root.bytes)}};
}

// Which kinds the keyring demands certificates for, how many roots they may stand under, and how
// the signers of the last release stood; null where it demands none.
platform::Located<json::Value> certificates_of(const platform::Device& device,
                                               const package::Keyring& keyring) {
  json::Value kinds = json::Value::array();
  for (package::Kind kind : package::kKinds) {
    if (package::wants_certificates(keyring, kind)) kinds.push_back(package::name_of(kind));
  }
  if (kinds.empty()) return json::Value(nullptr);
  AIRLOCK_ASSIGN(const x509::Roots roots, doors::certificate_roots_of(keyring));
  const file::Path folder = device.path(agent::kCertificatesFolder);
  AIRLOCK_ASSIGN(const agent::Verdicts last, located(folder, agent::read_verdicts(device)));
  json::Value signers = json::Value::array();
  for (const doors::CertificateVerdict& one : last.signers) {
    signers.push_back(doors::json_of(one));
  }
  return json::Value{{"kinds", std::move(kinds)},
                     {"roots", roots.certificates().size()},
                     {"manifest", text::to_hex(last.manifest.bytes)},
                     {"moment", last.moment},
                     {"signers", std::move(signers)}};
}

platform::Located<json::Value> status_of(platform::Device& device) {
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  AIRLOCK_ASSIGN(const agent::Running running, agent::Running::read(device, record));
  const file::Path keyring_path = device.path(platform::kKeyringName);
  AIRLOCK_ASSIGN(const apply::TrustedKeyring trusted,
                 located(keyring_path, apply::trusted_keyring(device)));
  const package::Keyring& keyring = trusted.keyring;
  const file::Path key_path = device.path(platform::kPublicKeyName);
  AIRLOCK_ASSIGN(const std::string duid, located(key_path, platform::read_duid(key_path)));
  const Result<update::Session> session = agent::read_session(device);
  AIRLOCK_ASSIGN(json::Value log, log_of(device, keyring));
  AIRLOCK_ASSIGN(json::Value certificates, certificates_of(device, keyring));
  json::Value value = {{"profile", "full"},
                       {"duid", duid},
                       {"model", device.config().model},
                       {"version", running.version()},
                       {"version_known", agent::name_of(running.knowledge())},
                       {"security_version", record.active_slot().security_version},
                       {"active_slot", slot::name_of(record.active)},
                       {"floors", floors_of(record)},
                       {"keyring_version", keyring.version},
                       {"log", std::move(log)},
                       {"certificates", std::move(certificates)},
                       {"packs", shelf_json(running.shelf(apply::kPacks))},
                       {"fees", shelf_json(running.shelf(apply::kFees))},
                       {"plugins", shelf_json(running.shelf(apply::kPlugins))},
                       {"time_bound", record.time_bound},
                       {"last_revert", last_revert_of(record)},
                       {"trial", trial_of(record)}};
  value["phase"] = session ? update::name_of(session->phase) : "idle";
  value["errand"] = session ? errand_of(*session) : nullptr;
  value["last_error"] = session ? last_error_of(*session)
                                : json::Value{{"code", name(session.error().code)},
                                              {"phase", "idle"},
                                              {"at", session.error().at}};
  return value;
}

// "firmware 2, keyring 1"; a floor of 0 forbids nothing.
std::string floors_text(const json::Value& floors) {
  std::string made;
  for (const auto& [kind, floor] : floors.items()) {
    if (floor == 0) continue;
    made += (made.empty() ? "" : ", ") + kind + " " + json::write(floor);
  }
  return made.empty() ? "none" : made;
}

// "trial_exhausted, 2 in all, the last one manifest 4ad1.."
std::string revert_text(const json::Value& revert) {
  return revert["reason"].get<std::string>() + ", " + json::write(revert["count"]) +
         " in all, the last one manifest " + revert["manifest"].get<std::string>();
}

std::string error_text(const json::Value& error) {
  return error["code"].get<std::string>() + " in phase " + error["phase"].get<std::string>();
}

std::string errand_text(const json::Value& errand) {
  const auto word = errand.get<std::string>();
  const bool restores = word == name_of(update::Errand::restore);
  return restores ? word + ", back to the kept version" : word;
}

std::string trial_text(const json::Value& trial) {
  return "manifest " + trial["manifest"].get<std::string>() + ", boots left " +
         json::write(trial["boots_left"]);
}

// "1.0.0 (its manifest is damaged)"
std::string running_text(const json::Value& value) {
  const std::string version = value["version"].get<std::string>();
  const std::string known = value["version_known"].get<std::string>();
  if (known == agent::name_of(agent::Knowledge::nothing_runs)) return "nothing yet";
  if (known == agent::name_of(agent::Knowledge::by_manifest)) return version;
  return (version.empty() ? "unknown" : version) + " (its manifest is damaged)";
}

// "log.example.com/demo, 2 of 3 witnesses; seen: 5 entries"
std::string log_text(const json::Value& log) {
  if (log.is_null()) return "none; no proof is demanded";
  return log["origin"].get<std::string>() + ", " + json::write(log["required"]) + " of " +
         json::write(log["witnesses"]) + " witnesses; seen: " + json::write(log["seen"]) +
         " entries";
}

// "firmware, under 2 roots"
std::string certificates_text(const json::Value& certificates) {
  if (certificates.is_null()) return "none is demanded";
  std::string made;
  for (const json::Value& kind : certificates["kinds"]) {
    made += (made.empty() ? "" : ", ") + kind.get<std::string>();
  }
  return made + ", under " + json::write(certificates["roots"]) + " roots";
}

// "vendor (ed25519), certificate_revoked: CN=vendor: a CRL of its issuer lists it"
std::string signer_text(const json::Value& signer) {
  return signer["signer"].get<std::string>() + " (" + signer["algorithm"].get<std::string>() +
         "), " + signer["code"].get<std::string>() + ": " + signer["why"].get<std::string>();
}

void show(const json::Value& value) {
  const auto line = [](std::string_view label, const json::Value& shown) {
    std::cout << label
              << (shown.is_string() ? text::visible_line(shown.get<std::string>())
                                    : json::write(shown))
              << "\n";
  };
  line("profile           ", value["profile"]);
  line("device            ", value["duid"]);
  line("model             ", value["model"]);
  line("runs              ", running_text(value));
  line("slot              ", value["active_slot"]);
  line("security version  ", value["security_version"]);
  line("floors            ", floors_text(value["floors"]));
  line("keyring version   ", value["keyring_version"]);
  line("public log        ", log_text(value["log"]));
  line("certificates      ", certificates_text(value["certificates"]));
  if (!value["certificates"].is_null()) {
    for (const json::Value& one : value["certificates"]["signers"]) {
      line("  last            ", signer_text(one));
    }
  }
  line("abi pack          ", shelf_text(value["packs"]));
  line("fee policy        ", shelf_text(value["fees"]));
  line("fee plugin        ", shelf_text(value["plugins"]));
  line("time is at least  ", text::to_time(value["time_bound"].get<std::int64_t>()));
  line("phase             ", value["phase"]);
  if (!value["errand"].is_null()) line("errand            ", errand_text(value["errand"]));
  if (!value["trial"].is_null()) line("trial             ", trial_text(value["trial"]));
  if (!value["last_error"].is_null()) line("last error        ", error_text(value["last_error"]));
  if (!value["last_revert"].is_null())
    line("went back         ", revert_text(value["last_revert"]));
}

void show_boot(const slot::Boot& boot, Output output) {
  if (output == Output::json) {
    std::cout << text::visible_json(json::write({{"slot", slot::name_of(boot.slot)},
                                                 {"trial", boot.trial},
                                                 {"boots_left", boot.boots_left},
                                                 {"gave_up", name(boot.gave_up)},
                                                 {"manifest", text::to_hex(boot.manifest.bytes)}}))
              << "\n";
    return;
  }
  std::cout << "slot " << slot::name_of(boot.slot) << " runs";
  if (boot.trial) std::cout << " on trial, " << int{boot.boots_left} << " boots left";
  if (boot.gave_up != Code::ok) std::cout << "; a trial was given up: " << name(boot.gave_up);
  std::cout << "\n";
}

}  // namespace

Answer show_status(const file::Path& dir, Output output) {
  AIRLOCK_ASSIGN(platform::Device device, platform::Device::open(dir, platform::Opening::look));
  AIRLOCK_ASSIGN(const json::Value value, status_of(device));
  if (output == Output::json) {
    std::cout << text::visible_json(json::write(value)) << "\n";
  } else {
    show(value);
  }
  return {};
}

Answer boot(const file::Path& dir, platform::HandsOver hands_over, Output output) {
  AIRLOCK_ASSIGN(platform::Device device, platform::Device::open(dir, platform::Opening::drive));
  AIRLOCK_ASSIGN(const slot::Boot decided, located(dir, platform::power_on(device, hands_over)));
  show_boot(decided, output);
  return {};
}

}  // namespace airlock::app
