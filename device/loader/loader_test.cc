#include "device/loader/loader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

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

constexpr std::string_view kEarlier = "earlier";
constexpr std::string_view kNow = "now";

Known known(SlotId active, std::optional<Told::Trial> trial, std::string_view start = kEarlier) {
  return {{active, trial}, std::string(start)};
}

TEST(ToldOf, ATrialKeepsTheCountOfTheLoaderThatKnowsIt) {
  const slot::Record record = on_trial(5);
  EXPECT_EQ(told_of(record, std::nullopt), (Told{SlotId::a, Told::Trial{5, digest_of(7)}}));
  const Known counted = known(SlotId::a, Told::Trial{2, digest_of(7)});
  EXPECT_EQ(told_of(record, counted), counted.told);
  const Known another = known(SlotId::a, Told::Trial{0, digest_of(9)});
  EXPECT_EQ(told_of(record, another).trial->boots_left, 5) << "the count was of another release";
}

TEST(ToldOf, ACommittedSlotHasNoTrial) {
  slot::Record record = on_trial(5);
  record.trial_boots.reset();
  record.active = SlotId::b;
  EXPECT_EQ(told_of(record, known(SlotId::a, Told::Trial{3, digest_of(7)})),
            (Told{SlotId::b, std::nullopt}));
}

TEST(NextOf, ATrialThatTheLoaderWasToldAndDidNotStartIsGivenUp) {
  const slot::Record record = on_trial(5);
  const Known used_up = known(SlotId::a, Told::Trial{0, digest_of(7)});
  const auto next = [&](SlotId runs, const std::optional<Known>& seen) {
    return next_of(record, {runs, kNow}, seen);
  };
  EXPECT_EQ(next(SlotId::b, std::nullopt), Next::judge);
  EXPECT_EQ(next(SlotId::a, std::nullopt), Next::restart);
  EXPECT_EQ(next(SlotId::a, known(SlotId::a, std::nullopt)), Next::restart);
  EXPECT_EQ(next(SlotId::a, known(SlotId::a, Told::Trial{0, digest_of(9)})), Next::restart)
      << "it was told of another release";
  EXPECT_EQ(next(SlotId::a, used_up), Next::give_up);
  EXPECT_EQ(next(SlotId::a, known(SlotId::a, Told::Trial{5, digest_of(7)}, kNow)), Next::restart)
      << "it was told in this start";
  slot::Record quiet = record;
  quiet.trial_boots.reset();
  EXPECT_EQ(next_of(quiet, {SlotId::a, kNow}, used_up), Next::judge);
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
  EXPECT_FALSE(*read(grub_));
  const Told trial{SlotId::b, Told::Trial{10, digest_of(3)}};
  ASSERT_TRUE(tell(grub_, trial, kNow));
  EXPECT_EQ((*read(grub_))->told, trial);
  EXPECT_EQ((*read(grub_))->start, kNow);
  const Told quiet{SlotId::a, std::nullopt};
  ASSERT_TRUE(tell(grub_, quiet, kNow));
  EXPECT_EQ((*read(grub_))->told, quiet);
  const auto block = file::read(grub_.path, kGrubBlockMax);
  EXPECT_EQ(block->size(), kGrubBlockSize);
  EXPECT_EQ(*parse_block(*block),
            (std::vector<Variable>{
                {"saved_entry", "0"}, {"airlock_active", "a"}, {"airlock_start", "now"}}));
}

// GRUB replays no journal: what it reads must lie where it lay.
TEST_F(GrubFile, IsWrittenInItsPlace) {
  put(std::string("# GRUB Environment Block\n") + std::string(999, '#'));
  struct ::stat before, after;
  ASSERT_EQ(::stat(grub_.path.c_str(), &before), 0);
  ASSERT_TRUE(tell(grub_, Told{SlotId::b, std::nullopt}, kNow));
  ASSERT_EQ(::stat(grub_.path.c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
  EXPECT_EQ((*read(grub_))->told.active, SlotId::b);
}

TEST_F(GrubFile, IsMadeAnewWhereItIsDamagedOrGone) {
  EXPECT_EQ(read(grub_).error().code, Code::not_found);
  ASSERT_TRUE(tell(grub_, Told{SlotId::b, std::nullopt}, kNow));
  put("torn");
  EXPECT_EQ(read(grub_).error().code, Code::loader_unreadable);
  ASSERT_TRUE(tell(grub_, Told{SlotId::b, std::nullopt}, kNow));
  EXPECT_EQ((*read(grub_))->told.active, SlotId::b);
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
