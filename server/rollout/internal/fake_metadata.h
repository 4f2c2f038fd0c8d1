// A repository's metadata for tests, in a folder: signed by one key for every role.
//
//   FakeMetadata metadata(repository, tuf::internal::fake_signer(fakes::Signer(..)));
//   metadata.publish(7, targets);                            // nothing offers it yet
//   metadata.offer(7);
//
// What a target lacks of a listing and of a claim is made up.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "core/crypto/sha256.h"
#include "host/file/file.h"
#include "host/json/json.h"
#include "host/text/text.h"
#include "trust/tuf/internal/fake_repository.h"

namespace airlock::rollout {

class FakeMetadata {
 public:
  FakeMetadata(const file::Path& repository, tuf::internal::FakeSigner signer)
      : folder_(repository / "metadata"), signer_(std::move(signer)) {
    std::filesystem::create_directories(folder_);
    json::Value root = part("root", 1);
    root["consistent_snapshot"] = true;
    root["keys"] = {{signer_.keyid, signer_.key}};
    for (const char* role : {"root", "timestamp", "snapshot", "targets"}) {
      root["roles"][role] = {{"keyids", {signer_.keyid}}, {"threshold", 1}};
    }
    put(path(1, "root"), root);
  }

  file::Path path(std::int64_t version, const std::string& role) const {
    return folder_ / (std::to_string(version) + "." + role + ".json");
  }
  file::Path timestamp() const { return folder_ / "timestamp.json"; }

  // publish writes targets and the snapshot that names them. Nothing offers them yet. A role below
  // is delegated to for the paths in the folder of its name.
  using Below = std::map<std::string, json::Value>;  // targets, by role
  void publish(std::int64_t version, const json::Value& targets, const Below& below = {}) const {
    json::Value top = part("targets", version), above = part("snapshot", version);
    top["targets"] = listed(targets);
    for (const auto& [role, own] : below) {
      json::Value list = part("targets", version);
      list["targets"] = listed(own);
      put(path(version, role), list);
      above["meta"][role + ".json"] = entry_of(version, path(version, role));
      top["delegations"]["keys"] = {{signer_.keyid, signer_.key}};
      top["delegations"]["roles"].push_back({{"name", role},
                                             {"keyids", {signer_.keyid}},
                                             {"threshold", 1},
                                             {"paths", {role + "/*"}},
                                             {"terminating", false}});
    }
    put(path(version, "targets"), top);
    above["meta"]["targets.json"] = entry_of(version, path(version, "targets"));
    put(path(version, "snapshot"), above);
  }
  // offer writes a timestamp that names a snapshot.
  void offer(std::int64_t version) const {
    json::Value top = part("timestamp", version);
    top["meta"]["snapshot.json"] = entry_of(version, path(version, "snapshot"));
    put(timestamp(), top);
  }

 private:
  // Long expired, which is the devices' to judge.
  static json::Value part(const char* type, std::int64_t version) {
    return {{"_type", type},
            {"spec_version", "1.0.34"},
            {"version", version},
            {"expires", "2020-01-01T00:00:00Z"}};
  }
  static json::Value listed(json::Value targets) {
    for (auto& [path, target] : targets.items()) {
      if (!target.contains("length")) target["length"] = 1;
      if (!target.contains("custom")) continue;
      json::Value claim = {{"kind", "firmware"},
                           {"models", {"demo-wallet"}},
                           {"security_version", 1},
                           {"version", "1.1.0"}};
      claim.update(target["custom"]["airlock"]);
      target["custom"]["airlock"] = claim;
    }
    return targets;
  }
  void put(const file::Path& path, const json::Value& signed_part) const {
    const file::Buffer made = tuf::internal::FakeRepository::sign(signed_part, {signer_});
    AIRLOCK_CHECK(file::replace(path, made).has_value());
  }
  static json::Value entry_of(std::int64_t version, const file::Path& path) {
    const file::Buffer bytes = *file::read(path, 1 << 20);
    return {{"version", version},
            {"length", bytes.size()},
            {"hashes", {{"sha256", text::to_hex(crypto::sha256(bytes).bytes)}}}};
  }

  file::Path folder_;
  tuf::internal::FakeSigner signer_;
};

}  // namespace airlock::rollout
