// server/dependency: a breaker in front of what others run, and what answers in its place.
//
// It is for a wallet's back end that asks a payment gateway or a price source: it asks here, and
// the call goes on to the dependency while that is well. Where it times out or fails too often in
// a row, its breaker (host/breaker) opens, and calls go to its fallbacks at once: another place,
// the newest good answer up to an age, a fixed one. Recovery is by itself: after a rest exactly so
// many probes go out, and when all of them succeed the breaker closes.
//
// It promises that a call which may have been carried out is not asked a second time, here or
// elsewhere, unless the plan says that it may (outcome_unknown otherwise): a payment that timed out
// may have been paid. It promises that no dependency holds up another or who asks it: each has a
// wire of its own, a limit on calls in flight, beyond which fallbacks answer, and limits on times
// and sizes; that each answer says who gave it and why; and that an outage is told once, when it
// begins and when it ends, which waits for nobody. Where nothing can answer, no_fallback says so.
// It never follows a redirect, retries nothing where it was, and holds no secret: what a dependency
// wants to see of its caller, the caller sends.
//
// Formats: docs/formats/dependencies.md.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/base.h"
#include "host/breaker/breaker.h"
#include "server/dependency/kept.h"
#include "server/dependency/plan.h"
#include "server/dependency/upstream.h"
#include "server/dependency/wire.h"
#include "server/http/message.h"
#include "server/peer/peer.h"

namespace airlock::dependency {

// What is asked: what stands behind the dependency's name, and the header lines that go on.
struct Question {
  http::Method method = http::Method::get;  // get or post
  std::string rest;
  std::string headers;
  std::string body;
};

// What became of a call that was asked somewhere.
enum class Next : std::uint8_t {
  give,     // its answer is the answer
  go_on,    // to the next who may answer
  unknown,  // it may have been carried out, and may not be asked again
};
// next decides it; `repeats` says whether the call may be asked again.
Next next(const Heard& heard, bool repeats);
// is_failure says whether it speaks against the place: no answer, a 5xx, or one that came too late.
bool is_failure(const Heard& heard, std::uint64_t took_ms, std::uint64_t slow_ms);

// Who answered, as it is counted.
enum class By : std::uint8_t { dependency, url, last, answer, nobody, unknown };
inline constexpr std::size_t kByCount = 6;
std::string_view name_of(By by);

// The beginning or the end of an outage.
struct Notice {
  std::string dependency;  // NAME, or NAME/fallback-N
  peer::Line::Change change = peer::Line::Change::down;
  Code why = Code::ok;  // of a beginning: how the last call failed
};

// What lies outside. `tell` must not wait.
struct World {
  std::function<std::uint64_t()> now_ms;  // only grows
  std::function<std::unique_ptr<Wire>()> wire;
  std::function<void(const Notice&)> tell;
};

// One dependency with all that may answer in its place. Any thread may ask.
class Dependency {
 public:
  Dependency(Plan plan, World world);

  // ask calls `done` once: at once, or on the wire's thread.
  void ask(Question question, http::Done done);
  // look sends the probes that are due, where the plan names a path for them.
  void look();
  // give_up ends the calls that wait: their callers have gone.
  void give_up() { wire_->end_all(); }

  const Plan& plan() const { return plan_; }
  std::uint64_t count_of(By by) const { return counts_[static_cast<std::size_t>(by)].load(); }
  // upstreams are the dependency itself and the places among its fallbacks, in their order.
  const std::vector<std::unique_ptr<Upstream>>& upstreams() const { return upstreams_; }

 private:
  // A call on its way from one who may answer to the next.
  struct Walk {
    Question question;
    http::Done done;
    std::size_t step = 0;        // 0 is the dependency, N its N-th fallback
    Code why = Code::ok;         // why the dependency itself did not answer
    std::optional<Heard> own{};  // what it said, where that was a failure
  };
  using WalkPointer = std::shared_ptr<Walk>;
  struct Answer;

  void proceed(const WalkPointer& walk);
  bool try_step(const WalkPointer& walk);  // whether the walk is over, or waits
  bool try_place(const WalkPointer& walk, Upstream& upstream);
  bool try_last(const WalkPointer& walk, const Last& last);
  void heard(const WalkPointer& walk, Heard heard);
  void finish(const WalkPointer& walk, Answer answer);
  void fail_walk(const WalkPointer& walk, Code code);
  // leave tells an upstream how a call ended, and the world where that changes something.
  void leave(Upstream& upstream, const Upstream::Pass& pass, const Heard& heard);
  std::string key_of(const Question& question) const;

  const Plan plan_;
  const World world_;
  std::vector<std::unique_ptr<Upstream>> upstreams_;
  std::vector<Upstream*> places_;  // by step; null where the step is no place
  bool keeps_ = false;
  Kept kept_;
  std::array<std::atomic<std::uint64_t>, kByCount> counts_{};
  std::unique_ptr<Wire> wire_;  // ends before all that its calls come back to
};

}  // namespace airlock::dependency
