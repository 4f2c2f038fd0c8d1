// How decisions come to who wants to hear them.
#include "host/text/text.h"
#include "server/judge/judge.h"

namespace airlock::judge {

namespace {

using json::Value;

std::string alert_of(const store::Decision& decision) {
  const auto numbers = json::parse(decision.numbers, experiment::kDefinitionMax);
  return json::write({{"id", decision.id},
                      {"experiment", decision.experiment},
                      {"at", text::to_time(decision.at)},
                      {"act", decision.act},
                      {"rule", decision.rule},
                      {"arm", decision.arm},
                      {"words", decision.words},
                      {"numbers", numbers ? *numbers : Value::object()}});
}

}  // namespace

Status Messenger::deliver() {
  if (world_.tell == nullptr) return {};
  if (rests_ > 0) {
    --rests_;
    return {};
  }
  AIRLOCK_ASSIGN(const auto waiting, experiments_.untold(1));
  if (waiting.empty()) return {};
  const Status done = tell(waiting.front());
  if (!done) rests_ = kRestTurns;
  return done;
}

Status Messenger::tell(const store::Decision& decision) {
  const Status told = world_.tell(alert_of(decision));
  if (told) return experiments_.told(decision.id);
  return peer::is_refusal(told.error()) ? refused(decision, told.error()) : told;
}

Status Messenger::refused(const store::Decision& decision, Error error) {
  if (decision.id != refused_) refusals_ = 0;
  refused_ = decision.id;
  ++refusals_;
  const bool is_last = refusals_ >= kRefusalsMax;
  world_.log(is_last ? "alert_given_up" : "alert_refused", {{"decision", decision.id},
                                                            {"experiment", decision.experiment},
                                                            {"status", error.at},
                                                            {"times", refusals_},
                                                            {"words", decision.words}});
  if (is_last) return experiments_.gave_up(decision.id);
  return std::unexpected(error);
}

}  // namespace airlock::judge
