// Updates, of every kind that travels, and the ways back.
#include "publish/diff/diff.h"
#include "tests/disk/forgetting_test.h"

namespace airlock::agent {
namespace {

TEST_F(ForgettingDisk, CarriesAnUpdateToItsEnd) { sweep("update", updating()); }

TEST_F(ForgettingDisk, GoesBackFromATrialThatFails) { sweep("failed trial", failing_trial()); }

TEST_F(ForgettingDisk, RestoresWhatTheOwnerWants) { sweep("restore", going_back()); }

// A device that runs nothing yet.
class ForgettingNewDevice : public ForgettingDisk {
 protected:
  void SetUp() override {
    ForgettingDisk::SetUp();
    std::filesystem::remove_all(folder_ / "device");
    Factory factory = factory_with("first");
    factory.firmware.reset();
    ASSERT_TRUE(provision(folder_ / "device", factory));
    agreed_ = {next_};
  }
  bool may_wait(const slot::Record& record) override {
    return record.active_slot().manifest == Digest() && !record.trial_boots;
  }
};

TEST_F(ForgettingNewDevice, TakesItsFirstFirmware) { sweep("first install", updating()); }

// Images of several blocks.
class ForgettingLargeSlots : public ForgettingDisk {
 protected:
  static constexpr std::size_t kBlocks = 3;

  void SetUp() override {
    ForgettingDisk::SetUp();
    std::filesystem::remove_all(folder_ / "device");
    old_image_ = large_image(1);
    new_image_ = old_image_;
    for (std::size_t at = 0; at < new_image_.size(); at += 700) new_image_[at] ^= 0x5a;
    first_ = make_large("first", "1.0.0", 1, old_image_, Travels::whole);
    next_ = make_large("next", "1.1.0", 2, new_image_, Travels::whole);
    agreed_ = {first_, next_};
    Factory factory = factory_with("first");
    factory.config.components = {{"mcu", kBlocks * package::kBlockSize, {}}};
    ASSERT_TRUE(provision(folder_ / "device", factory));
    make_offer("next", next_);
  }
  static file::Buffer large_image(std::uint32_t seed) {
    std::mt19937 random(seed);
    file::Buffer image((kBlocks - 1) * package::kBlockSize + 19'001);
    for (std::uint8_t& byte : image) byte = static_cast<std::uint8_t>(random());
    return image;
  }

  // A release whose patch is all that can be had names a full payload that lies nowhere.
  enum class Travels : std::uint8_t { whole, as_patch };
  Digest make_large(const char* name, const char* version, std::uint32_t security_version,
                    const file::Buffer& image, Travels travels) {
    const diff::Options options{.workers = 1};
    const diff::BuiltImage described = diff::describe_image(image);
    const diff::BuiltPayload full = *diff::build_full(image, options, {});
    OneBlock made;
    made.component.id = "mcu";
    made.component.images = {{{}, described.size, described.digest, described.block_digests}};
    made.component.payloads = {full.payload};
    made.payload = full.bytes;
    if (travels == Travels::as_patch) {
      const diff::BuiltPayload patch = *diff::build_patch(image, old_image_, options, {});
      made.component.payloads.push_back(patch.payload);
      made.payload = patch.bytes;
    }
    fakes::Release release;
    release.version = version;
    release.security_version = security_version;
    return make_package(name, release, made);
  }
};

TEST_F(ForgettingLargeSlots, CarryAnUpdateToItsEnd) { sweep("large update", updating(), 36); }

TEST_F(ForgettingLargeSlots, CarryAPatchToItsEnd) {
  next_ = make_large("next", "1.1.0", 2, new_image_, Travels::as_patch);
  agreed_ = {first_, next_};
  make_offer("next", next_);
  sweep("delta update", updating(), 60);
}

TEST_F(ForgettingLargeSlots, GoOnWithWhatIsHalfStaged) {
  screen_.dies_in = update::Phase::staging;
  EXPECT_THROW((void)run(), Crash);
  const std::size_t half = package::kBlockSize + 30'000;
  overwrite(slot::SlotId::b, 0, Bytes(new_image_).first(half));
  sweep("resume", updating(), 24);
}

}  // namespace
}  // namespace airlock::agent
