// An ABI pack on its way into use, and out of it; and a fee policy, which goes the same way.
#include "device/agent/agents_test.h"
#include "device/apply/editions.h"

namespace airlock::agent {
namespace {

using update::Phase;

int g_operations_left = 0;

class Packs : public Agents {
 protected:
  virtual const apply::ShelfKind& kind() const { return apply::kPacks; }
  void SetUp() override {
    Agents::SetUp();
    judges_[kind().place] = [this](Bytes pack, const apply::Edition& edition) {
      ++judged_;
      EXPECT_EQ(edition.entries.count, &kind() == &apply::kPacks ? 1U : 0U);
      return pack[0] == refused_ ? Status(fail(Code::golden_case_failed)) : Status();
    };
    person_.answer = fail(Code::not_interactive);
    first_ = make_pack("pack-1", "1.0.0", 1, image_of(11));
    second_ = make_pack("pack-2", "1.1.0", 1, image_of(12));
  }
  Digest make_pack(const char* name, const char* version, std::uint32_t security_version,
                   const file::Buffer& image) {
    OneBlock block = one_block(image);
    block.component.id = kind().component;
    fakes::Release release;
    release.kind = kind().kind;
    release.version = version;
    release.security_version = security_version;
    return make_package(name, release, block);
  }
  void offer(const char* name, const Digest& digest) {
    make_offer(name, digest);
    person_.answer = fail(Code::not_interactive);
  }
  Result<platform::Device> look() {
    return platform::Device::open(folder_ / "device", platform::Opening::look);
  }
  apply::Shelf shelf() { return *apply::read_shelf(*look(), kind()); }
  std::uint32_t floor() { return record().floors[package::index_of(kind().kind)]; }
  void expect_in_use(const char* version, const file::Buffer& image) {
    const apply::Shelf shelf = this->shelf();
    ASSERT_NE(shelf.in_use(), nullptr);
    EXPECT_EQ(shelf.in_use()->version.view(), version);
    EXPECT_FALSE(shelf.on_trial);
    const auto mapped = apply::map_edition(*look(), kind(), *shelf.in_use());
    ASSERT_TRUE(mapped);
    EXPECT_TRUE(equal(mapped->bytes(), image));
  }
  Status restore_edition(const Digest& manifest) {
    Status done;
    (void)in_a_process([&](Agent& agent) -> Result<Ending> {
      done = agent.restore_edition({kind(), manifest});
      return Ending{};
    });
    return done;
  }

  void survive_power_cuts();
  void go_on_after_crashes();

  Digest first_, second_;
  int judged_ = 0;
  int refused_ = -1;
};

void Packs::go_on_after_crashes() {
  ASSERT_EQ(install(folder_ / "pack-1")->how, How::committed);
  offer("pack-2", second_);
  for (const Phase phase :
       {Phase::proving, Phase::gating, Phase::staging, Phase::verifying, Phase::consenting,
        Phase::activating, Phase::rebooting, Phase::trial, Phase::committing, Phase::reporting}) {
    screen_.dies_in = phase;
    EXPECT_THROW((void)run(), Crash) << update::name_of(phase);
    const apply::Shelf shelf = this->shelf();
    ASSERT_NE(shelf.in_use(), nullptr);
    EXPECT_TRUE(apply::map_edition(*look(), kind(), *shelf.in_use()));
  }
  ASSERT_TRUE(run());
  expect_in_use("1.1.0", image_of(12));
}

// The power goes before each operation on the disk in turn. Afterwards the device has one of the
// two packs in use, whole, and the next run ends with the new one.
void Packs::survive_power_cuts() {
  ASSERT_EQ(install(folder_ / "pack-1")->how, How::committed);
  offer("pack-2", second_);
  int cuts = 0;
  for (bool was_cut = true; was_cut; ++cuts) {
    ASSERT_LT(cuts, 400);
    std::filesystem::remove_all(folder_ / "copy");
    std::filesystem::copy(folder_ / "device", folder_ / "copy",
                          std::filesystem::copy_options::recursive);
    g_operations_left = cuts;
    file::set_interruption([](std::string_view, const file::Path&) {
      return g_operations_left-- > 0 ? Code::ok : Code::disk_full;
    });
    const Result<Ending> cut = run();
    file::set_interruption(nullptr);
    was_cut = g_operations_left < 0;
    const apply::Shelf shelf = this->shelf();
    ASSERT_NE(shelf.in_use(), nullptr) << cuts;
    const auto mapped = apply::map_edition(*look(), kind(), *shelf.in_use());
    ASSERT_TRUE(mapped) << cuts;
    const bool is_new = shelf.in_use()->manifest == second_;
    EXPECT_TRUE(equal(mapped->bytes(), image_of(is_new ? 12 : 11))) << cuts;
    ASSERT_TRUE(run()) << cuts;
    if (this->shelf().in_use()->manifest != second_) {
      ASSERT_EQ(install(folder_ / "pack-2")->how, How::committed) << cuts;
    }
    expect_in_use("1.1.0", image_of(12));
    if (!was_cut) break;
    std::filesystem::remove_all(folder_ / "device");
    std::filesystem::rename(folder_ / "copy", folder_ / "device");
  }
  EXPECT_GT(cuts, 20);
}

TEST_F(Packs, ComeFromTheServerWithoutAskingAndLeaveTheFirmwareAlone) {
  offer("pack-1", first_);
  EXPECT_EQ(run()->how, How::committed);
  expect_in_use("1.0.0", image_of(11));
  EXPECT_EQ(judged_, 2) << "before it was in use, and after";
  EXPECT_EQ(floor(), 1U);
  expect_runs("1.0.0", old_image_);
  EXPECT_EQ(server_->asked[0].contents.at("abi-pack").version, "0.0.0");
  EXPECT_EQ(reported().back()["outcome"], "committed");
  offer("pack-2", second_);
  EXPECT_EQ(run()->how, How::committed);
  expect_in_use("1.1.0", image_of(12));
  EXPECT_EQ(server_->asked[1].contents.at("abi-pack").version, "1.0.0");
  EXPECT_TRUE(server_->asked[1].images.contains("abi"));
}

TEST_F(Packs, AreNotTakenWhereNobodyReadsThem) {
  judges_ = {};
  EXPECT_EQ(install(folder_ / "pack-1")->error.code, Code::wrong_kind);
}

TEST_F(Packs, AskTheOwnerWhereTheMakerWantsIt) {
  std::filesystem::remove_all(folder_ / "device");
  Factory factory = factory_with("first");
  factory.config.ask_for = {"abi-pack"};
  person_.answer = fail(Code::consent_refused);
  ASSERT_TRUE(provision(folder_ / "device", factory));
  EXPECT_EQ(install(folder_ / "pack-1")->how, How::refused);
  EXPECT_EQ(shelf().in_use(), nullptr);
  person_.answer = second_;
  EXPECT_EQ(install(folder_ / "pack-1")->error.code, Code::consent_mismatch);
  person_.answer = first_;
  EXPECT_EQ(install(folder_ / "pack-1")->how, How::committed);
}

TEST_F(Packs, ThatTheJudgeRefusesNeverComeIntoUse) {
  ASSERT_EQ(install(folder_ / "pack-1")->how, How::committed);
  refused_ = image_of(12)[0];
  EXPECT_EQ(install(folder_ / "pack-2")->error.code, Code::golden_case_failed);
  expect_in_use("1.0.0", image_of(11));
}

TEST_F(Packs, ThatFailTheirTrialGiveWayToTheOneBeforeAndDoNotComeBackByThemselves) {
  ASSERT_EQ(install(folder_ / "pack-1")->how, How::committed);
  offer("pack-2", second_);
  trial_ = Trial::unhealthy;
  EXPECT_EQ(run()->how, How::went_back);
  expect_in_use("1.0.0", image_of(11));
  EXPECT_EQ(shelf().given_up, second_);
  EXPECT_EQ(reported().back()["reason"], "unhealthy");
  trial_ = Trial::healthy;
  EXPECT_EQ(run()->how, How::quiet);
  EXPECT_EQ(install(folder_ / "pack-2")->how, How::committed);
}

TEST_F(Packs, OfALowerSecurityVersionStayOutAndSoDoOlderOnes) {
  const Digest third = make_pack("pack-3", "1.2.0", 3, image_of(13));
  const Digest lower = make_pack("pack-4", "1.3.0", 2, image_of(14));
  ASSERT_EQ(install(folder_ / "pack-2")->how, How::committed);
  EXPECT_EQ(install(folder_ / "pack-1")->error.code, Code::downgrade);
  EXPECT_EQ(install(folder_ / "pack-2")->error.code, Code::already_installed);
  ASSERT_EQ(install(folder_ / "pack-3")->how, How::committed);
  EXPECT_EQ(floor(), 3U);
  EXPECT_EQ(install(folder_ / "pack-4")->error.code, Code::below_floor);
  EXPECT_EQ(restore_edition(second_).error().code, Code::below_floor);
  EXPECT_EQ(restore_edition(lower).error().code, Code::not_found);
  EXPECT_EQ(restore_edition(third).error().code, Code::already_installed);
}

TEST_F(Packs, ThatAreKeptCanBeRestoredOnceTheyAreJudgedAnew) {
  ASSERT_EQ(install(folder_ / "pack-1")->how, How::committed);
  ASSERT_EQ(install(folder_ / "pack-2")->how, How::committed);
  refused_ = image_of(11)[0];
  EXPECT_EQ(restore_edition(first_).error().code, Code::golden_case_failed);
  expect_in_use("1.1.0", image_of(12));
  refused_ = -1;
  EXPECT_TRUE(restore_edition(first_));
  expect_in_use("1.0.0", image_of(11));
  offer("pack-2", second_);
  EXPECT_EQ(run()->how, How::quiet) << "what the owner left does not come back by itself";
}

TEST_F(Packs, AreKeptUpToSoManyAndTheirFilesGoWithThem) {
  for (int i = 0; i < 7; ++i) {
    const std::string version = "2." + std::to_string(i) + ".0";
    make_pack("pack-n", version.c_str(), 1, image_of(static_cast<std::uint8_t>(20 + i)));
    ASSERT_EQ(install(folder_ / "pack-n")->how, How::committed);
  }
  EXPECT_EQ(shelf().editions.size(), apply::kEditionsMax);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "device" / kind().folder))
    files += entry.path().extension() == ".pack" ? 1U : 0U;
  EXPECT_EQ(files, apply::kEditionsMax);
}

TEST_F(Packs, GoOnAfterACrashInAnyPhase) { go_on_after_crashes(); }

// A trial that no journal tells of is ended.
TEST_F(Packs, WhoseTrialTheJournalForgotAreTakenBack) {
  ASSERT_EQ(install(folder_ / "pack-1")->how, How::committed);
  screen_.dies_in = Phase::trial;
  EXPECT_THROW((void)install(folder_ / "pack-2"), Crash);
  EXPECT_TRUE(shelf().on_trial);
  std::filesystem::remove(folder_ / "device/journal");
  server_->offer.reset();
  EXPECT_EQ(run()->how, How::quiet);
  expect_in_use("1.0.0", image_of(11));
}

TEST_F(Packs, WhoseShelfIsDamagedAreFetchedAgainButNotBelowTheFloor) {
  make_pack("pack-3", "1.2.0", 3, image_of(13));
  ASSERT_EQ(install(folder_ / "pack-3")->how, How::committed);
  ASSERT_TRUE(file::replace(folder_ / "device/packs/shelf", bytes_of("damage")));
  EXPECT_EQ(install(folder_ / "pack-1")->error.code, Code::below_floor);
  EXPECT_EQ(install(folder_ / "pack-3")->how, How::committed);
  expect_in_use("1.2.0", image_of(13));
}

TEST_F(Packs, SurviveAPowerCutAtEveryOperation) { survive_power_cuts(); }

// Fee policies have a shelf and a floor of their own.
class Fees : public Packs {
 protected:
  const apply::ShelfKind& kind() const override { return apply::kFees; }
  void SetUp() override {
    Packs::SetUp();
    std::filesystem::remove_all(folder_ / "device");
    ASSERT_TRUE(file::replace(folder_ / "limits.yaml", bytes_of("limits")));
    Factory factory = factory_with("first");
    factory.fee_limits = folder_ / "limits.yaml";
    ASSERT_TRUE(provision(folder_ / "device", factory));
  }
};

TEST_F(Fees, ComeFromTheServerAndLeavePacksAndFirmwareAlone) {
  offer("pack-1", first_);
  EXPECT_EQ(run()->how, How::committed);
  expect_in_use("1.0.0", image_of(11));
  EXPECT_EQ(judged_, 2) << "before it was in use, and after";
  EXPECT_EQ(floor(), 1U);
  EXPECT_EQ(record().floors[package::index_of(package::Kind::abi_pack)], 0U);
  EXPECT_EQ(apply::read_shelf(*look(), apply::kPacks)->in_use(), nullptr);
  expect_runs("1.0.0", old_image_);
  EXPECT_EQ(server_->asked[0].contents.at("fee-policy").version, "0.0.0");
  offer("pack-2", second_);
  EXPECT_EQ(run()->how, How::committed);
  EXPECT_EQ(server_->asked[1].contents.at("fee-policy").version, "1.0.0");
}

TEST_F(Fees, AreNotTakenNorToldOfWhereTheWalletHasNoLimits) {
  std::filesystem::remove_all(folder_ / "device");
  ASSERT_TRUE(provision(folder_ / "device", factory_with("first")));
  server_->offer.reset();
  EXPECT_EQ(run()->how, How::quiet);
  EXPECT_FALSE(server_->asked[0].contents.contains("fee-policy"));
  judges_ = {};
  EXPECT_EQ(install(folder_ / "pack-1")->error.code, Code::wrong_kind);
}

TEST_F(Fees, ThatAreChangedOnTheShelfAreNotReadNorRestored) {
  ASSERT_EQ(install(folder_ / "pack-1")->how, How::committed);
  const apply::Edition kept = *shelf().in_use();
  const file::Path path = apply::edition_path(*look(), kind(), kept.manifest);
  file::Buffer changed = image_of(11);
  changed[7] ^= 1;
  ASSERT_TRUE(file::replace(path, changed));
  EXPECT_EQ(apply::map_edition(*look(), kind(), kept).error().code, Code::image_rejected);
  ASSERT_EQ(install(folder_ / "pack-2")->how, How::committed);
  EXPECT_EQ(restore_edition(first_).error().code, Code::image_rejected);
  expect_in_use("1.1.0", image_of(12));
}

TEST_F(Fees, ThatTheJudgeRefusesNeverComeIntoUse) {
  ASSERT_EQ(install(folder_ / "pack-1")->how, How::committed);
  refused_ = image_of(12)[0];
  EXPECT_EQ(install(folder_ / "pack-2")->error.code, Code::golden_case_failed);
  expect_in_use("1.0.0", image_of(11));
}

TEST_F(Fees, WhoseTrialTheJournalForgotAreTakenBack) {
  ASSERT_EQ(install(folder_ / "pack-1")->how, How::committed);
  screen_.dies_in = Phase::trial;
  EXPECT_THROW((void)install(folder_ / "pack-2"), Crash);
  EXPECT_TRUE(shelf().on_trial);
  std::filesystem::remove(folder_ / "device/journal");
  server_->offer.reset();
  EXPECT_EQ(run()->how, How::quiet);
  expect_in_use("1.0.0", image_of(11));
}

TEST_F(Fees, GoOnAfterACrashInAnyPhase) { go_on_after_crashes(); }

TEST_F(Fees, SurviveAPowerCutAtEveryOperation) { survive_power_cuts(); }

// Fee plugins have a shelf and a floor of their own too, and where they join the wallet an owner.
class Plugins : public Fees {
 protected:
  const apply::ShelfKind& kind() const override { return apply::kPlugins; }
  void SetUp() override {
    Fees::SetUp();
    make_wallet(platform::FeePlugins::confined);
  }
  void make_wallet(platform::FeePlugins how) {
    std::filesystem::remove_all(folder_ / "device");
    Factory factory = factory_with("first");
    factory.fee_limits = folder_ / "limits.yaml";
    factory.config.fee_plugins = how;
    ASSERT_TRUE(provision(folder_ / "device", factory));
  }
  bool is_consented(const Digest& manifest) {
    const apply::Shelf shelf = this->shelf();
    return std::ranges::find(shelf.consents, manifest) != shelf.consents.end();
  }
};

TEST_F(Plugins, ComeFromTheServerAndLeavePoliciesAlone) {
  offer("pack-1", first_);
  EXPECT_EQ(run()->how, How::committed);
  expect_in_use("1.0.0", image_of(11));
  EXPECT_EQ(floor(), 1U);
  EXPECT_EQ(record().floors[package::index_of(package::Kind::fee_policy)], 0U);
  EXPECT_EQ(server_->asked[0].contents.at("fee-plugin").version, "0.0.0");
  EXPECT_FALSE(is_consented(first_)) << "nobody was asked";
}

TEST_F(Plugins, AskTheOwnerWhereTheyJoinTheWalletAndKeepTheConsentToThatVeryOne) {
  make_wallet(platform::FeePlugins::in_process);
  EXPECT_EQ(install(folder_ / "pack-1")->error.code, Code::not_interactive);
  person_.answer = second_;
  EXPECT_EQ(install(folder_ / "pack-1")->error.code, Code::consent_mismatch);
  EXPECT_FALSE(is_consented(first_) || is_consented(second_));
  person_.answer = first_;
  EXPECT_EQ(install(folder_ / "pack-1")->how, How::committed);
  EXPECT_TRUE(is_consented(first_));
  EXPECT_FALSE(is_consented(second_));
  person_.answer = second_;
  EXPECT_EQ(install(folder_ / "pack-2")->how, How::committed);
  EXPECT_TRUE(is_consented(first_) && is_consented(second_)) << "of what is kept too";
  const auto encoded = file::read(apply::shelf_path(*look(), kind()), apply::kShelfSizeMax);
  EXPECT_EQ(apply::decode_shelf(*encoded)->consents.size(), 2U);
}

TEST_F(Plugins, SurviveAPowerCutAtEveryOperation) { survive_power_cuts(); }

TEST(Shelf, ThatIsChangedAnywhereIsRefused) {
  apply::Shelf shelf;
  apply::Edition pack;
  pack.version = *FixedText<package::kSemverTextMax>::from("1.0.0");
  ASSERT_TRUE(shelf.editions.add(pack));
  std::array<std::uint8_t, apply::kShelfSizeMax> room;
  const Bytes encoded = *apply::encode_shelf(shelf, room);
  EXPECT_EQ(apply::decode_shelf(encoded)->editions.size(), 1U);
  for (std::size_t at = 0; at < encoded.size(); ++at) {
    std::vector<std::uint8_t> changed(encoded.begin(), encoded.end());
    changed[at] ^= 4;
    EXPECT_EQ(apply::decode_shelf(changed).error().code, Code::record_lost) << at;
  }
  for (std::size_t size = 0; size < encoded.size(); ++size)
    EXPECT_FALSE(apply::decode_shelf(encoded.first(size)));
}

}  // namespace
}  // namespace airlock::agent
