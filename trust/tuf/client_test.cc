// The workflow on a healthy repository, and what a refusal leaves behind.
#include <gtest/gtest.h>

#include "tests/fakes/signers.h"
#include "trust/tuf/internal/fake_repository.h"

namespace airlock::tuf::internal {
namespace {

using Names = std::vector<std::string>;
constexpr std::int64_t kNow = FakeRepository::kNow;
constexpr std::int64_t kDay = FakeRepository::kDay;

FakeSigner signer(const char* name) {
  return fake_signer(fakes::Signer(name, crypto::Algorithm::eddsa));
}

class Client : public testing::Test {
 protected:
  Code refreshed(std::int64_t now = kNow) {
    const auto result = refresh(store, repository, now);
    return result ? Code::ok : result.error().code;
  }
  // Publishes version 2 of targets, snapshot and timestamp.
  void publish_second() {
    for (json::Value* part : {&repository.targets, &repository.snapshot, &repository.timestamp}) {
      (*part)["version"] = 2;
    }
    repository.publish();
  }
  std::array<std::int64_t, 4> versions() const {
    return {store.version("root"), store.version("timestamp"), store.version("snapshot"),
            store.version("targets")};
  }
  using Versions = std::array<std::int64_t, 4>;

  FakeRepository repository{
      {signer("root"), signer("timestamp"), signer("snapshot"), signer("targets")}};
  MemoryStore store{repository.file("1.root.json")};
};

TEST_F(Client, FirstRefreshAsksForFourFilesAndStoresThemAsServed) {
  const auto found = refresh(store, repository, kNow);
  ASSERT_TRUE(found);
  EXPECT_EQ(repository.asked(),
            (Names{"2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"}));
  EXPECT_EQ(store.files["root"], repository.file("1.root.json"));
  EXPECT_EQ(store.files["timestamp"], repository.file("timestamp.json"));
  EXPECT_EQ(store.files["snapshot"], repository.file("1.snapshot.json"));
  EXPECT_EQ(store.files["targets"], repository.file("1.targets.json"));
  EXPECT_EQ(found->version_of("targets"), 1u);
  EXPECT_EQ(found->version_of("nobody"), 0u);
  EXPECT_EQ(found->timestamp_expires(), kNow + kDay);
  EXPECT_TRUE(found->consistent_snapshot());
  EXPECT_EQ(found->key_materials().size(), 4u);
}

TEST_F(Client, FindsTargetsByTheirExactPath) {
  const auto found = refresh(store, repository, kNow);
  ASSERT_TRUE(found);
  const auto target = found->find("firmware/1.0.0/demo.cose");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->length, 7u);
  EXPECT_TRUE(found->find("firmware/1.0.0/demo.cose", store, repository));
  EXPECT_TRUE(check_target(*target, bytes_of("content")));
  EXPECT_EQ(check_target(*target, bytes_of("Content")).error().code, Code::target_mismatch);
  EXPECT_EQ(check_target(*target, bytes_of("content ")).error().code, Code::target_mismatch);
  EXPECT_EQ(found->find("firmware/1.0.0/demo").error().code, Code::target_missing);
  EXPECT_EQ(found->all().size(), 1u);
}

TEST_F(Client, NeverFindsATargetOutsideItsFolder_CVE_2026_6968) {
  for (const char* path : {"../x", "/etc/x", "a/../../x", "a//b", "a/./b", "a\\b", "a\nb", ""}) {
    repository.add_target(path, "content");
  }
  // The control character stands escaped in JSON but raw in what is signed.
  repository.targets["targets"].erase("a\nb");
  repository.publish();
  const auto found = refresh(store, repository, kNow);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->all().size(), 1u);
  for (const char* path : {"../x", "/etc/x", "a/../../x", "a//b", "a/./b", "a\\b", ""}) {
    EXPECT_EQ(found->find(path).error().code, Code::target_missing) << path;
  }
}

TEST_F(Client, AsksForNothingMoreWhereTheTimestampIsUnchanged) {
  ASSERT_EQ(refreshed(), Code::ok);
  repository.asked();
  const auto found = refresh(store, repository, kNow);
  ASSERT_TRUE(found);
  EXPECT_EQ(repository.asked(), (Names{"2.root.json", "timestamp.json"}));
  EXPECT_TRUE(found->find("firmware/1.0.0/demo.cose"));
}

TEST_F(Client, AsksForNoTargetsThatItHas) {
  ASSERT_EQ(refreshed(), Code::ok);
  repository.asked();
  repository.snapshot["version"] = repository.timestamp["version"] = 2;
  repository.publish_snapshot();
  repository.publish_timestamp();
  ASSERT_EQ(refreshed(), Code::ok);
  EXPECT_EQ(repository.asked(), (Names{"2.root.json", "timestamp.json", "2.snapshot.json"}));
}

TEST_F(Client, KeepsItsTimestampWhereTheSameVersionSaysSomethingElse_aktualizr_lite_157) {
  ASSERT_EQ(refreshed(), Code::ok);
  const Buffer before = store.files["timestamp"];
  repository.timestamp["meta"]["snapshot.json"]["version"] = 100;
  repository.publish_timestamp();
  EXPECT_EQ(refreshed(), Code::ok);
  EXPECT_EQ(store.files["timestamp"], before);
}

TEST_F(Client, StoresOddWhiteSpaceAsItCame) {
  repository.file("timestamp.json").push_back(' ');
  ASSERT_EQ(refreshed(), Code::ok);
  EXPECT_EQ(store.files["timestamp"], repository.file("timestamp.json"));
}

TEST_F(Client, UsesPlainNamesWithoutConsistentSnapshots) {
  repository.root["consistent_snapshot"] = false;
  repository.next_root();
  repository.publish();
  const auto found = refresh(store, repository, kNow);
  ASSERT_TRUE(found);
  EXPECT_EQ(repository.asked(), (Names{"2.root.json", "3.root.json", "timestamp.json",
                                       "snapshot.json", "targets.json"}));
  EXPECT_FALSE(found->consistent_snapshot());
}

TEST_F(Client, WorksWithoutLengthsAndHashes) {
  for (json::Value* part : {&repository.snapshot, &repository.timestamp}) {
    for (json::Value& entry : (*part)["meta"]) {
      entry.erase("length");
      entry.erase("hashes");
    }
  }
  repository.place("snapshot", repository.snapshot);
  repository.publish_timestamp();
  EXPECT_EQ(refreshed(), Code::ok);
  EXPECT_EQ(versions(), (Versions{1, 1, 1, 1}));
}

TEST_F(Client, FailsWithoutAnAnchorAndAsksForNothing_CVE_2025_67903) {
  store.files.clear();
  EXPECT_EQ(refreshed(), Code::no_trust_anchor);
  store.files["root"] = {};
  EXPECT_EQ(refreshed(), Code::bad_metadata);
  json::Value unsigned_root = json::Value{{"signed", repository.root}};
  unsigned_root["signatures"] = json::Value::array();
  store.files["root"] = buffer_of(json::write(unsigned_root));
  EXPECT_EQ(refreshed(), Code::threshold_missing);
  EXPECT_EQ(repository.asked(), Names{});
}

TEST_F(Client, StoresNothingThatIsNotSigned) {
  const auto unsign = [&](const std::string& name) {
    json::Value tree = *json::parse(text_of(repository.file(name)), 1 << 20);
    tree["signatures"] = json::Value::array();
    return buffer_of(json::write(tree));
  };
  const Buffer honest = repository.file("timestamp.json");
  repository.file("timestamp.json") = unsign("timestamp.json");
  EXPECT_EQ(refreshed(), Code::threshold_missing);
  EXPECT_EQ(versions(), (Versions{1, 0, 0, 0}));
  repository.file("timestamp.json") = honest;

  // The roles above name what they name: here an unsigned file, hash and all.
  repository.signers["snapshot"].clear();
  repository.publish();
  EXPECT_EQ(refreshed(), Code::threshold_missing);
  EXPECT_EQ(versions(), (Versions{1, 1, 0, 0}));
}

TEST_F(Client, RefusesAnyFlippedByteBeforeParsingAndThenRecovers) {
  for (const char* name : {"1.snapshot.json", "1.targets.json"}) {
    const Buffer honest = repository.file(name);
    for (std::size_t at = 0; at < honest.size(); at += 7) {
      repository.file(name)[at] ^= 1;
      EXPECT_EQ(refreshed(), Code::mixed_metadata) << name << at;
      repository.file(name) = honest;
    }
  }
  EXPECT_EQ(versions(), (Versions{1, 1, 1, 0}));
  EXPECT_EQ(refreshed(), Code::ok);
  EXPECT_EQ(versions(), (Versions{1, 1, 1, 1}));
}

TEST_F(Client, RefusesFilesThatAreNotOfTheNamedVersion) {
  // Version 3 lies under the name of version 2, signed and with its right hash.
  publish_second();
  repository.targets["version"] = 3;
  repository.publish_targets();
  repository.snapshot["meta"]["targets.json"]["version"] = 2;
  repository.files["2.targets.json"] = repository.file("3.targets.json");
  repository.publish_snapshot();
  repository.publish_timestamp();
  EXPECT_EQ(refreshed(), Code::mixed_metadata);
  EXPECT_EQ(versions(), (Versions{1, 2, 2, 0}));
}

TEST_F(Client, RefusesASnapshotThatIsNotOfTheNamedVersion) {
  publish_second();
  repository.snapshot["version"] = 3;
  json::Value entry = repository.place("snapshot", repository.snapshot);
  entry["version"] = 2;
  repository.timestamp["meta"]["snapshot.json"] = entry;
  repository.files["2.snapshot.json"] = repository.file("3.snapshot.json");
  repository.publish_timestamp();
  EXPECT_EQ(refreshed(), Code::mixed_metadata);
  EXPECT_EQ(versions(), (Versions{1, 2, 0, 0}));
}

TEST_F(Client, HoldsAFileAgainstItsLengthWhereNoHashIsNamed) {
  json::Value& entry = repository.timestamp["meta"]["snapshot.json"];
  entry.erase("hashes");
  entry["length"] = repository.file("1.snapshot.json").size() + 1;
  repository.publish_timestamp();
  EXPECT_EQ(refreshed(), Code::mixed_metadata);
  EXPECT_EQ(versions(), (Versions{1, 1, 0, 0}));
}

TEST_F(Client, HoldsATargetAgainstItsLengthToo) {
  repository.targets["targets"]["firmware/1.0.0/demo.cose"]["length"] = 8;
  repository.publish();
  const auto found = refresh(store, repository, kNow);
  ASSERT_TRUE(found);
  const auto target = found->find("firmware/1.0.0/demo.cose");
  EXPECT_EQ(check_target(*target, bytes_of("content")).error().code, Code::target_mismatch);
}

TEST_F(Client, RefusesAFileOfAnotherRole) {
  repository.signers["timestamp"] = repository.signers["snapshot"];
  repository.set_signers("timestamp", {signer("snapshot")});
  repository.next_root();
  repository.files["timestamp.json"] = repository.file("1.snapshot.json");
  EXPECT_EQ(refreshed(), Code::bad_metadata);
  EXPECT_EQ(versions(), (Versions{2, 0, 0, 0}));
}

TEST_F(Client, ReadsUnderALimitAndNeverWithoutEnd) {
  const auto endless = [&](const char* name) { repository.files[name] = Buffer(8 << 20, ' '); };
  endless("2.root.json");
  EXPECT_EQ(refreshed(), Code::oversized);
  repository.files.erase("2.root.json");
  const Buffer honest = repository.file("timestamp.json");
  endless("timestamp.json");
  EXPECT_EQ(refreshed(), Code::oversized);
  repository.file("timestamp.json") = honest;
  endless("1.snapshot.json");  // its length is signed: one byte more is another file
  EXPECT_EQ(refreshed(), Code::mixed_metadata);
  EXPECT_EQ(versions(), (Versions{1, 1, 0, 0}));
}

TEST_F(Client, RefusesMoreThanTheLimitFromACarelessFetcher) {
  class Careless final : public Fetcher {
   public:
    Result<Buffer> fetch(std::string_view, std::size_t size_max) override {
      return Buffer(size_max + 1, ' ');
    }
  } careless;
  EXPECT_EQ(refresh(store, careless, kNow).error().code, Code::oversized);
}

TEST_F(Client, KeepsItsProgressWhereAFileIsNotThere) {
  for (const char* name : {"timestamp.json", "1.snapshot.json", "1.targets.json"}) {
    const Buffer honest = repository.file(name);
    repository.files.erase(name);
    EXPECT_EQ(refreshed(), Code::not_found) << name;
    repository.files[name] = honest;
  }
  EXPECT_EQ(versions(), (Versions{1, 1, 1, 0}));
  EXPECT_EQ(refreshed(), Code::ok);
}

TEST_F(Client, SucceedsAfterEveryFailureOfTheStore) {
  for (int changes = 0; changes < 6; ++changes) {
    FakeRepository fresh{
        {signer("root"), signer("timestamp"), signer("snapshot"), signer("targets")}};
    MemoryStore disk{fresh.file("1.root.json")};
    ASSERT_TRUE(refresh(disk, fresh, kNow));
    // A rotation of the timestamp's key, and versions that start anew.
    fresh.set_signers("timestamp", {signer("another timestamp")});
    fresh.next_root();
    fresh.targets["version"] = fresh.snapshot["version"] = 2;
    fresh.publish();
    disk.changes_left = changes;
    EXPECT_EQ(refresh(disk, fresh, kNow).error().code, Code::disk_full) << changes;
    disk.changes_left = -1;
    EXPECT_TRUE(refresh(disk, fresh, kNow)) << changes;
    EXPECT_EQ(disk.version("targets"), 2);
  }
}

TEST_F(Client, SaysWhereItsStoreIsUnreadable) {
  store.failure = Code::io_failed;
  EXPECT_EQ(refreshed(), Code::io_failed);
}

TEST_F(Client, IgnoresStoredFilesThatAreDamaged) {
  ASSERT_EQ(refreshed(), Code::ok);
  for (const char* role : {"timestamp", "snapshot", "targets"}) {
    store.files[role] = buffer_of("{\"signed\":");
    EXPECT_EQ(refreshed(), Code::ok) << role;
  }
}

TEST_F(Client, RefusesExpiredMetadataAndStoresNoneButRoot) {
  const auto expire = [](json::Value& part) { part["expires"] = text::to_time(kNow); };
  const auto revive = [](json::Value& part) { part["expires"] = text::to_time(kNow + kDay); };
  ASSERT_EQ(refreshed(), Code::ok);
  publish_second();
  expire(repository.timestamp);
  repository.publish();
  EXPECT_EQ(refreshed(), Code::metadata_expired);
  EXPECT_EQ(versions(), (Versions{1, 1, 1, 1}));
  revive(repository.timestamp);
  expire(repository.snapshot);
  repository.publish();
  EXPECT_EQ(refreshed(), Code::metadata_expired);
  EXPECT_EQ(versions(), (Versions{1, 2, 1, 1}));
  repository.timestamp["version"] = repository.snapshot["version"] = 3;
  revive(repository.snapshot);
  expire(repository.targets);
  repository.publish();
  EXPECT_EQ(refreshed(), Code::metadata_expired);
  EXPECT_EQ(versions(), (Versions{1, 3, 3, 1}));
  revive(repository.targets);
  for (json::Value* part : {&repository.targets, &repository.snapshot, &repository.timestamp}) {
    (*part)["version"] = 4;
  }
  repository.publish();
  EXPECT_EQ(refreshed(), Code::ok);
  EXPECT_EQ(versions(), (Versions{1, 4, 4, 4}));
  expire(repository.root);
  repository.next_root();
  EXPECT_EQ(refreshed(), Code::metadata_expired);
  EXPECT_EQ(versions(), (Versions{2, 4, 4, 4}));
  revive(repository.root);
  repository.next_root();
  EXPECT_EQ(refreshed(), Code::ok);
  EXPECT_EQ(versions(), (Versions{3, 4, 4, 4}));
}

TEST_F(Client, IsNotStoppedByStoredMetadataThatExpired_aktualizr_1185) {
  ASSERT_EQ(refreshed(), Code::ok);
  const std::int64_t later = kNow + 10 * kDay;
  EXPECT_EQ(refreshed(later), Code::metadata_expired);
  for (json::Value* part :
       {&repository.root, &repository.targets, &repository.snapshot, &repository.timestamp}) {
    (*part)["expires"] = text::to_time(later + kDay);
    (*part)["version"] = 2;
  }
  repository.publish_root({"root"});
  repository.publish();
  EXPECT_EQ(refreshed(later), Code::ok);
  EXPECT_EQ(versions(), (Versions{2, 2, 2, 2}));
}

TEST_F(Client, RemembersVersionsOfStoredMetadataThatExpired) {
  publish_second();
  ASSERT_EQ(refreshed(), Code::ok);
  const std::int64_t later = kNow + 10 * kDay;
  for (json::Value* part :
       {&repository.root, &repository.targets, &repository.snapshot, &repository.timestamp}) {
    (*part)["expires"] = text::to_time(later + kDay);
  }
  repository.next_root();
  repository.timestamp["version"] = 1;
  repository.publish();
  EXPECT_EQ(refreshed(later), Code::metadata_rollback);
  repository.timestamp["version"] = 3;
  repository.snapshot["version"] = 3;
  repository.targets["version"] = 1;
  repository.publish();
  EXPECT_EQ(refreshed(later), Code::metadata_rollback);
}

TEST_F(Client, TakesNoKeptFileThatExpired) {
  ASSERT_EQ(refreshed(), Code::ok);
  const std::int64_t later = kNow + 10 * kDay;
  const auto renew = [&](json::Value& part, int version) {
    part["expires"] = text::to_time(later + kDay);
    part["version"] = version;
  };
  renew(repository.root, 2);
  repository.publish_root({"root"});
  renew(repository.timestamp, 2);
  repository.publish_timestamp();
  EXPECT_EQ(refreshed(later), Code::metadata_expired) << "the snapshot";
  renew(repository.snapshot, 2);
  renew(repository.timestamp, 3);
  repository.publish_snapshot();
  repository.publish_timestamp();
  EXPECT_EQ(refreshed(later), Code::metadata_expired) << "the targets";
  EXPECT_EQ(versions(), (Versions{2, 3, 2, 1}));
}

TEST_F(Client, RefusesAFrozenRepositoryOnceItsTimestampExpired) {
  constexpr std::int64_t kFrozenUntil = kNow + kDay / 2;  // everything else lives on
  repository.timestamp["expires"] = text::to_time(kFrozenUntil);
  repository.publish();
  ASSERT_EQ(refreshed(), Code::ok);
  EXPECT_EQ(refreshed(kFrozenUntil - 1), Code::ok);
  EXPECT_EQ(refreshed(kFrozenUntil), Code::metadata_expired);
}

}  // namespace
}  // namespace airlock::tuf::internal
