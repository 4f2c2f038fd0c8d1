// The flash that tests stand on: that it breaks as flash breaks, and lets nobody break its rules.
#include "tests/fakes/flash.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

namespace airlock::fakes {
namespace {

constexpr Geometry kGeometry = {.unit = 256, .write_unit = 8, .erased = 0xff};
using Memory = std::vector<std::uint8_t>;

Memory filled(std::size_t size, std::uint8_t value) { return Memory(size, value); }

TEST(NorRules, WantWholeSectorsOfWhateverSize) {
  NorRules rules(kGeometry, {256, 1024, 512});
  EXPECT_FALSE(rules.erase(0, 256));
  EXPECT_FALSE(rules.erase(256, 1024));
  EXPECT_FALSE(rules.erase(0, 1792));
  EXPECT_TRUE(rules.erase(256, 256));
  EXPECT_TRUE(rules.erase(512, 768));
  EXPECT_TRUE(rules.erase(1280, 1024)) << "it ends behind the area";
}

TEST(NorRules, WantWholeWords) {
  NorRules rules(kGeometry, {256});
  EXPECT_FALSE(rules.write(0, 8));
  EXPECT_TRUE(rules.write(12, 8));
  EXPECT_TRUE(rules.write(16, 4));
  EXPECT_TRUE(rules.write(256, 8));
}

TEST(NorRules, LetAWordBeWrittenOnceBetweenTwoErases) {
  NorRules rules(kGeometry, {256, 256});
  EXPECT_FALSE(rules.write(0, 256));
  EXPECT_TRUE(rules.write(248, 8)) << "also with what it holds";
  EXPECT_FALSE(rules.write(256, 8));
  EXPECT_FALSE(rules.erase(0, 256));
  EXPECT_FALSE(rules.write(248, 8));
  EXPECT_TRUE(rules.write(256, 8)) << "the other sector was not erased";
}

TEST(NorRules, KnowNoErasedWordAfterAPowerFailure) {
  NorRules rules(kGeometry, {256});
  rules.power_failed();
  EXPECT_TRUE(rules.write(0, 8));
  EXPECT_FALSE(rules.erase(0, 256));
  EXPECT_FALSE(rules.write(0, 8));
}

TEST(NorRules, CountErasesAndKnowWhenASectorIsWornOut) {
  NorRules rules(kGeometry, {256, 256}, 3);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(rules.erase(256, 256));
  EXPECT_EQ(rules.worst_erases(), 3U);
  EXPECT_FALSE(rules.erase(0, 256));
  EXPECT_TRUE(rules.erase(256, 256));
}

TEST(Flash, KeepsBreachesWhereItIsToldToAndFails) {
  Power power;
  power.keep_breaches();
  Flash flash(power, kGeometry, 256);
  EXPECT_TRUE(flash.write(0, filled(8, 1)));
  EXPECT_FALSE(flash.write(0, filled(8, 1)));
  ASSERT_EQ(power.breaches().size(), 1U);
  EXPECT_EQ(power.breaches()[0], "write at 0: a word is written once after it was erased");
  EXPECT_EQ(power.operations(), 1U) << "what is against the rules does not happen";
}

TEST(FlashDeathTest, StopsTheTestWhereNobodyLooks) {
  Power power;
  Flash flash(power, kGeometry, 256);
  ASSERT_TRUE(flash.write(0, filled(8, 1)));
  EXPECT_DEATH((void)flash.write(0, filled(8, 1)), "");
}

TEST(Flash, KeepsAStuckByteWhateverIsErasedOrWritten) {
  Power power;
  Flash flash(power, kGeometry, 256);
  ASSERT_TRUE(flash.write(0, filled(8, 1)));
  flash.stick(3);
  ASSERT_TRUE(flash.erase(0, 256));
  EXPECT_EQ(flash.contents()[3], 1);
  EXPECT_EQ(flash.contents()[4], 0xff);
  ASSERT_TRUE(flash.write(0, filled(8, 2)));
  EXPECT_EQ(flash.contents()[3], 1);
  EXPECT_EQ(flash.contents()[4], 2);
}

// What a write of 64 bytes over erased flash leaves when the power fails in it.
Memory torn_write(Cut cut, Torn torn = Torn::reads) {
  Power power;
  Flash flash(power, kGeometry, Sectors{256}, torn);
  power.cut_at(0, cut);
  EXPECT_FALSE(flash.write(0, filled(64, 0x21)));
  power.switch_on();
  Memory held(64);
  if (!flash.read(0, held)) held.clear();
  return held;
}

TEST(Flash, TearsAWriteInEachWay) {
  EXPECT_EQ(torn_write(Cut::before), filled(64, 0xff));
  EXPECT_EQ(torn_write(Cut::after), filled(64, 0x21));
  Memory half = filled(64, 0xff);
  std::fill_n(half.begin(), 32, 0x21);
  EXPECT_EQ(torn_write(Cut::torn_half), half);
  const Memory garbage = torn_write(Cut::torn_garbage);
  EXPECT_TRUE(std::equal(half.begin(), half.begin() + 32, garbage.begin()));
  EXPECT_NE(garbage[32], 0xff);
  EXPECT_EQ(garbage[40], 0xff) << "one word of garbage, no more";
  const Memory mixed = torn_write(Cut::torn_erase);
  for (std::uint8_t byte : mixed) EXPECT_EQ(byte & 0x21, 0x21) << "bits go from one to zero only";
  EXPECT_NE(mixed, filled(64, 0x21));
}

TEST(Flash, MayFailToReadATornWordUntilItIsErased) {
  EXPECT_TRUE(torn_write(Cut::torn_garbage, Torn::fails).empty());
  EXPECT_FALSE(torn_write(Cut::torn_half, Torn::fails).empty());
  Power power;
  Flash flash(power, kGeometry, Sectors{256}, Torn::fails);
  power.cut_at(0, Cut::torn_erase);
  EXPECT_FALSE(flash.write(0, filled(64, 0x21)));
  power.switch_on();
  Memory held(8);
  EXPECT_FALSE(flash.read(56, held));
  EXPECT_TRUE(flash.read(64, held));
  ASSERT_TRUE(flash.erase(0, 256));
  EXPECT_TRUE(flash.read(56, held));
}

// Two writes, the first one synced, then the power fails in a sync.
Memory after_losing(Unsynced unsynced, Cut cut) {
  Power power(unsynced);
  Flash flash(power, kGeometry, 256);
  EXPECT_TRUE(flash.write(0, filled(16, 1)));
  EXPECT_TRUE(flash.sync());
  EXPECT_TRUE(flash.write(16, filled(16, 2)));
  power.cut_at(0, cut);
  EXPECT_FALSE(flash.sync());
  power.switch_on();
  Memory held(32);
  EXPECT_TRUE(flash.read(0, held));
  return held;
}

TEST(Flash, LosesWhatWasNotSynced) {
  Memory all = filled(16, 1);
  all.insert(all.end(), 16, 2);
  Memory synced = filled(16, 1);
  synced.insert(synced.end(), 16, 0xff);
  Memory every_other = all;
  std::fill_n(every_other.begin() + 24, 8, 0xff);
  EXPECT_EQ(after_losing(Unsynced::kept, Cut::before), all);
  EXPECT_EQ(after_losing(Unsynced::lost, Cut::before), synced);
  EXPECT_EQ(after_losing(Unsynced::every_other, Cut::before), every_other);
  EXPECT_EQ(after_losing(Unsynced::lost, Cut::after), all);
}

// Of a flash that never told one, with the same bytes.
std::uint64_t fresh_fingerprint(Bytes bytes) {
  Power power;
  Flash flash(power, {.unit = 256, .write_unit = 1, .erased = 0xff}, bytes.size());
  EXPECT_TRUE(flash.write(0, bytes));
  return flash.fingerprint();
}

// What is kept of a fingerprint must not outlive the bytes that it was made of.
void expect_fresh_fingerprint(Flash& flash, std::set<std::uint64_t>& met) {
  EXPECT_EQ(flash.fingerprint(), fresh_fingerprint(flash.contents()));
  EXPECT_TRUE(met.insert(flash.fingerprint()).second) << "as before the change";
}

TEST(Flash, HasAnotherFingerprintAfterEachChange) {
  for (const Unsynced unsynced : {Unsynced::lost, Unsynced::every_other}) {
    for (const Cut cut : {Cut::torn_half, Cut::torn_garbage, Cut::torn_erase, Cut::after}) {
      Power power(unsynced);
      Flash flash(power, kGeometry, Sectors{1280, 1280});
      std::set<std::uint64_t> met;
      expect_fresh_fingerprint(flash, met);
      ASSERT_TRUE(flash.write(0, filled(1280, 0x21)));
      expect_fresh_fingerprint(flash, met);
      ASSERT_TRUE(flash.sync());
      ASSERT_TRUE(flash.write(1280, filled(32, 0x42)));
      expect_fresh_fingerprint(flash, met);
      flash.damage(3, 0x10);
      expect_fresh_fingerprint(flash, met);
      power.cut_at(0, cut);
      EXPECT_FALSE(flash.write(1312, filled(1248, 0x63)));
      power.switch_on();
      expect_fresh_fingerprint(flash, met);
      ASSERT_TRUE(flash.erase(0, 1280));
      expect_fresh_fingerprint(flash, met);
      power.cut_at(0, Cut::before);
      EXPECT_FALSE(flash.sync());
      EXPECT_EQ(flash.fingerprint(), fresh_fingerprint(flash.contents()))
          << "what was lost is back";
    }
  }
}

TEST(Flash, HasAnotherFingerprintWhereAWordDoesNotRead) {
  Power power;
  Flash flash(power, kGeometry, Sectors{256}, Torn::fails);
  power.cut_at(0, Cut::torn_garbage);
  EXPECT_FALSE(flash.write(0, filled(64, 0x21)));
  power.switch_on();
  EXPECT_NE(flash.fingerprint(), fresh_fingerprint(flash.contents()));
  ASSERT_TRUE(flash.erase(0, 256));
  EXPECT_EQ(flash.fingerprint(), fresh_fingerprint(flash.contents()));
}

TEST(Fingerprint, DiffersForEachByteAndEachSize) {
  Memory bytes = filled(200, 0);
  std::set<std::uint64_t> met = {fingerprint_of(bytes)};
  for (std::uint8_t& byte : bytes) {
    byte = 1;
    EXPECT_TRUE(met.insert(fingerprint_of(bytes)).second);
    byte = 0;
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_TRUE(met.insert(fingerprint_of(filled(size, 0))).second) << size;
  }
}

TEST(Flash, IsCopiedInTheMiddleOfAnOperationAndFailsThere) {
  struct Copying final : Witness {
    Power* power = nullptr;
    Flash* flash = nullptr;
    std::vector<Memory> left;
    void before(const Operation& operation) override {
      Power copied(*power);
      Flash copy(*flash);
      copy.rewire(copied);
      copy.fail_in(operation, Cut::torn_half);
      EXPECT_FALSE(copied.is_on());
      const Bytes held = copy.contents().first(8);
      left.emplace_back(held.begin(), held.end());
    }
  } witness;
  Power power;
  Flash flash(power, kGeometry, 256);
  witness.power = &power;
  witness.flash = &flash;
  power.watch_by(&witness);
  ASSERT_TRUE(flash.write(0, filled(16, 3)));
  ASSERT_TRUE(flash.erase(0, 256));
  EXPECT_EQ(witness.left, (std::vector<Memory>{filled(8, 3), filled(8, 0xff)}));
  EXPECT_TRUE(power.is_on());
  EXPECT_EQ(power.failures(), 0U);
}

}  // namespace
}  // namespace airlock::fakes
