// A repository in memory, for tests of this room: metadata that a test may bend in any way before
// it is signed, a server that counts what it is asked for, and a store that can be looked into.
//
//   FakeRepository repository(signer);            // version 1 of everything, one key a role
//   MemoryStore store{repository.file("1.root.json")};
//   refresh(store, repository, FakeRepository::kNow);
//   repository.targets["version"] = 2;            // then sign anew what stands above it
//   repository.publish();
//
// A delegated role is made by delegate(), its metadata is delegated[NAME].
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/crypto/crypto.h"
#include "host/json/json.h"
#include "host/text/text.h"
#include "trust/tuf/internal/canonical.h"
#include "trust/tuf/internal/names.h"
#include "trust/tuf/tuf.h"

namespace airlock::tuf::internal {

inline Buffer buffer_of(std::string_view text) {
  const Bytes bytes = bytes_of(text);
  return {bytes.begin(), bytes.end()};
}

// Somebody who signs, and under which key id.
struct FakeSigner {
  std::function<Buffer(Bytes)> sign;
  json::Value key;    // the key object, as root lists it
  std::string keyid;  // as root lists it and as signatures name it
};

// ed25519_signer lists any 32 bytes as a key, weak ones too.
inline FakeSigner ed25519_signer(Bytes key, std::function<Buffer(Bytes)> sign) {
  json::Value object = {
      {"keytype", "ed25519"}, {"keyval", {{"public", text::to_hex(key)}}}, {"scheme", "ed25519"}};
  // Of hexadecimal digits and plain words, so that its compact form is canonical.
  const std::string id = text::to_hex(crypto::sha256(bytes_of(json::write(object))).bytes);
  return {std::move(sign), std::move(object), id};
}

// fake_signer makes one of a signer of tests/fakes (which a header of this room cannot include).
template <class Signer>
FakeSigner fake_signer(Signer signer) {
  const auto made = std::make_shared<const Signer>(std::move(signer));
  return ed25519_signer(made->key().view(),
                        [made](Bytes message) { return made->sign_message(message); });
}

class MemoryStore final : public Store {
 public:
  MemoryStore() = default;
  explicit MemoryStore(Buffer root) { files["root"] = std::move(root); }

  Result<Buffer> load(std::string_view role) override {
    if (failure != Code::ok) return fail(failure);
    const auto found = files.find(role);
    if (found == files.end()) return fail(Code::not_found);
    return found->second;
  }
  Status save(std::string_view role, Bytes metadata) override {
    if (changes_left-- == 0) return fail(Code::disk_full);
    files[std::string(role)].assign(metadata.begin(), metadata.end());
    return {};
  }
  Status remove(std::string_view role) override {
    if (changes_left-- == 0) return fail(Code::disk_full);
    files.erase(std::string(role));
    return {};
  }
  std::int64_t version(std::string_view role) const {
    const auto found = files.find(role);
    if (found == files.end()) return 0;
    return static_cast<std::int64_t>(outline(found->second)->version);
  }

  std::map<std::string, Buffer, std::less<>> files;
  Code failure = Code::ok;
  int changes_left = -1;  // the change after these fails; -1 is never
};

class FakeRepository final : public Fetcher {
 public:
  static constexpr std::int64_t kNow = 1'700'000'000;
  static constexpr std::int64_t kDay = 86'400;
  using Cast = std::vector<FakeSigner>;

  explicit FakeRepository(const Cast& one_a_role) {
    const std::string fresh = text::to_time(kNow + kDay);
    const auto head = [&](const char* type) {
      return json::Value{
          {"_type", type}, {"spec_version", "1.0.34"}, {"version", 1}, {"expires", fresh}};
    };
    root = head("root");
    root["consistent_snapshot"] = true;
    root["keys"] = json::Value::object();
    const char* const names[] = {"root", "timestamp", "snapshot", "targets"};
    for (std::size_t i = 0; i < std::size(names); ++i) {
      set_signers(names[i], {one_a_role[i]});
    }
    timestamp = head("timestamp");
    snapshot = head("snapshot");
    targets = head("targets");
    targets["targets"] = json::Value::object();
    add_target("firmware/1.0.0/demo.cose", "content");
    publish_root({"root"});
    publish();
  }

  // set_signers makes these the keys of a role in root (not published yet).
  void set_signers(const std::string& role, const Cast& cast, std::int64_t threshold = 1) {
    json::Value keyids = json::Value::array();
    for (const FakeSigner& signer : cast) {
      root["keys"][signer.keyid] = signer.key;
      keyids.push_back(signer.keyid);
    }
    root["roles"][role] = {{"keyids", keyids}, {"threshold", threshold}};
    signers[role] = cast;
  }

  void add_target(const std::string& path, std::string_view content) {
    add_target_to(targets, path, content);
  }
  static void add_target_to(json::Value& part, const std::string& path, std::string_view content) {
    part["targets"][path]["length"] = content.size();
    part["targets"][path]["hashes"]["sha256"] = hex_digest(bytes_of(content));
  }

  // delegate lists a role below a targets role, last in its order, and makes the role's metadata
  // where there is none yet. `scope` holds paths or path_hash_prefixes, and terminating.
  void delegate(const std::string& from, const std::string& name, const Cast& cast,
                json::Value scope, std::int64_t threshold = 1) {
    json::Value entry = std::move(scope);
    entry["name"] = name;
    entry["keyids"] = json::Value::array();
    entry["threshold"] = threshold;
    if (!entry.contains("terminating")) entry["terminating"] = false;
    json::Value& delegations = part_of(from)["delegations"];
    if (delegations.is_null()) {
      delegations = {{"keys", json::Value::object()}, {"roles", json::Value::array()}};
    }
    for (const FakeSigner& signer : cast) {
      delegations["keys"][signer.keyid] = signer.key;
      entry["keyids"].push_back(signer.keyid);
    }
    delegations["roles"].push_back(std::move(entry));
    add_delegated(name, cast);
  }
  // add_delegated makes the metadata of a delegated role alone.
  void add_delegated(const std::string& name, const Cast& cast) {
    if (!delegated.contains(name)) delegated[name] = new_targets();
    signers[name].insert(signers[name].end(), cast.begin(), cast.end());
  }
  json::Value new_targets() const {
    json::Value part = targets;
    part["version"] = 1;
    part["targets"] = json::Value::object();
    for (const char* member : {"delegations", "keys", "roles"}) part.erase(member);
    return part;
  }
  // part_of is the signed part of a role, top-level or delegated.
  json::Value& part_of(const std::string& role) {
    if (role == "root") return root;
    if (role == "timestamp") return timestamp;
    if (role == "snapshot") return snapshot;
    return role == "targets" ? targets : delegated.at(role);
  }

  // publish_root signs root as it stands by the signers of these names in `signers`.
  void publish_root(const std::vector<std::string>& by) {
    Cast cast;
    for (const std::string& name : by) {
      for (const FakeSigner& signer : signers[name]) cast.push_back(signer);
    }
    const std::string name = root["version"].dump() + ".root.json";
    files[name] = sign(root, cast);
  }
  // next_root makes and publishes the successor, signed by old and new keys.
  void next_root() {
    root["version"] = root["version"].get<std::int64_t>() + 1;
    std::vector<std::string> by = {"root"};
    if (signers.contains("old root")) by.push_back("old root");
    publish_root(by);
  }

  // publish signs targets, delegated ones too, snapshot and timestamp, each naming the one below
  // it.
  void publish() {
    publish_targets();
    publish_snapshot();
    publish_timestamp();
  }
  void publish_targets() {
    snapshot["meta"]["targets.json"] = place("targets", targets);
    for (const auto& [name, part] : delegated) snapshot["meta"][name + ".json"] = place(name, part);
  }
  void publish_snapshot() { timestamp["meta"]["snapshot.json"] = place("snapshot", snapshot); }
  void publish_timestamp() { files["timestamp.json"] = sign(timestamp, signers["timestamp"]); }

  // place signs a file, puts it where clients look for it, and returns its entry.
  json::Value place(const std::string& role, const json::Value& part) {
    const Buffer made = sign(part, signers[role]);
    files[file_name(role, part["version"])] = made;
    return entry_of(made, part["version"]);
  }
  // file_name is where clients look for this version of a role.
  std::string file_name(const std::string& role, const json::Value& version) const {
    const std::string name = encoded(role) + ".json";
    return root["consistent_snapshot"] == true ? version.dump() + "." + name : name;
  }
  static json::Value entry_of(const Buffer& file, const json::Value& version) {
    return {
        {"version", version}, {"length", file.size()}, {"hashes", {{"sha256", hex_digest(file)}}}};
  }

  static std::string hex_digest(Bytes bytes) { return text::to_hex(crypto::sha256(bytes).bytes); }

  // sign makes a file. What is no strict JSON is signed as it is spelled.
  static Buffer sign(const json::Value& part, const Cast& cast) {
    std::string message = json::write(part);
    if (const auto tree = json::Tree::parse(message, UINT32_MAX)) message = canonical(tree->root());
    json::Value list = json::Value::array();
    for (const FakeSigner& signer : cast) {
      list.push_back(
          {{"keyid", signer.keyid}, {"sig", text::to_hex(signer.sign(bytes_of(message)))}});
    }
    return buffer_of(json::write({{"signatures", list}, {"signed", part}}));
  }

  Buffer& file(const std::string& name) { return files.at(name); }

  Result<Buffer> fetch(std::string_view name, std::size_t size_max) override {
    requests.emplace_back(name);
    const auto found = files.find(name);
    if (found == files.end()) return fail(Code::not_found);
    if (found->second.size() > size_max) return fail(Code::oversized, size_max);
    return found->second;
  }
  // asked returns what was asked for since the last call.
  std::vector<std::string> asked() { return std::exchange(requests, {}); }

  json::Value root, timestamp, snapshot, targets;  // the signed parts of the next publication ..
  std::map<std::string, json::Value> delegated;    // .. and of delegated roles, by name
  std::map<std::string, Cast> signers;
  std::map<std::string, Buffer, std::less<>> files;
  std::vector<std::string> requests;
};

}  // namespace airlock::tuf::internal
