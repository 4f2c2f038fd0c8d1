// A bit flips between two calls: in either slot's image, in a manifest, in a copy of the record.
#include "tests/disk/forgetting_test.h"

namespace airlock::agent {
namespace {

class FlippedBits : public ForgettingDisk {
 protected:
  static constexpr std::array<std::string_view, 6> kPlaces = {
      "mcu-a", "mcu-b", "manifest-a", "manifest-b", "record-0", "record-1"};

  // flip turns a bit of what is written there; false where nothing is.
  bool flip(disk::State& state, std::string_view place) {
    const auto found = state.find((folder_ / "device/areas" / place).string() + ".area");
    if (found == state.end()) return false;
    file::Buffer& content = found->second;
    std::size_t used = content.size();
    while (used > 0 && content[used - 1] == 0) --used;
    if (used == 0) return false;
    const std::size_t at = random_() % used;
    content[at] ^= static_cast<std::uint8_t>(1U << random_() % 8);
    flipped_ = std::string(place) + ", byte " + std::to_string(at);
    is_slot_ = !place.starts_with("record");
    return true;
  }
  // Where the committed slot rots and the other one holds nothing, the device waits for a package.
  bool may_wait(const slot::Record& record) override {
    return is_slot_ && !slot::restorable(record);
  }

  // A flipped bit costs the update at hand at most; the next one succeeds.
  void live_after_a_flip(const Story& story) {
    check_boots();
    story.recover();
    is_slot_ = false;
    check_boots();
    story.check_end();
  }

  bool runs_next() {
    auto device = platform::Device::open(folder_ / "device", platform::Opening::drive);
    const Result<slot::Boot> booted = device->boot();
    return booted && !booted->trial && booted->manifest == next_;
  }

  void sweep_flips(const char* name, const Story& story, std::uint64_t share) {
    const disk::Recorder recorded(folder_ / "device", {});
    story.run();
    disk::watch_nobody();
    std::uint64_t number = 0, flips = 0;
    disk::Model model = recorded.before();
    for (const disk::Call& call : recorded.calls()) {
      for (const std::string_view place : kPlaces) {
        if (!is_taken(number++, one_in(share)) || HasFailure()) continue;
        disk::State state = model.now();
        if (!flip(state, place)) continue;
        SCOPED_TRACE(flipped_ + ", before call " + std::to_string(&call - &recorded.calls()[0]));
        disk::restore(folder_ / "device", state);
        live_after_a_flip(story);
        ++flips;
      }
      model.apply(call);
    }
    std::printf("%s: bits flipped=%llu\n", name, static_cast<unsigned long long>(flips));
    EXPECT_GT(flips, 10U);
  }

  bool is_slot_ = false;
  std::string flipped_;
};

TEST_F(FlippedBits, CostAtMostTheUpdateAtHand) {
  Story story = updating();
  story.recover = [&] {
    make_offer("next", next_);
    (void)run();
    if (runs_next()) return;
    // What was given up is not taken from the server again, and is by hand; so is what rotted.
    const Result<Ending> ended = install(folder_ / "next");
    ASSERT_TRUE(ended) << name(ended.error().code);
    EXPECT_EQ(ended->how, How::committed) << name(ended->error.code);
  };
  sweep_flips("update", story, 12);
}

TEST_F(FlippedBits, CostAtMostTheWayBackAtHand) {
  Story story = going_back();
  const Digest second = *agreed_.rbegin() == first_ ? *agreed_.begin() : *agreed_.rbegin();
  story.recover = [&, second] {
    (void)run();
    // Either version may be what is lost; the one that is left runs.
    if (record().active_slot().manifest != first_) (void)restore();
  };
  story.check_end = [&, second] {
    const bool is_back = record().active_slot().manifest == first_;
    EXPECT_TRUE(is_back || record().active_slot().manifest == second);
    expect_runs(is_back ? "1.0.0" : "1.1.0", is_back ? old_image_ : new_image_);
    EXPECT_EQ(record().floors[0], 1U);
  };
  sweep_flips("restore", story, 3);
}

}  // namespace
}  // namespace airlock::agent
