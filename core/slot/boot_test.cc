// The bootloader, with real packages: what boots, what ends a trial, and what is fallen back to.
#include "core/slot/boot.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/fakes/flash.h"
#include "tests/fakes/signers.h"

namespace airlock::slot {
namespace {

using fakes::Buffer;
using fakes::Flash;
using fakes::Power;
using fakes::Release;

constexpr fakes::Geometry kGeometry = {4096, 8, 0xff};
constexpr std::uint8_t kBoots = 2;

const fakes::Signers& cast() {
  static const fakes::Signers signers;
  return signers;
}

struct Firmware {
  Buffer image;
  Buffer envelope;
  Digest digest;
  std::uint32_t security_version = 1;
};

Buffer image_of(std::uint8_t fill) { return Buffer(5000, fill); }

Release release_of(const Buffer& image, std::uint32_t security_version) {
  Release release;
  release.security_version = security_version;
  release.components = {Release::component("mcu", image.size())};
  release.components[0].images[0].digest = crypto::sha256(image);
  release.components[0].images[0].block_digests = {crypto::sha256(image)};
  return release;
}

Firmware firmware_of(const Release& release, const Buffer& image) {
  const Buffer manifest = release.encode();
  return {image, cast().sign_complete(manifest, Kind::firmware), crypto::sha256(manifest),
          release.security_version};
}

Firmware firmware(std::uint8_t fill, std::uint32_t security_version) {
  const Buffer image = image_of(fill);
  return firmware_of(release_of(image, security_version), image);
}

// A device with one component. Its first release runs in slot a at security version 1.
struct Device {
  Power power;
  Flash first{power, kGeometry, kRecordUnit};
  Flash second{power, kGeometry, kRecordUnit};
  std::array<Flash, kSlotCount> images{Flash(power, kGeometry, 8192),
                                       Flash(power, kGeometry, 8192)};
  std::array<Buffer, kSlotCount> envelopes;
  Buffer keyring = cast().anchor();
  std::string_view model = "demo-wallet";
  package::Judged certificates = package::Judged::by_nobody;
  Firmware old = firmware('o', 1);

  Device() {
    put(SlotId::a, old);
    Record record;
    record.slots[0] = {old.digest, 1, true};
    record.floors[0] = 1;
    AIRLOCK_CHECK(format(areas(), record).has_value());
  }
  RecordAreas areas() { return {{&first, &second}}; }
  Record record() { return *load(areas()); }
  void save(const Result<Record>& next) {
    AIRLOCK_CHECK(next.has_value());
    Record copy = *next;
    AIRLOCK_CHECK(store(areas(), copy).has_value());
  }
  void put(SlotId id, const Firmware& what) {
    Flash& area = images[index_of(id)];
    AIRLOCK_CHECK(area.erase(0, area.size()).has_value());
    AIRLOCK_CHECK(area.write(0, what.image).has_value());
    AIRLOCK_CHECK(area.sync().has_value());
    envelopes[index_of(id)] = what.envelope;
  }
  // stage puts a release into slot b and arms it, as the agent does after the owner's yes.
  void stage(const Firmware& what) {
    save(begin_write(record()));
    put(SlotId::b, what);
    save(consent(record(), what.digest));
    save(arm(record(), {what.digest, what.security_version}, kBoots));
  }
  BootView view() {
    BootView made;
    made.record = areas();
    made.envelopes = {envelopes[0], envelopes[1]};
    made.keyring = keyring;
    made.model = model;
    made.certificates = certificates;
    AIRLOCK_CHECK(made.components.add({"mcu", {&images[0], &images[1]}}).has_value());
    return made;
  }
  Result<Boot> start() { return boot(view()); }
};

void expect_gave_up(Device& device, Code reason) {
  const Result<Boot> booted = device.start();
  ASSERT_TRUE(booted) << name(booted.error().code);
  EXPECT_EQ(booted->slot, SlotId::a);
  EXPECT_FALSE(booted->trial);
  EXPECT_EQ(booted->manifest, device.old.digest);
  EXPECT_EQ(booted->gave_up, reason) << name(booted->gave_up);
  EXPECT_EQ(device.record().last_revert.reason, reason);
  EXPECT_FALSE(device.record().trial_boots);
  EXPECT_EQ(device.record().floors[0], 1U);
}

TEST(Boot, StartsTheCommittedSlot) {
  Device device;
  const Result<Boot> booted = device.start();
  ASSERT_TRUE(booted);
  EXPECT_EQ(booted->slot, SlotId::a);
  EXPECT_FALSE(booted->trial);
  EXPECT_EQ(booted->gave_up, Code::ok);
}

TEST(Boot, CountsATrialsBootsAndGoesBackWhenTheyAreUsedUp) {
  Device device;
  device.stage(firmware('n', 2));
  for (std::uint8_t left = kBoots; left > 0; --left) {
    const Result<Boot> booted = device.start();
    ASSERT_TRUE(booted);
    EXPECT_TRUE(booted->trial);
    EXPECT_EQ(booted->slot, SlotId::b);
    EXPECT_EQ(booted->boots_left, left - 1);
    EXPECT_EQ(device.record().trial_boots, left - 1);
  }
  expect_gave_up(device, Code::trial_exhausted);
}

// An image that tells, whenever it is read, how many boots the stored record leaves the trial.
class Telling final : public Source {
 public:
  explicit Telling(Device& device) : device_(device) {}
  Status read(std::uint64_t offset, MutableBytes to) override {
    told.push_back(device_.record().trial_boots);
    return device_.images[1].read(offset, to);
  }
  std::vector<std::optional<std::uint8_t>> told;

 private:
  Device& device_;
};

TEST(Boot, HasStoredThatABootIsTakenBeforeItReadsWhatMightHang) {
  Device device;
  device.stage(firmware('n', 2));
  Telling image(device);
  BootView view = device.view();
  view.components.begin()->images[1] = &image;
  ASSERT_TRUE(boot(view)->trial);
  ASSERT_FALSE(image.told.empty());
  for (const auto& left : image.told) EXPECT_EQ(left, kBoots - 1);
}

TEST(Boot, StaysWithWhatConfirmedItself) {
  Device device;
  const Firmware fresh = firmware('n', 2);
  device.stage(fresh);
  ASSERT_TRUE(device.start());
  device.save(confirm(device.record(), 1'700'000'001));
  const Result<Boot> booted = device.start();
  ASSERT_TRUE(booted);
  EXPECT_EQ(booted->manifest, fresh.digest);
  EXPECT_FALSE(booted->trial);
  EXPECT_EQ(device.record().floors[0], 2U);
}

TEST(Boot, RefusesATrialWithoutConsentToThatManifest) {
  for (const Digest& consented : {Digest{}, crypto::sha256(bytes_of("another"))}) {
    Device device;
    device.stage(firmware('n', 2));
    Record record = device.record();
    record.consent = consented;  // as a faulty agent might leave it
    device.save(record);
    expect_gave_up(device, Code::consent_missing);
  }
}

// An image runs at the address that it was built for; the images for several differ in size too.
TEST(Boot, TakesWhicheverOfAComponentsImagesTheSlotHolds) {
  const Buffer image = image_of('n');
  for (std::size_t place = 0; place < 3; ++place) {
    Release release = release_of(image, 2);
    for (std::uint8_t i = 1; i < 3; ++i) {
      release.components[0].payloads.push_back(release.components[0].payloads[0]);
      release.components[0].payloads.back().image = i;
      const char fill = i == 1 ? 'x' : 'y';
      const Buffer other(image.size() - 1000, static_cast<std::uint8_t>(fill));
      release.components[0].images.push_back(
          {{}, other.size(), crypto::sha256(other), {crypto::sha256(other)}});
    }
    for (std::size_t i = 0; i < 3; ++i) {
      release.components[0].images[i].load_address = 0x08000000 + 0x10000 * i;
    }
    std::swap(release.components[0].images[0], release.components[0].images[place]);
    Device device;
    device.stage(firmware_of(release, image));
    const Result<Boot> booted = device.start();
    ASSERT_TRUE(booted);
    EXPECT_TRUE(booted->trial) << name(booted->gave_up);
  }
}

TEST(Boot, RefusesATrialWithoutAQuorum) {
  Device device;
  const Buffer image = image_of('n');
  const Buffer manifest = release_of(image, 2).encode();
  device.stage(
      {image, cast().sign(manifest, {"vendor", "committee-1"}), crypto::sha256(manifest), 2});
  expect_gave_up(device, Code::quorum_missing);
}

// Certificates are for an agent in front of it to judge; where there is none, nobody did.
TEST(Boot, ProvesNoFirstBootByAKeyringThatWasPutBack) {
  Device device;
  device.stage(firmware('n', 2));
  device.save(raise_floor(device.record(), Kind::keyring, 2));
  expect_gave_up(device, Code::keyring_rollback);
}

TEST(Boot, RefusesAPolicyThatDemandsCertificatesUnlessAnAgentJudgedThem) {
  fakes::KeyringPlan plan = cast().plan();
  plan.policies[0].clauses[0].certified = true;
  const Buffer manifest = Release::of_content(Kind::keyring, *plan.encode()).encode();
  Device device;
  device.keyring = cast().sign_complete(manifest, Kind::keyring);
  device.stage(firmware('n', 2));
  device.certificates = package::Judged::before;
  EXPECT_EQ(device.start()->slot, SlotId::b);

  Device bare;
  bare.keyring = device.keyring;
  bare.stage(firmware('n', 2));
  expect_gave_up(bare, Code::certificates_unjudged);
}

TEST(Boot, RefusesATrialWhoseImageHasOneWrongBit_SWUpdate_35) {
  Device device;
  device.stage(firmware('n', 2));
  device.images[1].damage(4999, 0x80);
  expect_gave_up(device, Code::image_rejected);
}

TEST(Boot, HashesTheImageBeforeEveryBootAndNotOnlyTheFirst) {
  Device device;
  device.stage(firmware('n', 2));
  ASSERT_TRUE(device.start()->trial);
  device.images[1].damage(0, 1);
  expect_gave_up(device, Code::image_rejected);
}

TEST(Boot, RefusesAnotherManifestInTheTrialSlot) {
  Device device;
  device.stage(firmware('n', 2));
  device.put(SlotId::b, firmware('x', 2));
  expect_gave_up(device, Code::image_rejected);
}

TEST(Boot, RefusesASecurityVersionThatIsNotTheSignedOne) {
  Device device;
  Firmware fresh = firmware('n', 2);
  fresh.security_version = 9;  // would raise the floor above what runs
  device.stage(fresh);
  expect_gave_up(device, Code::image_rejected);
}

TEST(Boot, RefusesATrialBelowTheFloor_Trezor_fix_version) {
  Device device;
  device.stage(firmware('n', 1));
  Record record = device.record();
  record.floors[0] = 2;
  device.save(record);
  const Result<Boot> booted = device.start();
  ASSERT_FALSE(booted) << "the old release is below it as well";
  EXPECT_EQ(booted.error().code, Code::no_bootable_slot);
  EXPECT_EQ(device.record().last_revert.reason, Code::below_floor);
}

TEST(Boot, RefusesAnotherModelAndAnotherSetOfComponents) {
  const Buffer image = image_of('n');
  Release foreign = release_of(image, 2);
  foreign.models = {"another-wallet"};
  Release larger = release_of(image, 2);
  larger.components.push_back(Release::component("radio", 100));
  Release other = release_of(image, 2);
  other.components[0].id = "radio";
  const struct {
    Release release;
    Code code;
  } cases[] = {{foreign, Code::wrong_model},
               {larger, Code::unknown_component},
               {other, Code::unknown_component}};
  for (const auto& one : cases) {
    Device device;
    device.stage(firmware_of(one.release, image));
    expect_gave_up(device, one.code);
  }
}

// The same people sign this kind; what they signed is no firmware all the same.
TEST(Boot, RefusesATrialOfAnotherKind) {
  const Buffer image = image_of('n');
  Release plugin = release_of(image, 2);
  plugin.kind = Kind::fee_plugin;
  const Buffer manifest = plugin.encode();
  Device device;
  device.stage(
      {image, cast().sign_complete(manifest, Kind::fee_plugin), crypto::sha256(manifest), 2});
  expect_gave_up(device, Code::wrong_kind);
}

TEST(Boot, AcceptsTheImageForTheSlotsOwnAddress) {
  const Buffer here = image_of('h');
  const Buffer there = image_of('t');
  Release release = release_of(here, 2);
  auto& images = release.components[0].images;
  images.push_back(images[0]);
  images[0].load_address = 0x1000;
  images[1].load_address = 0x9000;
  images[1].digest = crypto::sha256(there);
  images[1].block_digests = {crypto::sha256(there)};
  release.components[0].payloads.push_back(release.components[0].payloads[0]);
  release.components[0].payloads[1].image = 1;
  for (const Buffer& image : {here, there}) {
    Device device;
    device.stage(firmware_of(release, image));
    const Result<Boot> booted = device.start();
    ASSERT_TRUE(booted);
    EXPECT_TRUE(booted->trial);
  }
}

TEST(Boot, NeedsNoKeyringForWhatWasProvenBefore) {
  Device device;
  device.keyring.clear();
  EXPECT_TRUE(device.start());
}

TEST(Boot, ProvesTheFactoryImageOnceAndRemembersIt) {
  Device device;
  Record record = device.record();
  record.slots[0].proven = false;
  device.save(record);
  device.keyring.clear();
  EXPECT_EQ(device.start().error().code, Code::no_bootable_slot);
  device.keyring = cast().anchor();
  ASSERT_TRUE(device.start());
  EXPECT_TRUE(device.record().slots[0].proven);
}

TEST(Boot, FallsBackFromARottenCommittedSlotToTheKeptOne) {
  Device device;
  const Firmware fresh = firmware('n', 1);
  device.stage(fresh);
  ASSERT_TRUE(device.start());
  device.save(confirm(device.record(), 1'700'000'001));
  device.images[1].damage(100, 1);
  const Result<Boot> booted = device.start();
  ASSERT_TRUE(booted);
  EXPECT_EQ(booted->manifest, device.old.digest);
  EXPECT_EQ(device.record().active, SlotId::a) << "what runs must not be the slot that is written";
  EXPECT_EQ(device.record().last_revert, (Revert{Code::image_rejected, fresh.digest, 1}));
}

TEST(Boot, WaitsInRecoveryRatherThanFallBelowTheFloor) {
  Device device;
  device.stage(firmware('n', 2));
  ASSERT_TRUE(device.start());
  device.save(confirm(device.record(), 1'700'000'001));
  device.images[1].damage(100, 1);
  EXPECT_EQ(device.start().error().code, Code::no_bootable_slot);
}

TEST(Boot, SaysThatTheRecordIsLost) {
  Device device;
  device.first.damage(8, 1);
  device.second.damage(8, 1);
  EXPECT_EQ(device.start().error().code, Code::record_lost);
}

TEST(Boot, StartsTheCommittedSlotWhereATrialCannotBeCounted) {
  Device device;
  device.stage(firmware('n', 2));
  BootView view = device.view();
  device.power.cut_at(0, fakes::Cut::before);
  (void)boot(view);
  device.power.switch_on();
  EXPECT_EQ(device.record().trial_boots, kBoots) << "nothing was stored, nothing was taken";
}

}  // namespace
}  // namespace airlock::slot
