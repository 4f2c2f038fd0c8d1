// host/breaker: stops asking what does not answer.
//
// A dependency that times out (a payment gateway, a price source, an alert's receiver) costs every
// caller its whole timeout, and the more they ask the longer it lies down. A breaker lets calls
// through while it is closed; opens after so many failures in a row, and then answers at once that
// the fallback is due; after a pause it is half-open and admits exactly so many probes; when all of
// them succeed it closes, and when one fails it opens again. Nobody has to reset it.
//
//   const auto call = breaker.admit(now_ms);
//   if (!call.admitted) return fallback();
//   const auto result = ask();
//   const auto told = breaker.tell(call.ticket, result ? Outcome::success : Outcome::failure,
//   now_ms); if (told.alert) ...                                  // once for each outage
//
// step is the whole of it: a pure function of one 64-bit word, which the tests explore for every
// interleaving of two threads. Breaker is that word in an atomic. It promises that a half-open
// breaker admits exactly its probes, whoever asks at once; that an outage alerts once, however
// often it opens again before it has closed; that the result of a call which was admitted before
// the breaker changed says nothing about what it is now; and that probes whose results never come
// are given up after a time, so that recovery waits for nobody. It takes no lock, and no clock:
// time is milliseconds that only grow, from wherever the caller counts.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "core/base/base.h"

namespace airlock::breaker {

inline constexpr std::uint32_t kCallsMax = 255;  // failures or probes that are counted
inline constexpr std::uint64_t kTimeBits = 36;   // milliseconds: two years, then around
inline constexpr int kAttemptsMax = 1000;  // of one change, while others change the same breaker

struct Settings {
  std::uint32_t failures_max = 5;   // in a row: then it opens
  std::uint64_t open_ms = 30'000;   // before the next probes
  std::uint32_t probes = 1;         // of a half-open breaker, all of which must succeed
  std::uint64_t probe_ms = 60'000;  // for their results; then they are given up
  friend bool operator==(const Settings&, const Settings&) = default;
};
// check refuses settings that cannot work: out_of_range.
Status check(const Settings& settings);

enum class Mode : std::uint8_t { closed = 0, open = 1, half_open = 2 };
std::string_view name_of(Mode mode);
enum class Outcome : std::uint8_t { success, failure };

// What a breaker remembers, spread out.
struct Memory {
  Mode mode = Mode::closed;
  std::uint32_t era = 0;       // grows with each change of mode; counts modulo 1024
  std::uint32_t admitted = 0;  // half-open: probes that were let through
  std::uint32_t count = 0;     // closed: failures in a row; half-open: probes that succeeded
  std::uint64_t since_ms = 0;  // of the mode, modulo 2^kTimeBits

  static Memory unpack(std::uint64_t word);
  std::uint64_t pack() const;
  friend bool operator==(const Memory&, const Memory&) = default;
};

// Something happens: a caller asks to call, or a call of an era came to its end.
struct Event {
  enum class Kind : std::uint8_t { ask, end } kind = Kind::ask;
  std::uint32_t era = 0;
  Outcome outcome = Outcome::success;
  std::uint64_t now_ms = 0;
};
struct Step {
  Memory next;
  bool admitted = false;   // of an ask
  bool alert = false;      // the outage begins with this step
  bool recovered = false;  // and ends
};
// step is what follows. It changes nothing where nothing follows.
Step step(const Memory& now, const Event& event, const Settings& settings);

// What admit tells a caller. The ticket goes with the call, to its end.
struct Ticket {
  std::uint32_t era = 0;
};
struct Admission {
  bool admitted = false;
  Ticket ticket{};
};
struct Told {
  bool alert = false;
  bool recovered = false;
};

// attempt applies an event to a cell of one word in which `seen` was read: anything with
// std::atomic's compare_exchange_strong. Nothing where another thread was faster; then `seen` is
// what is there now.
template <class Cell>
std::optional<Step> attempt(Cell& cell, std::uint64_t& seen, const Event& event,
                            const Settings& settings) {
  const Step made = step(Memory::unpack(seen), event, settings);
  const std::uint64_t next = made.next.pack();
  const bool changes = next != seen;
  if (changes && !cell.compare_exchange_strong(seen, next, std::memory_order_acq_rel)) {
    return std::nullopt;
  }
  return made;
}

// Any thread may use it.
class Breaker {
 public:
  explicit Breaker(const Settings& settings) : settings_(settings) {
    AIRLOCK_CHECK(check(settings).has_value());
  }

  // admit says whether to call now; where not, the fallback is due.
  Admission admit(std::uint64_t now_ms);
  // tell says how a call ended that was admitted with this ticket.
  Told tell(Ticket ticket, Outcome outcome, std::uint64_t now_ms);
  Mode mode() const { return Memory::unpack(word_.load(std::memory_order_acquire)).mode; }

 private:
  // take applies an event. Nothing where others changed the word kAttemptsMax times meanwhile.
  std::optional<Step> take(const Event& event);

  const Settings settings_;
  std::atomic<std::uint64_t> word_ = Memory{}.pack();
};

}  // namespace airlock::breaker
