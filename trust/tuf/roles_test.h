// Targets metadata, top-level and delegated: what the tests of this room that run for both share.
// Past faults of other clients came back one level down.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tests/fakes/signers.h"
#include "trust/tuf/internal/fake_repository.h"

namespace airlock::tuf::internal {

inline FakeSigner signer(const std::string& name) {
  return fake_signer(fakes::Signer(name, crypto::Algorithm::eddsa));
}

// A repository whose delegated role "delegated" is for every target, with a target of the role
// under test. Everything is of one version, which publish() raises.
class TargetsRole : public testing::TestWithParam<std::string> {
 protected:
  static constexpr const char* kWanted = "wanted";

  TargetsRole() {
    repository.delegate("targets", "delegated", {signer("delegated")}, {{"paths", {"*"}}});
    FakeRepository::add_target_to(part(), kWanted, "content");
    publish();
  }

  const std::string& role() const { return GetParam(); }
  bool is_delegated() const { return role() == "delegated"; }
  json::Value& part() { return repository.part_of(role()); }
  json::Value& keys() {
    return is_delegated() ? repository.targets["delegations"]["keys"] : repository.root["keys"];
  }
  json::Value& rule() {
    return is_delegated() ? repository.targets["delegations"]["roles"][0]
                          : repository.root["roles"]["targets"];
  }
  // The role's rule, published with whatever delegates to it.
  void set_signers(const FakeRepository::Cast& cast, std::int64_t threshold) {
    json::Value ids = json::Value::array();
    for (const FakeSigner& one : cast) {
      keys()[one.keyid] = one.key;
      ids.push_back(one.keyid);
    }
    rule()["keyids"] = ids;
    rule()["threshold"] = threshold;
    repository.signers[role()] = cast;
    if (!is_delegated()) repository.next_root();
  }
  void sign_by(const FakeRepository::Cast& cast) { repository.signers[role()] = cast; }

  void next_versions() {
    ++version;
    for (json::Value* each : {&repository.targets, &repository.snapshot, &repository.timestamp}) {
      (*each)["version"] = version;
    }
    repository.delegated["delegated"]["version"] = version;
  }
  void publish() {
    next_versions();
    repository.publish();
  }
  // Signs anew what stands above a change that was made to the snapshot.
  void publish_above() {
    repository.publish_snapshot();
    repository.publish_timestamp();
  }
  json::Value& entry() { return repository.snapshot["meta"][role() + ".json"]; }
  Buffer& file() { return repository.file(repository.file_name(role(), version)); }
  // Puts this in the place of the role's file, named by all above, before a client that has nothing
  // but the root.
  void put(const Buffer& made) {
    store = MemoryStore(repository.file("1.root.json"));
    file() = made;
    entry() = FakeRepository::entry_of(made, version);
    publish_above();
  }

  Code code(std::int64_t now = FakeRepository::kNow) {
    const auto found = refresh(store, repository, now);
    if (!found) return found.error().code;
    const auto target = found->find(kWanted, store, repository);
    return target ? Code::ok : target.error().code;
  }
  std::int64_t stored() const { return store.version(role()); }

  FakeRepository repository{
      {signer("root"), signer("timestamp"), signer("snapshot"), signer("targets")}};
  MemoryStore store{repository.file("1.root.json")};
  std::int64_t version = 1;
};

}  // namespace airlock::tuf::internal
