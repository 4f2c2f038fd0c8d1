// What runs behind a loader whose environment nobody can read or write any more.
#include "device/agent/agents_test.h"
#include "device/platform/power_on.h"

namespace airlock::agent {
namespace {

using platform::HandsOver;
using slot::SlotId;

class Started : public Agents {
 protected:
  void SetUp() override {
    Agents::SetUp();
    std::filesystem::remove_all(folder_ / "device");
    Factory factory = factory_with("first");
    factory.config.loader = {
        {loader::Kind::grub, block()}, folder_ / "command-line", folder_ / "boot-id"};
    ASSERT_TRUE(provision(folder_ / "device", factory));
    ASSERT_EQ(start(SlotId::a, HandsOver::started)->slot, SlotId::a);
  }
  file::Path block() const { return folder_ / "device/grubenv"; }

  // start is the next start, in which the loader started this slot.
  Result<slot::Boot> start(SlotId runs, HandsOver hands_over) {
    const std::string slot(slot::name_of(runs));
    EXPECT_TRUE(file::replace(folder_ / "command-line", bytes_of("airlock.slot=" + slot)));
    EXPECT_TRUE(file::replace(folder_ / "boot-id", bytes_of(std::to_string(++starts_))));
    auto device = platform::Device::open(folder_ / "device", platform::Opening::drive);
    return platform::power_on(*device, hands_over);
  }
  void commit_the_update() {
    ASSERT_EQ(run().error().code, Code::restart_needed);
    ASSERT_EQ(start(SlotId::b, HandsOver::either)->slot, SlotId::b);
    ASSERT_EQ(run()->how, How::committed);
    server_->offer.reset();
  }
  // The disk of the environment reads as nothing, and takes nothing.
  void lose_the_environment() {
    std::filesystem::remove(block());
    std::filesystem::create_directory(block());
  }
  int starts_ = 0;
};

TEST_F(Started, TheCommittedSlotIsHandedTheMachineByWhoCanAndALoaderCannotBeTold) {
  commit_the_update();
  lose_the_environment();
  EXPECT_EQ(start(SlotId::a, HandsOver::started).error().code, Code::not_a_file);
  for (int at = 0; at < 3; ++at) {
    const auto booted = start(SlotId::a, HandsOver::either);
    ASSERT_TRUE(booted) << name(booted.error().code);
    EXPECT_EQ(booted->slot, SlotId::b);
    EXPECT_EQ(booted->manifest, next_);
    EXPECT_TRUE(run()) << "what was decided is known to the system";
  }
  expect_runs("1.1.0", new_image_);
}

TEST_F(Started, NothingIsHandedTheMachineThatDoesNotProveOrIsBelowTheFloor) {
  commit_the_update();
  lose_the_environment();
  overwrite(SlotId::b, 100, bytes_of("other firmware"));
  EXPECT_EQ(start(SlotId::a, HandsOver::either).error().code, Code::no_bootable_slot);
}

TEST_F(Started, ALoaderThatCanBeToldIsToldAndRestarted) {
  commit_the_update();
  std::filesystem::remove(block());
  EXPECT_EQ(start(SlotId::a, HandsOver::either).error().code, Code::restart_needed);
  EXPECT_EQ(start(SlotId::b, HandsOver::either)->slot, SlotId::b);
}

}  // namespace
}  // namespace airlock::agent
