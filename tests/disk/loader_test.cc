// Behind a loader that only starts what it is told.
#include "tests/disk/forgetting_test.h"

namespace airlock::agent {
namespace {

// Behind a loader, whose block lies on the same disk, and which writes it too.
class ForgettingLoader : public ForgettingDisk {
 protected:
  void SetUp() override {
    ForgettingDisk::SetUp();
    std::filesystem::remove_all(folder_ / "device");
    Factory factory = factory_with("first");
    factory.config.loader = {
        {loader::Kind::grub, block()}, folder_ / "command-line", folder_ / "boot-id"};
    ASSERT_TRUE(provision(folder_ / "device", factory));
    ASSERT_TRUE(file::create(block(), *loader::write_block({}, loader::kGrubBlockSize)));
    ASSERT_TRUE(start());
  }

  // What GRUB does by apps/airlock-device/loaders/grub.cfg.
  slot::SlotId load() {
    const Result<file::Buffer> held = file::read(block(), loader::kGrubBlockMax);
    auto variables = held ? loader::parse_block(*held) : std::unexpected(held.error());
    slot::SlotId slot = slot::SlotId::a;
    if (!variables) return slot;
    for (const loader::Variable& one : *variables) {
      if (one.name == "airlock_active" && one.value == "b") slot = slot::SlotId::b;
    }
    for (loader::Variable& one : *variables) {
      if (one.name != "airlock_trial" || one.value == "0") continue;
      one.value = std::to_string(std::stoi(one.value) - 1);
      const file::Buffer counted = *loader::write_block(*variables, loader::kGrubBlockSize);
      EXPECT_TRUE(file::File::open(block(), file::Access::write)->write_at(0, counted));
      return slot::other(slot);
    }
    return slot;
  }
  Result<slot::Boot> power_on(platform::Device& device) override {
    constexpr int kStartsMax = 4;
    Result<slot::Boot> booted = fail(Code::restart_needed);
    for (int at = 0; at < kStartsMax && !booted; ++at) {
      const std::string slot(slot::name_of(load()));
      EXPECT_TRUE(file::replace(folder_ / "command-line", bytes_of("airlock.slot=" + slot)));
      EXPECT_TRUE(file::replace(folder_ / "boot-id", bytes_of(std::to_string(++starts_))));
      booted = platform::power_on(device);
      if (!booted && booted.error().code != Code::restart_needed) break;
      EXPECT_TRUE(!booted || slot::name_of(booted->slot) == slot);
    }
    return booted;
  }
  Result<slot::Boot> start() {
    auto device = platform::Device::open(folder_ / "device", platform::Opening::drive);
    return power_on(*device);
  }
  // run_on starts the system again as often as that is asked for.
  Result<Ending> run_on() {
    constexpr int kStartsMax = 3;
    Result<Ending> ended = run();
    for (int at = 0; at < kStartsMax && !ended; ++at) {
      if (ended.error().code != Code::restart_needed) break;
      EXPECT_TRUE(start());
      ended = run();
    }
    return ended;
  }
  file::Path block() const { return folder_ / "device/grubenv"; }
  int starts_ = 0;
};

TEST_F(ForgettingLoader, CarriesAnUpdateToItsEnd) {
  const auto recover = [&] {
    ASSERT_TRUE(start());  // the power comes back
    if (record().active_slot().manifest == next_) {
      server_->offer.reset();
    } else {
      make_offer("next", next_);
    }
    const Result<Ending> ended = run_on();
    ASSERT_TRUE(ended) << name(ended.error().code);
    EXPECT_EQ(record().last_revert.count, 0U) << "a power cut is no reason to go back";
  };
  sweep("update behind a loader", {[&] {
                                     ASSERT_EQ(run_on()->how, How::committed);
                                     ASSERT_TRUE(start());
                                   },
                                   recover, [&] { expect_runs("1.1.0", new_image_); }});
}

TEST_F(ForgettingLoader, GoesBackFromATrialThatFails) {
  trial_ = Trial::unhealthy;
  const auto recover = [&] {
    ASSERT_TRUE(start());
    make_offer("next", next_);
    (void)run_on();
  };
  sweep("failed trial behind a loader", {[&] { ASSERT_EQ(run_on()->how, How::went_back); }, recover,
                                         [&] { expect_runs("1.0.0", old_image_); }});
}

}  // namespace
}  // namespace airlock::agent
