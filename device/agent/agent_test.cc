#include "device/agent/agent.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include "core/delta/delta.h"
#include "device/agent/facts.h"
#include "device/agent/folder.h"
#include "device/agent/provision.h"
#include "host/json/json.h"
#include "host/text/text.h"
#include "tests/fakes/signers.h"

namespace airlock::agent {
namespace {

using How = Ending::How;

constexpr std::int64_t kNow = 1'750'000'000;
constexpr std::uint16_t kPieceSize = 4096;

file::Buffer image_of(std::uint8_t seed) {
  file::Buffer image(60'000);
  for (std::size_t i = 0; i < image.size(); ++i) {
    image[i] = static_cast<std::uint8_t>(seed * 31U + i * i % 251U);
  }
  return image;
}

// A full payload, stored raw, of an image that fits into one block.
struct OneBlock {
  fakes::Release::Component component;
  file::Buffer payload;
};
OneBlock one_block(const file::Buffer& image) {
  package::TreeHasher tree;
  file::Buffer leaves;
  for (std::size_t at = 0; at < image.size(); at += kPieceSize) {
    const std::size_t size = std::min<std::size_t>(kPieceSize, image.size() - at);
    const Digest leaf = package::leaf_hash(Bytes(image).subspan(at, size));
    tree.add(leaf);
    leaves.insert(leaves.end(), leaf.bytes.begin(), leaf.bytes.end());
  }
  OneBlock made;
  file::Buffer& bytes = made.payload;
  bytes.resize(delta::kHeadEntrySize);
  delta::write_head_entry(
      {delta::kHeadEntrySize, static_cast<std::uint32_t>(leaves.size() + image.size()),
       delta::Coding::raw, tree.root()},
      bytes);
  package::Payload payload;
  payload.root = package::leaf_hash(bytes);
  payload.head_size = delta::kHeadEntrySize;
  bytes.insert(bytes.end(), leaves.begin(), leaves.end());
  bytes.insert(bytes.end(), image.begin(), image.end());
  payload.size = bytes.size();
  payload.digest = crypto::sha256(bytes);
  payload.piece_size = kPieceSize;
  payload.decoder_memory = delta::kDecoderMemoryMax;
  const Digest digest = crypto::sha256(image);
  made.component.id = "mcu";
  made.component.images = {{{}, image.size(), digest, {digest}}};
  made.component.payloads = {payload};
  return made;
}

// The process dies when the phase is entered for the first time.
struct Crash {};
class Screen final : public Watcher {
 public:
  std::optional<update::Phase> dies_in;
  std::set<std::string_view> seen;
  void entered(const update::Session& session) override {
    seen.insert(update::name_of(session.phase));
    if (dies_in == session.phase) {
      dies_in.reset();
      throw Crash{};
    }
  }
  void block_done(std::string_view, std::size_t, std::size_t) override {}
};

class Person final : public Owner {
 public:
  Result<Digest> answer = fail(Code::not_interactive);
  Knowledge told = Knowledge::nothing_runs;  // of what runs, when asked last
  std::string told_version;
  Result<Digest> ask(const Question& question) override {
    told = question.running.knowledge();
    told_version = std::string(question.running.version());
    return answer;
  }
};

class Server final : public Outside {
 public:
  explicit Server(file::Path folder) : artifacts_(std::move(folder)) {}
  std::optional<fetch::Offer> offer;
  tuf::TargetClaim claim;
  file::Buffer envelope;
  Status wire;  // of the repository
  std::vector<fetch::SignedReport> reports;

  std::vector<fetch::CheckIn> asked;
  std::vector<fetch::Seed> seeds;  // of rollouts; the offer is for who names a bucket in each
  Status ear;                      // of reports

  Result<fetch::Answer> check_in(const fetch::CheckIn& facts) override {
    asked.push_back(facts);
    fetch::Answer answer;
    if (facts.duid.empty() && facts.buckets.size() < seeds.size()) {
      answer.why = "bucket_missing";
      answer.seeds = {seeds[facts.buckets.size()]};
      return answer;
    }
    answer.offer = offer;
    return answer;
  }
  Result<Listed> refresh(std::string_view path, std::int64_t) override {
    if (!wire) return std::unexpected(wire.error());
    tuf::Target target;
    target.path = std::string(path);
    target.custom = tuf::custom_of(claim);
    return Listed{target, envelope};
  }
  apply::Artifacts& artifacts() override { return artifacts_; }
  Status report(const fetch::SignedReport& report) override {
    if (ear) reports.push_back(report);
    return ear;
  }

 private:
  FolderArtifacts artifacts_;
};

class Agents : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "airlock-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    server_ = std::make_unique<Server>(folder_ / "next");
    make_package("first", "1.0.0", 1, old_image_);
    next_ = make_package("next", "1.1.0", 2, new_image_);
    provision_device();
    fetch::Offer offer;
    offer.target = "firmware/1.1.0/demo.cose";
    offer.manifest = next_;
    offer.version = "1.1.0";
    server_->offer = offer;
    server_->claim = {"firmware", {"demo-wallet"}, "1.1.0", 2, next_};
    server_->envelope = *file::read(folder_ / "next/manifest.cose", 1 << 20);
    person_.answer = next_;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Digest make_package(const char* name, const char* version, std::uint32_t security_version,
                      const file::Buffer& image, std::uint32_t data_version = 1) {
    const OneBlock block = one_block(image);
    fakes::Release release;
    release.version = version;
    release.data_version = data_version;
    release.security_version = security_version;
    release.components = {block.component};
    const fakes::Buffer manifest = release.encode();
    const file::Path folder = folder_ / name;
    EXPECT_TRUE(file::make_folders(folder / "artifacts"));
    EXPECT_TRUE(file::replace(folder / "manifest.cose",
                              signers_.sign_complete(manifest, package::Kind::firmware)));
    const std::string hex = text::to_hex(crypto::sha256(block.payload).bytes);
    EXPECT_TRUE(file::replace(folder / "artifacts" / hex, block.payload));
    return crypto::sha256(manifest);
  }

  void provision_device(platform::Naming naming = platform::Naming::duid) {
    ASSERT_TRUE(file::replace(folder_ / "keyring.cose", signers_.anchor()));
    ASSERT_TRUE(file::replace(folder_ / "root.json", bytes_of("{}")));
    Factory factory;
    factory.config.model = "demo-wallet";
    factory.config.server = "https://localhost:1";
    factory.config.components = {{"mcu", 64 << 10, {}}};
    factory.config.naming = naming;
    factory.keyring = folder_ / "keyring.cose";
    factory.root = factory.ca = folder_ / "root.json";
    factory.firmware = folder_ / "first";
    factory.clock = kNow;
    const Status made = provision(folder_ / "device", factory);
    ASSERT_TRUE(made) << name(made.error().code);
  }

  // A new process: opens the device, does its work, ends.
  template <class Work>
  Result<Ending> in_a_process(Work work) {
    AIRLOCK_ASSIGN(platform::Device device,
                   platform::Device::open(folder_ / "device", platform::Opening::drive));
    const Surroundings around{*server_, person_, screen_, [] { return kNow; }, trial_};
    AIRLOCK_ASSIGN(Agent agent, Agent::open(device, around));
    return work(agent);
  }
  Result<Ending> run() {
    return in_a_process([](Agent& agent) { return agent.run(Pace::keep_trying); });
  }
  Result<Ending> install(const file::Path& package) {
    return in_a_process([&](Agent& agent) { return agent.install(package, Pace::keep_trying); });
  }

  void expect_runs(const char* version, const file::Buffer& image) {
    Result<platform::Device> device =
        platform::Device::open(folder_ / "device", platform::Opening::look);
    ASSERT_TRUE(device);
    const slot::Record record = *device->record();
    EXPECT_EQ(Running::read(*device, record)->version(), version);
    file::Buffer stored(image.size());
    ASSERT_TRUE(device->image(0, record.active).read(0, stored));
    EXPECT_EQ(stored, image);
  }
  void damage_manifest(const char* name = "manifest-a.area") {
    const file::Path path = folder_ / "device/areas" / name;
    file::Buffer stored = *file::read(path, 1 << 20);
    stored.back() ^= 1;
    ASSERT_TRUE(file::replace(path, stored));
  }
  std::vector<json::Value> reported() {
    std::vector<json::Value> values;
    for (const fetch::SignedReport& report : server_->reports) {
      values.push_back(*json::parse(report.report, 16 << 10));
    }
    return values;
  }
  slot::Record record() {
    return *platform::Device::open(folder_ / "device", platform::Opening::look)->record();
  }

  fakes::Signers signers_;
  file::Buffer old_image_ = image_of(1);
  file::Buffer new_image_ = image_of(2);
  file::Path folder_;
  Digest next_;
  std::unique_ptr<Server> server_;
  Person person_;
  Screen screen_;
  Trial trial_ = Trial::healthy;
};

TEST_F(Agents, StartWithTheFirmwareOfTheFactory) {
  expect_runs("1.0.0", old_image_);
  EXPECT_EQ(record().active, slot::SlotId::a);
  EXPECT_EQ(record().floors[0], 1U);
  EXPECT_EQ(record().time_bound, 1'700'000'000);
}

TEST_F(Agents, CarryAReleaseFromTheOfferToTheCommit) {
  const Result<Ending> ending = run();
  ASSERT_TRUE(ending);
  EXPECT_EQ(ending->how, How::committed) << name(ending->error.code);
  expect_runs("1.1.0", new_image_);
  EXPECT_EQ(record().floors[0], 2U);
}

TEST_F(Agents, ReportEachPhaseOfAnOfferedReleaseAndHowItEnded) {
  ASSERT_TRUE(run());
  std::vector<std::string> told;
  for (const auto& report : reported()) {
    told.push_back(report["phase"].get<std::string>() + " " + report["outcome"].get<std::string>());
    EXPECT_EQ(report["reason"], "ok");
    EXPECT_EQ(report["manifest"], text::to_hex(next_.bytes));
  }
  EXPECT_EQ(told, (std::vector<std::string>{
                      "gating progress", "staging progress", "verifying progress",
                      "consenting progress", "activating progress", "rebooting progress",
                      "trial progress", "committing progress", "committing committed"}));
}

TEST_F(Agents, NumberTheReportsOfALifeEachOnceWhateverTheCrashes) {
  using update::Phase;
  for (Phase phase : {Phase::staging, Phase::consenting, Phase::trial, Phase::reporting}) {
    screen_.dies_in = phase;
    EXPECT_THROW((void)run(), Crash) << update::name_of(phase);
  }
  ASSERT_TRUE(run());
  std::map<std::uint64_t, std::string> by_number;
  for (const auto& report : reported()) {
    const std::string what =
        report["phase"].get<std::string>() + report["outcome"].get<std::string>();
    const auto [at, added] = by_number.try_emplace(report["sequence"].get<std::uint64_t>(), what);
    EXPECT_EQ(at->second, what);
  }
  EXPECT_GE(by_number.size(), 9U);
}

TEST_F(Agents, UpdateAllTheSameWhereNobodyHearsTheirReports) {
  server_->ear = fail(Code::timed_out);
  EXPECT_EQ(run()->how, How::committed);
  expect_runs("1.1.0", new_image_);
  EXPECT_TRUE(server_->reports.empty());
  server_->ear = Status();
  server_->offer.reset();
  EXPECT_EQ(run()->how, How::quiet);
  ASSERT_EQ(server_->reports.size(), 1U);  // the outcome was kept; the phases are past
  EXPECT_EQ(reported()[0]["outcome"], "committed");
}

TEST_F(Agents, KeepAnUnsentReportThroughAnyNumberOfRuns) {
  server_->ear = fail(Code::unreachable);
  EXPECT_EQ(install(folder_ / "next")->how, How::committed);
  for (int runs = 0; runs < 2 * update::kAttemptsMax; ++runs) EXPECT_TRUE(run());
  expect_runs("1.1.0", new_image_);
}

TEST_F(Agents, TellNothingOfThePhasesOfAReleaseByHand) {
  EXPECT_EQ(install(folder_ / "next")->how, How::committed);
  ASSERT_EQ(server_->reports.size(), 1U);
  EXPECT_EQ(reported()[0]["outcome"], "committed");
}

TEST_F(Agents, NameOnlyBucketsAndAPseudonymPerReleaseInPrivateMode) {
  std::filesystem::remove_all(folder_ / "device");
  provision_device(platform::Naming::pseudonym);
  server_->seeds = {{"3", Digest{{1}}}, {"4", Digest{{2}}}};
  ASSERT_EQ(run()->how, How::committed);
  server_->offer.reset();
  ASSERT_EQ(run()->how, How::quiet);

  const std::string duid =
      platform::Device::open(folder_ / "device", platform::Opening::look)->key().duid();
  ASSERT_EQ(server_->asked.size(), 6U);  // twice: no bucket, one, both
  EXPECT_EQ(server_->asked[1].buckets.size(), 1U);
  EXPECT_EQ(server_->asked[2].buckets, server_->asked[5].buckets);
  EXPECT_NE(server_->asked[2].buckets.at("3"), server_->asked[2].buckets.at("4"));
  for (const fetch::CheckIn& asked : server_->asked) {
    EXPECT_EQ(asked.duid, "");
    EXPECT_NE(asked.pseudonym, duid);
  }
  EXPECT_EQ(server_->asked[0].pseudonym, server_->asked[2].pseudonym);
  EXPECT_NE(server_->asked[0].pseudonym, server_->asked[3].pseudonym);  // another release runs
  for (const auto& report : reported()) {
    EXPECT_EQ(report["duid"], server_->asked[3].pseudonym);
  }
}

TEST_F(Agents, AskOnlyAFewTimesAServerThatAlwaysNamesAnotherRollout) {
  std::filesystem::remove_all(folder_ / "device");
  provision_device(platform::Naming::pseudonym);
  for (std::uint8_t i = 0; i < 100; ++i) {
    server_->seeds.push_back({std::to_string(i), Digest{{i}}});
  }
  EXPECT_EQ(run()->how, How::quiet);
  EXPECT_LT(server_->asked.size(), 10U);
}

TEST_F(Agents, GoOnAfterACrashInAnyPhase) {
  using update::Phase;
  for (Phase phase : {Phase::asking, Phase::refreshing, Phase::proving, Phase::gating,
                      Phase::staging, Phase::verifying, Phase::consenting, Phase::activating,
                      Phase::rebooting, Phase::trial, Phase::committing, Phase::reporting}) {
    screen_.dies_in = phase;
    EXPECT_THROW((void)run(), Crash) << update::name_of(phase);
  }
  server_->offer.reset();
  EXPECT_EQ(run()->how, How::quiet);
  expect_runs("1.1.0", new_image_);
  EXPECT_EQ(record().last_revert.count, 0U);
  EXPECT_GE(screen_.seen.size(), 12U);
}

TEST_F(Agents, KeepTheOldFirmwareWithoutConsentToThisVeryRelease) {
  person_.answer = Digest{{1, 2, 3}};
  EXPECT_EQ(run()->error.code, Code::consent_mismatch);
  person_.answer = fail(Code::not_interactive);
  EXPECT_EQ(run()->error.code, Code::not_interactive);
  person_.answer = fail(Code::consent_refused);
  EXPECT_EQ(run()->how, How::refused);
  expect_runs("1.0.0", old_image_);
  EXPECT_EQ(record().trial_boots, std::nullopt);
}

TEST_F(Agents, GoBackFromUnhealthyFirmwareAndDoNotTakeItAgainByThemselves) {
  trial_ = Trial::unhealthy;
  EXPECT_EQ(run()->how, How::went_back);
  expect_runs("1.0.0", old_image_);
  EXPECT_EQ(record().last_revert.reason, Code::unhealthy);
  EXPECT_EQ(record().floors[0], 1U);
  trial_ = Trial::healthy;
  EXPECT_EQ(run()->how, How::quiet);
  EXPECT_EQ(install(folder_ / "next")->how, How::committed);
  expect_runs("1.1.0", new_image_);
}

TEST_F(Agents, GoBackFromFirmwareThatHangsWhenItsBootsAreUsedUp) {
  trial_ = Trial::hang;
  EXPECT_EQ(run()->how, How::went_back);
  EXPECT_EQ(record().last_revert.reason, Code::trial_exhausted);
  expect_runs("1.0.0", old_image_);
}

TEST_F(Agents, RefuseWhereTheDoorsDisagree) {
  const tuf::TargetClaim honest = server_->claim;
  std::vector<tuf::TargetClaim> lies(5, honest);
  lies[0].kind = "abi-pack";
  lies[1].models = {"another"};
  lies[2].version = "1.1.1";
  lies[3].security_version = 3;
  lies[4].manifest = {};
  for (const tuf::TargetClaim& lie : lies) {
    server_->claim = lie;
    EXPECT_EQ(run()->error.code, Code::doors_disagree);
  }
  server_->claim = honest;
  EXPECT_EQ(run()->how, How::committed);
}

TEST_F(Agents, RefuseARepositoryThatGivesAnotherReleaseThanTheOffered) {
  const Digest other = make_package("other", "1.2.0", 2, new_image_);
  server_->claim = {"firmware", {"demo-wallet"}, "1.2.0", 2, other};
  server_->envelope = *file::read(folder_ / "other/manifest.cose", 1 << 20);
  person_.answer = other;
  EXPECT_EQ(run()->error.code, Code::doors_disagree);
  expect_runs("1.0.0", old_image_);
}

TEST_F(Agents, GiveUpAnUnreachableServerAndSucceedLater) {
  server_->wire = fail(Code::unreachable);
  EXPECT_EQ(run()->error.code, Code::unreachable);
  server_->wire = Status();
  EXPECT_EQ(run()->how, How::committed);
}

TEST_F(Agents, RefuseATamperedPayloadAndTakeTheHonestOne) {
  const file::Path artifacts = folder_ / "next/artifacts";
  const file::Path path = std::filesystem::directory_iterator(artifacts)->path();
  const file::Buffer honest = *file::read(path, 1 << 20);
  file::Buffer tampered = honest;
  tampered.back() ^= 1;
  ASSERT_TRUE(file::replace(path, tampered));
  EXPECT_EQ(run()->error.code, Code::piece_rejected);
  expect_runs("1.0.0", old_image_);
  ASSERT_TRUE(file::replace(path, honest));
  EXPECT_EQ(run()->how, How::committed);
}

TEST_F(Agents, StartOverWhenTheJournalIsLost) {
  screen_.dies_in = update::Phase::trial;
  EXPECT_THROW((void)run(), Crash);
  ASSERT_TRUE(record().trial_boots);
  ASSERT_TRUE(file::replace(folder_ / "device/journal", bytes_of("rubbish")));
  EXPECT_EQ(run()->how, How::quiet);  // the trial was ended, and is not begun again
  EXPECT_EQ(record().last_revert.reason, Code::journal_lost);
  expect_runs("1.0.0", old_image_);
}

TEST_F(Agents, EndATrialThatTheirJournalDoesNotTellOf) {
  screen_.dies_in = update::Phase::trial;
  EXPECT_THROW((void)run(), Crash);
  ASSERT_TRUE(record().trial_boots);
  std::filesystem::remove(folder_ / "device/journal");
  EXPECT_EQ(run()->how, How::quiet);
  EXPECT_EQ(record().last_revert.reason, Code::journal_lost);
  EXPECT_EQ(install(folder_ / "next")->how, How::committed);
}

TEST_F(Agents, TakeAReleaseThoughWhatRunsIsDamaged) {
  damage_manifest();
  EXPECT_EQ(run()->how, How::committed);
  EXPECT_EQ(person_.told, Knowledge::by_record);
  EXPECT_EQ(person_.told_version, "1.0.0");
  expect_runs("1.1.0", new_image_);
}

TEST_F(Agents, RefuseWhatIsOlderThoughOnlyTheRecordKnowsWhatRuns) {
  make_package("older", "0.9.0", 1, new_image_);
  damage_manifest();
  EXPECT_EQ(install(folder_ / "older")->error.code, Code::downgrade);
}

TEST_F(Agents, HoldTheOwnersDataAgainstTheRecordWhereWhatRunsIsDamaged) {
  person_.answer = make_package("next", "1.1.0", 1, new_image_, 7);
  EXPECT_EQ(install(folder_ / "next")->how, How::committed);
  person_.answer = make_package("later", "1.2.0", 1, old_image_, 6);
  damage_manifest("manifest-b.area");
  EXPECT_EQ(install(folder_ / "later")->error.code, Code::data_version_unreadable);
}

TEST_F(Agents, MendWhatRunsByTheSameReleaseAgain) {
  damage_manifest();
  person_.answer = record().slots[0].manifest;
  EXPECT_EQ(install(folder_ / "first")->how, How::committed);
  expect_runs("1.0.0", old_image_);
  EXPECT_EQ(record().active, slot::SlotId::b);
}

TEST_F(Agents, SayThatNothingIsKnownWhereTheRecordIsOlderThanItsVersions) {
  slot::Record before = record();
  before.slots[0].version = {};
  ASSERT_TRUE(
      platform::Device::open(folder_ / "device", platform::Opening::look)->store_record(before));
  damage_manifest();
  person_.answer = fail(Code::consent_refused);
  EXPECT_EQ(run()->how, How::refused);
  EXPECT_EQ(person_.told, Knowledge::none);
}

// A loop of links: the file system answers with an error whatever lies there.
TEST_F(Agents, StopAtADiskThatDoesNotAnswerAndDoNotCallItDamage) {
  const file::Path manifest = folder_ / "device/areas/manifest-a.area";
  std::filesystem::rename(manifest, folder_ / "kept");
  std::filesystem::create_symlink(manifest, manifest);
  EXPECT_EQ(in_a_process([](Agent& agent) { return agent.run(Pace::stop_at_once); }).error().code,
            Code::io_failed);
  EXPECT_EQ(person_.told, Knowledge::nothing_runs) << "the owner was asked";
  std::filesystem::rename(folder_ / "kept", manifest);
  EXPECT_EQ(run()->how, How::committed);
}

TEST_F(Agents, AreMadeWholeOrNotAtAll) {
  std::filesystem::remove_all(folder_ / "device");
  Factory factory;
  factory.config.model = "demo-wallet";
  factory.config.server = "https://localhost:1";
  factory.config.components = {{"mcu", 1 << 10, {}}};  // too small for the firmware
  factory.keyring = folder_ / "keyring.cose";
  factory.root = factory.ca = folder_ / "root.json";
  factory.firmware = folder_ / "first";
  factory.clock = kNow;
  EXPECT_EQ(provision(folder_ / "device/", factory).error().code, Code::slot_too_small);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "device"));
  factory.config.components = {{"mcu", 64 << 10, {}}};
  EXPECT_TRUE(provision(folder_ / "device/", factory));
  EXPECT_EQ(provision(folder_ / "device", factory).error().code, Code::exists_already);
  std::filesystem::remove_all(folder_ / "device");
  factory.config.server = "http://localhost:1";
  EXPECT_EQ(provision(folder_ / "device", factory).error().code, Code::bad_text);
}

TEST_F(Agents, KeepTheFloorWhenEitherCopyOfTheRecordIsLost) {
  ASSERT_EQ(run()->how, How::committed);
  for (const char* copy : {"record-0.area", "record-1.area"}) {
    const file::Path path = folder_ / "device/areas" / copy;
    const file::Buffer whole = *file::read(path, 1 << 20);
    file::Buffer torn = whole;
    torn[8] ^= 1;
    ASSERT_TRUE(file::replace(path, torn));
    EXPECT_EQ(record().floors[0], 2U) << copy;
    EXPECT_EQ(record().active, slot::SlotId::b) << copy;
    ASSERT_TRUE(file::replace(path, whole));
  }
}

TEST_F(Agents, ReplaceTheKeyringOnlyByTheRootQuorumAndTheOwner) {
  fakes::KeyringPlan plan = signers_.plan();
  plan.version = 2;
  fakes::Release release = fakes::Release::of_content(package::Kind::keyring, *plan.encode());
  const fakes::Buffer manifest = release.encode();
  ASSERT_TRUE(file::replace(folder_ / "bad.cose", signers_.sign(manifest, {"root-1", "root-2"})));
  ASSERT_TRUE(file::replace(folder_ / "next.cose",
                            signers_.sign(manifest, {"root-1", "root-2", "root-3"})));
  person_.answer = crypto::sha256(manifest);
  EXPECT_EQ(install(folder_ / "bad.cose")->error.code, Code::quorum_missing);
  person_.answer = next_;
  EXPECT_EQ(install(folder_ / "next.cose")->error.code, Code::consent_mismatch);
  person_.answer = crypto::sha256(manifest);
  EXPECT_EQ(install(folder_ / "next.cose")->how, How::committed);
  EXPECT_EQ(install(folder_ / "next.cose")->error.code, Code::keyring_rollback);
  person_.answer = next_;
  EXPECT_EQ(run()->how, How::committed);
}

// ---- what changes between one process and the next

TEST_F(Agents, RefuseAnImageThatChangedBetweenItsWritingAndItsTrial) {
  screen_.dies_in = update::Phase::verifying;
  EXPECT_THROW((void)run(), Crash);
  Result<platform::Device> device =
      platform::Device::open(folder_ / "device", platform::Opening::look);
  ASSERT_TRUE(device->image(0, slot::SlotId::b).write(59'999, bytes_of("x")));
  EXPECT_EQ(run()->error.code, Code::image_rejected);
  EXPECT_EQ(record().last_revert.count, 0U) << "it came to a trial";
}

TEST_F(Agents, RefuseAnotherManifestBesideTheImagesThatTheyWrote) {
  screen_.dies_in = update::Phase::verifying;
  EXPECT_THROW((void)run(), Crash);
  Result<platform::Device> device =
      platform::Device::open(folder_ / "device", platform::Opening::look);
  make_package("other", "1.2.0", 2, new_image_);
  ASSERT_TRUE(device->store_envelope(slot::SlotId::b,
                                     *file::read(folder_ / "other/manifest.cose", 1 << 20)));
  EXPECT_EQ(run()->error.code, Code::image_rejected);
  EXPECT_EQ(record().last_revert.count, 0U) << "it came to a trial";
}

TEST_F(Agents, RefuseAnotherSignedReleaseInTheMiddleOfASession) {
  screen_.dies_in = update::Phase::gating;
  EXPECT_THROW((void)run(), Crash);
  make_package("other", "1.2.0", 2, new_image_);
  ASSERT_TRUE(file::replace(folder_ / "device/incoming/manifest.cose",
                            *file::read(folder_ / "other/manifest.cose", 1 << 20)));
  EXPECT_EQ(run()->error.code, Code::doors_disagree);
  expect_runs("1.0.0", old_image_);
}

TEST_F(Agents, RefuseToPatchABaseThatIsNotWhatItWas) {
  const OneBlock block = one_block(new_image_);
  package::Payload patch = block.component.payloads[0];
  patch.type = package::PayloadType::patch;
  patch.base_digest = crypto::sha256(old_image_);
  patch.base_size = old_image_.size();
  fakes::Release release;
  release.security_version = 2;
  release.components = {block.component};
  release.components[0].payloads[0].size += 1;  // a full payload that is not at hand
  release.components[0].payloads[0].digest = crypto::sha256(bytes_of("not there"));
  release.components[0].payloads.push_back(patch);
  const fakes::Buffer manifest = release.encode();
  ASSERT_TRUE(file::replace(folder_ / "next/manifest.cose",
                            signers_.sign_complete(manifest, package::Kind::firmware)));
  person_.answer = crypto::sha256(manifest);
  Result<platform::Device> device =
      platform::Device::open(folder_ / "device", platform::Opening::look);
  ASSERT_TRUE(device->image(0, slot::SlotId::a).write(5, bytes_of("rot")));
  // They turn to the full payload instead.
  EXPECT_EQ(install(folder_ / "next")->error.code, Code::not_found);
  ASSERT_TRUE(device->image(0, slot::SlotId::a).write(0, old_image_));
  EXPECT_EQ(install(folder_ / "next")->how, How::committed);
}

// A journal that is ahead of the boot record activates nothing.
TEST_F(Agents, CommitAKeyringOnlyByTheConsentThatTheRecordKeeps) {
  fakes::KeyringPlan plan = signers_.plan();
  plan.version = 2;
  const fakes::Buffer manifest =
      fakes::Release::of_content(package::Kind::keyring, *plan.encode()).encode();
  ASSERT_TRUE(file::replace(folder_ / "next.cose",
                            signers_.sign_complete(manifest, package::Kind::keyring)));
  person_.answer = crypto::sha256(manifest);
  screen_.dies_in = update::Phase::committing;
  EXPECT_THROW((void)install(folder_ / "next.cose"), Crash);
  Result<platform::Device> device =
      platform::Device::open(folder_ / "device", platform::Opening::look);
  ASSERT_TRUE(device->store_record(*slot::begin_write(record())));
  EXPECT_EQ(run()->error.code, Code::consent_missing);
  EXPECT_EQ(install(folder_ / "next.cose")->how, How::committed) << "it was not the new one yet";
}

int g_writes_to_fail = 0;

TEST_F(Agents, RaiseTheFloorOfKeyringsThoughTheyWereCutOffBeforeIt) {
  fakes::KeyringPlan plan = signers_.plan();
  plan.version = 2;
  fakes::Release release = fakes::Release::of_content(package::Kind::keyring, *plan.encode());
  release.security_version = 2;
  const fakes::Buffer manifest = release.encode();
  ASSERT_TRUE(file::replace(folder_ / "next.cose",
                            signers_.sign_complete(manifest, package::Kind::keyring)));
  person_.answer = crypto::sha256(manifest);
  file::set_interruption([](std::string_view name, const file::Path& path) -> Code {
    if (path.filename() == "keyring.area" && name == "rename") g_writes_to_fail = 1;
    const bool fails = path.empty() && name == "write" && g_writes_to_fail > 0;
    if (fails) g_writes_to_fail = 0;
    return fails ? Code::io_failed : Code::ok;
  });
  const Result<Ending> ending = install(folder_ / "next.cose");
  file::set_interruption(nullptr);
  EXPECT_EQ(g_writes_to_fail, 0) << "nothing was cut off";
  EXPECT_EQ(ending->how, How::committed);
  EXPECT_EQ(record().floors[package::index_of(package::Kind::keyring)], 2U);
}

TEST_F(Agents, RaiseTheTimeBoundOnlyByWhatAQuorumSigned) {
  const std::int64_t before = record().time_bound;
  ASSERT_LT(before, kNow);
  fakes::Release release;
  release.components = {one_block(new_image_).component};
  release.security_version = 2;
  release.created = before + 500;
  const fakes::Buffer manifest = release.encode();
  ASSERT_TRUE(file::replace(folder_ / "next/manifest.cose", signers_.sign(manifest, {"vendor"})));
  EXPECT_EQ(install(folder_ / "next")->error.code, Code::quorum_missing);
  EXPECT_EQ(record().time_bound, before);
  server_->wire = fail(Code::metadata_expired);
  EXPECT_EQ(run()->error.code, Code::metadata_expired);
  EXPECT_EQ(record().time_bound, before) << "a clock raised it";
  ASSERT_TRUE(file::replace(folder_ / "next/manifest.cose",
                            signers_.sign_complete(manifest, package::Kind::firmware)));
  person_.answer = crypto::sha256(manifest);
  EXPECT_EQ(install(folder_ / "next")->how, How::committed);
  EXPECT_EQ(record().time_bound, before + 500);
}

}  // namespace
}  // namespace airlock::agent
