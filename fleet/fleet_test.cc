#include "fleet/fleet.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

#include "fleet/fiber.h"
#include "fleet/flash.h"

namespace airlock::fleet {
namespace {

Tally play(const Settings& settings) {
  const file::Path folder = testing::TempDir() + "fleet-" + std::to_string(::getpid());
  std::filesystem::remove_all(folder);
  release::Answer<Tally> tally = simulate(settings, folder, {});
  std::filesystem::remove_all(folder);
  EXPECT_TRUE(tally.has_value()) << name(tally.error().error.code) << " " << tally.error().about;
  return tally ? std::move(*tally) : Tally();
}

Settings small() {
  Settings settings;
  settings.devices = 60;
  settings.updates = 180;
  settings.seed = 3;
  settings.image_size = 8 << 10;
  return settings;
}

constexpr Faults kNone = {0, 0, 0, 0, 0, 0, 0};

TEST(Fleet, EndsOnTheNewVersionWhereverTheOwnerSaysYes) {
  Settings settings = small();
  settings.faults = {.cuts = 0.6,
                     .losses = 0.1,
                     .slow = 0.3,
                     .full = 0.1,
                     .clocks = 0.2,
                     .refusals = 0.1,
                     .unwell = 0.2};
  const Tally tally = play(settings);
  EXPECT_TRUE(tally.is_clean());
  EXPECT_EQ(tally.releases, 3U);
  EXPECT_EQ(tally.updates, 180U);
  EXPECT_EQ(tally.done + tally.refused, 180U);
  EXPECT_GT(tally.refused, 0U);
  EXPECT_GT(tally.cuts, 50U);
  EXPECT_GT(tally.losses, 50U);
  EXPECT_EQ(tally.took_ms.size(), tally.done);
}

TEST(Fleet, IsTheSameForTheSameSeed) {
  const Tally one = play(small());
  const Tally two = play(small());
  EXPECT_EQ(one.took_ms, two.took_ms);
  EXPECT_EQ(one.bytes_served, two.bytes_served);
  EXPECT_EQ(one.check_ins, two.check_ins);
  EXPECT_EQ(one.reboots, two.reboots);
  EXPECT_EQ(one.heard, two.heard);
  EXPECT_EQ(draw(one), draw(two));
  Settings other = small();
  other.seed = 4;
  EXPECT_NE(play(other).took_ms, one.took_ms);
}

TEST(Fleet, TellsTheServerOfEachUpdateOnceWhereNothingIsLost) {
  Settings settings = small();
  settings.faults = kNone;
  const Tally tally = play(settings);
  EXPECT_EQ(tally.done, 180U);
  EXPECT_EQ(tally.heard, 180U);
  EXPECT_EQ(tally.cuts + tally.losses, 0U);
}

TEST(Fleet, FetchesInFullWhatNeedsMoreRoomAsAPatchThanTheWalletHas) {
  Settings settings = small();
  settings.devices = 5;
  settings.updates = 5;
  settings.image_size = 1 << 20;
  settings.faults = kNone;
  const Tally tally = play(settings);
  EXPECT_EQ(tally.done, 5U);
  EXPECT_GT(tally.bytes_served, 5 * settings.image_size / 2) << "by a patch";
}

TEST(Fleet, ReachesSomeBeforeAll) {
  Settings settings = small();
  settings.faults = kNone;
  const Tally tally = play(settings);
  constexpr std::int64_t kHourMs = 3'600'000;
  EXPECT_GT(tally.share_ms(0.9), 6 * kHourMs);  // half of the fleet is not offered it before
  EXPECT_LE(tally.share_ms(0.5), tally.share_ms(0.9));
}

TEST(Fleet, CutsThePowerAnywhereInAnUpdate) {
  Settings settings = small();
  settings.updates = 120;
  settings.image_size = 256 << 10;
  settings.faults = kNone;
  settings.faults.cuts = 1;
  const Tally tally = play(settings);
  EXPECT_TRUE(tally.is_clean());
  for (std::size_t i = 0; i < Tally::kTenths; ++i) {
    EXPECT_GT(30 * tally.cuts_by_tenth[i], tally.cuts) << "less than a third of its share: " << i;
  }
}

TEST(Fleet, TriesAgainWhatCutsAndAHangGaveUpInItsTrial) {
  Settings settings = small();
  settings.updates = 600;
  settings.image_size = kImageMin;
  settings.faults = kNone;
  settings.faults.cuts = 1;
  settings.faults.unwell = 1;
  const Tally tally = play(settings);
  EXPECT_TRUE(tally.is_clean());
  EXPECT_EQ(tally.done, 600U);
  EXPECT_GT(tally.given_up, 0U) << "a trial has no more boots than the product gives it";
}

TEST(Fleet, WaitsUntilAClockThatIsFarAheadIsSetRight) {
  Settings settings = small();
  settings.updates = settings.devices;
  settings.faults = kNone;
  EXPECT_EQ(play(settings).expired, 0U);
  settings.faults.clocks = 1;
  const Tally tally = play(settings);
  EXPECT_TRUE(tally.is_clean());
  EXPECT_GT(tally.expired, 60U) << "by half of the clocks, until they are set right";
}

TEST(Fleet, CountsAsLateWhomNobodyReaches) {
  Settings settings = small();
  settings.updates = settings.devices;
  settings.faults = kNone;
  settings.faults.losses = 1;
  const Tally tally = play(settings);
  EXPECT_EQ(tally.late, 60U);
  EXPECT_EQ(tally.done, 0U);
  EXPECT_EQ(tally.share_ms(0.01), std::nullopt);
  EXPECT_FALSE(tally.is_clean());
}

TEST(Fleet, CountsSharesOfAllWhomNoOwnerRefused) {
  Tally tally;
  tally.updates = 12;
  tally.refused = 2;
  tally.took_ms = {1, 2, 3, 4, 5};
  tally.done = 5;
  tally.late = 5;
  EXPECT_EQ(tally.willing(), 10U);
  EXPECT_EQ(tally.share_ms(0.1), 1);
  EXPECT_EQ(tally.share_ms(0.11), 2);
  EXPECT_EQ(tally.share_ms(0.5), 5);
  EXPECT_EQ(tally.share_ms(0.51), std::nullopt);
  EXPECT_NE(draw(tally).find("5 of 10 updates that no owner refused"), std::string::npos);
  tally.updates = tally.refused = 12;
  tally.took_ms.clear();
  EXPECT_EQ(tally.share_ms(0.5), std::nullopt) << "nobody is no share of anybody";
}

TEST(Fleet, NamesTheFileThatStandsInItsWay) {
  const file::Path folder = testing::TempDir() + "taken-" + std::to_string(::getpid());
  const file::Path taken = folder / "devices.key";
  ASSERT_TRUE(file::make_folders(folder));
  ASSERT_TRUE(file::create(taken, {}));
  const auto tally = simulate(small(), folder, {});
  std::filesystem::remove_all(folder);
  ASSERT_FALSE(tally);
  EXPECT_EQ(tally.error().error.code, Code::exists_already);
  EXPECT_EQ(tally.error().about, taken.string());
}

TEST(Fleet, RefusesWhatIsNoServer) {
  for (const char* bad : {"http://127.0.0.1:8443", "foo", ""}) {
    const auto fits = check(Against{{"https://127.0.0.1:8443", bad}, "", 1, {}});
    ASSERT_FALSE(fits) << bad;
    EXPECT_EQ(fits.error().error.code, Code::bad_text);
    EXPECT_EQ(fits.error().about, bad);
  }
}

TEST(Fleet, TellsHowFarItIsOfWholeReleases) {
  Settings settings = small();
  settings.updates = settings.devices + 1;
  EXPECT_EQ(releases_of(settings), 2U);
  const file::Path folder = testing::TempDir() + "told-" + std::to_string(::getpid());
  int told = 0;
  const auto tally = simulate(settings, folder, [&](std::uint64_t done, std::uint64_t of) {
    ++told;
    EXPECT_LE(done, of);
    EXPECT_EQ(of, 2U * settings.devices);
  });
  std::filesystem::remove_all(folder);
  EXPECT_GT(told, 0);
  ASSERT_TRUE(tally);
  EXPECT_EQ(tally->updates, 2U * settings.devices);
}

TEST(Fleet, RefusesSettingsOutOfRange) {
  Settings settings = small();
  settings.faults.cuts = 1.5;
  EXPECT_EQ(check(settings).error().code, Code::out_of_range);
  settings = small();
  settings.devices = 0;
  EXPECT_EQ(check(settings).error().code, Code::out_of_range);
  settings = small();
  settings.image_size = kImageMax + 1;
  EXPECT_EQ(check(settings).error().code, Code::out_of_range);
}

TEST(Fiber, GoesOnWhereItPaused) {
  Fiber fiber;
  std::string said;
  EXPECT_TRUE(fiber.begin([&] {
    for (const char word : {'a', 'b'}) {
      said += word;
      fiber.pause();
    }
    said += 'c';
  }));
  EXPECT_EQ(said, "a");
  EXPECT_TRUE(fiber.go_on());
  EXPECT_EQ(said, "ab");
  EXPECT_FALSE(fiber.go_on());
  EXPECT_EQ(said, "abc");
  EXPECT_FALSE(fiber.begin([&] { said += 'd'; }));
  EXPECT_EQ(said, "abcd");
}

TEST(Flash, LosesHalfOfTheOperationInWhichThePowerFails) {
  Supply supply;
  Flash flash(supply, 100);
  ASSERT_EQ(flash.size(), kSector);
  const std::vector<std::uint8_t> bytes(2 * kWord, 1);
  supply.fail_in(1);
  EXPECT_TRUE(flash.write(0, bytes).has_value());
  EXPECT_EQ(flash.write(bytes.size(), bytes).error().code, Code::storage_failed);
  EXPECT_FALSE(supply.is_on());
  EXPECT_EQ(flash.sync().error().code, Code::storage_failed);
  supply.switch_on();
  EXPECT_EQ(flash.memory()[3 * kWord - 1], 1);
  EXPECT_EQ(flash.memory()[3 * kWord], kErased);
  EXPECT_EQ(supply.failures(), 1U);
}

TEST(Flash, CountsWhateverMayHaveChangedIt) {
  Supply supply;
  Flash one(supply, kSector);
  Flash other(supply, kSector);
  const std::vector<std::uint8_t> word(kWord, 1);
  std::uint64_t before = supply.operations();
  const auto counted = [&] {
    return supply.operations() != std::exchange(before, supply.operations());
  };
  std::vector<std::uint8_t> read(kWord);
  ASSERT_TRUE(one.read(0, read));
  EXPECT_FALSE(counted());
  ASSERT_TRUE(one.write(0, word));
  EXPECT_TRUE(counted());
  ASSERT_TRUE(other.erase(0, kSector));
  EXPECT_TRUE(counted());
  supply.fail_in(0);
  ASSERT_FALSE(other.write(0, word)) << "by half";
  EXPECT_TRUE(counted());
}

TEST(Flash, StopsWhoeverWritesWhatMayNotBeWritten) {
  Supply supply;
  Flash flash(supply, kSector);
  const std::vector<std::uint8_t> word(kWord, kErased);
  ASSERT_TRUE(flash.write(0, word));
  EXPECT_DEATH((void)flash.write(0, word), "") << "twice, though nothing would change";
  EXPECT_DEATH((void)flash.write(kWord + 8, word), "") << "beside the words";
  EXPECT_DEATH((void)flash.write(kWord, Bytes(word).first(8)), "") << "half a word";
  supply.fail_in(0);
  ASSERT_FALSE(flash.sync());
  supply.switch_on();
  EXPECT_DEATH((void)flash.write(kWord, word), "") << "not erased since the power failed";
  ASSERT_TRUE(flash.erase(0, kSector));
  EXPECT_TRUE(flash.write(0, word));
}

}  // namespace
}  // namespace airlock::fleet
