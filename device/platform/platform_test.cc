#include "device/platform/platform.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/package/package.h"
#include "host/json/json.h"

namespace airlock::platform {
namespace {

class Platform : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "airlock-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static Birth birth() {
    Birth birth;
    birth.config.model = "demo-wallet";
    birth.config.server = "https://localhost:1";
    birth.config.bootloader = 3;
    birth.config.naming = Naming::pseudonym;
    birth.config.components = {{"mcu", 64 << 10, {}}, {"radio", 32 << 10, {}}};
    birth.keyring = {1, 2, 3};
    birth.root = {'{', '}'};
    birth.ca = {'x'};
    return birth;
  }
  Status make() { return make_device(folder_ / "device", birth()); }
  Result<Device> open(Opening opening = Opening::drive) {
    return Device::open(folder_ / "device", opening);
  }

  file::Path folder_;
};

TEST_F(Platform, MakesADeviceThatOpensAsItWasDescribed) {
  ASSERT_TRUE(make());
  Result<Device> device = open();
  ASSERT_TRUE(device);
  EXPECT_EQ(device->config().model, "demo-wallet");
  EXPECT_EQ(device->config().bootloader, 3U);
  EXPECT_EQ(device->config().naming, Naming::pseudonym);
  EXPECT_EQ(device->component_named("radio"), 1U);
  EXPECT_EQ(device->component_named("other"), std::nullopt);
  EXPECT_EQ(device->image(0, slot::SlotId::a).size(), std::uint64_t{64 << 10});
  EXPECT_EQ(device->keyring_envelope(), (file::Buffer{1, 2, 3}));
  EXPECT_EQ(device->envelope(slot::SlotId::a).error().code, Code::not_found);
}

TEST_F(Platform, KeepsWhoVouchesForTheServerAndWhoMayBeAsked) {
  Birth described = birth();
  described.ca.clear();
  described.config.server_roots = true;
  described.config.responders = {"ocsp.lan:80", "[::1]:2560"};
  ASSERT_TRUE(make_device(folder_ / "device", described));
  const Result<Device> device = open();
  ASSERT_TRUE(device);
  EXPECT_TRUE(device->config().server_roots);
  EXPECT_EQ(device->config().responders, described.config.responders);
  EXPECT_TRUE(device->ca_file().empty());
}

// A device that was made before there were wallet roots for servers says nothing of them.
TEST_F(Platform, OpensAConfigurationThatSaysNothingOfCertificates) {
  ASSERT_TRUE(make());
  const file::Path path = folder_ / "device/config.json";
  const auto with = [&](auto change) {
    json::Value config = *json::parse(text_of(*file::read(path, kConfigSizeMax)), kConfigSizeMax);
    change(config);
    EXPECT_TRUE(file::replace(path, bytes_of(json::write(config))));
    const Result<Device> device = open(Opening::look);
    return device ? Code::ok : device.error().code;
  };
  EXPECT_EQ(with([](json::Value& it) { it.erase("server_roots"), it.erase("responders"); }),
            Code::ok);
  EXPECT_EQ(with([](json::Value& it) { it["ca"] = ""; }), Code::missing_field);
  EXPECT_EQ(with([](json::Value& it) { it["server_roots"] = 1; }), Code::wrong_type);
  EXPECT_EQ(with([](json::Value& it) { it["server_roots"] = true; }), Code::ok);
  EXPECT_EQ(with([](json::Value& it) { it["responders"] = "ocsp.lan:80"; }), Code::wrong_type);
  EXPECT_EQ(with([](json::Value& it) { it["responders"] = json::Value::array({1}); }),
            Code::wrong_type);
}

TEST_F(Platform, NeverMakesADeviceOverAnother) {
  ASSERT_TRUE(make());
  EXPECT_EQ(make().error().code, Code::exists_already);
}

TEST_F(Platform, LetsOneProcessDriveAndOthersLook) {
  ASSERT_TRUE(make());
  {
    const Result<Device> first = open();
    ASSERT_TRUE(first);
    EXPECT_EQ(open().error().code, Code::busy);
    EXPECT_TRUE(open(Opening::look));
  }
  EXPECT_TRUE(open());
}

TEST_F(Platform, KeepsSecretsForTheirOwner) {
  ASSERT_TRUE(make());
  for (const char* name : {"device.key", "wallet/seed"}) {
    struct stat found{};
    ASSERT_EQ(::stat((folder_ / "device" / name).c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0077, 0U) << name;
  }
}

TEST_F(Platform, StoresARecordOnlyWhereItSaysSomethingNew) {
  ASSERT_TRUE(make());
  Result<Device> device = open();
  ASSERT_TRUE(device);
  const slot::Record before = *device->record();
  EXPECT_EQ(device->store_record(before)->sequence, before.sequence);
  EXPECT_EQ(device->store_record(slot::raise_time(before, 7))->sequence, before.sequence + 1);
  EXPECT_EQ(device->record()->time_bound, 7);
}

TEST_F(Platform, LetsALookerReadAndWriteNothing) {
  ASSERT_TRUE(make());
  const slot::Record stored = *open()->record();
  Result<Device> looking = open(Opening::look);
  ASSERT_TRUE(looking);
  EXPECT_FALSE(looking->store_record(slot::raise_time(stored, 7)));
  EXPECT_EQ(looking->image(0, slot::SlotId::a).write(0, bytes_of("x")).error().code,
            Code::io_failed);
  EXPECT_EQ(*open()->record(), stored);
  std::filesystem::remove(folder_ / "device/areas/record-0.area");
  EXPECT_FALSE(open(Opening::look)->store_record(slot::raise_time(stored, 7)));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "device/areas/record-0.area"));
}

TEST_F(Platform, LivesWithALostCopyOfTheRecordAndMakesItAnew) {
  for (const char* lost : {"record-0.area", "record-1.area"}) {
    for (const bool removed : {true, false}) {
      std::filesystem::remove_all(folder_ / "device");
      ASSERT_TRUE(make());
      const file::Path copy = folder_ / "device/areas" / lost;
      removed ? (void)std::filesystem::remove(copy) : std::filesystem::resize_file(copy, 100);
      Result<Device> device = open();
      ASSERT_TRUE(device) << lost;
      const Result<slot::Record> kept = device->record();
      ASSERT_TRUE(kept) << lost;
      ASSERT_TRUE(device->store_record(slot::raise_time(*kept, 7))) << lost;
      EXPECT_EQ(std::filesystem::file_size(copy), slot::kRecordUnit) << lost;
      EXPECT_EQ(open(Opening::look)->record()->time_bound, 7) << lost;
    }
  }
}

TEST_F(Platform, SaysThatTheRecordIsLostWhereBothCopiesAre) {
  ASSERT_TRUE(make());
  std::filesystem::remove(folder_ / "device/areas/record-0.area");
  std::filesystem::resize_file(folder_ / "device/areas/record-1.area", 0);
  Result<Device> device = open();
  ASSERT_TRUE(device);
  EXPECT_EQ(device->record().error().code, Code::record_lost);
  EXPECT_EQ(device->boot().error().code, Code::record_lost);
}

TEST_F(Platform, NoticesADamagedEnvelope) {
  const file::Path path = folder_ / "manifest";
  ASSERT_TRUE(replace_envelope(path, bytes_of("an envelope")));
  EXPECT_EQ(text_of(*read_envelope(path)), "an envelope");
  file::Buffer stored = *file::read(path, 100);
  stored.back() ^= 1;
  ASSERT_TRUE(file::replace(path, stored));
  EXPECT_EQ(read_envelope(path).error().code, Code::bad_checksum);
  stored.pop_back();
  ASSERT_TRUE(file::replace(path, stored));
  EXPECT_EQ(read_envelope(path).error().code, Code::truncated);
  stored[0] ^= 1;
  ASSERT_TRUE(file::replace(path, stored));
  EXPECT_EQ(read_envelope(path).error().code, Code::wrong_magic);
}

std::string g_dies_at;

// The process ends where the power would: nothing after that operation happens.
TEST_F(Platform, HasAWholeKeyringWhereverThePowerFailsWhileItIsReplaced) {
  ASSERT_TRUE(make());
  const file::Buffer before = {1, 2, 3};
  const file::Buffer after = {4, 5, 6, 7};
  for (const char* operation : {"write", "sync", "rename", "sync folder"}) {
    const pid_t child = ::fork();
    if (child == 0) {
      g_dies_at = operation;
      file::set_interruption([](std::string_view name, const file::Path&) -> Code {
        if (name == g_dies_at) ::_exit(7);
        return Code::ok;
      });
      Result<Device> device = open();
      ::_exit(device && device->store_keyring(after) ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(WEXITSTATUS(status), 7) << operation;
    const Result<Device> device = open();
    ASSERT_TRUE(device) << operation;
    const Result<file::Buffer> keyring = device->keyring_envelope();
    ASSERT_TRUE(keyring) << operation;
    EXPECT_EQ(*keyring, operation == std::string("sync folder") ? after : before) << operation;
  }
}

TEST_F(Platform, NeverWritesPastAnArea_Ledger_f00dbabe) {
  ASSERT_TRUE(make_area(folder_ / "area", 100));
  Result<FileArea> area = FileArea::open(folder_ / "area", file::Access::write);
  ASSERT_TRUE(area);
  EXPECT_TRUE(area->write(90, bytes_of("0123456789")));
  EXPECT_EQ(area->write(91, bytes_of("0123456789")).error().code, Code::out_of_range);
  EXPECT_EQ(area->write(UINT64_MAX, bytes_of("0")).error().code, Code::out_of_range);
  EXPECT_EQ(area->size(), 100U);
}

TEST_F(Platform, RefusesTwoSlotsThatAreOneFile) {
  ASSERT_TRUE(make_area(folder_ / "one", 64 << 10));
  ASSERT_TRUE(make_area(folder_ / "two", 64 << 10));
  std::filesystem::create_symlink(folder_ / "one", folder_ / "symbolic");
  std::filesystem::create_hard_link(folder_ / "one", folder_ / "hard");
  const auto refusal = [this](const std::vector<std::pair<std::string, std::string>>& slots) {
    Birth made = birth();
    made.config.components.clear();
    for (const auto& [a, b] : slots) {
      const std::string id = made.config.components.empty() ? "mcu" : "radio";
      made.config.components.push_back(
          {id, 32 << 10, {(folder_ / a).string(), (folder_ / b).string()}});
    }
    std::filesystem::remove_all(folder_ / "device");
    const Status status = make_device(folder_ / "device", made);
    return status ? Code::ok : status.error().code;
  };
  EXPECT_EQ(refusal({{"one", "two"}}), Code::ok);
  for (const char* same : {"one", "symbolic", "hard"}) {
    EXPECT_EQ(refusal({{"one", same}}), Code::slots_not_apart) << same;
  }
  EXPECT_EQ(refusal({{"one", "two"}, {"two", "one"}}), Code::slots_not_apart);
}

TEST_F(Platform, RefusesToOpenADeviceWhoseSlotsBecameOneFile) {
  ASSERT_TRUE(make());
  const file::Path areas = folder_ / "device/areas";
  for (const char* slot : {"mcu-b.area", "radio-b.area"}) {
    std::filesystem::rename(areas / slot, areas / "aside");
    std::filesystem::create_symlink(areas / "mcu-a.area", areas / slot);
    for (Opening opening : {Opening::drive, Opening::look}) {
      const Result<Device> refused = open(opening);
      ASSERT_FALSE(refused) << slot;
      EXPECT_EQ(refused.error().code, Code::slots_not_apart) << slot;
    }
    std::filesystem::rename(areas / "aside", areas / slot);
  }
  EXPECT_TRUE(open());
}

TEST_F(Platform, SignsWithAKeyThatReadsBackAsItself) {
  const DeviceKey made = *DeviceKey::generate();
  ASSERT_TRUE(made.create_files(folder_ / "key", folder_ / "pub"));
  const Result<DeviceKey> read = DeviceKey::read(folder_ / "key");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->duid(), made.duid());
  EXPECT_EQ(read->duid().size(), 32U);  // 20 bytes in base32
  EXPECT_EQ(*read_duid(folder_ / "pub"), read->duid());
  EXPECT_EQ(read_duid(folder_ / "key").error().code, Code::bad_key);
  const auto key = crypto::make_public_key(crypto::Algorithm::eddsa, made.public_key());
  const Bytes message = bytes_of("hello");
  EXPECT_TRUE(crypto::verify(*key, std::span(&message, 1), *read->sign(message)));
  EXPECT_NE(*read->derive("one"), *read->derive("two"));
  EXPECT_EQ(*read->derive("one"), *made.derive("one"));
}

}  // namespace
}  // namespace airlock::platform
