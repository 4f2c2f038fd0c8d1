// The Linux agent on a disk that forgets: its power cut at every call that changes a file, a folder
// or a block device, in five ways, with what was not synced kept or lost. After each the agent is
// started anew, and goes on until it is quiet.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <random>

#include "device/agent/agents_test.h"
#include "tests/disk/disk.h"

namespace airlock::agent {

// One place in this many is tried by each run of the tests; AIRLOCK_POWERCUT=all tries each.
inline std::uint64_t one_in(std::uint64_t share = 12) {
  const char* wanted = std::getenv("AIRLOCK_POWERCUT");
  return wanted != nullptr && std::string_view(wanted) == "all" ? 1 : share;
}
inline bool is_taken(std::uint64_t number, std::uint64_t share) {
  constexpr std::uint64_t kSpread = 2654435761U;
  return number * kSpread % 1009 % share == 0;
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
  // may_wait says whether a device of this record may have nothing to run.
  virtual bool may_wait(const slot::Record&) { return false; }

  // The device comes up in an image that is whole and was agreed to.
  void check_boots() {
    Result<platform::Device> device =
        platform::Device::open(folder_ / "device", platform::Opening::drive);
    ASSERT_TRUE(device) << name(device.error().code);
    const Result<slot::Boot> booted = power_on(*device);
    const slot::Record record = *device->record();
    if (!booted && may_wait(record)) {
      EXPECT_EQ(booted.error().code, Code::no_bootable_slot);
      return;
    }
    ASSERT_TRUE(booted) << name(booted.error().code);
    EXPECT_TRUE(agreed_.contains(booted->manifest)) << "a third release runs";
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

  struct Again {
    std::string where;
    disk::State state;
  };
  // fails_again is what a cut leaves somewhere in what the one before left to be done.
  std::optional<Again> fails_again(const Story& story, const disk::State& state) {
    disk::restore(folder_ / "device", state);
    const disk::Recorder recorded(folder_ / "device", devices_);
    story.recover();
    disk::watch_nobody();
    const std::uint64_t places = disk::count_cuts(recorded);
    std::optional<Again> left;
    if (places == 0) return left;
    const std::uint64_t chosen = random_() % places;
    disk::visit_cuts(recorded, {[&](std::uint64_t number) { return number == chosen; },
                                [&](const disk::Place& place, const disk::State& found) {
                                  left = Again{"then " + disk::text_of(place), found};
                                }});
    return left;
  }

  // The power fails a second time, and then a third.
  void cut_again(const Story& story, const disk::State& state) {
    const std::optional<Again> twice = fails_again(story, state);
    if (!twice) return;
    SCOPED_TRACE(twice->where);
    disk::restore(folder_ / "device", twice->state);
    live_on(story);
    ++pairs_;
    if (pairs_ % 2 == 0) return;
    const std::optional<Again> thrice = fails_again(story, twice->state);
    if (!thrice) return;
    SCOPED_TRACE(thrice->where);
    disk::restore(folder_ / "device", thrice->state);
    live_on(story);
    ++triples_;
  }

  void sweep(const char* name, const Story& story, std::uint64_t share = 12) {
    const disk::Recorder recorded(folder_ / "device", devices_);
    story.run();
    disk::watch_nobody();
    std::uint64_t states = 0;
    const std::uint64_t cuts = disk::visit_cuts(
        recorded, {[&](std::uint64_t number) { return is_taken(number, one_in(share)); },
                   [&](const disk::Place& place, const disk::State& state) {
                     if (HasFailure()) return;
                     SCOPED_TRACE(disk::text_of(place));
                     ++states;
                     disk::restore(folder_ / "device", state);
                     live_on(story);
                     if (states % 4 == 0) cut_again(story, state);
                   }});
    std::printf("%s: %zu calls, cuts=%llu, states played=%llu, pairs=%llu, triples=%llu\n", name,
                recorded.calls().size(), static_cast<unsigned long long>(cuts),
                static_cast<unsigned long long>(states), static_cast<unsigned long long>(pairs_),
                static_cast<unsigned long long>(triples_));
    EXPECT_GT(states, 10U);
    EXPECT_GT(triples_, 0U);
  }
  std::vector<file::Path> devices_;  // slots that lie elsewhere
  std::mt19937_64 random_;
  std::uint64_t pairs_ = 0, triples_ = 0;

  // ---- stories

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
  Story updating() {
    return {[&] { ASSERT_EQ(run()->how, How::committed); }, [&] { recover_update(); },
            [&] {
              expect_runs("1.1.0", new_image_);
              EXPECT_EQ(record().floors[0], 2U);
            }};
  }
  Story failing_trial() {
    trial_ = Trial::unhealthy;
    return {[&] { ASSERT_EQ(run()->how, How::went_back); },
            [&] {
              make_offer("next", next_);
              (void)run();
            },
            [&] {
              expect_runs("1.0.0", old_image_);
              EXPECT_EQ(record().floors[0], 1U);
            }};
  }
  // The device runs 1.1.0 and its owner wants 1.0.0 back, which it keeps.
  Story going_back() {
    person_.answer = make_package("second", "1.1.0", 1, new_image_);
    agreed_ = {first_, *person_.answer};
    EXPECT_EQ(install(folder_ / "second")->how, How::committed);
    server_->offer.reset();
    person_.answer = first_;
    return {[&] { ASSERT_EQ(restore()->how, How::went_back); },
            [&] {
              (void)run();
              if (record().active_slot().manifest != first_) {
                EXPECT_EQ(restore()->how, How::went_back);
              }
            },
            [&] { expect_runs("1.0.0", old_image_); }};
  }
};

}  // namespace airlock::agent
