#include "engine/fee/plugin/child.h"

#include <sys/random.h>

#include <algorithm>

namespace airlock::fee::plugin {

std::chrono::milliseconds pause_after(std::uint32_t faults) {
  constexpr std::uint32_t kDoublingsMax = 10;
  if (faults < 2) return {};
  return std::min(kPauseMax, kPauseFirst * (1 << std::min(faults - 2, kDoublingsMax)));
}

Child::Child(std::shared_ptr<const Candidate> plugin, const Confinement& how)
    : plugin_(std::move(plugin)), how_(how), seats_(how.processes), keeper_([this] { keep(); }) {}

Result<std::unique_ptr<const Child>> Child::start(std::shared_ptr<const Candidate> plugin,
                                                  const Confinement& how) {
  if (how.processes == 0 || how.processes > kProcessesMax)
    return fail(Code::out_of_range, how.processes);
  std::unique_ptr<Child> made(new Child(std::move(plugin), how));
  std::unique_lock lock(made->lock_);
  made->changed_.wait(lock, [&] { return made->tried_ == how.processes; });
  if (made->failed_.code != Code::ok) {
    const Error why = made->failed_;
    lock.unlock();
    return std::unexpected(why);
  }
  lock.unlock();
  return made;
}

Child::~Child() {
  {
    const std::lock_guard lock(lock_);
    stopping_ = true;
  }
  changed_.notify_all();
  keeper_.join();
}

Report Child::report() const {
  const std::lock_guard lock(lock_);
  return report_;
}

Returned Child::evaluate(const airlock_fee_situation& situation, airlock_fee_answer& answer,
                         Clock::time_point latest) const {
  const Clock::time_point deadline = std::min(latest, Clock::now() + how_.budget);
  Seat* seat = nullptr;
  if (const Code code = take(deadline, seat); code != Code::ok) return {code};
  Question question{.situation = situation};
  Reply reply;
  // A number that nobody can foresee: no reply can be made before its question.
  const bool has_number = getrandom(&question.number, sizeof(question.number), 0) ==
                          static_cast<ssize_t>(sizeof(question.number));
  const Code code =
      has_number ? seat->channel->ask(question, reply, deadline) : Code::plugin_resting;
  give_back(*seat, code, reply.retires != 0);
  answer = reply.answer;
  return {code, reply.outcome};
}

// Waits for an idle process as long as one can come: not for those that rest after a fault.
Code Child::take(Clock::time_point deadline, Seat*& seat) const {
  std::unique_lock lock(lock_);
  for (;;) {
    const auto idle = std::ranges::find(seats_, State::idle, &Seat::state);
    if (idle != seats_.end()) {
      idle->state = State::busy;
      seat = &*idle;
      return Code::ok;
    }
    const auto can_come = [now = Clock::now()](const Seat& one) {
      return one.state != State::due || one.not_before <= now;
    };
    if (std::ranges::none_of(seats_, can_come)) return Code::plugin_resting;
    if (changed_.wait_until(lock, deadline) == std::cv_status::timeout)
      return Code::plugin_over_budget;
  }
}

// One good answer between two faults forgives none of them.
void Child::count(Seat& seat, Code code) {
  if (code != Code::ok) {
    ++seat.faults;
    seat.answers = 0;
  } else if (++seat.answers == kAnswersToForgive) {
    if (seat.faults > 0) --seat.faults;
    seat.answers = 0;
  }
}

void Child::give_back(Seat& seat, Code code, bool retires) const {
  // Whoever kills a process waits until it is gone, and nobody else waits for that.
  if (code != Code::ok || retires) seat.channel.reset();
  {
    const std::lock_guard lock(lock_);
    count(seat, code);
    seat.state = seat.channel ? State::idle : State::due;
    seat.not_before = Clock::now() + pause_after(seat.faults);
  }
  changed_.notify_all();
}

// The seat that is to be started now; where there is none, `wake` becomes the time of the next.
Child::Seat* Child::next_due(Clock::time_point now, Clock::time_point& wake) const {
  for (Seat& seat : seats_) {
    if (seat.state != State::due) continue;
    if (seat.not_before <= now) return &seat;
    wake = std::min(wake, seat.not_before);
  }
  return nullptr;
}

void Child::keep() const {
  std::unique_lock lock(lock_);
  while (!stopping_) {
    Clock::time_point wake = Clock::now() + kPauseMax;
    Seat* const seat = next_due(Clock::now(), wake);
    if (seat != nullptr)
      restart(lock, *seat);
    else
      changed_.wait_until(lock, wake);
  }
}

void Child::restart(std::unique_lock<std::mutex>& lock, Seat& seat) const {
  seat.state = State::starting;
  lock.unlock();
  auto made = Channel::start(*plugin_, how_);
  lock.lock();
  if (made) {
    report_ = made->report();
    seat.channel.emplace(std::move(*made));
    seat.state = State::idle;
  } else {
    failed_ = made.error();
    ++seat.faults;
    seat.state = State::due;
    seat.not_before = Clock::now() + pause_after(seat.faults + 1);
  }
  tried_ = std::min(tried_ + 1, seats_.size());
  changed_.notify_all();
}

}  // namespace airlock::fee::plugin
