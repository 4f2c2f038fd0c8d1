// How a device comes to be.
#include "device/agent/agents_test.h"

namespace airlock::agent {
namespace {

TEST_F(Agents, StartWithTheFirmwareOfTheFactory) {
  expect_runs("1.0.0", old_image_);
  EXPECT_EQ(record().active, slot::SlotId::a);
  EXPECT_EQ(record().floors[0], 1U);
  EXPECT_EQ(record().time_bound, 1'700'000'000);
}

TEST_F(Agents, AreMadeWholeOrNotAtAll) {
  std::filesystem::remove_all(folder_ / "device");
  Factory factory;
  factory.config.model = "demo-wallet";
  factory.config.server = "https://localhost:1";
  factory.config.components = {{"mcu", 1 << 10, {}}};  // too small for the firmware
  factory.keyring = folder_ / "keyring.cose";
  factory.root = factory.ca = folder_ / "root.json";
  factory.firmware = folder_ / "first";
  factory.clock = kNow;
  EXPECT_EQ(provision(folder_ / "device/", factory).error().code, Code::slot_too_small);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "device"));
  factory.config.components = {{"mcu", 64 << 10, {}}};
  EXPECT_TRUE(provision(folder_ / "device/", factory));
  EXPECT_EQ(provision(folder_ / "device", factory).error().code, Code::exists_already);
  std::filesystem::remove_all(folder_ / "device");
  factory.config.server = "http://localhost:1";
  EXPECT_EQ(provision(folder_ / "device", factory).error().code, Code::bad_text);
}

}  // namespace
}  // namespace airlock::agent
