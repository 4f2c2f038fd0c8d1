#include "server/rollout/rollout.h"

#include <gtest/gtest.h>

#include "host/json/json.h"
#include "host/text/text.h"
#include "server/rollout/internal/fake_metadata.h"
#include "tests/fakes/signers.h"
#include "trust/tuf/tuf.h"

namespace airlock::rollout {
namespace {

constexpr std::int64_t kNow = 1'750'000'000;

FakeMetadata metadata_in(const file::Path& repository) {
  const fakes::Signer signer("repository", crypto::Algorithm::eddsa);
  return {repository, tuf::internal::fake_signer(signer)};
}

// A repository on disk with one firmware release, and a rollout of it.
class RolloutTest : public testing::Test {
 protected:
  void SetUp() override {
    repository_ = testing::TempDir() + "rollout-" +
                  testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(repository_);
    release_.components = {fakes::Release::component("mcu", 100'000)};
    base_.bytes.fill(7);
    release_.components[0].payloads.push_back(fakes::Release::patch(500, base_, 90'000));
    rollout_.id = 3;
    rollout_.share = store::kShareWhole;
    rollout_.state = store::State::running;
  }

  void publish(package::Kind kind = package::Kind::firmware,
               const std::string& path = "firmware/1.1.0/demo.cose") {
    const auto envelope = signers_.sign_complete(release_.encode(), kind);
    rollout_.manifest = crypto::sha256(package::Envelope::parse(envelope)->payload);
    const std::string sha256 = text::to_hex(crypto::sha256(envelope).bytes);
    std::filesystem::create_directories(repository_ / "targets/firmware/1.1.0");
    const file::Path name = path;
    const std::string file = sha256 + "." + name.filename().string();
    ASSERT_TRUE(file::replace(repository_ / "targets" / name.parent_path() / file, envelope));
    const json::Value target = {
        {"hashes", {{"sha256", sha256}}},
        {"custom", {{"airlock", {{"manifest", text::to_hex(rollout_.manifest.bytes)}}}}}};
    listed_[path] = target;
    const FakeMetadata metadata = metadata_in(repository_);
    metadata.publish(7, listed_);
    metadata.offer(7);
  }

  Answer ask() {
    if (!std::filesystem::exists(repository_)) publish();
    Catalogue catalogue(repository_);
    EXPECT_TRUE(catalogue.refresh());
    snapshot_ = Snapshot::build({rollout_}, catalogue);
    return evaluate(device_, *snapshot_, kNow);
  }
  Reason reason() {
    const Answer answer = ask();
    EXPECT_FALSE(answer.offers);
    return answer.reason;
  }

  fakes::Signers signers_;
  fakes::Release release_;
  Digest base_;
  store::Rollout rollout_;
  file::Path repository_;
  json::Value listed_;
  std::shared_ptr<const Snapshot> snapshot_;
  CheckIn device_{.duid = "abcdefghijklmnopqrstuvwxyz234567",
                  .model = "demo-wallet",
                  .version = *package::parse_semver("1.0.0"),
                  .security_version = 1};
};

TEST_F(RolloutTest, OffersTheFullPayloadToAnUnknownBase) {
  const Answer answer = ask();
  ASSERT_TRUE(answer.offers);
  EXPECT_EQ(answer.payloads[0]->type, package::PayloadType::full);
}

TEST_F(RolloutTest, OffersThePatchForExactlyTheBaseThatRuns) {
  ASSERT_TRUE(device_.images.add({"mcu", base_}));
  const Answer answer = ask();
  ASSERT_TRUE(answer.offers);
  EXPECT_EQ(answer.payloads[0]->type, package::PayloadType::patch);
  EXPECT_EQ(answer.size, 500U);
}

TEST_F(RolloutTest, WritesAnOfferAsStrictJson) {
  std::string json;
  write(ask(), json);
  const auto value = json::parse(json, 10'000);
  ASSERT_TRUE(value.has_value()) << json;
  EXPECT_EQ((*value)["offer"]["target"], "firmware/1.1.0/demo.cose");
  EXPECT_EQ((*value)["offer"]["version"], "1.1.0");
  EXPECT_EQ((*value)["offer"]["rollout"], 3);
  EXPECT_EQ((*value)["offer"]["payloads"][0]["component"], "mcu");
}

TEST_F(RolloutTest, EveryShareAdmitsExactlyTheBucketsBelowIt) {
  device_.duid = {};
  publish();
  Catalogue catalogue(repository_);
  ASSERT_TRUE(catalogue.refresh());
  for (std::uint32_t percent = 0; percent <= 100; ++percent) {
    rollout_.share = percent * 100;
    const auto snapshot = Snapshot::build({rollout_}, catalogue);
    std::uint32_t offered = 0;
    for (std::uint32_t bucket = 0; bucket < kBuckets; ++bucket) {
      device_.buckets.clear();
      ASSERT_TRUE(device_.buckets.add({3, bucket}));
      offered += evaluate(device_, *snapshot, kNow).offers ? 1U : 0U;
    }
    EXPECT_EQ(offered, rollout_.share);
  }
}

TEST_F(RolloutTest, FindsTheBucketThatTheFormatStates) {
  Digest seed;
  for (std::uint8_t at = 0; at < Digest::kSize; ++at) seed.bytes[at] = at;
  EXPECT_EQ(bucket_of(seed, "abcdefghijklmnopqrstuvwxyz234567"), 4496U);
}

TEST_F(RolloutTest, OffersAPrivateDeviceWhatItWouldOfferItByName) {
  publish();
  Catalogue catalogue(repository_);
  ASSERT_TRUE(catalogue.refresh());
  rollout_.share = 3'700;
  store::Rollout second = rollout_;
  second.id = 4;
  second.seed = crypto::sha256(bytes_of("another seed"));
  const auto snapshot = Snapshot::build({rollout_, second}, catalogue);
  int offered = 0;
  for (int number = 0; number < 500; ++number) {
    const std::string duid =
        text::to_base32(crypto::sha256(bytes_of(std::to_string(number))).bytes);
    device_.duid = duid;
    const bool by_name = evaluate(device_, *snapshot, kNow).offers;
    CheckIn hidden = device_;
    hidden.duid = {};
    hidden.pseudonym = "p";
    std::string json;
    write(evaluate(hidden, *snapshot, kNow), json);
    const auto asked = json::parse(json, 10'000);
    ASSERT_TRUE(asked.has_value()) << json;
    EXPECT_EQ((*asked)["why"], "bucket_missing");
    ASSERT_EQ((*asked)["seeds"].size(), 2U);
    for (const auto& [id, seed] : (*asked)["seeds"].items()) {
      const std::uint32_t bucket = bucket_of(*text::digest_from_hex(seed.get<std::string>()), duid);
      ASSERT_TRUE(hidden.buckets.add({std::stoll(id), bucket}));
    }
    EXPECT_EQ(evaluate(hidden, *snapshot, kNow).offers, by_name);
    offered += by_name ? 1 : 0;
  }
  EXPECT_GT(offered, 0);
  EXPECT_LT(offered, 500);
}

TEST_F(RolloutTest, AsksForTheBucketOfARolloutThatCameBetweenTwoQuestions) {
  publish();
  Catalogue catalogue(repository_);
  ASSERT_TRUE(catalogue.refresh());
  rollout_.share = 0;
  store::Rollout later = rollout_;
  later.id = 4;
  const auto snapshot = Snapshot::build({rollout_, later}, catalogue);
  device_.duid = {};
  ASSERT_TRUE(device_.buckets.add({3, 1}));
  std::string json;
  write(evaluate(device_, *snapshot, kNow), json);
  const auto value = json::parse(json, 10'000);
  EXPECT_EQ((*value)["why"], "bucket_missing");
  EXPECT_EQ((*value)["seeds"].size(), 1U);
  EXPECT_TRUE((*value)["seeds"].contains("4"));
}

TEST_F(RolloutTest, SpreadsDevicesEvenlyOverBuckets) {
  const Digest seed = crypto::sha256(bytes_of("seed"));
  int below_half = 0;
  for (int device = 0; device < 10'000; ++device) {
    below_half += bucket_of(seed, std::to_string(device)) < kBuckets / 2 ? 1 : 0;
  }
  EXPECT_NEAR(below_half, 5'000, 200);
}

TEST_F(RolloutTest, SaysWhyNothingIsOffered) {
  publish();
  EXPECT_TRUE(ask().offers);
  const store::Rollout good = rollout_;
  const CheckIn device = device_;
  rollout_.share = 0;
  EXPECT_EQ(reason(), Reason::outside_share);
  rollout_ = good;
  rollout_.state = store::State::paused;
  EXPECT_EQ(reason(), Reason::paused);
  rollout_.state = store::State::halted;
  EXPECT_EQ(reason(), Reason::halted);
  rollout_.state = store::State::created;
  EXPECT_EQ(reason(), Reason::not_running);
  rollout_ = good;
  rollout_.regions = {"de"};
  EXPECT_EQ(reason(), Reason::region);
  rollout_ = good;
  rollout_.groups = {"beta"};
  EXPECT_EQ(reason(), Reason::group);
  rollout_ = good;
  rollout_.certificates = {std::string(64, 'a')};
  device_.certificate = {};
  EXPECT_EQ(reason(), Reason::certificate);
  const std::string certificate(64, 'a');
  device_.certificate = certificate;
  EXPECT_TRUE(ask().offers);
  device_ = device;
  rollout_ = good;
  rollout_.from_min = "0.1.0";
  rollout_.from_max = "0.9.0";
  EXPECT_EQ(reason(), Reason::version_range);
  rollout_ = good;
  rollout_.not_before = kNow + 1;
  EXPECT_EQ(reason(), Reason::not_started);
  rollout_ = good;
  rollout_.not_after = kNow - 1;
  EXPECT_EQ(reason(), Reason::ended);
  rollout_ = good;
  device_.model = "another";
  EXPECT_EQ(reason(), Reason::no_rollout_for_model);
  device_ = device;
  device_.security_version = 2;
  EXPECT_EQ(reason(), Reason::below_floor);
  device_ = device;
  device_.duid = {};
  EXPECT_EQ(reason(), Reason::bucket_missing);
}

TEST_F(RolloutTest, NeverOffersTheSameOrAnOlderVersion) {
  device_.version = *package::parse_semver("1.1.0");
  EXPECT_EQ(reason(), Reason::already_newest);
  device_.version = *package::parse_semver("2.0.0");
  EXPECT_EQ(reason(), Reason::already_newest);
}

TEST_F(RolloutTest, OffersAKeyringOnlyToWhoTellsAnOlderOne) {
  release_ = fakes::Release::of_content(package::Kind::keyring, *signers_.plan().encode());
  release_.security_version = 2;
  publish(package::Kind::keyring);
  EXPECT_EQ(reason(), Reason::keyring_unknown);
  device_.keyring = 2;
  EXPECT_EQ(reason(), Reason::already_newest);
  device_.keyring = 1;
  EXPECT_TRUE(ask().offers);
}

TEST_F(RolloutTest, OffersAPackOnlyToWhoTakesItsKindAndHasAnOlderOne) {
  release_.kind = package::Kind::abi_pack;
  release_.version = "3.0.0";
  release_.security_version = 5;
  release_.from_versions = {{"2.0.0", "2.9.9"}};
  publish(package::Kind::abi_pack);
  EXPECT_EQ(reason(), Reason::kind_unknown);
  EXPECT_TRUE(device_.contents.add({package::Kind::fee_policy, device_.version, 0}));
  EXPECT_EQ(reason(), Reason::kind_unknown);
  EXPECT_TRUE(device_.contents.add({package::Kind::abi_pack, *package::parse_semver("1.0.0"), 0}));
  EXPECT_EQ(reason(), Reason::from_version_outside);
  auto& has = device_.contents[1];
  has.version = *package::parse_semver("2.1.0");
  EXPECT_TRUE(ask().offers);
  has.security_version = 6;
  EXPECT_EQ(reason(), Reason::below_floor);
  has = {package::Kind::abi_pack, *package::parse_semver("3.0.0"), 5};
  EXPECT_EQ(reason(), Reason::already_newest);
}

TEST_F(RolloutTest, OffersFirmwareBeforeAPack) {
  publish();
  rollout_.id = 4;
  const store::Rollout firmware = rollout_;
  release_.kind = package::Kind::abi_pack;
  release_.version = "9.0.0";
  publish(package::Kind::abi_pack, "firmware/1.1.0/pack.cose");
  rollout_.id = 5;
  EXPECT_TRUE(device_.contents.add({package::Kind::abi_pack, device_.version, 0}));
  Catalogue catalogue(repository_);
  EXPECT_TRUE(catalogue.refresh());
  const auto snapshot = Snapshot::build({rollout_, firmware}, catalogue);
  EXPECT_EQ(evaluate(device_, *snapshot, kNow).plan->rollout.id, 4);
  device_.version = *package::parse_semver("1.1.0");
  EXPECT_EQ(evaluate(device_, *snapshot, kNow).plan->rollout.id, 5);
}

TEST_F(RolloutTest, LetsWhatADeviceDidNotTakeStandInNoOthersWay) {
  publish();
  rollout_.id = 4;
  const store::Rollout older = rollout_;
  release_.version = "1.2.0";
  release_.security_version += 1;
  publish(package::Kind::firmware, "firmware/1.1.0/next.cose");
  rollout_.id = 5;
  Catalogue catalogue(repository_);
  EXPECT_TRUE(catalogue.refresh());
  const auto snapshot = Snapshot::build({rollout_, older}, catalogue);
  const auto offered = [&] { return evaluate(device_, *snapshot, kNow).plan->rollout.id; };
  EXPECT_EQ(offered(), 5);
  EXPECT_TRUE(device_.not_now.add(rollout_.manifest));
  EXPECT_EQ(offered(), 4);
  EXPECT_TRUE(device_.not_now.add(older.manifest));
  EXPECT_EQ(offered(), 5) << "it may take by now what it did not take";
}

TEST_F(RolloutTest, OffersOfSeveralKeyringsTheOldestThatADeviceLacks) {
  release_ = fakes::Release::of_content(package::Kind::keyring, *signers_.plan().encode());
  std::vector<store::Rollout> rollouts;
  for (std::uint32_t version = 2; version <= 4; ++version) {
    release_.version = std::to_string(version) + ".0.0";
    release_.security_version = version;
    publish(package::Kind::keyring, "firmware/1.1.0/keyring-" + std::to_string(version) + ".cose");
    rollout_.id = version;
    rollouts.insert(rollouts.begin(), rollout_);
  }
  Catalogue catalogue(repository_);
  ASSERT_TRUE(catalogue.refresh());
  snapshot_ = Snapshot::build(rollouts, catalogue);
  for (std::uint32_t trusted = 1; trusted <= 3; ++trusted) {
    device_.keyring = trusted;
    const Answer answer = evaluate(device_, *snapshot_, kNow);
    ASSERT_TRUE(answer.offers);
    EXPECT_EQ(answer.plan->rollout.id, trusted + 1);
  }
}

TEST_F(RolloutTest, HeedsWhatTheReleaseSaysOfVersionsAndBootloader) {
  release_.bootloader_min = 4;
  release_.from_versions = {{"0.5.0", "1.5.0"}};
  EXPECT_EQ(reason(), Reason::bootloader_too_old);
  device_.bootloader = 4;
  EXPECT_TRUE(ask().offers);
  device_.version = *package::parse_semver("0.4.0");
  EXPECT_EQ(reason(), Reason::from_version_outside);
}

TEST_F(RolloutTest, HeedsTheSecureBootLevelAndTheVersionOfTheOwnersData) {
  release_.secure_boot_min = 2;
  release_.data_version = 5;
  release_.data_version_min = 3;
  EXPECT_EQ(reason(), Reason::secure_boot_too_low);
  device_.secure_boot = 2;
  EXPECT_TRUE(ask().offers) << "what a device does not tell of its data it judges itself";
  for (const auto& [version, readable] : {std::pair(2, false), {3, true}, {5, true}, {6, false}}) {
    device_.data_version = version;
    const Answer answer = ask();
    EXPECT_EQ(answer.offers, readable) << version;
    if (!readable) {
      EXPECT_EQ(answer.reason, Reason::data_version_unreadable);
    }
  }
}

TEST_F(RolloutTest, OffersNothingThatTheRepositoryLacks) {
  publish();
  rollout_.manifest.bytes[0] ^= 1;
  rollout_.models = {"demo-wallet"};
  EXPECT_EQ(reason(), Reason::release_missing);
}

TEST_F(RolloutTest, OffersOnlyWhatTheTimestampNames) {
  publish();
  const FakeMetadata metadata = metadata_in(repository_);
  metadata.publish(8, json::Value::object());
  metadata.publish(9, json::Value::object());
  EXPECT_TRUE(ask().offers);
  metadata.offer(8);
  rollout_.models = {"demo-wallet"};
  EXPECT_EQ(reason(), Reason::release_missing);
}

TEST_F(RolloutTest, TellsWhatIsPublishedFromWhatIsOffered) {
  publish();
  const FakeMetadata metadata = metadata_in(repository_);
  std::filesystem::remove(metadata.timestamp());
  Catalogue catalogue(repository_);
  ASSERT_TRUE(catalogue.refresh());
  EXPECT_FALSE(catalogue.is_offered());
  EXPECT_TRUE(catalogue.is_published(rollout_.manifest));
  EXPECT_EQ(catalogue.find(rollout_.manifest).error().code, Code::target_missing);
  metadata.offer(7);
  ASSERT_TRUE(catalogue.refresh());
  EXPECT_TRUE(catalogue.find(rollout_.manifest));
  EXPECT_FALSE(catalogue.is_published(Digest{}));
}

TEST_F(RolloutTest, CallsNothingPublishedThatNoSnapshotLeadsTo) {
  publish();
  const FakeMetadata metadata = metadata_in(repository_);
  const Digest other = crypto::sha256(bytes_of("other"));
  const std::string hex = text::to_hex(other.bytes);
  const json::Value target = {{"hashes", {{"sha256", hex}}},
                              {"custom", {{"airlock", {{"manifest", hex}}}}}};
  metadata.publish(10, {{"firmware/1.2.0/demo.cose", target}});
  const Catalogue catalogue(repository_);
  EXPECT_TRUE(catalogue.is_published(other));
  EXPECT_FALSE(catalogue.is_published(rollout_.manifest));
  std::filesystem::remove(
      metadata.path(10, "snapshot"));  // as a publish that was cut off leaves it
  EXPECT_FALSE(catalogue.is_published(other));
  EXPECT_TRUE(catalogue.is_published(rollout_.manifest));
}

TEST_F(RolloutTest, TakesNoTargetWhosePathLeavesItsFolder) {
  publish();
  const json::Value target = listed_["firmware/1.1.0/demo.cose"];
  for (const char* path : {"firmware/1.1.0/../1.1.0/demo.cose", "/firmware/1.1.0/demo.cose",
                           "firmware//1.1.0/demo.cose", "firmware/1.1.0/demo.cose/",
                           "firmware\\1.1.0\\demo.cose", ""}) {
    metadata_in(repository_).publish(8, {{path, target}});
    metadata_in(repository_).offer(8);
    Catalogue catalogue(repository_);
    ASSERT_TRUE(catalogue.refresh());
    EXPECT_EQ(catalogue.find(rollout_.manifest).error().code, Code::target_missing) << path;
  }
}

TEST_F(RolloutTest, KnowsARepositoryByItsRoot) {
  EXPECT_EQ(check_repository(repository_).error().code, Code::not_found);
  publish();
  EXPECT_TRUE(check_repository(repository_));
  const auto put_root = [&](std::string_view text) {
    ASSERT_TRUE(file::replace(repository_ / "metadata/2.root.json", bytes_of(text)));
  };
  put_root("{}");
  EXPECT_EQ(check_repository(repository_).error().code, Code::bad_metadata);
  const fakes::Signer& signer = signers_["vendor"];
  const tuf::RoleKeys keys{{*tuf::ed25519_key(signer.key().view())}};
  const std::string draft = *tuf::draft_root({2, 2'000'000'000, keys, keys, keys, keys});
  put_root(*tuf::join(draft, {{keys.keys[0].id, signer.sign_message(bytes_of(draft))}}));
  EXPECT_TRUE(check_repository(repository_));
}

TEST_F(RolloutTest, RefusesARolloutForModelsThatItsReleaseIsNotFor) {
  const auto code_of = [](const Release& release, const std::vector<std::string>& models) {
    const Status checked = check_models(release, models);
    return checked ? Code::ok : checked.error().code;
  };
  Release release;
  release.models = {"demo-wallet", "demo-wallet-mini"};
  EXPECT_EQ(code_of(release, {}), Code::ok);
  EXPECT_EQ(code_of(release, {"demo-wallet-mini"}), Code::ok);
  EXPECT_EQ(code_of(release, {"demo-wallet", "another-wallet"}), Code::wrong_model);
  EXPECT_EQ(code_of(release, {"*"}), Code::wrong_model);
  release.models = {"*"};
  EXPECT_EQ(code_of(release, {"another-wallet"}), Code::ok);
}

TEST_F(RolloutTest, KeepsWhatItKnowsWhereTheMetadataDoesNotBelongTogether) {
  publish();
  const FakeMetadata metadata = metadata_in(repository_);
  Catalogue catalogue(repository_);
  ASSERT_TRUE(catalogue.refresh());
  metadata.publish(8, json::Value::object());
  metadata.offer(8);
  for (const file::Path& path : {metadata.path(8, "snapshot"), metadata.path(8, "targets")}) {
    const file::Buffer whole = *file::read(path, 1 << 20);
    const auto refuses = [&](Bytes bytes) {
      ASSERT_TRUE(file::replace(path, bytes));
      const Status read = catalogue.refresh();
      ASSERT_FALSE(read);
      EXPECT_EQ(read.error().code, Code::mixed_metadata);
      EXPECT_TRUE(catalogue.find(rollout_.manifest));
    };
    refuses(Bytes(whole).first(whole.size() - 1));
    file::Buffer flipped = whole;
    flipped.back() ^= 1;
    refuses(flipped);
    ASSERT_TRUE(file::remove_file(path));
    EXPECT_EQ(catalogue.refresh().error().code, Code::mixed_metadata);
    ASSERT_TRUE(file::replace(path, whole));
  }
  std::filesystem::remove(metadata.timestamp());
  EXPECT_EQ(catalogue.refresh().error().code, Code::not_found);
  EXPECT_TRUE(catalogue.find(rollout_.manifest));
}

// ---- roles below the top-level one

TEST_F(RolloutTest, OffersWhatADelegatedRoleListsAndMayList) {
  publish();
  const json::Value target = listed_["firmware/1.1.0/demo.cose"];
  const file::Path from = repository_ / "targets/firmware/1.1.0", to = repository_ / "targets/team";
  std::filesystem::copy(from, to);
  const FakeMetadata metadata = metadata_in(repository_);
  metadata.publish(8, json::Value::object(), {{"team", {{"team/demo.cose", target}}}});
  metadata.offer(8);
  EXPECT_TRUE(ask().offers);
  metadata.publish(9, json::Value::object(), {{"team", {{"firmware/1.1.0/demo.cose", target}}}});
  metadata.offer(9);
  rollout_.models = {"demo-wallet"};
  EXPECT_EQ(reason(), Reason::release_missing);
}

TEST_F(RolloutTest, LetsNoRoleTakeAReleaseAwayByListingItAsItsOwn) {
  publish();
  const std::string hex = text::to_hex(rollout_.manifest.bytes);
  const json::Value forged = {{"hashes", {{"sha256", std::string(64, '0')}}},
                              {"custom", {{"airlock", {{"manifest", hex}}}}}};
  const FakeMetadata metadata = metadata_in(repository_);
  metadata.publish(8, listed_, {{"a-team", {{"a-team/demo.cose", forged}}}});
  metadata.offer(8);
  EXPECT_TRUE(ask().offers);
}

TEST_F(RolloutTest, OffersTheRestWhereARoleCannotBeHad) {
  publish();
  const FakeMetadata metadata = metadata_in(repository_);
  metadata.publish(8, listed_, {{"team", json::Value::object()}});
  metadata.offer(8);
  ASSERT_TRUE(file::remove_file(metadata.path(8, "team")));
  EXPECT_TRUE(ask().offers);
}

TEST_F(RolloutTest, TakesNoMetadataThatItsRolesDidNotSign) {
  publish();
  Catalogue catalogue(repository_);
  ASSERT_TRUE(catalogue.refresh());
  const fakes::Signer mallory("mallory", crypto::Algorithm::eddsa);
  const file::Buffer root = *file::read(metadata_in(repository_).path(1, "root"), 1 << 20);
  const FakeMetadata forged(repository_, tuf::internal::fake_signer(mallory));
  forged.publish(8, json::Value::object());
  forged.offer(8);
  ASSERT_TRUE(file::replace(forged.path(1, "root"), root));
  EXPECT_EQ(catalogue.refresh().error().code, Code::threshold_missing);
  EXPECT_TRUE(catalogue.find(rollout_.manifest));
}

TEST_F(RolloutTest, TakesNoReleaseWhoseFileIsNotTheListedOne) {
  publish();
  for (const auto& entry :
       std::filesystem::directory_iterator(repository_ / "targets/firmware/1.1.0")) {
    file::Buffer bytes = *file::read(entry.path(), package::kEnvelopeSizeMax);
    bytes.back() ^= 1;  // a signature: the manifest stays as it was
    ASSERT_TRUE(file::replace(entry.path(), bytes));
  }
  Catalogue catalogue(repository_);
  ASSERT_TRUE(catalogue.refresh());
  EXPECT_EQ(catalogue.find(rollout_.manifest).error().code, Code::target_mismatch);
}

}  // namespace
}  // namespace airlock::rollout
