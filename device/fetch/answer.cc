#include <algorithm>
#include <limits>

#include "core/package/package.h"
#include "device/fetch/fetch.h"
#include "host/json/json.h"
#include "host/text/text.h"

namespace airlock::fetch {

namespace {

using json::Value;

constexpr std::size_t kPayloadsMax = package::kComponentsMax * package::kPayloadsMax;
constexpr std::size_t kTimeTextMax = 32;
constexpr std::size_t kRolloutDigitsMax = 19;
constexpr std::int64_t kNumberMax = std::numeric_limits<std::int64_t>::max();

Result<Digest> digest_of(const Value& object, std::string_view key) {
  AIRLOCK_ASSIGN(const std::string hex, json::text(object, key, 2 * Digest::kSize));
  return text::digest_from_hex(hex);
}

// present returns the member, or nullptr where it is absent or null.
Result<const Value*> present(const Value& object, std::string_view key) {
  return json::optional(object, key);
}

Result<std::string> text_or_empty(const Value& object, std::string_view key, std::size_t size_max) {
  AIRLOCK_ASSIGN(const Value* found, present(object, key));
  return found != nullptr ? json::text(object, key, size_max) : Result<std::string>();
}

Result<OfferedPayload> read_payload(const Value& object) {
  OfferedPayload payload;
  AIRLOCK_ASSIGN(payload.component, json::text(object, "component", package::kComponentIdMax));
  AIRLOCK_ASSIGN(const std::string type, json::text(object, "type", kWhyTextMax));
  if (type != "patch" && type != "full") return fail(Code::bad_text);
  payload.patch = type == "patch";
  AIRLOCK_ASSIGN(payload.digest, digest_of(object, "digest"));
  AIRLOCK_ASSIGN(const std::int64_t size, json::integer(object, "size", 0, kNumberMax));
  payload.size = static_cast<std::uint64_t>(size);
  return payload;
}

Status read_payloads(const Value& object, Offer& offer) {
  AIRLOCK_ASSIGN(const Value* found, present(object, "payloads"));
  if (found == nullptr) return {};
  AIRLOCK_ASSIGN(const Value* list, json::array(object, "payloads", kPayloadsMax));
  for (const Value& item : *list) {
    AIRLOCK_ASSIGN(OfferedPayload payload, read_payload(item));
    offer.payloads.push_back(std::move(payload));
  }
  return {};
}

Result<Offer> read_offer(const Value& object) {
  Offer offer;
  AIRLOCK_ASSIGN(offer.target, json::text(object, "target", kTargetTextMax));
  if (!tuf::is_target_path(offer.target)) return fail(Code::bad_text);
  AIRLOCK_ASSIGN(offer.manifest, digest_of(object, "manifest"));
  AIRLOCK_ASSIGN(offer.version, json::text(object, "version", package::kSemverTextMax));
  AIRLOCK_TRY(package::parse_semver(offer.version));
  AIRLOCK_ASSIGN(
      const std::int64_t security,
      json::integer(object, "security_version", 0, std::numeric_limits<std::uint32_t>::max()));
  offer.security_version = static_cast<std::uint32_t>(security);
  AIRLOCK_ASSIGN(const std::int64_t size, json::integer(object, "size", 0, kNumberMax));
  offer.size = static_cast<std::uint64_t>(size);
  AIRLOCK_TRY(read_payloads(object, offer));
  AIRLOCK_ASSIGN(const std::string expires, text_or_empty(object, "expires", kTimeTextMax));
  if (!expires.empty()) {
    AIRLOCK_ASSIGN(offer.expires, text::from_time(expires));
  }
  AIRLOCK_ASSIGN(const std::int64_t rollout, json::integer(object, "rollout", 0, kNumberMax));
  offer.rollout = static_cast<std::uint64_t>(rollout);
  return offer;
}

bool is_rollout_id(std::string_view text) {
  return !text.empty() && text.size() <= kRolloutDigitsMax &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

Status read_seeds(const Value& root, Answer& answer) {
  AIRLOCK_ASSIGN(const Value* found, present(root, "seeds"));
  if (found == nullptr) return {};
  AIRLOCK_ASSIGN(const Value* seeds, json::object(root, "seeds"));
  if (seeds->size() > kSeedsMax) return fail(Code::too_many, seeds->size());
  for (const auto& [id, value] : seeds->items()) {
    if (!is_rollout_id(id)) return fail(Code::bad_text);
    AIRLOCK_ASSIGN(const Digest seed, digest_of(*seeds, id));
    answer.seeds.push_back({id, seed});
  }
  return {};
}

void put_text(Value& object, const char* key, const std::string& value) {
  if (!value.empty()) object[key] = value;
}

}  // namespace

Result<Answer> parse_answer(std::string_view json) {
  AIRLOCK_ASSIGN(const Value root, json::parse(json, kAnswerSizeMax));
  Answer answer;
  AIRLOCK_ASSIGN(const Value* offer, present(root, "offer"));
  if (offer != nullptr) {
    AIRLOCK_ASSIGN(answer.offer, read_offer(*offer));
  } else {
    AIRLOCK_ASSIGN(answer.why, text_or_empty(root, "why", kWhyTextMax));
    AIRLOCK_ASSIGN(answer.explain, text_or_empty(root, "explain", kExplainTextMax));
    AIRLOCK_TRY(read_seeds(root, answer));
  }
  AIRLOCK_ASSIGN(const Value* poll, present(root, "poll_after_s"));
  if (poll != nullptr) {
    AIRLOCK_ASSIGN(
        const std::int64_t seconds,
        json::integer(root, "poll_after_s", std::numeric_limits<std::int64_t>::min(), kNumberMax));
    answer.poll_after_s =
        static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds, kPollAfterMin, kPollAfterMax));
  }
  return answer;
}

std::string write_check_in(const CheckIn& facts) {
  Value object = Value::object();
  put_text(object, "duid", facts.duid);
  if (facts.duid.empty()) {
    Value buckets = Value::object();
    for (const auto& [rollout, bucket] : facts.buckets) buckets[rollout] = bucket;
    object["bucket"] = std::move(buckets);
    put_text(object, "pseudonym", facts.pseudonym);
  }
  object["model"] = facts.model;
  object["version"] = facts.version;
  object["security_version"] = facts.security_version;
  object["bootloader"] = facts.bootloader;
  object["secure_boot"] = facts.secure_boot;
  if (facts.data_version) object["data_version"] = *facts.data_version;
  object["keyring"] = facts.keyring;
  put_text(object, "region", facts.region);
  put_text(object, "group", facts.group);
  put_text(object, "certificate", facts.certificate);
  Value images = Value::object();
  for (const auto& [component, digest] : facts.images) {
    images[component] = text::to_hex(digest.bytes);
  }
  object["images"] = std::move(images);
  for (const auto& [kind, content] : facts.contents) {
    Value& told = object["contents"][kind];
    told["version"] = content.version;
    told["security_version"] = content.security_version;
  }
  for (const Digest& manifest : facts.not_now) {
    object["not_now"].push_back(text::to_hex(manifest.bytes));
  }
  return json::write(object);
}

Result<Answer> check_in(Connection& connection, const CheckIn& facts) {
  AIRLOCK_ASSIGN(const std::string body,
                 connection.post("/v1/check-in", write_check_in(facts), kAnswerSizeMax));
  return parse_answer(body);
}

namespace {

// What is signed travels as it was signed.
struct Place {
  std::string_view path;
  const char* member;
};
std::string write_signed(std::string_view member, const SignedReport& report) {
  Value object = Value::object();
  object[member] = text::to_base64(bytes_of(report.report));
  object["key"] = report.public_key;
  object["signature"] = report.signature;
  return json::write(object);
}

Result<Receipt> post_signed(Connection& connection, const Place& place,
                            const SignedReport& report) {
  AIRLOCK_ASSIGN(const std::string body,
                 connection.post(place.path, write_signed(place.member, report), kAnswerSizeMax));
  return parse_receipt(body);
}

Result<FeesAdvice> read_advice(const Value& object) {
  FeesAdvice advice;
  AIRLOCK_ASSIGN(advice.experiment, json::integer(object, "experiment", 0, kNumberMax));
  AIRLOCK_ASSIGN(advice.arm, json::text(object, "arm", kArmTextMax));
  AIRLOCK_ASSIGN(advice.policy, digest_of(object, "policy"));
  AIRLOCK_ASSIGN(advice.baseline, digest_of(object, "baseline"));
  AIRLOCK_ASSIGN(const std::int64_t stage,
                 json::integer(object, "stage", 0, std::numeric_limits<std::uint32_t>::max()));
  advice.stage = static_cast<std::uint32_t>(stage);
  return advice;
}

Result<std::vector<Digest>> read_set_aside(const Value& root) {
  std::vector<Digest> policies;
  AIRLOCK_ASSIGN(const Value* found, json::optional(root, "set_aside"));
  if (found == nullptr) return policies;
  AIRLOCK_ASSIGN(const Value* list, json::array(root, "set_aside", kSetAsideMax));
  for (const Value& item : *list) {
    if (!item.is_string()) return fail(Code::wrong_type);
    AIRLOCK_ASSIGN(const Digest policy, text::digest_from_hex(item.get<std::string>()));
    policies.push_back(policy);
  }
  return policies;
}

}  // namespace

std::string write_report(const SignedReport& report) { return write_signed("report", report); }

Result<Receipt> parse_receipt(std::string_view json) {
  AIRLOCK_ASSIGN(const Value root, json::parse(json, kAnswerSizeMax));
  Receipt receipt;
  AIRLOCK_ASSIGN(receipt.counted, json::boolean(root, "counted"));
  AIRLOCK_ASSIGN(receipt.why, text_or_empty(root, "why", kWhyTextMax));
  return receipt;
}

Result<Receipt> post_report(Connection& connection, const SignedReport& report) {
  return post_signed(connection, {"/v1/reports", "report"}, report);
}

Result<Receipt> post_outcomes(Connection& connection, const SignedReport& outcomes) {
  return post_signed(connection, {"/v1/outcomes", "outcomes"}, outcomes);
}

Result<FeesAnswer> parse_fees_answer(std::string_view json) {
  AIRLOCK_ASSIGN(const Value root, json::parse(json, kAnswerSizeMax));
  FeesAnswer answer;
  AIRLOCK_ASSIGN(const Value* list, json::array(root, "experiments", kExperimentsMax));
  if (!list->empty()) {
    AIRLOCK_ASSIGN(answer.advice, read_advice(list->front()));
  }
  AIRLOCK_ASSIGN(
      const std::int64_t seconds,
      json::integer(root, "poll_after_s", std::numeric_limits<std::int64_t>::min(), kNumberMax));
  AIRLOCK_ASSIGN(answer.set_aside, read_set_aside(root));
  answer.poll_after_s =
      static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds, kFeesPollMin, kFeesPollMax));
  return answer;
}

Result<FeesAnswer> ask_fees(Connection& connection, const FeesQuestion& question) {
  Value object = {{"kept", Value::array()}};
  for (const Digest& policy : question.kept) object["kept"].push_back(text::to_hex(policy.bytes));
  put_text(object, "duid", question.duid);
  put_text(object, "region", question.region);
  put_text(object, "group", question.group);
  put_text(object, "tier", question.tier);
  AIRLOCK_ASSIGN(const std::string body,
                 connection.post("/v1/fees", json::write(object), kAnswerSizeMax));
  return parse_fees_answer(body);
}

}  // namespace airlock::fetch
