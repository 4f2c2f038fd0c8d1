// The public log, where the keyring names one.
#include "device/agent/logged.h"

#include "device/agent/agents_test.h"
#include "tests/fakes/public_log.h"

namespace airlock::agent {
namespace {

using fakes::PublicLog;
using Times = PublicLog::Times;

constexpr Times kTwoOfThree = {1'700'000'500, 0, 1'700'000'900};
constexpr Times kOneOfThree = {0, 1'700'000'500, 0};
constexpr std::int64_t kAttested = 1'700'000'500;  // of kTwoOfThree, by both
constexpr std::uint64_t kFirst = 0;                // places in the log
constexpr std::uint64_t kNext = 1;

class LoggedAgents : public Agents {
 protected:
  fakes::Buffer anchor() override {
    fakes::KeyringPlan plan = signers_.plan();
    plan.log = log_.plan();
    const fakes::Buffer manifest =
        fakes::Release::of_content(package::Kind::keyring, *plan.encode()).encode();
    return signers_.sign_complete(manifest, package::Kind::keyring);
  }
  void before_provisioning() override {
    log_.add(digest_of("first"));
    log_.add(next_);
    put_proof("first", log_.proof(kFirst, 1, kTwoOfThree));
    serve(log_, 2, log_.proof(kNext, 2, kTwoOfThree));
  }
  Digest digest_of(const std::string& package) {
    const file::Buffer envelope = *file::read(folder_ / package / "manifest.cose", 1 << 20);
    return package::read_unproven(envelope)->digest();
  }
  void put_proof(const std::string& package, const std::string& proof) {
    ASSERT_TRUE(file::replace(folder_ / package / "manifest.tlog-proof", bytes_of(proof)));
  }
  // The server serves the first `size` entries of a log, and this proof of what it offers.
  void serve(const PublicLog& log, std::uint64_t size, const std::string& proof) {
    auto& files = server_->log_files.files;
    files.clear();
    files["tile/0/000.p/" + std::to_string(size)] = log.tile(size);
    const Bytes bytes = bytes_of(proof);
    const Digest release = server_->offer ? server_->offer->manifest : next_;
    files[translog::proof_path(release)] = {bytes.begin(), bytes.end()};
  }
  package::TreeHead seen() {
    const auto device = platform::Device::open(folder_ / "device", platform::Opening::look);
    return read_seen(*device, log_.policy())->head;
  }
  void expect_refused(Code code) {
    const package::TreeHead before = seen();
    const Result<Ending> ending = run();
    ASSERT_TRUE(ending);
    EXPECT_EQ(ending->error.code, code);
    EXPECT_EQ(seen(), before);
    expect_runs("1.0.0", old_image_);
  }

  PublicLog log_;
};

TEST_F(LoggedAgents, InstallWhatTheLogHasAndRememberIt) {
  EXPECT_EQ(seen(), log_.head(1));
  EXPECT_EQ(run()->how, How::committed);
  EXPECT_EQ(seen(), log_.head(2));
}

TEST_F(LoggedAgents, TakeThePresentFromWitnesses) {
  serve(log_, 2, log_.proof(kNext, 2, {1'740'000'001, 1'740'000'003, 1'740'000'002}));
  EXPECT_EQ(record().time_bound, kAttested);
  EXPECT_EQ(run()->how, How::committed);
  EXPECT_EQ(record().time_bound, 1'740'000'002);
}

TEST_F(LoggedAgents, RefuseAReleaseWithoutItsProof) {
  server_->log_files.files.erase(translog::proof_path(next_));
  expect_refused(Code::proof_missing);
}

TEST_F(LoggedAgents, RefuseTheProofOfAnotherRelease) {
  serve(log_, 2, log_.proof(kFirst, 2, kTwoOfThree));
  expect_refused(Code::bad_proof);
}

TEST_F(LoggedAgents, RefuseWhatTooFewWitnessesCosigned) {
  serve(log_, 2, log_.proof(kNext, 2, PublicLog::kNobody));
  expect_refused(Code::witnesses_missing);
  serve(log_, 2, log_.proof(kNext, 2, kOneOfThree));
  expect_refused(Code::witnesses_missing);
}

TEST_F(LoggedAgents, RefuseALogThatForgotWhatTheySawOfIt) {
  PublicLog fork;
  fork.add(next_);
  for (std::uint64_t i = 0; i < 3; ++i) fork.add(crypto::sha256(bytes_of(std::to_string(i))));
  for (const std::uint64_t size : {1U, 2U, 4U}) {
    serve(fork, size, fork.proof(0, size, kTwoOfThree));
    expect_refused(Code::log_forked);
  }
}

TEST_F(LoggedAgents, RefuseANewCheckpointWithoutTheTilesThatLeadToIt) {
  server_->log_files.files.erase("tile/0/000.p/2");
  expect_refused(Code::consistency_missing);
}

TEST_F(LoggedAgents, TakeAnOlderCheckpointOnlyAsTheBeginningOfTheNewest) {
  ASSERT_EQ(run()->how, How::committed);
  for (std::uint64_t i = 0; i < 3; ++i) log_.add(crypto::sha256(bytes_of(std::to_string(i))));
  const Digest third = make_package("third", "1.2.0", 2, image_of(3));
  log_.add(third);
  const auto offer = [&](const char* name, const Digest& release, std::uint64_t place,
                         std::uint64_t size) {
    make_offer(name, release);
    serve(log_, log_.size(), log_.proof(place, size, kTwoOfThree));
  };
  offer("third", third, 5, 6);
  const auto third_run = run();
  ASSERT_EQ(third_run->how, How::committed) << name(third_run->error.code);
  EXPECT_EQ(seen(), log_.head(6));
  const Digest fourth = make_package("fourth", "1.3.0", 2, image_of(4));
  PublicLog shorter;  // the same beginning, and another third entry
  shorter.add(digest_of("first"));
  shorter.add(next_);
  shorter.add(fourth);
  make_offer("fourth", fourth);
  serve(shorter, 3, shorter.proof(2, 3, kTwoOfThree));
  const auto gone_back = run();
  EXPECT_EQ(gone_back->error.code, Code::consistency_missing);
  server_->log_files.files["tile/0/000.p/6"] = log_.tile(6);
  EXPECT_EQ(run()->error.code, Code::log_forked);
  EXPECT_EQ(seen(), log_.head(6));
}

TEST_F(LoggedAgents, ReadTheProofBesideAPackageByHand) {
  server_->log_files.wire = fail(Code::unreachable);
  EXPECT_EQ(install(folder_ / "next")->error.code, Code::proof_missing);
  put_proof("next", log_.proof(kNext, 2, kTwoOfThree));
  EXPECT_EQ(install(folder_ / "next")->error.code, Code::consistency_missing);
  ASSERT_TRUE(file::make_folders(folder_ / "next/log/tile/0/000.p"));
  ASSERT_TRUE(file::replace(folder_ / "next/log/tile/0/000.p/2", log_.tile(2)));
  EXPECT_EQ(install(folder_ / "next")->how, How::committed);
}

TEST_F(LoggedAgents, AskTheServerForTilesThatDidNotComeWithAPackage) {
  put_proof("next", log_.proof(kNext, 2, kTwoOfThree));
  EXPECT_EQ(install(folder_ / "next")->how, How::committed);
}

TEST_F(LoggedAgents, KeepASessionWhereWhatIsHandedInHasNoProof) {
  screen_.dies_in = update::Phase::consenting;
  EXPECT_THROW((void)run(), Crash);
  make_package("third", "1.2.0", 2, image_of(3));
  EXPECT_EQ(install(folder_ / "third").error().code, Code::proof_missing);
  EXPECT_EQ(run()->how, How::committed);
  expect_runs("1.1.0", new_image_);
}

TEST_F(LoggedAgents, TakeAKeyringThatIsInNoLog) {
  fakes::KeyringPlan plan = signers_.plan();
  plan.version = 2;
  const fakes::Buffer manifest =
      fakes::Release::of_content(package::Kind::keyring, *plan.encode()).encode();
  ASSERT_TRUE(file::replace(folder_ / "next.cose",
                            signers_.sign_complete(manifest, package::Kind::keyring)));
  person_.answer = crypto::sha256(manifest);
  EXPECT_EQ(install(folder_ / "next.cose")->how, How::committed);
  server_->log_files.files.clear();  // that keyring names no log any more
  person_.answer = next_;
  EXPECT_EQ(run()->how, How::committed);
}

TEST_F(LoggedAgents, AreNotMadeWithAReleaseThatTheLogDoesNotHave) {
  std::filesystem::remove_all(folder_ / "device");
  std::filesystem::remove(folder_ / "first/manifest.tlog-proof");
  EXPECT_EQ(provision(folder_ / "device", factory_with("first")).error().code, Code::proof_missing);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "device"));
}

TEST_F(LoggedAgents, TrustTheWitnessesAloneWhereTheirMemoryIsDamaged) {
  ASSERT_TRUE(file::replace(folder_ / "device/log/checkpoint", bytes_of("damaged")));
  EXPECT_EQ(seen(), package::TreeHead{});
  server_->log_files.files.erase("tile/0/000.p/2");
  EXPECT_EQ(run()->how, How::committed);
  EXPECT_EQ(seen(), log_.head(2));
}

TEST_F(LoggedAgents, TryAgainWhereTheProofDoesNotArrive) {
  server_->log_files.wire = fail(Code::unreachable);
  const auto once = in_a_process([](Agent& agent) { return agent.run(Pace::stop_at_once); });
  EXPECT_EQ(once.error().code, Code::unreachable);
  server_->log_files.wire = {};
  EXPECT_EQ(run()->how, How::committed);
}

TEST_F(Agents, DemandNoProofWhereTheKeyringNamesNoLog) {
  EXPECT_EQ(run()->how, How::committed);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "device/log"));
}

}  // namespace
}  // namespace airlock::agent
