#include "host/breaker/breaker.h"

#include <string_view>

namespace airlock::breaker {

namespace {

// mode: 2 bits | era: 10 | admitted: 8 | count: 8 | since: 36
constexpr std::uint32_t kEras = 1 << 10;
constexpr std::uint64_t kTimeMask = (std::uint64_t{1} << kTimeBits) - 1;
static_assert(2 + 10 + 8 + 8 + kTimeBits == 64);

std::uint64_t passed_ms(const Memory& memory, std::uint64_t now_ms) {
  return (now_ms - memory.since_ms) & kTimeMask;
}

Memory enter(const Memory& before, Mode mode, std::uint64_t now_ms) {
  return {mode, (before.era + 1) % kEras, 0, 0, now_ms & kTimeMask};
}

Step ask(const Memory& now, const Event& event, const Settings& settings) {
  switch (now.mode) {
    case Mode::closed: return {.next = now, .admitted = true};
    case Mode::open: {
      if (passed_ms(now, event.now_ms) < settings.open_ms) return {.next = now};
      Memory next = enter(now, Mode::half_open, event.now_ms);
      next.admitted = 1;
      return {.next = next, .admitted = true};
    }
    case Mode::half_open: {
      const bool given_up = passed_ms(now, event.now_ms) >= settings.probe_ms;
      if (!given_up && now.admitted >= settings.probes) return {.next = now};
      Memory next = given_up ? enter(now, Mode::half_open, event.now_ms) : now;
      ++next.admitted;
      return {.next = next, .admitted = true};
    }
  }
  return {.next = now};
}

Step end(const Memory& now, const Event& event, const Settings& settings) {
  if (event.era != now.era) return {.next = now};  // of a time that is over
  const bool failed = event.outcome == Outcome::failure;
  Memory next = now;
  if (now.mode == Mode::closed) {
    next.count = failed ? now.count + 1 : 0;
    if (next.count < settings.failures_max) return {.next = next};
    return {.next = enter(now, Mode::open, event.now_ms), .alert = true};
  }
  if (now.mode == Mode::open) return {.next = now};  // nothing was admitted in it
  if (failed) return {.next = enter(now, Mode::open, event.now_ms)};
  ++next.count;
  if (next.count < settings.probes) return {.next = next};
  return {.next = enter(now, Mode::closed, event.now_ms), .recovered = true};
}

}  // namespace

Status check(const Settings& settings) {
  const auto counted = [](std::uint32_t number) { return number > 0 && number <= kCallsMax; };
  const auto timed = [](std::uint64_t ms) { return ms > 0 && ms < kTimeMask / 2; };
  if (!counted(settings.failures_max) || !counted(settings.probes)) return fail(Code::out_of_range);
  if (!timed(settings.open_ms) || !timed(settings.probe_ms)) return fail(Code::out_of_range);
  return {};
}

std::string_view name_of(Mode mode) {
  switch (mode) {
    case Mode::closed: return "closed";
    case Mode::open: return "open";
    case Mode::half_open: return "half_open";
  }
  return "";
}

Memory Memory::unpack(std::uint64_t word) {
  return {static_cast<Mode>(word >> 62), static_cast<std::uint32_t>(word >> 52) % kEras,
          static_cast<std::uint32_t>(word >> 44 & 0xff),
          static_cast<std::uint32_t>(word >> 36 & 0xff), word & kTimeMask};
}

std::uint64_t Memory::pack() const {
  return std::uint64_t{static_cast<std::uint8_t>(mode)} << 62 | std::uint64_t{era} << 52 |
         std::uint64_t{admitted} << 44 | std::uint64_t{count} << 36 | since_ms;
}

Step step(const Memory& now, const Event& event, const Settings& settings) {
  return event.kind == Event::Kind::ask ? ask(now, event, settings) : end(now, event, settings);
}

std::optional<Step> Breaker::take(const Event& event) {
  std::uint64_t seen = word_.load(std::memory_order_acquire);
  for (int at = 0; at < kAttemptsMax; ++at) {
    if (const auto made = attempt(word_, seen, event, settings_)) return made;
  }
  return std::nullopt;
}

Admission Breaker::admit(std::uint64_t now_ms) {
  const auto made = take({.kind = Event::Kind::ask, .now_ms = now_ms});
  if (!made || !made->admitted) return {};
  return {true, {made->next.era}};
}

Told Breaker::tell(Ticket ticket, Outcome outcome, std::uint64_t now_ms) {
  const auto made = take({Event::Kind::end, ticket.era, outcome, now_ms});
  return made ? Told{made->alert, made->recovered} : Told{};
}

}  // namespace airlock::breaker
