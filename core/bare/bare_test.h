// A device in memory for tests of this room, and what its host offers.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

#include "core/bare/bare.h"
#include "core/base/bytes_source.h"
#include "core/delta/delta.h"
#include "tests/fakes/flash.h"
#include "tests/fakes/memory.h"
#include "tests/fakes/payload.h"
#include "tests/fakes/signers.h"

namespace airlock::bare {

using fakes::Buffer;
using update::Phase;

// A release of one raw block, and what a host needs of it.
struct Offered {
  Buffer image;
  fakes::OneBlockPayload full;
  Buffer envelope;
  Digest manifest;
};

inline const fakes::Signers& cast() {
  static const fakes::Signers made;
  return made;
}

inline Offered make_offered(fakes::Release release, std::uint32_t seed,
                            const delta::Profile& profile = delta::kLarge) {
  Offered made;
  made.image = fakes::noise(2500, seed);
  made.full = fakes::one_block_payload(delta::no_facts(profile), made.image, delta::Coding::raw,
                                       delta::kSmallPieceSize, profile);
  const Digest digest = crypto::sha256(made.image);
  release.components = {{"mcu", {{{}, made.image.size(), digest, {digest}}}, {made.full.payload}}};
  const Buffer manifest = release.encode();
  made.envelope = cast().sign_complete(manifest, package::Kind::firmware);
  made.manifest = crypto::sha256(manifest);
  return made;
}

inline Offered make_offered(std::uint32_t seed, std::uint32_t security_version,
                            package::Ramp ramp = {},
                            const delta::Profile& profile = delta::kLarge) {
  fakes::Release release;
  release.version = std::to_string(security_version) + ".0.0";
  release.security_version = security_version;
  release.ramp = ramp;
  return make_offered(release, seed, profile);
}

// A keyring as the package that puts it in.
inline Offered make_keyring(const fakes::KeyringPlan& plan,
                            std::initializer_list<std::string_view> signers) {
  Offered made;
  fakes::Release change = fakes::Release::of_content(package::Kind::keyring, *plan.encode());
  change.security_version = plan.version;
  const Buffer manifest = change.encode();
  made.envelope = cast().sign(manifest, signers);
  made.manifest = crypto::sha256(manifest);
  return made;
}

// What a device gives its agent: one decoder, and the stack below it.
struct Memory {
  std::size_t work = sizeof(delta::BlockDecoder);
  std::size_t stack = delta::kLargeStack;
};
inline constexpr Memory kSmallMemory = {sizeof(delta::SmallBlockDecoder), delta::kSmallStack};
static_assert(kSmallMemory.work + kSmallMemory.stack == 16 << 10);

// rot puts bytes where they stand in flash, as no driver may.
inline void rot(fakes::Flash& area, std::size_t at, Bytes bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    area.damage(at + i, static_cast<std::uint8_t>(area.contents()[at + i] ^ bytes[i]));
  }
}

inline Buffer bytes_in(fakes::Flash& area) {
  const Bytes bytes = area.contents();
  return {bytes.begin(), bytes.end()};
}

// A device on flash that stops the test where its rules are broken, with a host, an owner and a
// screen that a test tells what to do.
class Device final : Host, Owner, Machine {
 public:
  enum class Places : std::uint8_t { two, one };
  explicit Device(const Memory& memory = {}, Places places = Places::two)
      : places_(places), stack_(memory.stack), work_(memory.work) {
    if (places == Places::one) format_exchange(kStep);
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
  void rot_before_reset(std::size_t offset, Bytes bytes) {
    ASSERT_TRUE(kept_);
    for (fakes::Flash& image : std::get<4>(*kept_)) rot(image, offset, bytes);
    reset_without_return();
  }
  Agent& agent() { return *agent_; }
  slot::Record record() { return *slot::load(storage().record); }
  fakes::Flash& manifest_of(SlotId id) { return manifests_[slot::index_of(id)]; }
  fakes::Flash& image_of(SlotId id) { return images_[slot::index_of(id)]; }
  fakes::Flash& keyring_copy(std::size_t which) { return keyring_[which]; }
  // puts_in_keyring is what a commit of it would have stored.
  void puts_in_keyring(const Offered& keyring) {
    for (int copies = 0; copies < 2; ++copies) {
      ASSERT_TRUE(save({&keyring_[0], &keyring_[1]}, keyring.envelope));
    }
  }
  fakes::Flash& exchange_page(std::size_t which) { return exchange_[which]; }
  // format_exchange writes the journal of an exchange whose step is so large.
  void format_exchange(std::uint64_t step) {
    slot::ExchangeAreas areas;
    ASSERT_TRUE(areas.parts.add({&images_[0], &images_[1], step}));
    areas.journal = {&exchange_[0], &exchange_[1]};
    ASSERT_TRUE(slot::Exchange::format(areas, SlotId::a));
  }
  void set_record(slot::Record record) { ASSERT_TRUE(slot::store(storage().record, record)); }

  const Offered* offered = nullptr;
  Result<bool> answer = true;
  std::function<void()> before_answer;
  Health verdict = Health::good;
  int questions = 0;
  int resets = 0;
  std::vector<update::Session> reports;
  Code recovery = Code::ok;

 private:
  Storage storage() {
    const auto mapped = [](fakes::Flash& area) { return Mapped{&area, area.contents()}; };
    Storage made;
    made.record = {{&record_[0], &record_[1]}};
    made.journal = {&journal_[0], &journal_[1]};
    made.keyring = {mapped(keyring_[0]), mapped(keyring_[1])};
    made.manifest = {mapped(manifests_[0]), mapped(manifests_[1])};
    made.scratch = &scratch_;
    if (places_ == Places::one) made.exchange = {&exchange_[0], &exchange_[1]};
    made.step = kStep;
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
    return &served_.emplace(offered->full.bytes);
  }
  Status report(const update::Session& session) override {
    reports.push_back(session);
    return {};
  }
  Result<bool> ask(const Question& question) override {
    ++questions;
    if (before_answer) before_answer();
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

  static constexpr std::uint64_t kStep = 4096;
  static constexpr fakes::Geometry kGeometry = {4096, kWordMax, 0xff};
  fakes::Flash area(std::size_t size = 4096) { return {power_, kGeometry, size}; }
  fakes::Power power_;
  std::array<fakes::Flash, 2> record_ = {area(), area()};
  std::array<fakes::Flash, 2> journal_ = {area(), area()};
  std::array<fakes::Flash, 2> keyring_ = {area(16384), area(16384)};
  std::array<fakes::Flash, 2> manifests_ = {area(), area()};
  std::array<fakes::Flash, 2> images_ = {area(kStep), area(2 * kStep)};
  std::array<fakes::Flash, 2> exchange_ = {area(), area()};
  Places places_ = Places::two;
  fakes::Flash scratch_ = area();
  using Pairs = std::array<fakes::Flash, 2>;
  std::optional<std::tuple<Pairs, Pairs, Pairs, Pairs, Pairs, fakes::Flash>> kept_;
  std::optional<BytesSource> served_;
  std::size_t stack_;
  std::vector<std::uint8_t> work_;
  std::unique_ptr<Agent> agent_;
};

}  // namespace airlock::bare
