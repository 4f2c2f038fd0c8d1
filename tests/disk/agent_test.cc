// The Linux agent on a disk that forgets: its power cut at every call that changes a file, a folder
// or a block device, in five ways, with what was not synced kept or lost. After each the agent is
// started anew, and goes on until it is quiet.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>

#include "device/agent/agents_test.h"
#include "device/apply/editions.h"
#include "tests/disk/disk.h"

namespace airlock::agent {
namespace {

// One place in this many is tried by each run of the tests; AIRLOCK_POWERCUT=all tries each.
std::uint64_t one_in() {
  const char* share = std::getenv("AIRLOCK_POWERCUT");
  return share != nullptr && std::string_view(share) == "all" ? 1 : 12;
}

class ForgettingDisk : public Agents {
 protected:
  // What the owner agreed to, of which each may run from then on.
  std::set<Digest> agreed_;
  Digest first_;

  void SetUp() override {
    Agents::SetUp();
    first_ = record().active_slot().manifest;
    agreed_ = {first_, next_};
  }

  struct Story {
    std::function<void()> run;        // once, uncut
    std::function<void()> recover;    // after a cut, until the device is quiet
    std::function<void()> check_end;  // what must be true then
  };

  // power_on is the next start, whatever was left.
  virtual Result<slot::Boot> power_on(platform::Device& device) { return device.boot(); }

  // The device comes up in an image that is whole and was agreed to.
  void check_boots() {
    Result<platform::Device> device =
        platform::Device::open(folder_ / "device", platform::Opening::drive);
    ASSERT_TRUE(device) << name(device.error().code);
    const Result<slot::Boot> booted = power_on(*device);
    ASSERT_TRUE(booted) << name(booted.error().code);
    EXPECT_TRUE(agreed_.contains(booted->manifest)) << "a third release runs";
    const slot::Record record = *device->record();
    const slot::Slot& slot = record.slots[slot::index_of(booted->slot)];
    EXPECT_LE(record.floors[0], slot.security_version);
    EXPECT_TRUE(!booted->trial || record.consent == booted->manifest);
    const file::Buffer& image = booted->manifest == first_ ? old_image_ : new_image_;
    file::Buffer held(image.size());
    ASSERT_TRUE(device->image(0, booted->slot).read(0, held));
    EXPECT_EQ(held, image);
  }

  // After a cut: up, on to the end, up again.
  void live_on(const Story& story) {
    check_boots();
    story.recover();
    disk::watch_nobody();
    check_boots();
    story.check_end();
  }

  // The power fails a second time, somewhere in what the first cut left to be done.
  void cut_again(const file::Path& device, const std::vector<file::Path>& slots, const Story& story,
                 const disk::State& state) {
    disk::restore(device, state);
    const disk::Recorder recorded(device, slots);
    story.recover();
    disk::watch_nobody();
    const std::uint64_t places = disk::count_cuts(recorded);
    if (places == 0) return;
    const std::uint64_t chosen = random_() % places;
    disk::visit_cuts(recorded, {[&](std::uint64_t number) { return number == chosen; },
                                [&](const disk::Place& place, const disk::State& twice) {
                                  SCOPED_TRACE("then " + disk::text_of(place));
                                  disk::restore(device, twice);
                                  live_on(story);
                                  ++pairs_;
                                }});
  }

  void sweep(const char* name, const Story& story, const std::vector<file::Path>& slots = {}) {
    constexpr std::uint64_t kSpread = 2654435761U;
    const file::Path device = folder_ / "device";
    const disk::Recorder recorded(device, slots);
    story.run();
    disk::watch_nobody();
    std::uint64_t states = 0;
    const std::uint64_t cuts = disk::visit_cuts(
        recorded, {[](std::uint64_t number) { return number * kSpread % 1009 % one_in() == 0; },
                   [&](const disk::Place& place, const disk::State& state) {
                     if (HasFailure()) return;
                     SCOPED_TRACE(disk::text_of(place));
                     ++states;
                     disk::restore(device, state);
                     live_on(story);
                     if (states % 4 == 0) cut_again(device, slots, story, state);
                   }});
    std::printf("%s: %zu calls, cuts=%llu, states played=%llu, pairs=%llu\n", name,
                recorded.calls().size(), static_cast<unsigned long long>(cuts),
                static_cast<unsigned long long>(states), static_cast<unsigned long long>(pairs_));
    EXPECT_GT(states, 10U);
  }
  std::mt19937_64 random_;
  std::uint64_t pairs_ = 0;

  // The server offers what does not run yet, until it heard of it. No second yes is needed.
  void recover_update() {
    if (record().active_slot().manifest == next_) {
      server_->offer.reset();
    } else {
      make_offer("next", next_);
    }
    ASSERT_TRUE(run());
    EXPECT_EQ(record().last_revert.count, 0U) << "a power cut is no reason to go back";
  }
};

TEST_F(ForgettingDisk, CarriesAnUpdateToItsEnd) {
  sweep("update", {[&] { ASSERT_EQ(run()->how, How::committed); }, [&] { recover_update(); },
                   [&] {
                     expect_runs("1.1.0", new_image_);
                     EXPECT_EQ(record().floors[0], 2U);
                   }});
}

// Slots as on a wallet's computer board: loop devices stand for flash.
class ForgettingBlockDevices : public ForgettingDisk {
 protected:
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
  std::vector<file::Path> devices_;
};

TEST_F(ForgettingBlockDevices, CarryAnUpdateToItsEnd) {
  const auto first = loop_device("a.img");
  const auto second = loop_device("b.img");
  if (!first || !second) GTEST_SKIP() << "loop devices need root and losetup";
  std::filesystem::remove_all(folder_ / "device");
  Factory factory = factory_with("first");
  factory.config.components = {{"mcu", 64 << 10, {first->string(), second->string()}}};
  ASSERT_TRUE(provision(folder_ / "device", factory));
  sweep("update on block devices",
        {[&] { ASSERT_EQ(run()->how, How::committed); }, [&] { recover_update(); },
         [&] { expect_runs("1.1.0", new_image_); }},
        devices_);
}

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

TEST_F(ForgettingDisk, GoesBackFromATrialThatFails) {
  trial_ = Trial::unhealthy;
  sweep("failed trial", {[&] { ASSERT_EQ(run()->how, How::went_back); },
                         [&] {
                           make_offer("next", next_);
                           (void)run();
                         },
                         [&] {
                           expect_runs("1.0.0", old_image_);
                           EXPECT_EQ(record().floors[0], 1U);
                         }});
}

TEST_F(ForgettingDisk, RestoresWhatTheOwnerWants) {
  person_.answer = make_package("second", "1.1.0", 1, new_image_);
  const Digest second = *person_.answer;
  agreed_ = {first_, second};
  ASSERT_EQ(install(folder_ / "second")->how, How::committed);
  server_->offer.reset();
  person_.answer = first_;
  sweep("restore", {[&] { ASSERT_EQ(restore()->how, How::went_back); },
                    [&] {
                      (void)run();
                      if (record().active_slot().manifest != first_) {
                        EXPECT_EQ(restore()->how, How::went_back);
                      }
                    },
                    [&] { expect_runs("1.0.0", old_image_); }});
}

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
