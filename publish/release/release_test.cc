#include "publish/release/release_test.h"
#include "publish/release/power_test.h"

#include <ctime>

#include "host/text/text.h"
#include "tests/fakes/public_log.h"
#include "trust/translog/translog.h"

namespace airlock::release {
namespace {

TEST_F(Release, PublishesWhatTheDeviceAccepts) {
  const Buffer old_image = image_of(1, 150'000);
  ASSERT_TRUE(publish_now(complete(recipe_of("1.0.0", old_image))).has_value());
  Recipe next = recipe_of("1.1.0", changed(old_image));
  next.bases.push_back({"mcu", old_image});
  const auto published = publish_now(complete(next));
  ASSERT_TRUE(published.has_value()) << code_in(published.error());
  EXPECT_EQ(published->payloads_decoded, 2U);  // the full image, and the patch from what came first
  EXPECT_EQ(published->payloads_without_base, 0U);
  EXPECT_EQ(targets_seen(), 2U);
}

TEST_F(Release, LeavesOutAPatchThatIsNoSmaller) {
  Recipe recipe = recipe_of("1.1.0", image_of(2, 70'000));
  for (std::uint8_t& byte : recipe.images[0].bytes) byte = static_cast<std::uint8_t>(byte * 31);
  recipe.bases.push_back({"mcu", Buffer(64, 0)});
  const auto made = make(recipe, {});
  ASSERT_TRUE(made.has_value()) << code_in(made.error());
  const package::Manifest manifest = *package::read_unproven(made->envelope);
  for (std::size_t i = 1; i < manifest.component(0).payload_count(); ++i) {
    EXPECT_LT(manifest.component(0).payload(i).size, manifest.component(0).payload(0).size);
  }
}

// The manifest states what the decoder takes, so that the gate of a device that has no more
// chooses.
TEST_F(Release, ForSmallDecodersStatesSixteenKilobytesAndADeviceOfNoMoreTakesIt) {
  const Buffer old_image = image_of(1, 150'000);
  Recipe recipe = recipe_of("1.1.0", changed(old_image));
  recipe.bases.push_back({"mcu", old_image});
  recipe.payloads = diff::Options{.piece_size = delta::kSmallPieceSize, .profile = &delta::kSmall};
  const Path package = complete(recipe);
  const Buffer envelope = *read_envelope(package);
  const package::Proven release = *package::prove_kind(envelope, keyring_, package::Kind::firmware);
  const package::Component component = release.manifest().component(0);
  ASSERT_EQ(component.payload_count(), 2U);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(component.payload(i).decoder_memory, 16'384U);

  package::DeviceFacts device;
  device.model = "demo-wallet";
  device.version = *package::parse_semver("1.0.0");
  device.data_version = 1;
  device.decoder_memory = 16'384;
  device.scratch_size = 64 << 10;
  package::InstalledComponent installed;
  installed.id = "mcu";
  installed.image_digest = crypto::sha256(old_image);
  installed.image_size = old_image.size();
  installed.slot_size = 1 << 20;
  ASSERT_TRUE(device.components.add(installed));
  const auto plan = package::admit(release, device);
  ASSERT_TRUE(plan) << name(plan.error().code);
  const package::Payload chosen = component.payload(plan->choices[0].payload);
  EXPECT_EQ(chosen.type, package::PayloadType::patch);
  device.decoder_memory = 16'383;
  EXPECT_EQ(package::admit(release, device).error().code, Code::memory_exceeded);
  EXPECT_TRUE(publish_now(package).has_value());
}

TEST_F(Release, RefusesABaseWithoutAnImage) {
  Recipe recipe = recipe_of("1.1.0", image_of(2, 1'000));
  recipe.bases.push_back({"radio", image_of(3, 1'000)});
  EXPECT_EQ(make(recipe, {}).error().error.code, Code::unknown_component);
}

TEST_F(Release, NeverOverwritesAPackage) {
  const auto made = make(recipe_of("1.0.0", image_of(1, 1'000)), {});
  ASSERT_TRUE(write_package(folder_ / "twice", *made).has_value());
  EXPECT_EQ(write_package(folder_ / "twice", *made).error().code, Code::exists_already);
  const Path other = folder_ / "other";
  ASSERT_TRUE(file::make_folders(other).has_value());
  ASSERT_TRUE(file::create(other / "precious", made->envelope).has_value());
  EXPECT_EQ(write_package(other, *made).error().code, Code::exists_already);
  EXPECT_FALSE(std::filesystem::exists(other / kArtifactsFolder));
}

TEST_F(Release, SignsOnlyWhatTheSignerSaw) {
  const Buffer envelope = make(recipe_of("1.0.0", image_of(1, 1'000)), {})->envelope;
  EXPECT_EQ(add_signatures(envelope, {&key("vendor"), 1}, Digest{}, nullptr).error().code,
            Code::digest_mismatch);
}

TEST_F(Release, NamesTheBasesWithoutAPatchAndTakesNoneTwice) {
  Recipe recipe = recipe_of("1.1.0", image_of(1, 70'000));
  recipe.bases = {{"mcu", image_of(2, 70'000)}, {"mcu", image_of(1, 70'001)}};
  const auto made = make(recipe, {});
  ASSERT_TRUE(made) << code_in(made.error());
  EXPECT_EQ(made->without_patch, std::vector<std::size_t>{0});
  EXPECT_EQ(made->artifacts.size(), 2U);
  recipe.bases.push_back(recipe.bases[1]);
  EXPECT_EQ(make(recipe, {}).error().error.code, Code::duplicate_key);
}

TEST_F(Release, RefusesASecondSignatureByOneKey) {
  const Buffer envelope = make(recipe_of("1.0.0", image_of(1, 1'000)), {})->envelope;
  const Buffer once = *add_signatures(envelope, {&key("vendor"), 1}, digest_of(envelope), nullptr);
  EXPECT_EQ(add_signatures(once, {&key("vendor"), 1}, digest_of(once), nullptr).error().code,
            Code::already_signed);
}

// A signer with a key of each algorithm, whom the next keyring demands by all of them.
std::vector<keys::SigningKey> keys_of_each() {
  std::vector<keys::SigningKey> made;
  for (crypto::Algorithm algorithm : crypto::kAlgorithms) {
    made.push_back(*keys::SigningKey::generate(algorithm));
  }
  return made;
}

std::vector<crypto::PublicKey> public_halves(const std::vector<keys::SigningKey>& keys) {
  std::vector<crypto::PublicKey> halves;
  for (const keys::SigningKey& key : keys) halves.push_back(key.public_key());
  return halves;
}

TEST_F(Release, SignsByAllKeysOfASignerAndTellsWhatIsMissing) {
  const std::vector<keys::SigningKey> anna = keys_of_each();
  KeyringChanges changes;
  changes.removed = {"committee-2"};
  changes.replaced.push_back({"committee-1", public_halves(anna)});
  package::AlgorithmSet all;
  for (crypto::Algorithm algorithm : crypto::kAlgorithms) all.add(algorithm);
  changes.policies.push_back({package::Kind::firmware, {{"committee", 1, all}, {"vendor", 1, {}}}});
  const Buffer draft = *draft_keyring(keyring_, changes, kNow + 5);
  const package::Manifest manifest = *package::read_unproven(draft);
  const package::Keyring keyring = *package::Keyring::parse(manifest.content);

  const Buffer envelope = make(recipe_of("1.0.0", image_of(1, 1'000)), {})->envelope;
  const Digest digest = digest_of(envelope);
  EXPECT_EQ(*missing_signatures(envelope, keyring),
            "vendor: 0 of 1 signer; vendor has not signed; and committee: 0 of 1 signer by "
            "ed25519, secp256k1 and slh-dsa; committee-1 has not signed");
  Buffer now = *add_signatures(envelope, {&key("vendor"), 1}, digest, &keyring);
  now = *add_signatures(now, {&anna[0], 1}, digest, &keyring);
  EXPECT_EQ(*missing_signatures(now, keyring),
            "committee: 0 of 1 signer by ed25519, secp256k1 and slh-dsa; committee-1 signed by "
            "ed25519, secp256k1 and slh-dsa are missing");
  EXPECT_EQ(prove_package(now, keyring).error().about, *missing_signatures(now, keyring));
  now = *add_signatures(now, {&anna[1], 1}, digest, &keyring);
  EXPECT_TRUE(missing_signatures(now, keyring)
                  ->ends_with("committee-1 signed by ed25519 and secp256k1, slh-dsa is missing"));
  now = *add_signatures(now, anna, digest, &keyring);  // by the one that is left
  EXPECT_EQ(*missing_signatures(now, keyring), "");
  EXPECT_TRUE(prove_package(now, keyring).has_value());
  EXPECT_EQ(add_signatures(now, anna, digest, &keyring).error().code, Code::already_signed);
}

TEST_F(Release, DraftsAKeyringWithALogAndKeepsItInTheNext) {
  KeyringChanges changes;
  changes.log = KeyringChanges::Log{"log.example/wallets",
                                    of_package(roles_[kRoot]),
                                    {{"witness.example", of_package(roles_[kTargets])}},
                                    1};
  const auto keyring_in = [](const Buffer& envelope) {
    return package::Keyring::parse(package::read_unproven(envelope)->content);
  };
  const Buffer first = *draft_keyring(keyring_, changes, kNow + 5);
  const package::Keyring with_log = *keyring_in(first);
  ASSERT_TRUE(with_log.log().has_value());
  EXPECT_EQ(with_log.log()->witnesses[0].name, "witness.example");
  const Buffer second = *draft_keyring(with_log, {}, kNow + 6);
  EXPECT_EQ(keyring_in(second)->log()->origin, "log.example/wallets");
  KeyringChanges none;
  none.keep_log = KeyringChanges::KeepLog::no;
  const Buffer third = *draft_keyring(with_log, none, kNow + 6);
  EXPECT_FALSE(keyring_in(third)->log().has_value());
  const auto apart = check_doors_apart(with_log, repository(), {});
  EXPECT_EQ(apart.error().error.code, Code::key_in_both_doors);
}

TEST_F(Release, LetsNoKeyOfTheRepositorySignAPackage) {
  const Buffer envelope = make(recipe_of("1.0.0", image_of(1, 1'000)), {})->envelope;
  const auto sign_for = [&](keys::Door door) {
    const auto key = *keys::SigningKey::generate(crypto::Algorithm::eddsa, door);
    const auto signed_by = add_signatures(envelope, {&key, 1}, digest_of(envelope), nullptr);
    return signed_by ? Code::ok : signed_by.error().code;
  };
  EXPECT_EQ(sign_for(keys::Door::repository), Code::key_in_both_doors);
  EXPECT_EQ(sign_for(keys::Door::package), Code::ok);
  EXPECT_EQ(sign_for(keys::Door::unstated), Code::ok);
}

TEST_F(Release, RefusesASignerWhomTheKeyringDoesNotName) {
  const Buffer envelope = make(recipe_of("1.0.0", image_of(1, 1'000)), {})->envelope;
  const Digest digest = digest_of(envelope);
  EXPECT_TRUE(add_signatures(envelope, {&key("vendor"), 1}, digest, &keyring_).has_value());
  for (const char* stranger : {"root-1", "committee-3"}) {
    EXPECT_EQ(add_signatures(envelope, {&key(stranger), 1}, digest, &keyring_).error().code,
              Code::not_a_signer);
  }
}

TEST_F(Release, PublishesNothingWithoutAQuorum) {
  const auto published =
      publish_now(package_of(recipe_of("1.0.0", image_of(1, 1'000)), {"vendor", "committee-1"}));
  EXPECT_EQ(published.error().error.code, Code::quorum_missing);
  EXPECT_EQ(targets_seen(), 0U);
}

TEST_F(Release, PublishesNoArtifactThatDiffersFromWhatWasSigned) {
  const Path package = complete(recipe_of("1.0.0", image_of(1, 1'000)));
  for (const auto& one : std::filesystem::directory_iterator(package / kArtifactsFolder)) {
    Buffer bytes = *file::read(one.path(), 1 << 20);
    bytes.back() ^= 1;
    ASSERT_TRUE(file::replace(one.path(), bytes).has_value());
  }
  EXPECT_EQ(publish_now(package).error().error.code, Code::digest_mismatch);
  EXPECT_EQ(targets_seen(), 0U);
}

TEST_F(Release, RefusesOneKeyInBothDoors) {
  const std::array others = {*tuf::ed25519_key(key("committee-2").public_key().view())};
  const auto apart = check_doors_apart(keyring_, repository(), others);
  EXPECT_EQ(apart.error().error.code, Code::key_in_both_doors);
  EXPECT_EQ(apart.error().about, "committee-2");
  EXPECT_TRUE(check_doors_apart(keyring_, repository(), {}).has_value());
}

TEST_F(Release, PublishesNoKeyringThatSeatsAKeyOfTheRepository) {
  KeyringChanges changes;
  changes.replaced.push_back({"committee-1", {of_package(roles_[kTargets])}});
  const Buffer draft = *draft_keyring(keyring_, changes, kNow);
  const Path next = folder_ / "next.cose";
  ASSERT_TRUE(
      file::create(next, *add_signatures(draft, {&key("root-1"), 1}, digest_of(draft), &keyring_)));
  const auto refused = publish_now(next);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error.code, Code::key_in_both_doors);
  EXPECT_EQ(refused.error().about, "committee-1");
  EXPECT_EQ(targets_seen(), 0U);
}

TEST_F(Release, PublishesWithNoKeyOfThePackage) {
  const Path path = folder_ / "vendor.key";
  const keys::Secret passphrase = keys::Secret::of(bytes_of("a passphrase"));
  ASSERT_TRUE(key("vendor").save(path, passphrase));
  std::vector<RoleSigner> mixed;  // its file does not say whose it is
  mixed.push_back(*role_signer(*keys::RepositoryKey::open(path, passphrase), "vendor.key"));
  const Path package = complete(recipe_of("1.0.0", image_of(1, 1'000)));
  EXPECT_EQ(publish({package, repository(), keyring_, kNow}, mixed).error().error.code,
            Code::key_in_both_doors);
}

TEST_F(Release, TakesNoKeyForMetadataWhoseFileSaysThatItIsThePackages) {
  const auto stray = *keys::SigningKey::generate(crypto::Algorithm::eddsa, keys::Door::package);
  const Path path = folder_ / "stray.key";
  const keys::Secret passphrase = keys::Secret::of(bytes_of("a passphrase"));
  ASSERT_TRUE(stray.save(path, passphrase));
  const auto taken = role_signer(*keys::RepositoryKey::open(path, passphrase), "stray.key");
  ASSERT_FALSE(taken.has_value());
  EXPECT_EQ(code_in(taken.error()), "key_in_both_doors stray.key");
}

TEST_F(Release, NamesTheFileAtFault) {
  const Path package = complete(recipe_of("1.0.0", image_of(1, 1'000)));
  const auto refused = [&] {
    const auto published = publish_now(package);
    return published ? "" : code_in(published.error());
  };
  const auto expect_both = [&](const std::string& code, const Path& path) {
    EXPECT_EQ(refused(), code + " " + path.string());
    const auto offered = offer_now();
    const std::string told = offered ? "" : code_in(offered.error());
    EXPECT_NE(told.find(path.string()), std::string::npos) << told;
  };
  const Path metadata = repository() / kMetadataFolder;
  for (const char* name : {"1.root.json", "1.targets.json", "1.snapshot.json"}) {
    const Path path = metadata / name;
    const Buffer whole = *file::read(path, tuf::kTargetsSizeMax);
    ASSERT_TRUE(file::replace(path, bytes_of("[")));
    expect_both(std::string(name) == "1.targets.json" ? "mixed_metadata" : "bad_metadata", path);
    ASSERT_TRUE(file::remove_file(path));
    expect_both("not_found",
                std::string(name) == "1.snapshot.json" ? metadata / "*.snapshot.json" : path);
    ASSERT_TRUE(file::replace(path, whole));
  }
  const Path artifacts = repository() / kArtifactsFolder;
  std::filesystem::remove_all(artifacts);
  ASSERT_TRUE(file::replace(artifacts, bytes_of("a file")));
  EXPECT_NE(refused().find(" " + artifacts.string() + "/"), std::string::npos) << refused();
  auto lock = *file::File::open(repository() / "publish.lock", file::Access::create);
  ASSERT_TRUE(lock.lock());
  EXPECT_EQ(refused(), "busy " + (repository() / "publish.lock").string());
}

TEST_F(Release, PublishesNothingThatTheDeviceWouldRefuse) {
  const Path package = complete(recipe_of("1.0.0", image_of(1, 1'000)));
  const std::int64_t later = kNow + kRootValid + kDay;
  Recipe recipe = recipe_of("1.0.0", image_of(1, 1'000));
  recipe.expires = later + kDay;
  const auto published = publish({complete(recipe), repository(), keyring_, later}, signers());
  EXPECT_EQ(code_in(published.error()),
            "self_check_failed metadata_expired " +
                (repository() / kMetadataFolder / "1.root.json").string());
  EXPECT_EQ(targets_seen(), 0U);
  EXPECT_TRUE(publish_now(package).has_value());
}

// Signs what another tool might have put there, and writes it as what was published last.
class Foreign : public Release {
 protected:
  void put(const std::vector<tuf::Target>& targets, const tuf::DelegationsDraft& delegations,
           const tuf::MetaFiles& others) {
    const auto signed_by = [&](Role which, const std::string& draft) {
      const auto signature = roles_[which].key.sign(bytes_of(*tuf::message_of(draft)));
      return *tuf::join(draft, {{roles_[which].half.id, *signature}});
    };
    const std::string listed =
        signed_by(kTargets, *tuf::draft_targets(2, kNow + kDay, targets, delegations));
    tuf::MetaFiles files = others;
    files["targets"] = {2, listed.size(), crypto::sha256(bytes_of(listed))};
    const std::string above = signed_by(kSnapshot, *tuf::draft_snapshot(2, kNow + kDay, files));
    const Path metadata = repository() / kMetadataFolder;
    ASSERT_TRUE(file::create(metadata / "2.targets.json", bytes_of(listed)));
    ASSERT_TRUE(file::create(metadata / "2.snapshot.json", bytes_of(above)));
  }
  tuf::Outline newest(const char* role) {
    const Path metadata = repository() / kMetadataFolder;
    const std::string name = std::to_string(tuf::newest_version(metadata, role)) + "." + role;
    return *tuf::outline(*file::read(metadata / (name + ".json"), tuf::kTargetsSizeMax));
  }
};

TEST_F(Foreign, DelegationsAndTargetsStayWhereSomethingIsPublished) {
  const tuf::Target other{"cli/tool", 3, crypto::sha256(bytes_of("abc")), R"({"of":"another"})"};
  tuf::DelegationsDraft delegations;
  delegations.list.push_back({{{"team", {{roles_[kTargets].half}}}}, {"team/*"}});
  put({other}, delegations, {{"team", {7, 9, crypto::sha256(bytes_of("team"))}}});
  ASSERT_TRUE(publish_now(complete(recipe_of("1.0.0", image_of(1, 1'000)))).has_value());
  const tuf::Outline targets = newest("targets"), snapshot = newest("snapshot");
  ASSERT_EQ(targets.roles.size(), 1U);
  EXPECT_EQ(targets.roles[0].name, "team");
  ASSERT_EQ(targets.targets.size(), 2U);
  EXPECT_EQ(targets.targets[0].path, other.path);
  EXPECT_EQ(targets.targets[0].custom, other.custom);
  ASSERT_EQ(snapshot.files.size(), 2U);
  EXPECT_EQ(snapshot.files[1].name, "team.json");
  EXPECT_EQ(snapshot.files[1].version, 7U);
}

TEST_F(Release, RenewsTheTimestampWithItsOwnKeyOnly) {
  ASSERT_TRUE(renew_timestamp(repository(), role(kTimestamp), 99 * kDay, kNow).has_value());
  Device device(repository() / kMetadataFolder);
  EXPECT_EQ(device.refresh()->timestamp_expires(), kNow + 99 * kDay);
  for (Role other : {kRoot, kTargets, kSnapshot}) {
    EXPECT_EQ(renew_timestamp(repository(), role(other), kDay, kNow).error().error.code,
              Code::no_role_for_key);
  }
}

TEST_F(Release, OffersNothingBeforeTheNextTimestamp) {
  ASSERT_TRUE(publish_now(complete(recipe_of("1.0.0", image_of(1, 1'000)))).has_value());
  EXPECT_EQ(targets_offered(), 0U);
  ASSERT_TRUE(publish_now(complete(recipe_of("1.1.0", image_of(2, 1'000)))).has_value());
  ASSERT_TRUE(offer_now().has_value());
  EXPECT_EQ(targets_offered(), 2U);
}

TEST_F(Release, NeverOffersLessThanThePresentTimestampDoes) {
  ASSERT_TRUE(publish_now(complete(recipe_of("1.0.0", image_of(1, 1'000)))).has_value());
  ASSERT_TRUE(offer_now().has_value());
  ASSERT_TRUE(file::remove_file(repository() / "metadata/2.snapshot.json"));
  const auto renewed = offer_now();
  ASSERT_FALSE(renewed.has_value());
  EXPECT_EQ(code_in(renewed.error()),
            "self_check_failed metadata_rollback " +
                (repository() / kMetadataFolder / "timestamp.json").string());
}

TEST_F(Release, GoesOnFromATimestampOfNobodysOnlyWhileItsNumberLeavesRoom) {
  const Path path = repository() / kMetadataFolder / "timestamp.json";
  const auto put = [&](std::uint64_t version, const RoleSigner& by) {
    const Buffer snapshot = *file::read(path.parent_path() / "1.snapshot.json", 16 << 10);
    const std::string draft =
        *tuf::draft_timestamp(version, kNow + kDay, {1, snapshot.size(), crypto::sha256(snapshot)});
    const auto signature = by.key.sign(bytes_of(*tuf::message_of(draft)));
    ASSERT_TRUE(file::replace(path, bytes_of(*tuf::join(draft, {{by.half.id, *signature}}))));
  };
  const auto offered = [&] { return tuf::outline(*file::read(path, 16 << 10))->version; };
  put(1'000'000, roles_[kTargets]);
  ASSERT_TRUE(offer_now().has_value());
  EXPECT_EQ(offered(), 1'000'001U);
  put(tuf::kVersionMax - 5, roles_[kTargets]);
  EXPECT_EQ(code_in(offer_now().error()), "threshold_missing " + path.string());
  put(tuf::kVersionMax - 5, roles_[kTimestamp]);
  ASSERT_TRUE(offer_now().has_value());
  EXPECT_EQ(offered(), tuf::kVersionMax - 4U);
}

TEST_F(Release, RenewsAnExpiredRepository) {
  const std::int64_t later = kNow + 30 * kDay;
  EXPECT_TRUE(renew_timestamp(repository(), role(kTimestamp), kDay, later).has_value());
}

TEST_F(Release, NeverMakesARepositoryOverAnother) {
  EXPECT_EQ(init_now().error().error.code, Code::exists_already);
}

TEST_F(Release, DraftsAKeyringThatBothRootsCanPass) {
  KeyringChanges changes;
  changes.replaced.push_back({"committee-1", {key("committee-3").public_key()}});
  changes.added.push_back({"vendor", {"vendor-2", {key("reviewer-1").public_key()}}});
  const Buffer draft = *draft_keyring(keyring_, changes, kNow + 5);
  const Buffer next = *add_signatures(draft, {&key("root-1"), 1}, digest_of(draft), &keyring_);
  const auto proven = package::prove_kind(next, keyring_, package::Kind::keyring);
  ASSERT_TRUE(proven.has_value()) << name(proven.error().code);
  const package::Keyring read = *package::Keyring::parse(proven->manifest().content);
  EXPECT_EQ(read.version, 2U);
  EXPECT_EQ(read.keys.size(), 5U);
  EXPECT_FALSE(read.find(package::key_id(key("committee-1").public_key()).bytes));
  changes.removed = {"nobody"};
  EXPECT_EQ(draft_keyring(keyring_, changes, kNow).error().error.code, Code::not_found);
}

TEST_F(Release, DraftsAKeyringWithTheLogOfTheOneBeforeUnlessAnotherIsNamed) {
  const fakes::PublicLog log;
  adopt_log(log);
  const auto drafted = [&](const KeyringChanges& changes) {
    const Buffer draft = *draft_keyring(keyring_, changes, kNow + 5);
    return package::Keyring::parse(package::read_unproven(draft)->content)->log();
  };
  const auto kept = drafted({});
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->key, log.log().key());
  EXPECT_EQ(kept->witnesses.size(), 3U);
  EXPECT_EQ(kept->required, 2);
  const fakes::PublicLog other("other");
  KeyringChanges changes;
  changes.log = KeyringChanges::Log{
      "log.example.com/next", other.log().key(), {{"witness-1", other.witness(0).key()}}, 1};
  EXPECT_EQ(drafted(changes)->key, other.log().key());
  EXPECT_EQ(drafted(changes)->witnesses.size(), 1U);
}

TEST_F(Release, PublishesOnlyWithTheProofThatThePublicLogHasIt) {
  fakes::PublicLog log;
  adopt_log(log);
  const Path package = complete(recipe_of("1.0.0", image_of(1, 70'000)));
  const auto missing = publish_now(package);
  EXPECT_EQ(code_in(missing.error()), "proof_missing " + proof_path(package).string());
  const Digest digest = digest_of(*read_envelope(package));
  log.add(digest);
  const auto put = [&](const std::string& proof) {
    ASSERT_TRUE(file::replace(proof_path(package), bytes_of(proof)));
  };
  put(log.proof(0, 1, fakes::PublicLog::kNobody));
  EXPECT_EQ(publish_now(package).error().error.code, Code::witnesses_missing);
  put(log.proof(0, 1));
  EXPECT_EQ(publish_now(package).error().error.code, Code::not_found);  // where devices read tiles
  const translog::LogIdentity identity{log.origin(), log.log().key()};
  const translog::Sign sign = [&](Bytes text) -> Result<Buffer> {
    return log.log().sign_message(text);
  };
  ASSERT_TRUE(translog::create(repository() / kLogFolder, identity, sign));
  ASSERT_TRUE(translog::add(repository() / kLogFolder, identity, digest, sign));
  const auto published = publish_now(package);
  ASSERT_TRUE(published) << code_in(published.error());
  const Path served = repository() / kLogFolder / translog::proof_path(digest);
  EXPECT_EQ(text_of(*file::read(served, package::kProofSizeMax)), log.proof(0, 1));
}

TEST_F(Release, PublishesByNoKeyringOlderThanTheOneThatDevicesGet) {
  KeyringChanges changes;
  changes.replaced.push_back({"committee-1", {key("committee-3").public_key()}});
  const Buffer draft = *draft_keyring(keyring_, changes, kNow);
  const Path next = folder_ / "next.cose";
  ASSERT_TRUE(
      file::create(next, *add_signatures(draft, {&key("root-1"), 1}, digest_of(draft), &keyring_)));
  ASSERT_TRUE(publish_now(next));
  const Path package = complete(recipe_of("1.0.0", image_of(1, 70'000)));
  const auto refused = publish_now(package);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error.code, Code::keyring_not_newest);
  EXPECT_EQ(targets_seen(), 1U);
  const auto held = *file::read(next, package::kEnvelopeSizeMax);
  keyring_ = *package::Keyring::parse(package::read_unproven(held)->content);
  const Path judged =
      package_of(recipe_of("1.0.0", image_of(1, 70'000)), {"vendor", "committee-2", "committee-3"});
  EXPECT_TRUE(publish_now(judged));
}

TEST_F(Release, ReadsARampInPercent) {
  const package::Ramp ramp = *read_ramp("start=2026-01-01T00:00:00Z,0h=1,24h=25.5,72h=100", 0);
  ASSERT_EQ(ramp.stages.size(), 3U);
  EXPECT_EQ(ramp.stages[1].after_seconds, 86'400U);
  EXPECT_EQ(ramp.stages[1].share, 2'550);
  EXPECT_FALSE(ramp.seed.is_zero());
  EXPECT_FALSE(read_ramp("24h=5,0h=x", 0).has_value());
  EXPECT_FALSE(read_ramp("0h=101", 0).has_value());
}

TEST_F(Release, ARampOfNobodyAdmitsNobody) {
  const package::Ramp ramp = *read_ramp("0h=0", kNow);
  EXPECT_FALSE(package::ramp_admits(ramp, 0, kNow + 50 * 365 * kDay));
  const package::Ramp later = *read_ramp("0h=0,24h=10", kNow);
  EXPECT_FALSE(package::ramp_admits(later, 0, kNow + 100));
  EXPECT_TRUE(package::ramp_admits(later, 999, kNow + kDay));
}

TEST_F(Release, NeverChangesWhatACutOffAttemptLeftUnderItsName) {
  ASSERT_TRUE(publish_now(complete(recipe_of("1.0.0", image_of(1, 1'000)))).has_value());
  const Path left = repository() / "metadata/3.targets.json";  // 1: init, 2: the first release
  ASSERT_TRUE(file::create(left, bytes_of("cut off")));
  ASSERT_TRUE(publish_now(complete(recipe_of("1.1.0", image_of(2, 1'000)))).has_value());
  EXPECT_EQ(text_of(*file::read(left, 100)), "cut off");
  EXPECT_EQ(targets_seen(), 2U);
}

TEST_F(Release, RemovesWhatAKilledPublishLeftInTheRepository) {
  ASSERT_TRUE(publish_now(complete(recipe_of("1.0.0", image_of(1, 70'000)))).has_value());
  const Path left = repository() / "artifacts/0123.new-99-0";
  ASSERT_TRUE(file::create(left, bytes_of("half")));
  ASSERT_TRUE(publish_now(complete(recipe_of("1.1.0", image_of(2, 70'000)))).has_value());
  EXPECT_FALSE(std::filesystem::exists(left));
}

TEST_F(Release, MergesWhatWasSignedInTwoCopies) {
  const Buffer envelope = make(recipe_of("1.0.0", image_of(1, 70'000)), {})->envelope;
  const Digest digest = digest_of(envelope);
  const Buffer one = *add_signatures(envelope, {&key("vendor"), 1}, digest, nullptr);
  const Buffer other = *add_signatures(envelope, {&key("committee-1"), 1}, digest, nullptr);
  const Buffer both = *merge_signatures(one, other);
  EXPECT_TRUE(check_signature(both, key("vendor").public_key()));
  EXPECT_TRUE(check_signature(both, key("committee-1").public_key()));
  EXPECT_EQ(merge_signatures(both, one).error().code, Code::already_signed);
  const Buffer another = make(recipe_of("1.0.1", image_of(1, 70'000)), {})->envelope;
  const Buffer elsewhere =
      *add_signatures(another, {&key("vendor"), 1}, digest_of(another), nullptr);
  EXPECT_EQ(merge_signatures(envelope, elsewhere).error().code, Code::digest_mismatch);
}

TEST_F(Release, ACrashAnywhereLeavesNoPackageOrAWholeOne) {
  const auto made = make(recipe_of("1.0.0", image_of(1, 70'000)), {});
  const Path place = folder_ / "cut";
  const auto unharmed = [&](int at) {
    const bool is_there = std::filesystem::exists(place);
    EXPECT_EQ(is_there, read_envelope(place).has_value()) << "after " << at << " changes";
  };
  const auto write = [&] {  // what was moved to its place before the cut is there
    const Status written = write_package(place, *made);
    return written || written.error().code == Code::exists_already;
  };
  const int crashes = cut_everywhere(write, unharmed);
  EXPECT_GT(crashes, 3);
  EXPECT_LT(crashes, kChangesMax);
  EXPECT_TRUE(std::filesystem::exists(place / kArtifactsFolder));
}

TEST_F(Release, ACrashAnywhereLeavesARepositoryThatDevicesAccept) {
  ASSERT_TRUE(publish_now(complete(recipe_of("1.0.0", image_of(1, 70'000)))).has_value());
  const Path package = complete(recipe_of("1.1.0", image_of(2, 70'000)));
  // The rename of the snapshot is the moment; what fails after it was published all the same.
  const auto unharmed = [&](int at) {
    ASSERT_LE(targets_seen(), 2U) << "after " << at << " changes";
    ASSERT_GE(targets_seen(), 1U) << "after " << at << " changes";
  };
  const int crashes = cut_everywhere([&] { return publish_now(package).has_value(); }, unharmed);
  EXPECT_GT(crashes, 10);
  EXPECT_LT(crashes, kChangesMax);
  EXPECT_EQ(targets_seen(), 2U);
}

}  // namespace
}  // namespace airlock::release
