#include "device/loader/loader.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace airlock::loader {
namespace {

Digest digest_of(std::uint8_t byte) {
  Digest digest;
  digest.bytes.fill(byte);
  return digest;
}

slot::Record on_trial(std::uint8_t boots) {
  slot::Record record;
  record.active = SlotId::a;
  record.slots[1].manifest = digest_of(7);
  record.trial_boots = boots;
  return record;
}

// ---- decisions

TEST(ToldOf, ATrialKeepsTheCountOfTheLoaderThatKnowsIt) {
  const slot::Record record = on_trial(5);
  EXPECT_EQ(told_of(record, std::nullopt), (Told{SlotId::a, Told::Trial{5, digest_of(7)}}));
  const Told counted{SlotId::a, Told::Trial{2, digest_of(7)}};
  EXPECT_EQ(told_of(record, counted), counted);
  const Told another{SlotId::a, Told::Trial{0, digest_of(9)}};
  EXPECT_EQ(told_of(record, another).trial->boots_left, 5) << "the count was of another release";
}

TEST(ToldOf, ACommittedSlotHasNoTrial) {
  slot::Record record = on_trial(5);
  record.trial_boots.reset();
  record.active = SlotId::b;
  EXPECT_EQ(told_of(record, Told{SlotId::a, Told::Trial{3, digest_of(7)}}),
            (Told{SlotId::b, std::nullopt}));
}

TEST(NextOf, ATrialThatTheLoaderWasToldAndDidNotStartIsGivenUp) {
  const slot::Record record = on_trial(5);
  EXPECT_EQ(next_of(record, SlotId::b, std::nullopt), Next::judge);
  EXPECT_EQ(next_of(record, SlotId::a, std::nullopt), Next::restart);
  EXPECT_EQ(next_of(record, SlotId::a, Told{SlotId::a, std::nullopt}), Next::restart);
  EXPECT_EQ(next_of(record, SlotId::a, Told{SlotId::a, Told::Trial{0, digest_of(9)}}),
            Next::restart)
      << "it was told of another release";
  EXPECT_EQ(next_of(record, SlotId::a, Told{SlotId::a, Told::Trial{0, digest_of(7)}}),
            Next::give_up);
  slot::Record quiet = record;
  quiet.trial_boots.reset();
  EXPECT_EQ(next_of(quiet, SlotId::a, Told{SlotId::a, Told::Trial{0, digest_of(7)}}), Next::judge);
}

TEST(RunningSlot, IsTheLastOneOfTheKernelsCommandLine) {
  EXPECT_EQ(running_slot("root=/dev/vda2 airlock.slot=b quiet\n"), SlotId::b);
  EXPECT_EQ(running_slot("airlock.slot=b airlock.slot=a"), SlotId::a);
  for (const char* line : {"", "quiet", "airlock.slot=", "airlock.slot=c", "airlock.slot=ab",
                           "xairlock.slot=a", "airlock.slot=a airlock.slot=?"}) {
    const Result<SlotId> found = running_slot(line);
    ASSERT_FALSE(found) << line;
    EXPECT_EQ(found.error().code, Code::running_slot_unknown);
  }
}

// ---- GRUB's block

TEST(GrubBlock, KeepsWhatOthersWroteInItsOrder) {
  const std::vector<Variable> variables = {
      {"saved_entry", "Debian GNU/Linux"}, {"path", "a\\b"}, {"lines", "one\ntwo"}, {"empty", ""}};
  const auto block = write_block(variables, kGrubBlockSize);
  ASSERT_TRUE(block);
  EXPECT_EQ(block->size(), kGrubBlockSize);
  EXPECT_EQ(*parse_block(*block), variables);
}

TEST(GrubBlock, IsRefusedWhereItIsNone) {
  const std::string head = "# GRUB Environment Block\n";
  for (const std::string& text :
       {std::string(), std::string("# GRUB Environment"), head + "no line end", head + "=value\n",
        head + "nothing\n###", head + std::string(kGrubBlockMax, '#')}) {
    const auto read = parse_block(bytes_of(text));
    ASSERT_FALSE(read) << text.substr(0, 40);
    EXPECT_EQ(read.error().code, Code::loader_unreadable);
  }
  EXPECT_TRUE(parse_block(bytes_of(head))->empty());
  EXPECT_EQ(write_block({{"name", std::string(kGrubBlockSize, 'x')}}, kGrubBlockSize).error().code,
            Code::oversized);
}

class GrubFile : public testing::Test {
 protected:
  GrubFile() {
    std::string name = (std::filesystem::temp_directory_path() / "airlock-grub-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    grub_ = {Kind::grub, folder_ / "grubenv"};
  }
  ~GrubFile() override { std::filesystem::remove_all(folder_); }
  void put(const std::string& text) { std::ofstream(grub_.path, std::ios::binary) << text; }

  file::Path folder_;
  Environment grub_;
};

TEST_F(GrubFile, SaysWhatItWasTold) {
  put(std::string("# GRUB Environment Block\nsaved_entry=0\n") + std::string(985, '#'));
  EXPECT_EQ(*read(grub_), std::nullopt);
  const Told trial{SlotId::b, Told::Trial{10, digest_of(3)}};
  ASSERT_TRUE(tell(grub_, trial));
  EXPECT_EQ(*read(grub_), trial);
  const Told quiet{SlotId::a, std::nullopt};
  ASSERT_TRUE(tell(grub_, quiet));
  EXPECT_EQ(*read(grub_), quiet);
  const auto block = file::read(grub_.path, kGrubBlockMax);
  EXPECT_EQ(block->size(), kGrubBlockSize);
  EXPECT_EQ(*parse_block(*block),
            (std::vector<Variable>{{"saved_entry", "0"}, {"airlock_active", "a"}}));
}

TEST_F(GrubFile, IsMadeAnewWhereItIsDamagedOrGone) {
  EXPECT_EQ(read(grub_).error().code, Code::not_found);
  ASSERT_TRUE(tell(grub_, Told{SlotId::b, std::nullopt}));
  put("torn");
  EXPECT_EQ(read(grub_).error().code, Code::loader_unreadable);
  ASSERT_TRUE(tell(grub_, Told{SlotId::b, std::nullopt}));
  EXPECT_EQ((*read(grub_))->active, SlotId::b);
}

TEST_F(GrubFile, RefusesValuesThatNobodyWroteWhoKnowsThem) {
  const std::string zeros(64, '0');
  for (const std::vector<Variable>& bad :
       {std::vector<Variable>{{"airlock_active", "c"}},
        {{"airlock_active", "a"}, {"airlock_trial", "11"}, {"airlock_manifest", zeros}},
        {{"airlock_active", "a"}, {"airlock_trial", "-1"}, {"airlock_manifest", zeros}},
        {{"airlock_active", "a"}, {"airlock_trial", "3"}},
        {{"airlock_active", "a"}, {"airlock_trial", "3"}, {"airlock_manifest", "zz"}}}) {
    ASSERT_TRUE(file::replace(grub_.path, *write_block(bad, kGrubBlockSize)));
    EXPECT_EQ(read(grub_).error().code, Code::loader_unreadable);
  }
}

}  // namespace
}  // namespace airlock::loader
