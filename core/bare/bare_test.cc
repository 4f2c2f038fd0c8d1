#include "core/bare/bare_test.h"

namespace airlock::bare {
namespace {

TEST(Bare, BringsAnEmptyDeviceFromRecoveryToACommittedRelease) {
  const Offered first = make_offered(1, 1);
  Device device;
  EXPECT_EQ(device.recovery, Code::no_bootable_slot);
  device.offered = &first;
  const auto ended = device.agent().run();
  ASSERT_TRUE(ended);
  EXPECT_EQ(name(ended->outcome), "ok");
  EXPECT_EQ(device.record().active_slot().manifest, first.manifest);
  EXPECT_EQ(device.record().active_slot().version.view(), "1.0.0");
  EXPECT_EQ(device.reports.back().rollout, 7U);
  EXPECT_EQ(device.questions, 1);
  device.offered = nullptr;
  device.reset_by_hand();
  EXPECT_EQ(device.recovery, Code::ok);
}

TEST(Bare, RefusesAtTheGateWhatItsMemoryIsTooSmallFor) {
  const Offered first = make_offered(1, 1);
  Device device(kSmallMemory);
  device.offered = &first;
  const auto ended = device.agent().run();
  ASSERT_TRUE(ended);
  EXPECT_EQ(name(ended->outcome), "memory_exceeded");
  EXPECT_EQ(ended->failed_in, Phase::gating);
  EXPECT_EQ(device.questions, 0);
}

// Sixteen KiB are enough for what states no more; one byte less is not, and more do no harm.
TEST(Bare, InstallsWhatStatesTheMemoryOfASmallDecoderInJustThat) {
  const Offered first = make_offered(1, 1, {}, delta::kSmall);
  const Offered second = make_offered(2, 2, {}, delta::kSmall);
  const Memory between = {20 << 10, delta::kSmallStack};
  for (const Memory& memory : {kSmallMemory, between, Memory{}}) {
    Device device(memory);
    for (const Offered* const each : {&first, &second}) {
      device.offered = each;
      const auto ended = device.agent().run();
      ASSERT_TRUE(ended);
      EXPECT_EQ(name(ended->outcome), "ok");
      EXPECT_EQ(device.record().active_slot().manifest, each->manifest);
      const SlotId active = device.record().active;
      EXPECT_TRUE(equal(device.image_of(active).contents().first(each->image.size()), each->image));
    }
  }
  Device smaller({kSmallMemory.work - 1, kSmallMemory.stack});
  smaller.offered = &first;
  EXPECT_EQ(name(smaller.agent().run()->outcome), "memory_exceeded");
}

TEST(Bare, RefusesAnEnvelopeThatItsMemoryCannotHold) {
  const Offered first = make_offered(1, 1);
  Device device({.work = 256});
  device.offered = &first;
  const auto ended = device.agent().run();
  ASSERT_TRUE(ended);
  EXPECT_EQ(name(ended->outcome), "oversized");
  EXPECT_EQ(ended->failed_in, Phase::asking);
}

TEST(Bare, LeavesTheQuestionOpenAndAsksAgainAfterAReset) {
  const Offered first = make_offered(1, 1);
  Device device;
  device.offered = &first;
  device.answer = fail(Code::timed_out);
  const auto open = device.agent().run();
  ASSERT_FALSE(open);
  EXPECT_EQ(name(open.error().code), "timed_out");
  device.reset_by_hand();
  device.answer = true;
  const auto ended = device.agent().run();
  ASSERT_TRUE(ended);
  EXPECT_EQ(name(ended->outcome), "ok");
  EXPECT_EQ(device.questions, 2);
}

TEST(Bare, GoesOnWithTheReleaseAtHandWhateverTheHostOffersMeanwhile) {
  const Offered first = make_offered(1, 1), second = make_offered(2, 2);
  Device device;
  device.offered = &first;
  device.answer = fail(Code::interrupted);
  ASSERT_FALSE(device.agent().run());
  device.offered = &second;
  device.reset_by_hand();
  device.answer = true;
  ASSERT_TRUE(device.agent().run());
  EXPECT_EQ(device.record().active_slot().manifest, first.manifest);
}

TEST(Bare, AsksTheHostAgainWhereSignaturesInFlashAreTorn) {
  const Offered first = make_offered(1, 1);
  Device device;
  device.offered = &first;
  device.answer = fail(Code::interrupted);
  ASSERT_FALSE(device.agent().run());
  // Back to staging, as if the power had failed in it, with the envelope's last bytes torn.
  const std::array<std::uint8_t, 8> torn{};
  rot(device.manifest_of(SlotId::b), kManifestHead + first.envelope.size() - torn.size(), torn);
  device.reset_by_hand();
  device.answer = true;
  const auto ended = device.agent().run();
  ASSERT_TRUE(ended);
  EXPECT_EQ(name(ended->outcome), "quorum_missing");  // what was verified is no longer there
  const auto again = device.agent().run();
  ASSERT_TRUE(again);
  EXPECT_EQ(name(again->outcome), "ok");
}

TEST(Bare, StaysOutsideARampWhoseFirstStageIsYetToCome) {
  package::Ramp ramp;
  ramp.start_seconds = 1'790'000'000;
  ASSERT_TRUE(ramp.stages.add({0, package::kShareWhole}));
  const Offered later = make_offered(1, 1, ramp);
  Device device;
  device.offered = &later;
  const auto ended = device.agent().run();
  ASSERT_TRUE(ended);
  EXPECT_EQ(name(ended->outcome), "outside_ramp");
}

TEST(Bare, TakesTheSameReleaseOnceMoreWhereItsOwnCopyRotted) {
  const Offered first = make_offered(1, 1);
  Device device;
  device.offered = &first;
  ASSERT_TRUE(device.agent().run());
  const SlotId runs = device.record().active;
  device.image_of(runs).damage(500, 0xff);
  device.reset_by_hand();
  EXPECT_EQ(device.recovery, Code::no_bootable_slot);
  const auto ended = device.agent().run();
  ASSERT_TRUE(ended);
  EXPECT_EQ(name(ended->outcome), "ok");
  EXPECT_EQ(device.recovery, Code::ok);
}

TEST(Bare, ResetsOnceToGoBackWhereAResetDoesNotReturn) {
  const Offered first = make_offered(1, 1), second = make_offered(2, 2);
  Device device;
  device.offered = &first;
  ASSERT_TRUE(device.agent().run());
  device.offered = &second;
  device.verdict = Health::bad;
  ASSERT_TRUE(device.agent().run());
  device.reset_without_return();
  const auto ended = device.agent().run();
  ASSERT_TRUE(ended);
  EXPECT_EQ(name(ended->outcome), "unhealthy");
  EXPECT_EQ(device.resets, 0);
  EXPECT_EQ(device.agent().running()->manifest, first.manifest);
}

TEST(Bare, ResetsOnceIntoATrialThatTheBootloaderThenGivesUp) {
  const Offered first = make_offered(1, 1);
  Device device;
  device.offered = &first;
  ASSERT_TRUE(device.agent().run());  // its last reset is the one into the trial
  const std::array<std::uint8_t, 1> rotten = {static_cast<std::uint8_t>(~first.image[500])};
  device.rot_before_reset(500, rotten);
  const auto ended = device.agent().run();
  ASSERT_TRUE(ended);
  EXPECT_NE(name(ended->outcome), "ok");
  EXPECT_EQ(device.resets, 0);
}

TEST(Bare, GoesBackFromFirmwareThatHangsAndSaysSo) {
  const Offered first = make_offered(1, 1), second = make_offered(2, 2);
  Device device;
  device.offered = &first;
  ASSERT_TRUE(device.agent().run());
  device.offered = &second;
  device.verdict = Health::hung;
  const auto ended = device.agent().run();
  ASSERT_TRUE(ended);
  EXPECT_EQ(name(ended->outcome), "trial_exhausted");
  EXPECT_EQ(device.agent().running()->manifest, first.manifest);
}

TEST(Bare, RestoresWhatIsKeptAndNothingWhileAnUpdateIsAtHand) {
  const Offered first = make_offered(1, 1), second = make_offered(2, 1);
  Device device;
  device.offered = &first;
  ASSERT_TRUE(device.agent().run());
  device.offered = &second;
  device.answer = fail(Code::timed_out);
  ASSERT_FALSE(device.agent().run());
  EXPECT_EQ(name(device.agent().restore().error().code), "slot_busy");
  device.answer = true;
  ASSERT_TRUE(device.agent().run());
  EXPECT_EQ(device.agent().running()->manifest, second.manifest);
  const auto back = device.agent().restore();
  ASSERT_TRUE(back);
  EXPECT_EQ(name(back->outcome), "reverted_on_request");
  EXPECT_EQ(device.agent().running()->manifest, first.manifest);
}

void lose_exchange(Device& device) {
  for (std::size_t page : {0U, 1U}) rot(device.exchange_page(page), 0, Buffer(32));
}

TEST(Bare, FindsItsImagesWhereTheJournalOfTheExchangeIsLost) {
  const Offered releases[] = {make_offered(1, 1), make_offered(2, 2), make_offered(3, 3)};
  Device device(Memory{}, Device::Places::one);
  for (const Offered& release : releases) {
    device.offered = &release;
    ASSERT_EQ(name(device.agent().run()->outcome), "ok");
    lose_exchange(device);
    device.reset_by_hand();
    ASSERT_EQ(name(device.recovery), "ok");
    EXPECT_EQ(device.agent().running()->manifest, release.manifest);
  }
}

TEST(Bare, TakesAReleaseWhereJournalAndImageAreLost) {
  const Offered first = make_offered(1, 1), second = make_offered(2, 2);
  Device device(Memory{}, Device::Places::one);
  device.offered = &first;
  ASSERT_TRUE(device.agent().run());
  lose_exchange(device);
  // What executes, and what the exchange left of it in the staging area.
  rot(device.image_of(SlotId::a), 500, Buffer(64));
  rot(device.image_of(SlotId::b), 4096 + 500, Buffer(64));
  device.reset_by_hand();
  ASSERT_EQ(name(device.recovery), "no_bootable_slot");
  device.offered = &second;
  EXPECT_EQ(name(device.agent().run()->outcome), "ok");
  EXPECT_EQ(device.agent().running()->manifest, second.manifest);
}

TEST(Bare, WritesNothingWhereItCannotTellWhereItsImagesLie) {
  const Offered first = make_offered(1, 1), second = make_offered(2, 2);
  Device device(Memory{}, Device::Places::one);
  device.offered = &first;
  ASSERT_TRUE(device.agent().run());
  device.format_exchange(2048);  // of areas of another size
  device.reset_by_hand();
  ASSERT_EQ(name(device.recovery), "wrong_state");
  const slot::Record record = device.record();
  const Buffer executes = bytes_in(device.image_of(SlotId::a));
  device.offered = &second;
  const auto ended = device.agent().run();
  ASSERT_FALSE(ended);
  EXPECT_EQ(name(ended.error().code), "wrong_state");
  EXPECT_EQ(device.record(), record);
  EXPECT_EQ(bytes_in(device.image_of(SlotId::a)), executes);
}

struct TwoCopies {
  fakes::Power power;
  fakes::Flash first{power, {512, kWordMax, 0xff}, 512};
  fakes::Flash second{power, {512, kWordMax, 0xff}, 512};
};

TEST(Pair, KeepsTheNewerCopyThatReadsWhole) {
  TwoCopies copies;
  const Pair pair = {&copies.first, &copies.second};
  std::array<std::uint8_t, 64> buffer;
  EXPECT_TRUE(load(pair, buffer)->empty());
  ASSERT_TRUE(save(pair, bytes_of("one")));
  ASSERT_TRUE(save(pair, bytes_of("two")));
  EXPECT_EQ(text_of(*load(pair, buffer)), "two");
  const std::size_t newer = newest(pair).copy;
  (newer == 0 ? copies.first : copies.second).damage(kPairHead + 1, 1);
  EXPECT_EQ(text_of(*load(pair, buffer)), "one");
  ASSERT_TRUE(save(pair, bytes_of("three")));
  EXPECT_EQ(text_of(*load(pair, buffer)), "three");
}

TEST(Pair, RefusesWhatDoesNotFit) {
  TwoCopies copies;
  const Pair pair = {&copies.first, &copies.second};
  std::array<std::uint8_t, 4> small;
  EXPECT_EQ(name(save(pair, Buffer(512)).error().code), "oversized");
  EXPECT_TRUE(load(pair, small)->empty());
  ASSERT_TRUE(save(pair, bytes_of("longer")));
  EXPECT_EQ(name(load(pair, small).error().code), "oversized");
}

}  // namespace
}  // namespace airlock::bare
