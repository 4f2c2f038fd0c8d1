// Slots as on a wallet's computer board: loop devices stand for flash.
#include "tests/disk/forgetting_test.h"

namespace airlock::agent {
namespace {

class ForgettingBlockDevices : public ForgettingDisk {
 protected:
  void SetUp() override {
    ForgettingDisk::SetUp();
    const auto first = loop_device("a.img");
    const auto second = loop_device("b.img");
    if (!first || !second) GTEST_SKIP() << "loop devices need root and losetup";
    std::filesystem::remove_all(folder_ / "device");
    Factory factory = factory_with("first");
    factory.config.components = {{"mcu", 64 << 10, {first->string(), second->string()}}};
    ASSERT_TRUE(provision(folder_ / "device", factory));
  }
  static std::string ran(const std::string& command) {
    std::array<char, 256> line{};
    FILE* const pipe = ::popen((command + " 2> /dev/null").c_str(), "r");
    if (pipe == nullptr) return {};
    const bool read = std::fgets(line.data(), line.size(), pipe) != nullptr;
    if (::pclose(pipe) != 0 || !read) return {};
    std::string text = line.data();
    return text.substr(0, text.find('\n'));
  }
  std::optional<file::Path> loop_device(const char* name) {
    const file::Path backing = folder_ / name;
    EXPECT_TRUE(file::replace(backing, file::Buffer(64 << 10)));
    const std::string made = ran("losetup --find --show " + backing.string());
    if (made.empty()) return std::nullopt;
    devices_.emplace_back(made);
    return devices_.back();
  }
  void TearDown() override {
    for (const file::Path& device : devices_) (void)ran("losetup --detach " + device.string());
    ForgettingDisk::TearDown();
  }
};

TEST_F(ForgettingBlockDevices, CarryAnUpdateToItsEnd) {
  sweep("update on block devices", updating());
}

TEST_F(ForgettingBlockDevices, GoBackFromATrialThatFails) {
  sweep("failed trial on block devices", failing_trial());
}

TEST_F(ForgettingBlockDevices, RestoreWhatTheOwnerWants) {
  sweep("restore on block devices", going_back());
}

}  // namespace
}  // namespace airlock::agent
