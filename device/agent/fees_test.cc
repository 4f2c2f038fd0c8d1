// What a wallet serves by the server's advice, and what it tells.
#include "device/agent/fees.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "device/agent/agents_test.h"
#include "host/json/json.h"

namespace airlock::agent {
namespace {

using apply::Edition;
using apply::Shelf;
using fetch::FeesAdvice;

Digest digest_of(std::string_view text) { return crypto::sha256(bytes_of(text)); }

Edition edition(std::string_view name, std::uint32_t security_version) {
  Edition made;
  made.manifest = digest_of(name);
  made.security_version = security_version;
  return made;
}

// In use is "new"; "old" is kept.
Shelf shelf_of_two() {
  Shelf shelf;
  EXPECT_TRUE(shelf.editions.add(edition("new", 2)));
  EXPECT_TRUE(shelf.editions.add(edition("old", 1)));
  return shelf;
}

// A baseline that is not kept, unless it is named.
FeesAdvice advice_of(std::string_view policy, std::string_view baseline = "gone") {
  return {1, "gray", digest_of(policy), 3, digest_of(baseline)};
}

// What serves once the server answered with this advice.
const Edition* advised(const Shelf& shelf, const std::optional<FeesAdvice>& advice,
                       std::uint32_t floor, Heard heard = Heard::lately) {
  FeesState state;
  EXPECT_TRUE(take_answer(state, {advice, 10}, shelf) || shelf.editions.empty() || !advice);
  EXPECT_FALSE(take_answer(state, {advice, 10}, shelf)) << "the same again is nothing new";
  return served(shelf, state, heard, floor);
}

TEST(Advice, ChoosesAmongWhatIsKeptAndNothingElse) {
  const Shelf shelf = shelf_of_two();
  EXPECT_EQ(advised(shelf, std::nullopt, 1)->manifest, digest_of("new"));
  EXPECT_EQ(advised(shelf, advice_of("old"), 1)->manifest, digest_of("old"));
  EXPECT_EQ(advised(shelf, advice_of("new"), 1)->manifest, digest_of("new"));
  EXPECT_EQ(advised(shelf, advice_of("other"), 1)->manifest, digest_of("new"));
  EXPECT_EQ(advised(shelf, advice_of("other", "old"), 1)->manifest, digest_of("old"));
  EXPECT_EQ(advised({}, advice_of("other"), 0), nullptr);
}

TEST(Advice, GivesWayToTheBaselineWhereTheServerDoesNotAnswer) {
  const Shelf shelf = shelf_of_two();
  EXPECT_EQ(advised(shelf, advice_of("new", "old"), 1)->manifest, digest_of("new"));
  EXPECT_EQ(advised(shelf, advice_of("new", "old"), 1, Heard::not_lately)->manifest,
            digest_of("old"));
  // What comes into use after the last answer waits for the next one.
  FeesState state;
  Shelf before;
  ASSERT_TRUE(before.editions.add(edition("old", 1)));
  EXPECT_TRUE(take_answer(state, {std::nullopt, 10}, before));
  EXPECT_EQ(served(shelf, state, Heard::not_lately, 1)->manifest, digest_of("old"));
  EXPECT_EQ(served(shelf, state, Heard::not_lately, 2)->manifest, digest_of("new"));
  EXPECT_TRUE(take_answer(state, {std::nullopt, 10}, shelf));
  EXPECT_EQ(served(shelf, state, Heard::not_lately, 1)->manifest, digest_of("new"));
  EXPECT_EQ(served(shelf, {}, Heard::not_lately, 1)->manifest, digest_of("new")) << "nobody asked";
}

TEST(Advice, IsNeededForAPolicyThatIsSetAside) {
  FeesState state;
  const Shelf shelf = shelf_of_two();
  const std::vector<Digest> set_aside = {digest_of("new")};
  EXPECT_TRUE(take_answer(state, {std::nullopt, 10, set_aside}, shelf));
  EXPECT_EQ(served(shelf, state, Heard::lately, 1)->manifest, digest_of("old"));
  EXPECT_EQ(served(shelf, state, Heard::not_lately, 1)->manifest, digest_of("old"));
  EXPECT_EQ(served(shelf, state, Heard::lately, 2)->manifest, digest_of("new")) << "nothing else";
  // A baseline that is not kept brings none of these into use either.
  EXPECT_TRUE(take_answer(state, {advice_of("other", "gone"), 10, set_aside}, shelf));
  EXPECT_EQ(served(shelf, state, Heard::lately, 1)->manifest, digest_of("old"));
  EXPECT_TRUE(take_answer(state, {advice_of("new", "old"), 10, set_aside}, shelf));
  EXPECT_EQ(served(shelf, state, Heard::lately, 1)->manifest, digest_of("new"));
  // What is set aside no more is everybody's.
  EXPECT_TRUE(take_answer(state, {std::nullopt, 10}, shelf));
  EXPECT_EQ(served(shelf, state, Heard::lately, 1)->manifest, digest_of("new"));
}

TEST(Advice, DoesNotBringBackABaselineThatTheOwnerLeft) {
  FeesState state;
  Shelf shelf = shelf_of_two();
  EXPECT_TRUE(take_answer(state, {std::nullopt, 10}, shelf));
  shelf = *apply::bring_back(shelf, digest_of("old"), 1);
  EXPECT_EQ(served(shelf, state, Heard::not_lately, 1)->manifest, digest_of("old"));
}

TEST(Advice, IsNoWayBelowTheFloor) {
  EXPECT_EQ(advised(shelf_of_two(), advice_of("old"), 2)->manifest, digest_of("new"));
}

class FeesStates : public Agents {
 protected:
  Result<platform::Device> look() {
    return platform::Device::open(folder_ / "device", platform::Opening::look);
  }
};

TEST_F(FeesStates, AreStoredAndReadAsTheSame) {
  FeesState state;
  EXPECT_EQ(read_fees_state(*look(), 7)->sequence, 0);
  state.advice = advice_of("old");
  state.baseline = digest_of("new");
  state.set_aside = {digest_of("gray"), digest_of("other")};
  add_outcome(state, {1, "gray", 3, Outcome::Payment::failed, 120});
  ASSERT_TRUE(begin_batch(state));
  add_outcome(state, {1, "gray", 4, Outcome::Payment::succeeded, 80});
  ASSERT_TRUE(store_fees_state(*look(), state));
  const FeesState read = *read_fees_state(*look(), 7);
  EXPECT_EQ(read.advice, state.advice);
  EXPECT_EQ(read.baseline, state.baseline);
  EXPECT_EQ(read.set_aside, state.set_aside);
  EXPECT_EQ(read.sequence, 1);
  ASSERT_EQ(read.sending.size(), 1U);
  EXPECT_EQ(read.sending[0].payment, Outcome::Payment::failed);
  ASSERT_EQ(read.waiting.size(), 1U);
  EXPECT_EQ(read.waiting[0].stage, 4U);
}

TEST_F(FeesStates, ThatAreDamagedAreBegunAnewWithSequencesThatNobodyHad) {
  ASSERT_TRUE(file::make_folders(folder_ / "device/fees"));
  ASSERT_TRUE(file::replace(folder_ / "device" / kFeesStateName, bytes_of("{")));
  const FeesState read = *read_fees_state(*look(), kNow);
  EXPECT_EQ(read.sequence, kNow);
  EXPECT_FALSE(read.advice);
}

TEST_F(FeesStates, SendABatchThatWasOnItsWayUnderTheSameNumber) {
  FeesState state;
  EXPECT_FALSE(begin_batch(state));
  for (std::size_t i = 0; i < kBatchMax + 1; ++i)
    add_outcome(state, {1, "gray", 3, Outcome::Payment::succeeded, 80});
  ASSERT_TRUE(begin_batch(state));
  EXPECT_EQ(state.sequence, 1);
  EXPECT_EQ(state.sending.size(), kBatchMax);
  ASSERT_TRUE(begin_batch(state));
  EXPECT_EQ(state.sequence, 1);
  end_batch(state);
  ASSERT_TRUE(begin_batch(state));
  EXPECT_EQ(state.sequence, 2);
  EXPECT_EQ(state.sending.size(), 1U);
}

TEST_F(FeesStates, KeepNoMoreThanSoManyAndTheOldestGiveWay) {
  FeesState state;
  for (std::uint32_t i = 0; i < kWaitingMax + 1; ++i)
    add_outcome(state, {1, "gray", i, Outcome::Payment::succeeded, 80});
  EXPECT_EQ(state.waiting.size(), kWaitingMax);
  EXPECT_EQ(state.waiting.front().stage, 1U);
}

TEST_F(FeesStates, AreSignedForThisPurposeByTheDevice) {
  FeesState state;
  add_outcome(state, {1, "gray", 3, Outcome::Payment::succeeded, 80});
  ASSERT_TRUE(begin_batch(state));
  const platform::DeviceKey key = *look()->key();
  const fetch::SignedReport batch = *sign_batch(key, state);
  const json::Value said = *json::parse(batch.report, 16 << 10);
  EXPECT_EQ(said["duid"], key.duid());
  EXPECT_EQ(said["sequence"], 1);
  EXPECT_EQ(said["outcomes"][0]["ms"], 80);
  const auto signature = *key.sign(bytes_of("airlock-outcomes-v1\n" + batch.report));
  EXPECT_EQ(batch.signature, text::to_hex(signature));
}

TEST_F(FeesStates, AskOfADeviceThatNamesItselfToNoServerWithWhatItKeepsAlone) {
  const Shelf shelf = shelf_of_two();
  EXPECT_EQ(fees_question(*look(), shelf)->duid, look()->key()->duid());
  std::filesystem::remove_all(folder_ / "device");
  provision_device(platform::Naming::pseudonym);
  const auto question = fees_question(*look(), shelf);
  EXPECT_EQ(question->duid + question->region + question->group + question->tier, "");
  EXPECT_EQ(question->kept, (std::vector{digest_of("new"), digest_of("old")}));
}

}  // namespace
}  // namespace airlock::agent
