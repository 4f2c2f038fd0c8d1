#include <algorithm>
#include <initializer_list>
#include <limits>

#include "host/json/json.h"
#include "host/text/text.h"
#include "server/http/bodies.h"
#include "server/http/words.h"

namespace airlock::http {

namespace {

using json::Value;

// one_line: what an operator writes is read in a line on other operators' screens.
Result<std::string> one_line(std::string text) {
  const bool plain = text::visible(text) == text && text.find('\n') == std::string::npos;
  if (!plain) return fail(Code::bad_text);
  return text;
}

Result<std::string> read_why(const Value& root) {
  AIRLOCK_ASSIGN(std::string why, json::text(root, "why", store::kWhyMax));
  const bool says_nothing = why.find_first_not_of(' ') == std::string::npos;
  if (says_nothing && !why.empty()) return fail(Code::missing_field);
  return one_line(std::move(why));
}

// only refuses members under other names: a condition that is passed over offers to everybody.
Status only(const Value& root, std::initializer_list<std::string_view> names) {
  if (!root.is_object()) return fail(Code::wrong_type);
  for (const auto& [name, value] : root.items()) {
    if (std::ranges::find(names, name) == names.end()) return fail(Code::unknown_field);
  }
  return {};
}

Result<std::vector<std::string>> words(const Value& root, std::string_view key) {
  std::vector<std::string> list;
  AIRLOCK_ASSIGN(const Value* found, json::optional(root, key));
  if (found == nullptr) return list;
  AIRLOCK_ASSIGN(const Value* array, json::array(root, key, store::kListMax));
  for (const Value& item : *array) {
    if (!item.is_string()) return fail(Code::wrong_type);
    AIRLOCK_ASSIGN(std::string word, one_line(item.get<std::string>()));
    list.push_back(std::move(word));
    if (list.back().empty()) return fail(Code::bad_text);
    if (list.back().size() > store::kWordMax) return fail(Code::oversized);
  }
  return list;
}

Result<std::int64_t> time_or_zero(const Value& root, std::string_view key) {
  AIRLOCK_ASSIGN(const std::string_view text, word_or_empty(root, key));
  if (text.empty()) return std::int64_t{0};
  return text::from_time(text);
}

Status read_from(const Value& root, store::Rollout& draft) {
  AIRLOCK_ASSIGN(draft.from_min, word_or_empty(root, "from_min"));
  AIRLOCK_ASSIGN(draft.from_max, word_or_empty(root, "from_max"));
  if (draft.from_min.empty() != draft.from_max.empty()) return fail(Code::missing_field);
  if (draft.from_min.empty()) return {};
  AIRLOCK_ASSIGN(const package::Semver min, package::parse_semver(draft.from_min));
  AIRLOCK_ASSIGN(const package::Semver max, package::parse_semver(draft.from_max));
  if (min > max) return fail(Code::empty_range);
  return {};
}

}  // namespace

Result<ExperimentBody> parse_experiment(std::string_view text, std::string& reading) {
  AIRLOCK_ASSIGN(Value root, json::parse(text, kAdminBodyMax));
  ExperimentBody body;
  AIRLOCK_ASSIGN(body.why, read_why(root));
  AIRLOCK_ASSIGN(const std::string_view state, word_or_empty(root, "state"));
  if (!state.empty() && state != "created" && state != "running") return fail(Code::bad_request);
  body.starts = state != "created";
  root.erase("why");
  root.erase("state");
  AIRLOCK_ASSIGN(body.definition, experiment::Definition::parse(root, reading));
  return body;
}

Result<RolloutBody> parse_rollout(std::string_view text) {
  AIRLOCK_ASSIGN(const Value root, json::parse(text, kAdminBodyMax));
  AIRLOCK_TRY(only(root, {"manifest", "share", "why", "state", "models", "regions", "groups",
                          "certificates", "from_min", "from_max", "not_before", "not_after"}));
  RolloutBody body;
  AIRLOCK_ASSIGN(body.why, read_why(root));
  AIRLOCK_ASSIGN(const std::string manifest,
                 json::text(root, "manifest", 2 * crypto::Digest::kSize));
  AIRLOCK_ASSIGN(body.draft.manifest, text::digest_from_hex(manifest));
  AIRLOCK_ASSIGN(const std::int64_t share, json::integer(root, "share", 0, store::kShareWhole));
  body.draft.share = static_cast<std::uint32_t>(share);
  AIRLOCK_ASSIGN(body.draft.models, words(root, "models"));
  AIRLOCK_ASSIGN(body.draft.regions, words(root, "regions"));
  AIRLOCK_ASSIGN(body.draft.groups, words(root, "groups"));
  AIRLOCK_ASSIGN(body.draft.certificates, words(root, "certificates"));
  for (const std::string& known : body.draft.certificates) AIRLOCK_TRY(known_certificate(known));
  AIRLOCK_TRY(read_from(root, body.draft));
  AIRLOCK_ASSIGN(body.draft.not_before, time_or_zero(root, "not_before"));
  AIRLOCK_ASSIGN(body.draft.not_after, time_or_zero(root, "not_after"));
  const bool closes = body.draft.not_after != 0;
  if (closes && body.draft.not_after < body.draft.not_before) return fail(Code::empty_range);
  AIRLOCK_ASSIGN(const std::string_view state, word_or_empty(root, "state"));
  if (!state.empty() && state != "created" && state != "running") return fail(Code::bad_request);
  body.draft.state = state == "created" ? store::State::created : store::State::running;
  return body;
}

Result<ChangeBody> parse_change(std::string_view text, ChangeKind kind) {
  AIRLOCK_ASSIGN(const Value root, json::parse(text, kAdminBodyMax));
  AIRLOCK_TRY(only(root, {"why", "share", "adopt"}));
  ChangeBody body;
  AIRLOCK_ASSIGN(body.why, read_why(root));
  if (kind == ChangeKind::advance) {
    AIRLOCK_ASSIGN(const std::int64_t share, json::integer(root, "share", 0, store::kShareWhole));
    body.share = static_cast<std::uint32_t>(share);
  }
  if (kind == ChangeKind::adopt) {
    AIRLOCK_ASSIGN(body.arm, json::text(root, "adopt", experiment::kNameMax));
  }
  return body;
}

Result<DevicesBody> parse_devices(std::string_view text) {
  AIRLOCK_ASSIGN(const Value root, json::parse(text, kAdminBodyMax));
  AIRLOCK_TRY(only(root, {"why", "keys"}));
  DevicesBody body;
  AIRLOCK_ASSIGN(body.why, read_why(root));
  AIRLOCK_ASSIGN(const Value* keys, json::array(root, "keys", store::kKeysMax));
  if (keys->empty()) return fail(Code::missing_field);
  for (const Value& key : *keys) {
    if (!key.is_string()) return fail(Code::wrong_type);
    body.keys.push_back(key.get<std::string>());
  }
  return body;
}

}  // namespace airlock::http
