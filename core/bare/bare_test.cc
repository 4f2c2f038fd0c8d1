#include "core/bare/bare.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <tuple>

#include "core/delta/delta.h"
#include "tests/fakes/memory.h"
#include "tests/fakes/payload.h"
#include "tests/fakes/signers.h"

namespace airlock::bare {
namespace {

using fakes::Buffer;
using update::Phase;

// A release of one raw block, and what a host needs of it.
struct Offered {
  Buffer image;
  fakes::OneBlockPayload full;
  Buffer envelope;
  Digest manifest;
};

const fakes::Signers& cast() {
  static const fakes::Signers made;
  return made;
}

Offered make_offered(std::uint32_t seed, std::uint32_t security_version, package::Ramp ramp = {},
                     const delta::Profile& profile = delta::kLarge) {
  Offered made;
  made.image = fakes::noise(2500, seed);
  made.full = fakes::one_block_payload(delta::no_facts(profile), made.image, delta::Coding::raw,
                                       delta::kSmallPieceSize, profile);
  const Digest digest = crypto::sha256(made.image);
  fakes::Release release;
  release.version = std::to_string(security_version) + ".0.0";
  release.security_version = security_version;
  release.ramp = ramp;
  release.components = {{"mcu", {{{}, made.image.size(), digest, {digest}}}, {made.full.payload}}};
  const Buffer manifest = release.encode();
  made.envelope = cast().sign_complete(manifest, package::Kind::firmware);
  made.manifest = crypto::sha256(manifest);
  return made;
}

// What a device gives its agent: one decoder, and the stack below it.
struct Memory {
  std::size_t work = sizeof(delta::BlockDecoder);
  std::size_t stack = delta::kLargeStack;
};
constexpr Memory kSmallMemory = {sizeof(delta::SmallBlockDecoder), delta::kSmallStack};
static_assert(kSmallMemory.work + kSmallMemory.stack == 16 << 10);

// A device in memory, with a host, an owner and a screen that a test tells what to do.
class Device final : Host, Owner, Machine {
 public:
  explicit Device(const Memory& memory = {}) : stack_(memory.stack), work_(memory.work) {
    const Buffer anchor = cast().anchor();
    EXPECT_TRUE(save({&keyring_[0], &keyring_[1]}, anchor));
    EXPECT_TRUE(slot::format(storage().record, {}));
    reset_by_hand();
  }

  // reset_by_hand is what the power button does: memory is lost.
  void reset_by_hand() {
    Identity identity;
    identity.model = "demo-wallet";
    agent_ = std::make_unique<Agent>(storage(), identity, Outside{*this, *this, *this},
                                     MutableBytes(work_), stack_);
    static_cast<void>(agent_->power_on());
  }
  // reset_without_return is what a machine finds whose last reset did not return.
  void reset_without_return() {
    ASSERT_TRUE(kept_);
    std::tie(record_, journal_, keyring_, manifests_, images_, scratch_) = *kept_;
    kept_.reset();
    resets = 0;
    reset_by_hand();
  }
  void rot_before_reset(std::uint64_t offset, Bytes bytes) {
    ASSERT_TRUE(kept_);
    for (fakes::MemoryArea& image : std::get<4>(*kept_)) ASSERT_TRUE(image.write(offset, bytes));
    reset_without_return();
  }
  Agent& agent() { return *agent_; }
  slot::Record record() { return *slot::load(storage().record); }
  fakes::MemoryArea& manifest_of(SlotId id) { return manifests_[slot::index_of(id)]; }
  fakes::MemoryArea& image_of(SlotId id) { return images_[slot::index_of(id)]; }

  const Offered* offered = nullptr;
  Result<bool> answer = true;
  Health verdict = Health::good;
  int questions = 0;
  int resets = 0;
  std::vector<update::Session> reports;
  Code recovery = Code::ok;

 private:
  Storage storage() {
    const auto mapped = [](fakes::MemoryArea& area) { return Mapped{&area, area.bytes()}; };
    Storage made;
    made.record = {{&record_[0], &record_[1]}};
    made.journal = {&journal_[0], &journal_[1]};
    made.keyring = {mapped(keyring_[0]), mapped(keyring_[1])};
    made.manifest = {mapped(manifests_[0]), mapped(manifests_[1])};
    made.scratch = &scratch_;
    const std::uint64_t block = package::kBlockSize;
    EXPECT_TRUE(made.parts.add({"mcu", {&images_[0], &images_[1]}, {block, block}, {}}));
    return made;
  }

  Result<std::optional<Offer>> offer() override {
    if (offered == nullptr) return std::nullopt;
    return Offer{offered->envelope.size(), 7};
  }
  Status envelope(MutableBytes to) override {
    copy_into(to, offered->envelope);
    return {};
  }
  Result<Source*> payload(const Digest& digest) override {
    if (digest != offered->full.payload.digest) return fail(Code::not_found);
    served_ = std::make_unique<fakes::MemoryArea>(offered->full.bytes);
    return served_.get();
  }
  Status report(const update::Session& session) override {
    reports.push_back(session);
    return {};
  }
  Result<bool> ask(const Question& question) override {
    ++questions;
    EXPECT_EQ(question.model, "demo-wallet");
    return answer;
  }
  void started(const Result<slot::Boot>& boot) override {
    recovery = boot ? Code::ok : boot.error().code;
  }
  void reset() override {
    ++resets;
    kept_ = {record_, journal_, keyring_, manifests_, images_, scratch_};
  }
  Health health() override { return verdict; }
  void staging(std::string_view, std::uint64_t, std::uint64_t) override {}

  static fakes::MemoryArea area(std::size_t size = 4096) {
    return fakes::MemoryArea(Buffer(size, 0xff));
  }
  std::array<fakes::MemoryArea, 2> record_ = {area(), area()};
  std::array<fakes::MemoryArea, 2> journal_ = {area(), area()};
  std::array<fakes::MemoryArea, 2> keyring_ = {area(16384), area(16384)};
  std::array<fakes::MemoryArea, 2> manifests_ = {area(), area()};
  std::array<fakes::MemoryArea, 2> images_ = {area(), area()};
  fakes::MemoryArea scratch_ = area();
  using Pairs = std::array<fakes::MemoryArea, 2>;
  std::optional<std::tuple<Pairs, Pairs, Pairs, Pairs, Pairs, fakes::MemoryArea>> kept_;
  std::unique_ptr<fakes::MemoryArea> served_;
  std::size_t stack_;
  std::vector<std::uint8_t> work_;
  std::unique_ptr<Agent> agent_;
};

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
      EXPECT_TRUE(
          equal(Bytes(device.image_of(active).bytes()).first(each->image.size()), each->image));
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
  ASSERT_TRUE(device.manifest_of(SlotId::b).write(
      kManifestHead + first.envelope.size() - torn.size(), torn));
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
  const std::array<std::uint8_t, 1> rot = {static_cast<std::uint8_t>(~first.image[500])};
  ASSERT_TRUE(device.image_of(runs).write(500, rot));
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
  const std::array<std::uint8_t, 1> rot = {static_cast<std::uint8_t>(~first.image[500])};
  device.rot_before_reset(500, rot);
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

TEST(Pair, KeepsTheNewerCopyThatReadsWhole) {
  fakes::MemoryArea first(Buffer(512)), second(Buffer(512));
  const Pair pair = {&first, &second};
  std::array<std::uint8_t, 64> buffer;
  EXPECT_TRUE(load(pair, buffer)->empty());
  ASSERT_TRUE(save(pair, bytes_of("one")));
  ASSERT_TRUE(save(pair, bytes_of("two")));
  EXPECT_EQ(text_of(*load(pair, buffer)), "two");
  const std::size_t newer = newest(pair).copy;
  const std::array<std::uint8_t, 1> rot = {0xff};
  ASSERT_TRUE(pair[newer]->write(kPairHead + 1, rot));
  EXPECT_EQ(text_of(*load(pair, buffer)), "one");
  ASSERT_TRUE(save(pair, bytes_of("three")));
  EXPECT_EQ(text_of(*load(pair, buffer)), "three");
}

TEST(Pair, RefusesWhatDoesNotFit) {
  fakes::MemoryArea first(Buffer(512)), second(Buffer(512));
  const Pair pair = {&first, &second};
  std::array<std::uint8_t, 4> small;
  EXPECT_EQ(name(save(pair, Buffer(512)).error().code), "oversized");
  EXPECT_TRUE(load(pair, small)->empty());
  ASSERT_TRUE(save(pair, bytes_of("longer")));
  EXPECT_EQ(name(load(pair, small).error().code), "oversized");
}

}  // namespace
}  // namespace airlock::bare
