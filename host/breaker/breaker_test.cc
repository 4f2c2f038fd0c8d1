#include "host/breaker/breaker.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <thread>
#include <vector>

namespace airlock::breaker {
namespace {

constexpr Settings kSettings = {.failures_max = 3, .open_ms = 1000, .probes = 2, .probe_ms = 5000};

// A call that ends at once.
Told call(Breaker& breaker, Outcome outcome, std::uint64_t now_ms) {
  const Admission admission = breaker.admit(now_ms);
  EXPECT_TRUE(admission.admitted);
  return breaker.tell(admission.ticket, outcome, now_ms);
}

void open(Breaker& breaker, std::uint64_t now_ms) {
  for (std::uint32_t at = 0; at < kSettings.failures_max; ++at) {
    call(breaker, Outcome::failure, now_ms);
  }
  ASSERT_EQ(breaker.mode(), Mode::open);
}

TEST(Breaker, OpensAfterSoManyFailuresInARowAndAlertsOnce) {
  Breaker breaker(kSettings);
  EXPECT_FALSE(call(breaker, Outcome::failure, 0).alert);
  EXPECT_FALSE(call(breaker, Outcome::failure, 0).alert);
  EXPECT_FALSE(call(breaker, Outcome::success, 0).alert);  // not in a row
  EXPECT_FALSE(call(breaker, Outcome::failure, 0).alert);
  EXPECT_FALSE(call(breaker, Outcome::failure, 0).alert);
  EXPECT_EQ(breaker.mode(), Mode::closed);
  EXPECT_TRUE(call(breaker, Outcome::failure, 0).alert);
  EXPECT_EQ(breaker.mode(), Mode::open);
  EXPECT_FALSE(breaker.admit(999).admitted);
}

TEST(Breaker, AdmitsExactlyItsProbesAndClosesWhenAllSucceed) {
  Breaker breaker(kSettings);
  open(breaker, 0);
  const Admission first = breaker.admit(1000);
  const Admission second = breaker.admit(1000);
  EXPECT_TRUE(first.admitted && second.admitted);
  EXPECT_FALSE(breaker.admit(1000).admitted);
  EXPECT_FALSE(breaker.tell(first.ticket, Outcome::success, 1001).recovered);
  EXPECT_FALSE(breaker.admit(1002).admitted);  // a success makes no room for a third
  EXPECT_TRUE(breaker.tell(second.ticket, Outcome::success, 1002).recovered);
  EXPECT_EQ(breaker.mode(), Mode::closed);
}

TEST(Breaker, OpensAgainWhereAProbeFailsWithoutAnotherAlert) {
  Breaker breaker(kSettings);
  open(breaker, 0);
  const Admission probe = breaker.admit(1000);
  const Told told = breaker.tell(probe.ticket, Outcome::failure, 1500);
  EXPECT_FALSE(told.alert);
  EXPECT_EQ(breaker.mode(), Mode::open);
  EXPECT_FALSE(breaker.admit(2499).admitted);
  EXPECT_TRUE(breaker.admit(2500).admitted);
}

TEST(Breaker, AlertsAgainForTheNextOutage) {
  Breaker breaker(kSettings);
  open(breaker, 0);
  call(breaker, Outcome::success, 1000);
  EXPECT_TRUE(call(breaker, Outcome::success, 1000).recovered);
  call(breaker, Outcome::failure, 2000);
  call(breaker, Outcome::failure, 2000);
  EXPECT_TRUE(call(breaker, Outcome::failure, 2000).alert);
}

TEST(Breaker, DoesNotListenToCallsOfATimeThatIsOver) {
  Breaker breaker(kSettings);
  const Admission late = breaker.admit(0);
  open(breaker, 0);
  const Admission probe = breaker.admit(1000);
  breaker.tell(late.ticket, Outcome::failure, 1001);
  EXPECT_EQ(breaker.mode(), Mode::half_open);
  breaker.tell(late.ticket, Outcome::success, 1001);
  EXPECT_FALSE(breaker.tell(probe.ticket, Outcome::success, 1002).recovered);  // one of two
}

TEST(Breaker, GivesUpProbesWhoseResultsNeverCome) {
  Breaker breaker(kSettings);
  open(breaker, 0);
  const Admission lost = breaker.admit(1000);
  ASSERT_TRUE(breaker.admit(1000).admitted);
  EXPECT_FALSE(breaker.admit(5999).admitted);
  call(breaker, Outcome::success, 6000);
  breaker.tell(lost.ticket, Outcome::failure, 6001);
  EXPECT_TRUE(call(breaker, Outcome::success, 6001).recovered);
}

TEST(Breaker, GoesOnWhenItsTimeBeginsAnew) {
  Breaker breaker(kSettings);
  const std::uint64_t end = std::uint64_t{1} << kTimeBits;
  open(breaker, end - 500);
  EXPECT_FALSE(breaker.admit(end + 499).admitted);
  EXPECT_TRUE(breaker.admit(end + 500).admitted);
}

TEST(Breaker, RefusesSettingsThatCannotWork) {
  EXPECT_FALSE(check({.failures_max = 0}));
  EXPECT_FALSE(check({.failures_max = 256}));
  EXPECT_FALSE(check({.probes = 0}));
  EXPECT_FALSE(check({.open_ms = 0}));
  EXPECT_FALSE(check({.probe_ms = std::uint64_t{1} << 40}));
  EXPECT_TRUE(check({}));
}

TEST(Memory, ReadsWhatItPacks) {
  for (const Mode mode : {Mode::closed, Mode::open, Mode::half_open}) {
    const Memory memory{mode, 1023, 255, 254, (std::uint64_t{1} << kTimeBits) - 1};
    EXPECT_EQ(Memory::unpack(memory.pack()), memory);
  }
}

// ---- every interleaving of two threads

// What a thread of the exploration does next: it asks, or ends its call with an outcome.
struct Deed {
  Event::Kind kind;
  Outcome outcome = Outcome::success;
  std::uint64_t now_ms = 0;
};
using Script = std::vector<Deed>;

// One thread, between two atomic operations of the front: it has loaded a word, or not yet.
struct Thread {
  const Script* script;
  std::size_t at = 0;
  std::optional<std::uint64_t> loaded{};
  std::uint32_t era = 0;
  bool holds = false;  // an admitted call that has not ended

  // A call that was not admitted does not end either.
  void skip() {
    while (at < script->size() && (*script)[at].kind == Event::Kind::end && !holds) ++at;
  }
  bool is_done() const { return at >= script->size(); }
};

// What was seen on the way.
struct Seen {
  int admitted_half_open = 0;  // in the present half-open era
  std::uint32_t era = 0;
  int alerts = 0, recoveries = 0, closings = 0;
};

// A cell that nobody else touches while one atomic operation is made.
struct Cell {
  std::uint64_t& word;
  bool compare_exchange_strong(std::uint64_t& seen, std::uint64_t next, std::memory_order) {
    if (word != seen) {
      seen = word;
      return false;
    }
    word = next;
    return true;
  }
};

class Exploration {
 public:
  Exploration(const Settings& settings, Script one, Script other)
      : settings_(settings), scripts_{std::move(one), std::move(other)} {}

  void run(const Memory& start) {
    go({start.pack(), {Thread{&scripts_[0]}, Thread{&scripts_[1]}}, {}});
  }

  std::uint64_t schedules = 0;
  std::uint64_t collisions = 0;  // exchanges that another thread was faster than
  int alerts_max = 0;
  int recoveries_max = 0;
  int admitted_max = 0;

 private:
  struct World {
    std::uint64_t word;
    std::array<Thread, 2> threads;
    Seen seen;
  };

  // The tree of schedules is as deep as the scripts are long: bounded by the test.
  void go(World world) {
    bool any = false;
    for (std::size_t each = 0; each < 2; ++each) {
      World next = world;
      next.threads[each].skip();
      if (next.threads[each].is_done()) continue;
      any = true;
      advance(next, each);
      go(next);
    }
    if (any) return;
    ++schedules;
    alerts_max = std::max(alerts_max, world.seen.alerts);
    recoveries_max = std::max(recoveries_max, world.seen.recoveries);
  }

  // advance makes one atomic operation of a thread: the load that the front begins with, or one
  // attempt of it.
  void advance(World& world, std::size_t each) {
    Thread& thread = world.threads[each];
    const Deed& deed = (*thread.script)[thread.at];
    if (!thread.loaded) {
      thread.loaded = world.word;
      return;
    }
    Cell cell{world.word};
    const auto made = attempt(cell, *thread.loaded,
                              {deed.kind, thread.era, deed.outcome, deed.now_ms}, settings_);
    if (made) return finish(world, thread, deed, *made);
    ++collisions;
  }

  void finish(World& world, Thread& thread, const Deed& deed, const Step& made) {
    Seen& seen = world.seen;
    if (deed.kind == Event::Kind::ask) {
      thread.holds = made.admitted;
      thread.era = made.next.era;
      if (made.admitted && made.next.mode == Mode::half_open) {
        if (seen.era != made.next.era) seen.admitted_half_open = 0;
        seen.era = made.next.era;
        ++seen.admitted_half_open;
        admitted_max = std::max(admitted_max, seen.admitted_half_open);
        ASSERT_LE(seen.admitted_half_open, static_cast<int>(settings_.probes));
      }
    } else {
      thread.holds = false;
    }
    seen.alerts += made.alert ? 1 : 0;
    seen.recoveries += made.recovered ? 1 : 0;
    ASSERT_LE(seen.recoveries, seen.alerts + 1);  // one alert for each outage, whoever races
    ASSERT_LE(seen.alerts, seen.recoveries + 1);
    thread.loaded.reset();
    ++thread.at;
  }

  Settings settings_;
  std::array<Script, 2> scripts_;
};

constexpr Deed ask_at(std::uint64_t now_ms) { return {Event::Kind::ask, Outcome::success, now_ms}; }
constexpr Deed end_with(Outcome outcome, std::uint64_t now_ms = 0) {
  return {Event::Kind::end, outcome, now_ms};
}

// Every script of two calls a thread, each succeeding or failing, from every mode, in every order
// of the atomic operations of both threads.
TEST(Interleavings, OfTwoThreadsKeepEveryPromise) {
  constexpr Settings kSmall = {.failures_max = 2, .open_ms = 10, .probes = 1, .probe_ms = 100};
  const std::array<Memory, 4> starts = {
      Memory{Mode::closed, 5, 0, 0, 0}, Memory{Mode::closed, 5, 0, 1, 0},
      Memory{Mode::open, 5, 0, 0, 0}, Memory{Mode::half_open, 5, 0, 0, 0}};
  std::uint64_t schedules = 0, collisions = 0;
  int alerts = 0, recoveries = 0, admitted = 0;
  for (unsigned outcomes = 0; outcomes < 16; ++outcomes) {
    const auto outcome = [&](unsigned bit) {
      return (outcomes >> bit & 1) != 0 ? Outcome::failure : Outcome::success;
    };
    const Script one = {ask_at(20), end_with(outcome(0), 21), ask_at(22), end_with(outcome(1), 23)};
    const Script other = {ask_at(20), end_with(outcome(2), 21), ask_at(40),
                          end_with(outcome(3), 41)};
    for (const Memory& start : starts) {
      Exploration exploration(kSmall, one, other);
      exploration.run(start);
      if (HasFatalFailure()) return;
      schedules += exploration.schedules;
      collisions += exploration.collisions;
      alerts = std::max(alerts, exploration.alerts_max);
      recoveries = std::max(recoveries, exploration.recoveries_max);
      admitted = std::max(admitted, exploration.admitted_max);
    }
  }
  EXPECT_GT(schedules, 10'000U);
  EXPECT_GT(collisions, 1'000U);  // the races did happen
  EXPECT_EQ(admitted, 1);
  EXPECT_GE(recoveries, 1);
  EXPECT_GE(alerts, 1);
  std::printf("%llu schedules, %llu lost races\n", static_cast<unsigned long long>(schedules),
              static_cast<unsigned long long>(collisions));
}

// Two failures that end together are the threshold: whoever comes second alerts, and he alone.
TEST(Interleavings, OfTheLastTwoFailuresAlertExactlyOnce) {
  constexpr Settings kTwo = {.failures_max = 2, .open_ms = 1000, .probes = 1, .probe_ms = 1000};
  const Script script = {ask_at(0), end_with(Outcome::failure)};
  Exploration exploration(kTwo, script, script);
  exploration.run(Memory{});
  EXPECT_EQ(exploration.alerts_max, 1);
  EXPECT_GT(exploration.schedules, 10U);
}

// Three probes, two threads that ask four times each at once: three get through, in every order.
TEST(Interleavings, OfManyAsksAdmitExactlyTheProbes) {
  constexpr Settings kThree = {.failures_max = 2, .open_ms = 10, .probes = 3, .probe_ms = 1000};
  const Script script = {ask_at(20), ask_at(20), ask_at(20), ask_at(20)};
  Exploration exploration(kThree, script, script);
  exploration.run(Memory{Mode::open, 7, 0, 0, 0});
  EXPECT_EQ(exploration.admitted_max, 3);
}

TEST(Breaker, IsSafeForManyRealThreads) {
  Breaker breaker({.failures_max = 1, .open_ms = 1, .probes = 2, .probe_ms = 1'000'000});
  breaker.tell(breaker.admit(0).ticket, Outcome::failure, 0);
  std::atomic<int> admitted = 0;
  {
    std::vector<std::jthread> threads;
    for (int each = 0; each < 4; ++each) {
      threads.emplace_back([&] {
        for (int at = 0; at < 1000; ++at) admitted += breaker.admit(5).admitted ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(admitted.load(), 2);
}

}  // namespace
}  // namespace airlock::breaker
