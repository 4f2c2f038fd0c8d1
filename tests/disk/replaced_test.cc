// What is replaced without a restart: keys, and what is read and not run.
#include <algorithm>

#include "device/apply/editions.h"
#include "tests/disk/forgetting_test.h"

namespace airlock::agent {
namespace {

TEST_F(ForgettingDisk, ReplacesTheKeyring) {
  server_->offer.reset();
  make_second_keyring();
  const Digest keyring = *person_.answer;
  const auto present = [&] {
    return *apply::keyring_digest(
        *platform::Device::open(folder_ / "device", platform::Opening::look));
  };
  sweep("keyring", {[&] { ASSERT_EQ(install(folder_ / "next.cose")->how, How::committed); },
                    [&] {
                      (void)run();
                      if (present() != keyring) {
                        EXPECT_EQ(install(folder_ / "next.cose")->how, How::committed);
                      }
                    },
                    [&] {
                      expect_runs("1.0.0", old_image_);
                      EXPECT_EQ(present(), keyring);
                      EXPECT_EQ(record().floors[package::index_of(package::Kind::keyring)], 2U);
                    }});
}

// A fee policy or a fee plugin replaces the one before: a shelf's writes, and an edition's.
class ForgettingShelf : public ForgettingDisk,
                        public ::testing::WithParamInterface<const apply::ShelfKind*> {
 protected:
  const apply::ShelfKind& kind() const { return *GetParam(); }

  void SetUp() override {
    ForgettingDisk::SetUp();
    std::filesystem::remove_all(folder_ / "device");
    ASSERT_TRUE(file::replace(folder_ / "limits.yaml", bytes_of("limits")));
    Factory factory = factory_with("first");
    factory.fee_limits = folder_ / "limits.yaml";
    factory.config.fee_plugins = platform::FeePlugins::in_process;
    ASSERT_TRUE(provision(folder_ / "device", factory));
    judges_[kind().place] = [](Bytes, const apply::Edition&) { return Status(); };
    old_ = make_edition("old", "1.0.0", image_of(21));
    new_ = make_edition("new", "1.1.0", image_of(22));
    server_->offer.reset();
    person_.answer = old_;
    ASSERT_EQ(install(folder_ / "old")->how, How::committed);
  }
  Digest make_edition(const char* name, const char* version, const file::Buffer& image) {
    OneBlock block = one_block(image);
    block.component.id = kind().component;
    fakes::Release release;
    release.kind = kind().kind;
    release.version = version;
    release.security_version = version == std::string_view("1.0.0") ? 1 : 2;
    return make_package(name, release, block);
  }
  apply::Shelf shelf() {
    return *apply::read_shelf(*platform::Device::open(folder_ / "device", platform::Opening::look),
                              kind());
  }
  // One of the two serves, and is whole.
  void check_serves() {
    const apply::Shelf shelf = this->shelf();
    ASSERT_NE(shelf.in_use(), nullptr);
    const bool is_new = shelf.in_use()->manifest == new_;
    EXPECT_TRUE(is_new || shelf.in_use()->manifest == old_);
    const auto device = platform::Device::open(folder_ / "device", platform::Opening::look);
    const auto mapped = apply::map_edition(*device, kind(), *shelf.in_use());
    ASSERT_TRUE(mapped);
    EXPECT_TRUE(equal(mapped->bytes(), image_of(is_new ? 22 : 21)));
  }
  Digest old_, new_;
};

TEST_P(ForgettingShelf, HasOneOfTheTwoInUseAndEndsWithTheNewOne) {
  person_.answer = new_;
  sweep(std::string(kind().folder).c_str(),
        {[&] { ASSERT_EQ(install(folder_ / "new")->how, How::committed); },
         [&] {
           check_serves();
           (void)run();
           if (shelf().in_use()->manifest != new_) {
             EXPECT_EQ(install(folder_ / "new")->how, How::committed);
           }
         },
         [&] {
           check_serves();
           EXPECT_EQ(shelf().in_use()->manifest, new_);
           EXPECT_FALSE(shelf().on_trial);
           EXPECT_EQ(record().floors[package::index_of(kind().kind)], 2U);
           expect_runs("1.0.0", old_image_);
           if (&kind() == &apply::kPlugins) {
             const apply::Shelf now = shelf();
             EXPECT_TRUE(std::ranges::count(now.consents, new_) == 1)
                 << "what may join the wallet never serves without its owner's yes";
           }
         }});
}

INSTANTIATE_TEST_SUITE_P(OfFees, ForgettingShelf,
                         ::testing::Values(&apply::kFees, &apply::kPlugins),
                         [](const auto& of) { return std::string(of.param->folder); });

}  // namespace
}  // namespace airlock::agent
