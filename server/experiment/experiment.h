// server/experiment: a fee policy goes to a share of the users, and its own metrics judge it.
//
// An experiment compares arms, each with a fee policy of its own, with the baseline that everybody
// else has. Its Definition says who takes part, what the arms are, by which steps their share grows
// and what its guards are; its State is everything that was learned since, and is stored with each
// tick. tick is a pure function: state, definition and what was measured go in, and the next state
// and what was decided come out, with the numbers and in words.
//
// There are two layers. *Limit*: the rate of a sliding window is above what is written and the
// window has enough samples. Then, as each guard says, all gray users get the baseline at once and
// the split is tried again by itself after a while (pause), or those whom the last step of the ramp
// brought do until it is proven anew (degrade), or it is over. *Evidence*: the sequential tests of
// server/evidence, which hold however often one looks. Then the experiment is over: rolled back,
// for good. The written limit alone, asked every ten seconds, would roll back healthy policies
// every day.
//
// It promises: no data decides nothing, in no direction; a failed query is not zeros; the share
// grows by itself only where the upper confidence bound of every guard that acts is below its
// limit; what hits both arms alike pauses, and neither degrades nor rolls back; where there is no
// baseline beside an arm, as at 100 %, nothing is known of that, so that it pauses, and goes on at
// the share before, where there is one; arms of wrong sizes stop the analysis, since every later
// number would be wrong; a payment is counted at most once, whatever Prometheus calls the server;
// every decision says its rule, value, window and counts. It reads no clock, file or socket, and it
// decides which policy is advised, never which policy may run: that is signed elsewhere.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/base.h"
#include "core/crypto/sha256.h"
#include "host/json/json.h"
#include "server/assignment/assignment.h"
#include "server/evidence/evidence.h"

namespace airlock::experiment {

using crypto::Digest;
using evidence::Count;
using evidence::Nanonats;

inline constexpr std::size_t kArmsMax = 8;               // without the baseline
inline constexpr std::size_t kGuardsMax = 4;             // of one experiment
inline constexpr std::size_t kStepsMax = 16;             // of a ramp
inline constexpr std::size_t kNameMax = 32;              // bytes of a name
inline constexpr std::size_t kListMax = 32;              // regions, groups or tiers
inline constexpr std::size_t kWordMax = 64;              // bytes of one of those
inline constexpr std::size_t kSeriesMax = 4096;          // counters that are followed at once
inline constexpr std::int64_t kSeriesSeconds = 86'400;   // that one is remembered when it vanished
inline constexpr std::size_t kDefinitionMax = 64 << 10;  // bytes as JSON
inline constexpr std::size_t kStateMax = 4 << 20;        // bytes as JSON
inline constexpr std::uint32_t kWhole = 1'000'000;       // limits count millionths: 5 % = 50 000
inline constexpr std::int64_t kTickSeconds = 10;
inline constexpr std::int64_t kLookGapMax = 120;          // seconds between two looks of one watch
inline constexpr std::uint64_t kTicksPerAlarm = 259'200;  // ticks of thirty days
inline constexpr std::int64_t kWindowMax = 3600;          // seconds
// Times that a pause ends by itself, each twice as late, and that a share which was degraded grows
// by itself again.
inline constexpr std::uint32_t kResumesMax = 3;
inline constexpr std::uint32_t kSlowMs =
    800;                                    // a bucket of the wallets' histogram ends exactly here
inline constexpr double kWrongRamp = 0.05;  // chance of ever growing the share of a bad policy
inline constexpr std::uint64_t kTicksOfContrast = 1000;  // of two equal arms, to a false difference
inline constexpr std::uint64_t kTicksOfRatio = 1000;     // 1 / chance of ever stopping fair arms

inline constexpr std::string_view kBaseline = "baseline";  // the name of arm 0

enum class Metric : std::uint8_t { failures, slow };
enum class OnLimit : std::uint8_t { pause, degrade, rollback };
enum class DryRun : std::uint8_t { no, yes };  // yes: it speaks, and does nothing

struct Guard {
  Metric metric = Metric::failures;
  std::uint32_t limit = 50'000;  // of kWhole; 0 < limit < kWhole
  OnLimit on_limit = OnLimit::pause;
  DryRun dry_run = DryRun::no;
};
struct Arm {
  std::string name;
  std::string policy;        // manifest digest, hexadecimal
  std::uint32_t weight = 0;  // all arms' sum to assignment::kBuckets
};
struct RampStep {
  std::uint32_t share = 0;       // of assignment::kBuckets; grows from step to step
  std::int64_t seconds = 3600;   // at least at the step ..
  std::uint64_t samples = 2000;  // .. and at least for each guard and arm, before the next
};

struct Definition {
  std::string name;
  std::string baseline;  // manifest digest of what everybody else has
  std::vector<Arm> arms;
  assignment::Condition condition;
  std::vector<Guard> guards;
  std::uint32_t jitter = 150'000;  // of kWhole that an arm's size may differ; 0: not watched
  std::vector<RampStep> ramp;
  bool automatic = true;        // grows by itself where the proof is there
  std::int64_t window = 300;    // seconds
  std::uint64_t samples = 600;  // of a window, before the limit says anything
  std::int64_t hold = 300;      // seconds of the first pause that ends by itself

  // parse reads one; what is absent has the defaults of docs/formats/experiment.md. Errors: those
  // of host/json, bad_text (also what no screen should show), unknown_field, out_of_range,
  // empty_range (a ramp that does not grow), duplicate_key (two arms of one name).
  // `reading` becomes the path of what could not be read: "arms[1].weight".
  static Result<Definition> parse(const json::Value& value);
  static Result<Definition> parse(const json::Value& value, std::string& reading);
  json::Value write() const;

  std::size_t arm_count() const { return arms.size() + 1; }  // with the baseline
  std::string_view arm_name(std::size_t arm) const;
  std::vector<std::uint32_t> weights() const;
  // share_of is the part of all devices that should be in an arm when the share is this.
  double share_of(std::size_t arm, std::uint32_t share) const;
  Nanonats alarm() const;  // the budget is divided over guards and arms
};

// Stored: append only.
enum class Phase : std::uint8_t {
  created = 0,
  running = 1,
  paused = 2,
  rolled_back = 3,
  ended = 4
};
std::string_view name_of(Phase phase);
// Why it is paused. That of operators, jitter and ratio stays until an operator resumes.
enum class Cause : std::uint8_t {
  none = 0,
  limit = 1,
  both_arms = 2,
  operators = 3,
  jitter = 4,
  ratio = 5,
  alone = 6,  // nobody was left to compare with
};
// What a look at the metrics gave: of these states one lets anything happen. `uncounted`: there was
// an answer, which cannot be counted.
enum class Data : std::uint8_t { none = 0, value = 1, error = 2, uncounted = 3 };

// What was counted in one tick, arm by arm.
struct ArmTick {
  Count payments{};
  Count slow{};
  std::uint64_t devices = 0;  // seen for the first time in this stage
};
struct Observation {
  Data data = Data::none;
  Code error = Code::ok;
  std::vector<ArmTick> arms{};  // Definition::arm_count of them where data is a value
};

// One counter as Prometheus has it. It is known by what its server says of it, and by no label that
// Prometheus gives: a server that is scraped under another name, or twice, is still one server.
enum class Counter : std::uint8_t { succeeded, failed, fast, timed, devices };
struct Sample {
  std::string book;  // of the process that counts, which keeps it over restarts
  Counter counter = Counter::succeeded;
  std::string arm;
  std::uint32_t stage = 0;  // of `devices`
  std::int64_t since = 0;   // when it stood at zero; 0 where nobody knows
  std::uint64_t value = 0;

  std::string series() const;
};
// A counter that is followed.
struct Followed {
  std::uint64_t last = 0;
  std::int64_t seen = 0;
  friend bool operator==(const Followed&, const Followed&) = default;
};

struct Window {
  struct Tick {
    std::int64_t at = 0;
    Count count;
    friend bool operator==(const Tick&, const Tick&) = default;
  };
  std::vector<Tick> ticks;
  Count sum;

  void add(std::int64_t now, Count count, std::int64_t seconds);
  friend bool operator==(const Window&, const Window&) = default;
};
// What is known of one guard in one arm.
struct Watch {
  Window window;
  Count stage;  // since the share was set
  evidence::Excess excess;
  evidence::Contrast contrast;
  friend bool operator==(const Watch&, const Watch&) = default;
};
struct ArmState {
  std::vector<Watch> guards;
  std::uint64_t devices = 0;  // of this stage
  evidence::Excess too_many;
  evidence::Excess too_few;
  friend bool operator==(const ArmState&, const ArmState&) = default;
};

struct State {
  Phase phase = Phase::created;
  Cause cause = Cause::none;
  std::string words;        // the last decision
  std::uint32_t share = 0;  // that is served while running
  std::uint32_t step = 0;   // of the ramp
  std::uint32_t stage = 0;  // grows whenever somebody may be served another policy
  std::int64_t since = 0;   // of the phase and step
  std::uint32_t resumes = 0;
  std::uint32_t degrades = 0;
  std::uint64_t ticks = 0;
  std::int64_t ticked = 0;
  std::int64_t steady = 0;  // since when looks follow each other by an even clock; 0: always did
  Data data = Data::value;
  std::uint32_t adopted = 0;   // the arm whose policy became everybody's, of one that ended
  std::vector<ArmState> arms;  // the baseline first
  std::map<std::string, Followed, std::less<>> ledger;  // by Sample::series

  // fresh is the state of an experiment that was just made.
  static State fresh(const Definition& definition);
  static Result<State> parse(std::string_view text, const Definition& definition);
  std::string write() const;
  friend bool operator==(const State&, const State&) = default;
};

enum class Act : std::uint8_t {
  held,
  went_on,
  paused,
  degraded,
  stopped,
  resumed,
  ramped,
  rolled_back,
  would_act,
  ended,
};
std::string_view name_of(Act act);

struct Verdict {
  std::int64_t at = 0;
  Act act = Act::held;
  std::string rule;  // "payment failures, limit"
  std::string arm;
  Count window{};
  Count control{};
  Nanonats evidence = 0;
  Nanonats alarm = 0;
  std::string words;
  json::Value numbers() const;
  bool alerts() const { return act != Act::went_on; }
};

// observe turns counters into what happened since the last tick, and remembers where they stand.
// Where a counter is met for the first time, what it shows is new if it stood at zero within the
// window, and was there before otherwise. One that is smaller than before tells nothing new: books
// only grow, so it is an old reading. What vanished for a day is forgotten, and gives way earlier
// where there is no room. Samples of arms that are not in the definition are passed over. No sample
// at all is no data; too many counters, and one that does not say whose it is, cannot be counted.
// Errors of asking make an observation too: use failed.
Observation observe(State& state, const Definition& definition, const std::vector<Sample>& samples,
                    std::int64_t now);
Observation failed(Code why);

// tick judges once. Where the clock stepped back since the last look, nothing lies in the future
// any more; then, and where nobody looked for kLookGapMax (a clock that is ahead looks like that),
// no share grows and no pause ends for a window. At most one verdict changes the phase.
std::vector<Verdict> tick(State& state, const Definition& definition, const Observation& seen,
                          std::int64_t now);

// waits_for says in words what must hold before the share grows, or "".
std::string waits_for(const State& state, const Definition& definition, std::int64_t now);

// What operators do. Errors: conflict where the phase does not allow it, or the share does not
// grow.
Status start_or_resume(State& state, const Definition& definition, std::int64_t now);
Status pause(State& state, std::int64_t now);
Status ramp(State& state, const Definition& definition, std::uint32_t share, std::int64_t now);
Status roll_back(State& state, std::int64_t now);
// end is over with an experiment, by the name of the arm whose policy is everybody's from now on; a
// rollback may still follow. Errors: not_found (no such arm), conflict.
Status end(State& state, const Definition& definition, std::string_view arm, std::int64_t now);

// is_over says whether an experiment is rolled back or ended: it advises nobody any more.
bool is_over(const State& state);
// may_meet says whether both may speak of one device. A wallet charges by one policy at a time, so
// that such two do not run at once: each would change the other's sizes of arms.
bool may_meet(const Definition& a, const Definition& b);
// contradict says whether one tries what the other has everybody use: then such two do not run at
// once either, since what is set aside is so for all wallets.
bool contradict(const Definition& a, const Definition& b);
// check_policies refuses an arm whose policy is the baseline's or another arm's: duplicate_key,
// with the member in `reading`. An old experiment may be so.
Status check_policies(const Definition& definition, std::string& reading);
// is_told says whether a device can have been told an arm in a stage; what it reports otherwise is
// not its own.
struct Told {
  std::string_view arm;
  std::uint32_t stage = 0;
};
bool is_told(const State& state, const Definition& definition, const Digest& seed,
             std::string_view duid, const Told& told);

// Policies that are tried and not everybody's, and baselines that another arm took the place of: no
// wallet serves one without being told to. Of several experiments that name a policy the last one
// decides.
class SetAside {
 public:
  void add(const State& state, const Definition& definition);
  bool contains(std::string_view policy) const;

 private:
  std::map<std::string, bool, std::less<>> policies_;
};

// Which policy a device is advised to use.
struct Served {
  std::size_t arm = 0;
  bool takes_part = false;
};
Served serve(const State& state, const Definition& definition, const Digest& seed,
             std::string_view duid, const assignment::Traits& traits);

// percent writes a rate in at most one decimal: "7.3 %"; limit does it for kWhole-ths exactly.
std::string percent(Count count);
std::string percent_of_limit(std::uint32_t limit);

}  // namespace airlock::experiment
