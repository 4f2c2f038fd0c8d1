// The package door's own keys.
#include "device/agent/agents_test.h"

namespace airlock::agent {
namespace {

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
  ASSERT_TRUE(platform::Device::open(folder_ / "device", platform::Opening::drive)
                  ->store_record(*slot::begin_write(record())));
  EXPECT_EQ(run()->error.code, Code::consent_missing);
  EXPECT_EQ(install(folder_ / "next.cose")->how, How::committed) << "it was not the new one yet";
}

int g_writes_to_fail = 0;

TEST_F(Agents, RaiseTheFloorOfKeyringsThoughTheyWereCutOffBeforeIt) {
  make_second_keyring();
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

TEST_F(Agents, TakeNothingByAKeyringThatWasPutBack) {
  const fakes::Buffer old = *file::read(folder_ / "device/areas/keyring.area", 1 << 20);
  make_second_keyring();
  ASSERT_EQ(install(folder_ / "next.cose")->how, How::committed);
  ASSERT_TRUE(file::replace(folder_ / "device/areas/keyring.area", old));
  const Result<Ending> ending = run();
  EXPECT_EQ(ending ? ending->error.code : ending.error().code, Code::keyring_rollback);
}

}  // namespace
}  // namespace airlock::agent
