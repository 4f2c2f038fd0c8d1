#include "server/http/bodies.h"

#include <limits>

#include "host/json/json.h"
#include "host/text/text.h"

namespace airlock::http {

namespace {

using json::Value;

constexpr std::int64_t kNumberMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kWordNumberMax = std::numeric_limits<std::uint32_t>::max();

Result<std::string_view> word_or_empty(const Value& object, std::string_view key,
                                       std::size_t size_max = store::kWordMax) {
  AIRLOCK_ASSIGN(const Value* found, json::optional(object, key));
  if (found == nullptr) return std::string_view();
  return json::text_view(object, key, size_max);
}

Result<std::uint32_t> number_or_zero(const Value& object, std::string_view key) {
  AIRLOCK_ASSIGN(const Value* found, json::optional(object, key));
  if (found == nullptr) return 0U;
  AIRLOCK_ASSIGN(const std::int64_t number, json::integer(object, key, 0, kWordNumberMax));
  return static_cast<std::uint32_t>(number);
}

Status read_buckets(const Value& root, rollout::CheckIn& facts) {
  AIRLOCK_ASSIGN(const Value* buckets, json::object(root, "bucket"));
  for (const auto& [name, value] : buckets->items()) {
    if (name.empty() || name.size() > 18 ||
        name.find_first_not_of("0123456789") != std::string::npos) {
      return fail(Code::bad_text);
    }
    AIRLOCK_ASSIGN(const std::int64_t bucket,
                   json::integer(*buckets, name, 0, rollout::kBuckets - 1));
    AIRLOCK_TRY(facts.buckets.add({std::stoll(name), static_cast<std::uint32_t>(bucket)}));
  }
  return {};
}

// one_line: what an operator writes is read in a line on other operators' screens.
Result<std::string> one_line(std::string text) {
  const bool plain = text::visible(text) == text && text.find('\n') == std::string::npos;
  if (!plain) return fail(Code::bad_text);
  return text;
}

Result<std::string> read_why(const Value& root) {
  AIRLOCK_ASSIGN(std::string why, json::text(root, "why", store::kWhyMax));
  return one_line(std::move(why));
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
    if (list.back().empty() || list.back().size() > store::kWordMax) return fail(Code::oversized);
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

Status known_outcome(std::string_view outcome) {
  for (const std::string_view known : {"committed", "failed", "went_back", "progress"}) {
    if (outcome == known) return {};
  }
  return fail(Code::bad_request);
}

// A device names itself, or brings a pseudonym and perhaps buckets.
Status read_names(const Value& root, rollout::CheckIn& facts) {
  AIRLOCK_ASSIGN(facts.duid, word_or_empty(root, "duid", store::kDuidSize));
  AIRLOCK_ASSIGN(facts.pseudonym, word_or_empty(root, "pseudonym", 2 * store::kWordMax));
  if (facts.duid.empty() == facts.pseudonym.empty()) return fail(Code::bad_request);
  AIRLOCK_ASSIGN(const Value* bucket, json::optional(root, "bucket"));
  if (bucket == nullptr) return {};
  if (!facts.duid.empty()) return fail(Code::bad_request);
  return read_buckets(root, facts);
}

Status read_images(const Value& root, rollout::CheckIn& facts) {
  AIRLOCK_ASSIGN(const Value* images, json::optional(root, "images"));
  if (images == nullptr) return {};
  if (!images->is_object()) return fail(Code::wrong_type);
  if (images->size() > package::kComponentsMax) return fail(Code::too_many);
  for (const auto& [name, value] : images->get_ref<const Value::object_t&>()) {
    AIRLOCK_ASSIGN(const std::string_view hex,
                   json::text_view(*images, name, 2 * crypto::Digest::kSize));
    AIRLOCK_ASSIGN(const crypto::Digest digest, text::digest_from_hex(hex));
    AIRLOCK_TRY(facts.images.add({name, digest}));
  }
  return {};
}

// Kinds that this version does not know are passed over: a device may be newer than its server.
Status read_contents(const Value& root, rollout::CheckIn& facts) {
  AIRLOCK_ASSIGN(const Value* contents, json::optional(root, "contents"));
  if (contents == nullptr) return {};
  if (!contents->is_object()) return fail(Code::wrong_type);
  if (contents->size() > package::kKindCount) return fail(Code::too_many);
  for (const auto& [name, value] : contents->get_ref<const Value::object_t&>()) {
    const auto kind = package::kind_named(name);
    if (!kind) continue;
    rollout::CheckIn::Content content;
    content.kind = *kind;
    AIRLOCK_ASSIGN(const std::string_view version,
                   json::text_view(value, "version", package::kSemverTextMax));
    AIRLOCK_ASSIGN(content.version, package::parse_semver(version));
    AIRLOCK_ASSIGN(content.security_version, number_or_zero(value, "security_version"));
    AIRLOCK_TRY(facts.contents.add(content));
  }
  return {};
}

// What a device signed, and who it is by its key.
struct Signed {
  std::vector<std::uint8_t> text;
  std::string duid;
};
// Which member holds it, and what is signed before it, so that no message passes for another.
struct Envelope {
  std::string_view member;
  std::string_view prefix;
};

// open_signed proves that the text was signed by the key that came with it.
Result<Signed> open_signed(std::string_view body, const Envelope& envelope) {
  AIRLOCK_ASSIGN(const Value root, json::parse(body, kReportMax));
  AIRLOCK_ASSIGN(const std::string encoded, json::text(root, envelope.member, kReportMax));
  AIRLOCK_ASSIGN(auto signed_text, text::from_base64(encoded));
  AIRLOCK_ASSIGN(const std::string key_hex, json::text(root, "key", 2 * crypto::kEd25519KeySize));
  AIRLOCK_ASSIGN(const auto raw_key, text::from_hex(key_hex));
  AIRLOCK_ASSIGN(const auto key, crypto::make_public_key(crypto::Algorithm::eddsa, raw_key));
  AIRLOCK_ASSIGN(const std::string signature_hex,
                 json::text(root, "signature", 2 * crypto::kCurveSignatureSize));
  AIRLOCK_ASSIGN(const auto signature, text::from_hex(signature_hex));
  const std::array<Bytes, 2> message = {bytes_of(envelope.prefix), Bytes(signed_text)};
  AIRLOCK_TRY(crypto::verify(key, message, signature));
  return Signed{std::move(signed_text), store::duid_of(raw_key)};
}

// check_name: nobody speaks under another device's name.
Status check_name(std::string_view told, const Signed& opened) {
  if (told != opened.duid) return fail(Code::unauthorised);
  return {};
}

Result<store::Outcome> read_outcome(const Value& value) {
  store::Outcome outcome;
  AIRLOCK_ASSIGN(outcome.experiment, json::integer(value, "experiment", 0, kNumberMax));
  AIRLOCK_ASSIGN(outcome.arm, json::text(value, "arm", experiment::kNameMax));
  AIRLOCK_ASSIGN(outcome.stage, number_or_zero(value, "stage"));
  AIRLOCK_ASSIGN(const bool succeeded, json::boolean(value, "ok"));
  outcome.payment = succeeded ? store::Payment::succeeded : store::Payment::failed;
  AIRLOCK_ASSIGN(outcome.ms, json::integer(value, "ms", 0, kNumberMax));
  return outcome;
}

// known_certificate: a fingerprint is spelled in one way, so that it can be compared as text.
Status known_certificate(std::string_view certificate) {
  if (!certificate.empty()) AIRLOCK_TRY(text::digest_from_hex(certificate));
  return {};
}

}  // namespace

Result<std::unique_ptr<CheckInBody>> CheckInBody::parse(std::string_view text) {
  auto body = std::make_unique<CheckInBody>();
  AIRLOCK_ASSIGN(body->root_, json::parse(text, kCheckInMax));
  const Value& root = body->root_;
  rollout::CheckIn& facts = body->facts_;
  AIRLOCK_TRY(read_names(root, facts));
  AIRLOCK_ASSIGN(facts.model, json::text_view(root, "model", package::kModelTextMax));
  AIRLOCK_ASSIGN(body->version_, json::text_view(root, "version", package::kSemverTextMax));
  AIRLOCK_ASSIGN(facts.version, package::parse_semver(body->version_));
  AIRLOCK_ASSIGN(facts.region, word_or_empty(root, "region"));
  AIRLOCK_ASSIGN(facts.group, word_or_empty(root, "group"));
  AIRLOCK_ASSIGN(facts.certificate, word_or_empty(root, "certificate"));
  AIRLOCK_TRY(known_certificate(facts.certificate));
  AIRLOCK_ASSIGN(facts.security_version, number_or_zero(root, "security_version"));
  AIRLOCK_ASSIGN(facts.bootloader, number_or_zero(root, "bootloader"));
  AIRLOCK_ASSIGN(const Value* keyring, json::optional(root, "keyring"));
  if (keyring != nullptr) {
    AIRLOCK_ASSIGN(facts.keyring, number_or_zero(root, "keyring"));
  }
  AIRLOCK_TRY(read_images(root, facts));
  AIRLOCK_TRY(read_contents(root, facts));
  return body;
}

store::Sighting CheckInBody::sighting(std::int64_t at) const {
  return {at,
          std::string(facts_.model),
          std::string(version_),
          facts_.security_version,
          facts_.bootloader,
          std::string(facts_.region),
          std::string(facts_.group),
          std::string(facts_.certificate)};
}

Result<store::Report> read_report(std::string_view text) {
  AIRLOCK_ASSIGN(const Value root, json::parse(text, kReportMax));
  store::Report report;
  AIRLOCK_ASSIGN(report.duid, json::text(root, "duid", store::kDuidSize));
  AIRLOCK_ASSIGN(report.sequence, json::integer(root, "sequence", 0, kNumberMax));
  AIRLOCK_ASSIGN(const Value* rollout, json::optional(root, "rollout"));
  if (rollout != nullptr) {
    AIRLOCK_ASSIGN(report.rollout, json::integer(root, "rollout", 0, kNumberMax));
  }
  AIRLOCK_ASSIGN(report.manifest, word_or_empty(root, "manifest"));
  AIRLOCK_ASSIGN(report.version, word_or_empty(root, "version"));
  AIRLOCK_ASSIGN(report.phase, word_or_empty(root, "phase"));
  AIRLOCK_ASSIGN(report.outcome, json::text(root, "outcome", store::kWordMax));
  AIRLOCK_TRY(known_outcome(report.outcome));
  AIRLOCK_ASSIGN(report.reason, word_or_empty(root, "reason"));
  AIRLOCK_ASSIGN(const Value* bound, json::optional(root, "time_bound"));
  if (bound != nullptr) {
    AIRLOCK_ASSIGN(report.time_bound, json::integer(root, "time_bound", 0, kNumberMax));
  }
  return report;
}

Result<store::Report> parse_report(std::string_view body, std::int64_t received) {
  AIRLOCK_ASSIGN(const Signed opened, open_signed(body, {"report", "airlock-report-v1\n"}));
  AIRLOCK_ASSIGN(store::Report report, read_report(text_of(opened.text)));
  AIRLOCK_TRY(check_name(report.duid, opened));
  report.received = received;
  return report;
}

Result<FeesBody> parse_fees(std::string_view text) {
  AIRLOCK_ASSIGN(const Value root, json::parse(text, kCheckInMax));
  FeesBody body;
  AIRLOCK_ASSIGN(body.duid, json::text(root, "duid", store::kDuidSize));
  if (body.duid.empty()) return fail(Code::bad_request);
  AIRLOCK_ASSIGN(body.region, word_or_empty(root, "region"));
  AIRLOCK_ASSIGN(body.group, word_or_empty(root, "group"));
  AIRLOCK_ASSIGN(body.tier, word_or_empty(root, "tier"));
  return body;
}

Result<store::OutcomeBatch> read_outcomes(std::string_view text) {
  AIRLOCK_ASSIGN(const Value root, json::parse(text, kReportMax));
  store::OutcomeBatch batch;
  AIRLOCK_ASSIGN(batch.duid, json::text(root, "duid", store::kDuidSize));
  AIRLOCK_ASSIGN(batch.sequence, json::integer(root, "sequence", 0, kNumberMax));
  AIRLOCK_ASSIGN(const Value* outcomes, json::array(root, "outcomes", store::kOutcomesMax));
  for (const Value& item : *outcomes) {
    AIRLOCK_ASSIGN(store::Outcome outcome, read_outcome(item));
    batch.outcomes.push_back(std::move(outcome));
  }
  return batch;
}

Result<store::OutcomeBatch> parse_outcomes(std::string_view body, std::int64_t received) {
  AIRLOCK_ASSIGN(const Signed opened, open_signed(body, {"outcomes", "airlock-outcomes-v1\n"}));
  AIRLOCK_ASSIGN(store::OutcomeBatch batch, read_outcomes(text_of(opened.text)));
  AIRLOCK_TRY(check_name(batch.duid, opened));
  batch.received = received;
  return batch;
}

Result<ExperimentBody> parse_experiment(std::string_view text) {
  AIRLOCK_ASSIGN(Value root, json::parse(text, kAdminBodyMax));
  ExperimentBody body;
  AIRLOCK_ASSIGN(body.why, read_why(root));
  AIRLOCK_ASSIGN(const std::string_view state, word_or_empty(root, "state"));
  if (!state.empty() && state != "created" && state != "running") return fail(Code::bad_request);
  body.starts = state != "created";
  root.erase("why");
  root.erase("state");
  AIRLOCK_ASSIGN(body.definition, experiment::Definition::parse(root));
  return body;
}

Result<RolloutBody> parse_rollout(std::string_view text) {
  AIRLOCK_ASSIGN(const Value root, json::parse(text, kAdminBodyMax));
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
  ChangeBody body;
  AIRLOCK_ASSIGN(body.why, read_why(root));
  if (kind == ChangeKind::advance) {
    AIRLOCK_ASSIGN(const std::int64_t share, json::integer(root, "share", 0, store::kShareWhole));
    body.share = static_cast<std::uint32_t>(share);
  }
  return body;
}

Result<DevicesBody> parse_devices(std::string_view text) {
  AIRLOCK_ASSIGN(const Value root, json::parse(text, kAdminBodyMax));
  DevicesBody body;
  AIRLOCK_ASSIGN(body.why, read_why(root));
  AIRLOCK_ASSIGN(const Value* keys, json::array(root, "keys", store::kKeysMax));
  for (const Value& key : *keys) {
    if (!key.is_string()) return fail(Code::wrong_type);
    body.keys.push_back(key.get<std::string>());
  }
  return body;
}

}  // namespace airlock::http
