#include "device/agent/fees.h"

#include <algorithm>

#include "device/agent/report.h"
#include "host/json/json.h"
#include "host/text/text.h"

namespace airlock::agent {
namespace {

using apply::Edition;
using fetch::FeesAdvice;

constexpr std::size_t kStateSizeMax = 64 << 10;
constexpr std::int64_t kNumberMax = INT64_MAX;
constexpr std::int64_t kMsMax = 3'600'000;

json::Value to_json(const Outcome& outcome) {
  return {{"experiment", outcome.experiment},
          {"arm", outcome.arm},
          {"stage", outcome.stage},
          {"ok", outcome.payment == Outcome::Payment::succeeded},
          {"ms", outcome.ms}};
}

json::Value to_json(const std::vector<Outcome>& outcomes) {
  json::Value list = json::Value::array();
  for (const Outcome& outcome : outcomes) list.push_back(to_json(outcome));
  return list;
}

Result<std::uint32_t> read_stage(const json::Value& object) {
  AIRLOCK_ASSIGN(const std::int64_t stage, json::integer(object, "stage", 0, UINT32_MAX));
  return static_cast<std::uint32_t>(stage);
}

Result<Outcome> read_outcome(const json::Value& object) {
  Outcome outcome;
  AIRLOCK_ASSIGN(outcome.experiment, json::integer(object, "experiment", 0, kNumberMax));
  AIRLOCK_ASSIGN(outcome.arm, json::text(object, "arm", fetch::kArmTextMax));
  AIRLOCK_ASSIGN(outcome.stage, read_stage(object));
  AIRLOCK_ASSIGN(const bool succeeded, json::boolean(object, "ok"));
  outcome.payment = succeeded ? Outcome::Payment::succeeded : Outcome::Payment::failed;
  AIRLOCK_ASSIGN(const std::int64_t ms, json::integer(object, "ms", 0, kMsMax));
  outcome.ms = static_cast<std::uint32_t>(ms);
  return outcome;
}

Result<std::vector<Outcome>> read_outcomes(const json::Value& root, std::string_view name,
                                           std::size_t count_max) {
  AIRLOCK_ASSIGN(const json::Value* list, json::array(root, name, count_max));
  std::vector<Outcome> outcomes;
  for (const json::Value& item : *list) {
    AIRLOCK_ASSIGN(Outcome outcome, read_outcome(item));
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

Result<FeesAdvice> read_advice(const json::Value& object) {
  FeesAdvice advice;
  AIRLOCK_ASSIGN(advice.experiment, json::integer(object, "experiment", 0, kNumberMax));
  AIRLOCK_ASSIGN(advice.arm, json::text(object, "arm", fetch::kArmTextMax));
  AIRLOCK_ASSIGN(const std::string policy, json::text(object, "policy", 2 * crypto::Digest::kSize));
  AIRLOCK_ASSIGN(advice.policy, text::digest_from_hex(policy));
  AIRLOCK_ASSIGN(const std::string baseline,
                 json::text(object, "baseline", 2 * crypto::Digest::kSize));
  AIRLOCK_ASSIGN(advice.baseline, text::digest_from_hex(baseline));
  AIRLOCK_ASSIGN(advice.stage, read_stage(object));
  return advice;
}

// The first of these was in use last.
const Edition* everybodys(const apply::Shelf& shelf, const std::vector<crypto::Digest>& set_aside,
                          std::uint32_t floor) {
  for (const Edition& edition : shelf.editions) {
    const bool is_left = edition.manifest == shelf.given_up || edition.security_version < floor;
    if (!is_left && std::ranges::find(set_aside, edition.manifest) == set_aside.end()) {
      return &edition;
    }
  }
  return shelf.in_use();
}

Result<std::vector<crypto::Digest>> read_set_aside(const json::Value& root) {
  std::vector<crypto::Digest> policies;
  AIRLOCK_ASSIGN(const json::Value* found, json::optional(root, "set_aside"));
  if (found == nullptr) return policies;
  AIRLOCK_ASSIGN(const json::Value* list, json::array(root, "set_aside", fetch::kSetAsideMax));
  for (const json::Value& item : *list) {
    if (!item.is_string()) return fail(Code::wrong_type);
    AIRLOCK_ASSIGN(const crypto::Digest policy, text::digest_from_hex(item.get<std::string>()));
    policies.push_back(policy);
  }
  return policies;
}

Result<FeesState> parse_state(Bytes stored) {
  AIRLOCK_ASSIGN(const json::Value root, json::parse(text_of(stored), kStateSizeMax));
  FeesState state;
  AIRLOCK_ASSIGN(const json::Value* advice, json::optional(root, "advice"));
  if (advice != nullptr) {
    AIRLOCK_ASSIGN(state.advice, read_advice(*advice));
  }
  AIRLOCK_ASSIGN(const json::Value* baseline, json::optional(root, "baseline"));
  if (baseline != nullptr) {
    AIRLOCK_ASSIGN(const std::string hex, json::text(root, "baseline", 2 * crypto::Digest::kSize));
    AIRLOCK_ASSIGN(state.baseline, text::digest_from_hex(hex));
  }
  AIRLOCK_ASSIGN(state.set_aside, read_set_aside(root));
  AIRLOCK_ASSIGN(state.sequence, json::integer(root, "sequence", 0, kNumberMax - 1));
  AIRLOCK_ASSIGN(state.sending, read_outcomes(root, "sending", kBatchMax));
  AIRLOCK_ASSIGN(state.waiting, read_outcomes(root, "waiting", kWaitingMax));
  return state;
}

}  // namespace

Result<FeesState> read_fees_state(const platform::Device& device, std::int64_t now) {
  const Result<file::Buffer> stored = file::read(device.path(kFeesStateName), kStateSizeMax);
  if (!stored && stored.error().code == Code::not_found) return FeesState{};
  if (!stored && stored.error().code != Code::oversized) return std::unexpected(stored.error());
  if (stored) {
    if (Result<FeesState> state = parse_state(*stored)) return state;
  }
  FeesState anew;
  anew.sequence = std::max<std::int64_t>(now, 0);
  return anew;
}

Status store_fees_state(const platform::Device& device, const FeesState& state) {
  json::Value root = {{"advice", nullptr},
                      {"baseline", nullptr},
                      {"set_aside", json::Value::array()},
                      {"sequence", state.sequence},
                      {"sending", to_json(state.sending)},
                      {"waiting", to_json(state.waiting)}};
  if (state.advice) {
    root["advice"] = {{"experiment", state.advice->experiment},
                      {"arm", state.advice->arm},
                      {"policy", text::to_hex(state.advice->policy.bytes)},
                      {"baseline", text::to_hex(state.advice->baseline.bytes)},
                      {"stage", state.advice->stage}};
  }
  if (state.baseline) root["baseline"] = text::to_hex(state.baseline->bytes);
  for (const crypto::Digest& policy : state.set_aside) {
    root["set_aside"].push_back(text::to_hex(policy.bytes));
  }
  const file::Path path = device.path(kFeesStateName);
  AIRLOCK_TRY(file::make_folders(path.parent_path()));
  return file::replace(path, bytes_of(json::write(root)));
}

bool take_answer(FeesState& state, const fetch::FeesAnswer& answer, const apply::Shelf& shelf) {
  std::optional<crypto::Digest> baseline;
  if (answer.advice) {
    baseline = answer.advice->baseline;
  } else if (const Edition* const edition = everybodys(shelf, answer.set_aside, 0)) {
    baseline = edition->manifest;
  }
  const bool is_new = state.advice != answer.advice || state.baseline != baseline ||
                      state.set_aside != answer.set_aside;
  state.advice = answer.advice;
  state.set_aside = answer.set_aside;
  state.baseline = baseline;
  return is_new;
}

const Edition* served(const apply::Shelf& shelf, const FeesState& state, Heard heard,
                      std::uint32_t floor) {
  const auto kept = [&](const crypto::Digest& manifest) -> const Edition* {
    const Edition* const found = shelf.find(manifest);
    // Advice is no way around a floor.
    return found != nullptr && found->security_version >= floor ? found : nullptr;
  };
  if (heard == Heard::lately && state.advice) {
    if (const Edition* const advised = kept(state.advice->policy)) return advised;
  }
  if (state.baseline && *state.baseline != shelf.given_up) {
    if (const Edition* const baseline = kept(*state.baseline)) return baseline;
  }
  return everybodys(shelf, state.set_aside, floor);
}

void add_outcome(FeesState& state, Outcome outcome) {
  if (state.waiting.size() == kWaitingMax) state.waiting.erase(state.waiting.begin());
  state.waiting.push_back(std::move(outcome));
}

bool begin_batch(FeesState& state) {
  if (!state.sending.empty()) return true;
  const auto count =
      static_cast<std::ptrdiff_t>(std::min<std::size_t>(state.waiting.size(), kBatchMax));
  if (count == 0) return false;
  state.sending.assign(state.waiting.begin(), state.waiting.begin() + count);
  state.waiting.erase(state.waiting.begin(), state.waiting.begin() + count);
  ++state.sequence;
  return true;
}

void end_batch(FeesState& state) { state.sending.clear(); }

Result<fetch::SignedReport> sign_batch(const platform::DeviceKey& key, const FeesState& state) {
  return sign_text(key, kOutcomesContext,
                   json::write({{"duid", key.duid()},
                                {"sequence", state.sequence},
                                {"outcomes", to_json(state.sending)}}));
}

Result<fetch::FeesQuestion> fees_question(const platform::Device& device,
                                          const apply::Shelf& shelf) {
  const platform::Config& config = device.config();
  fetch::FeesQuestion question;
  for (const Edition& edition : shelf.editions) question.kept.push_back(edition.manifest);
  if (config.naming == platform::Naming::pseudonym) return question;
  AIRLOCK_ASSIGN(question.duid, platform::read_duid(device.path(platform::kPublicKeyName)));
  question.region = config.region;
  question.group = config.group;
  question.tier = config.tier;
  return question;
}

}  // namespace airlock::agent
