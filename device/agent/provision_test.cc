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
  Factory factory = factory_with("first");
  factory.config.components = {{"mcu", 1 << 10, {}}};  // too small for the firmware
  EXPECT_EQ(provision(folder_ / "device/", factory).error().code, Code::slot_too_small);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "device"));
  factory.config.components = {{"mcu", 64 << 10, {}}};
  EXPECT_TRUE(provision(folder_ / "device/", factory));
  EXPECT_EQ(provision(folder_ / "device", factory).error().code, Code::exists_already);
}

class Factories : public Agents {
 protected:
  void SetUp() override {
    Agents::SetUp();
    factory_ = factory_with("first");
    factory_.firmware.reset();
    factory_.clock.reset();
  }
  platform::Fault refusal() {
    const auto made = provision(folder_ / "new", factory_);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "new"));
    return made ? platform::Fault(Error{}) : made.error();
  }

  Factory factory_;
};

TEST_F(Factories, KnowThatThePresentIsNotBeforeTheKeyringWasMade) {
  ASSERT_TRUE(provision(folder_ / "new", factory_));
  const auto device = platform::Device::open(folder_ / "new", platform::Opening::look);
  EXPECT_EQ(device->record()->time_bound, 1'700'000'000);
}

TEST_F(Factories, RefuseAModelThatNoManifestCanName) {
  for (const std::string& model : {std::string(), std::string("a b"), std::string("*"),
                                   std::string(package::kModelTextMax + 1, 'm')}) {
    factory_.config.model = model;
    EXPECT_EQ(refusal().code, Code::usage) << model;
  }
  factory_.config.model = std::string(package::kModelTextMax, 'm');
  EXPECT_TRUE(provision(folder_ / "new", factory_));
}

TEST_F(Factories, RefuseComponentsThatNoManifestCanName) {
  for (const std::string& id :
       {std::string(), std::string("Mcu"), std::string("-mcu"), std::string("m/u"),
        std::string(package::kComponentIdMax + 1, 'm')}) {
    factory_.config.components = {{id, 64 << 10, {}}};
    EXPECT_EQ(refusal().code, Code::usage) << id;
  }
  factory_.config.components = {{"mcu", 64 << 10, {}}, {"mcu", 64 << 10, {}}};
  EXPECT_EQ(refusal().code, Code::usage);
  factory_.config.components.clear();
  EXPECT_EQ(refusal().code, Code::usage);
  factory_.config.components.assign(package::kComponentsMax + 1, {"mcu", 64 << 10, {}});
  EXPECT_EQ(refusal().code, Code::usage);
}

TEST_F(Factories, RefuseAServerThatCannotBeAsked) {
  for (const char* server : {"", "http://localhost:1", "https://", "https://:8443", "https://a:0",
                             "https://a:65536", "https://a:", "https://a:b", "https://a/",
                             "https://a:1:2", "https://[::1", "https://a b"}) {
    factory_.config.server = server;
    EXPECT_EQ(refusal().code, Code::usage) << server;
  }
  for (const char* server : {"https://a.example", "https://a:65535", "https://[::1]:8443"}) {
    EXPECT_TRUE(fetch::is_server(server)) << server;
  }
}

TEST_F(Factories, RefuseAServerThatNobodyVouchesFor) {
  factory_.ca.reset();
  EXPECT_EQ(refusal().code, Code::usage);
  factory_.config.server_roots = true;  // and no root is compiled in, nor in the keyring
  EXPECT_EQ(refusal().code, Code::usage);
}

TEST_F(Factories, RefuseRespondersThatAreNoPlaces) {
  for (const char* place : {"", "ocsp.lan", "http://ocsp.lan:80", "ocsp.lan:0"}) {
    factory_.config.responders = {place};
    EXPECT_EQ(refusal().code, Code::usage) << place;
  }
  factory_.config.responders.assign(platform::kRespondersMax + 1, "ocsp.lan:80");
  EXPECT_EQ(refusal().code, Code::usage);
}

TEST_F(Factories, RefuseARegionOrGroupThatNoRolloutNames) {
  for (const std::string& text :
       {std::string(65, 'a'), std::string("d\ne"), std::string("\x1b[2J"), std::string("\xff")}) {
    factory_.config.region = text;
    EXPECT_EQ(refusal().code, Code::usage) << text;
    factory_.config.region = "";
    factory_.config.group = text;
    EXPECT_EQ(refusal().code, Code::usage) << text;
    factory_.config.group = "";
  }
  factory_.config.region = factory_.config.group = std::string(64, 'a');
  EXPECT_TRUE(provision(folder_ / "new", factory_));
}

TEST_F(Factories, RefuseAnchorsThatDoNotOpenAndNameThem_CVE_2025_67903) {
  const file::Path rubbish = folder_ / "rubbish";
  ASSERT_TRUE(file::replace(rubbish, bytes_of("{}")));
  factory_.keyring = rubbish;
  EXPECT_TRUE(refusal().about.starts_with(rubbish.string()));
  factory_.keyring = folder_ / "keyring.cose";
  factory_.root = rubbish;
  EXPECT_TRUE(refusal().about.starts_with(rubbish.string()));
  factory_.root = folder_ / "keyring.cose";
  EXPECT_TRUE(refusal().about.starts_with(factory_.root.string()));
  factory_.root = folder_ / "none";
  EXPECT_EQ(refusal().about, factory_.root.string());
  EXPECT_EQ(refusal().code, Code::not_found);
}

TEST_F(Factories, RefuseAnAuthorityThatNoServerCouldBeKnownBy) {
  const std::string whole(fakes::kAuthorityPem);
  std::string damaged = whole;
  damaged[damaged.find('\n') + 1] = 'A';
  factory_.ca = folder_ / "other.pem";
  for (const std::string& text :
       {std::string(), std::string("anything"), root_of(signers_["vendor"]), damaged,
        whole.substr(0, whole.size() / 2), whole + damaged}) {
    ASSERT_TRUE(file::replace(*factory_.ca, bytes_of(text)));
    const platform::Fault refused = refusal();
    EXPECT_EQ(refused.code, Code::wrong_magic) << text;
    EXPECT_TRUE(refused.about.starts_with(factory_.ca->string() + ": ")) << refused.about;
  }
  ASSERT_TRUE(file::replace(*factory_.ca, bytes_of("# the vendor's\n" + whole + whole)));
  EXPECT_TRUE(provision(folder_ / "new", factory_));
}

}  // namespace
}  // namespace airlock::agent
