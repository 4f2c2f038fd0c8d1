#include "server/judge/judge.h"

namespace airlock::judge {

namespace {

using json::Value;

store::Decision decision_of(const experiment::Verdict& verdict, bool is_told) {
  return {.at = verdict.at,
          .act = std::string(experiment::name_of(verdict.act)),
          .rule = verdict.rule,
          .arm = verdict.arm,
          .words = verdict.words,
          .numbers = json::write(verdict.numbers()),
          .alert = is_told && verdict.alerts()};
}

}  // namespace

Status Judge::look(std::int64_t now) {
  AIRLOCK_ASSIGN(const auto rows, experiments_.list());
  for (const store::Experiment& row : rows) {
    const Status judged = judge(row, now);
    if (judged || judged.error().code == Code::conflict) continue;
    world_.log("experiment_unjudged",
               {{"experiment", row.id}, {"reason", name(judged.error().code)}});
  }
  return {};
}

Status Judge::judge(const store::Experiment& row, std::int64_t now) {
  AIRLOCK_ASSIGN(const Value value, json::parse(row.definition, experiment::kDefinitionMax));
  AIRLOCK_ASSIGN(const auto definition, experiment::Definition::parse(value));
  AIRLOCK_ASSIGN(auto state, experiment::State::parse(row.state, definition));
  using experiment::Phase;
  if (state.phase == Phase::created || experiment::is_over(state)) return {};
  const auto samples = world_.ask(row.id, now);
  const auto seen = samples ? experiment::observe(state, definition, *samples, now)
                            : experiment::failed(samples.error().code);
  const auto verdicts = experiment::tick(state, definition, seen, now);
  store::Change change{row.id, row.revision, state.write(), {}};
  for (const experiment::Verdict& verdict : verdicts) {
    change.decisions.push_back(decision_of(verdict, world_.tell != nullptr));
  }
  AIRLOCK_TRY(experiments_.apply(change));
  for (const experiment::Verdict& verdict : verdicts) {
    world_.log("experiment", {{"experiment", row.id}, {"words", verdict.words}});
  }
  return {};
}

bool Chair::take() {
  const std::lock_guard guard(mutex_);
  if (lock_) return true;
  auto opened = file::File::open(path_, file::Access::create);
  if (!opened || !opened->lock()) return false;
  lock_ = std::move(*opened);
  return true;
}

Repeating::Repeating(std::chrono::milliseconds pause, std::function<void()> call)
    : pause_(pause), call_(std::move(call)), thread_([this] { run(); }) {}

Repeating::~Repeating() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  ends_.notify_one();
  thread_.join();
}

void Repeating::run() {
  auto next = std::chrono::steady_clock::now();
  while (true) {
    call_();
    // Ticks keep their distance, whatever a call takes; what was missed is not made up for.
    next = std::max(next + pause_, std::chrono::steady_clock::now());
    std::unique_lock lock(mutex_);
    if (ends_.wait_until(lock, next, [this] { return ending_; })) return;
  }
}

}  // namespace airlock::judge
