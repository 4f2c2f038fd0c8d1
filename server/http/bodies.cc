#include "server/http/bodies.h"

#include <limits>

#include "host/json/tree.h"
#include "host/text/text.h"
#include "server/http/words.h"

namespace airlock::http {

namespace {

using json::Node;
using json::Tree;

constexpr std::int64_t kNumberMax = std::numeric_limits<std::int64_t>::max();

Status read_buckets(Node root, rollout::CheckIn& facts) {
  AIRLOCK_ASSIGN(const Node buckets, json::object(root, "bucket"));
  for (const auto& [name, value] : buckets.members()) {
    if (name.empty() || name.size() > 18 || name.front() == '0' ||
        name.find_first_not_of("0123456789") != std::string::npos) {
      return fail(Code::bad_text);
    }
    AIRLOCK_ASSIGN(const std::int64_t bucket,
                   json::integer(buckets, name, 0, rollout::kBuckets - 1));
    const std::int64_t rollout = std::stoll(std::string(name));
    AIRLOCK_TRY(facts.buckets.add({rollout, static_cast<std::uint32_t>(bucket)}));
  }
  return {};
}

// A code or a phase, which a newer device may know and this server not.
Result<std::string> name_or_empty(Node root, std::string_view key) {
  AIRLOCK_ASSIGN(const std::string_view word, word_or_empty(root, key));
  const bool is_name = std::ranges::all_of(
      word, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
  if (!is_name) return fail(Code::bad_text);
  return std::string(word);
}

Status known_outcome(std::string_view outcome) {
  for (const std::string_view known : {"committed", "failed", "went_back", "progress"}) {
    if (outcome == known) return {};
  }
  return fail(Code::bad_request);
}

// A device names itself, or brings a pseudonym and perhaps buckets.
Status read_names(Node root, rollout::CheckIn& facts) {
  AIRLOCK_ASSIGN(facts.duid, word_or_empty(root, "duid", store::kDuidSize));
  AIRLOCK_ASSIGN(facts.pseudonym, word_or_empty(root, "pseudonym", 2 * store::kWordMax));
  if (facts.duid.empty() == facts.pseudonym.empty()) return fail(Code::bad_request);
  AIRLOCK_ASSIGN(const auto bucket, json::optional(root, "bucket"));
  if (!bucket) return {};
  if (!facts.duid.empty()) return fail(Code::bad_request);
  return read_buckets(root, facts);
}

Status read_images(Node root, rollout::CheckIn& facts) {
  AIRLOCK_ASSIGN(const auto images, json::optional(root, "images"));
  if (!images) return {};
  if (!images->is_object()) return fail(Code::wrong_type);
  if (images->count() > package::kComponentsMax) return fail(Code::too_many);
  for (const auto& [name, value] : images->members()) {
    AIRLOCK_ASSIGN(const std::string_view hex,
                   json::text(*images, name, 2 * crypto::Digest::kSize));
    AIRLOCK_ASSIGN(const crypto::Digest digest, text::digest_from_hex(hex));
    AIRLOCK_TRY(facts.images.add({name, digest}));
  }
  return {};
}

// Kinds that this version does not know are passed over: a device may be newer than its server.
Status read_contents(Node root, rollout::CheckIn& facts) {
  AIRLOCK_ASSIGN(const auto contents, json::optional(root, "contents"));
  if (!contents) return {};
  if (!contents->is_object()) return fail(Code::wrong_type);
  if (contents->count() > package::kKindCount) return fail(Code::too_many);
  for (const auto& [name, value] : contents->members()) {
    const auto kind = package::kind_named(name);
    if (!kind) continue;
    rollout::CheckIn::Content content;
    content.kind = *kind;
    AIRLOCK_ASSIGN(const std::string_view version,
                   json::text(value, "version", package::kSemverTextMax));
    AIRLOCK_ASSIGN(content.version, package::parse_semver(version));
    AIRLOCK_ASSIGN(content.security_version, number_or_zero(value, "security_version"));
    AIRLOCK_TRY(facts.contents.add(content));
  }
  return {};
}

Status read_not_now(Node root, rollout::CheckIn& facts) {
  AIRLOCK_ASSIGN(const auto given, json::optional(root, "not_now"));
  if (!given) return {};
  AIRLOCK_ASSIGN(const Node list, json::array(root, "not_now", rollout::kNotNowMax));
  for (const Node item : list.elements()) {
    if (!item.is_text()) return fail(Code::wrong_type);
    AIRLOCK_ASSIGN(const crypto::Digest manifest, text::digest_from_hex(item.as_text()));
    AIRLOCK_TRY(facts.not_now.add(manifest));
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
  AIRLOCK_ASSIGN(const Tree tree, Tree::parse(body, kReportMax));
  const Node root = tree.root();
  AIRLOCK_ASSIGN(const std::string_view encoded, json::text(root, envelope.member, kReportMax));
  AIRLOCK_ASSIGN(auto signed_text, text::from_base64(encoded));
  AIRLOCK_ASSIGN(const std::string_view key_hex,
                 json::text(root, "key", 2 * crypto::kEd25519KeySize));
  AIRLOCK_ASSIGN(const auto raw_key, text::from_hex(key_hex));
  AIRLOCK_ASSIGN(const auto key, crypto::make_public_key(crypto::Algorithm::eddsa, raw_key));
  AIRLOCK_ASSIGN(const std::string_view signature_hex,
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

Result<store::Outcome> read_outcome(Node value) {
  store::Outcome outcome;
  AIRLOCK_ASSIGN(outcome.experiment, json::integer(value, "experiment", 0, kNumberMax));
  AIRLOCK_ASSIGN(outcome.arm, json::text(value, "arm", experiment::kNameMax));
  AIRLOCK_ASSIGN(outcome.stage, number_or_zero(value, "stage"));
  AIRLOCK_ASSIGN(const bool succeeded, json::boolean(value, "ok"));
  outcome.payment = succeeded ? store::Payment::succeeded : store::Payment::failed;
  AIRLOCK_ASSIGN(outcome.ms, json::integer(value, "ms", 0, kNumberMax));
  return outcome;
}

}  // namespace

Result<std::unique_ptr<CheckInBody>> CheckInBody::parse(std::string_view text) {
  AIRLOCK_ASSIGN(Tree tree, Tree::parse(text, kCheckInMax));
  auto body = std::make_unique<CheckInBody>(std::move(tree));
  const Node root = body->tree_.root();
  rollout::CheckIn& facts = body->facts_;
  AIRLOCK_TRY(read_names(root, facts));
  AIRLOCK_ASSIGN(const std::string_view model, json::text(root, "model", package::kModelTextMax));
  AIRLOCK_ASSIGN(facts.model, seen(model));
  AIRLOCK_ASSIGN(body->version_, json::text(root, "version", package::kSemverTextMax));
  AIRLOCK_ASSIGN(facts.version, package::parse_semver(body->version_));
  AIRLOCK_ASSIGN(facts.region, word_or_empty(root, "region"));
  AIRLOCK_ASSIGN(facts.group, word_or_empty(root, "group"));
  AIRLOCK_ASSIGN(facts.certificate, word_or_empty(root, "certificate"));
  AIRLOCK_TRY(known_certificate(facts.certificate));
  AIRLOCK_ASSIGN(facts.security_version, number_or_zero(root, "security_version"));
  AIRLOCK_ASSIGN(facts.bootloader, number_or_zero(root, "bootloader"));
  AIRLOCK_ASSIGN(facts.secure_boot, number_or_zero(root, "secure_boot"));
  AIRLOCK_ASSIGN(const auto data, json::optional(root, "data_version"));
  if (data) {
    AIRLOCK_ASSIGN(facts.data_version, number_or_zero(root, "data_version"));
  }
  AIRLOCK_ASSIGN(const auto keyring, json::optional(root, "keyring"));
  if (keyring) {
    AIRLOCK_ASSIGN(facts.keyring, number_or_zero(root, "keyring"));
  }
  AIRLOCK_TRY(read_images(root, facts));
  AIRLOCK_TRY(read_contents(root, facts));
  AIRLOCK_TRY(read_not_now(root, facts));
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
  AIRLOCK_ASSIGN(const Tree tree, Tree::parse(text, kReportMax));
  const Node root = tree.root();
  store::Report report;
  AIRLOCK_ASSIGN(report.duid, json::text(root, "duid", store::kDuidSize));
  AIRLOCK_ASSIGN(report.sequence, json::integer(root, "sequence", 0, kNumberMax));
  AIRLOCK_ASSIGN(const auto rollout, json::optional(root, "rollout"));
  if (rollout) {
    AIRLOCK_ASSIGN(report.rollout, json::integer(root, "rollout", 0, kNumberMax));
  }
  AIRLOCK_ASSIGN(report.manifest, word_or_empty(root, "manifest"));
  if (!report.manifest.empty()) AIRLOCK_TRY(text::digest_from_hex(report.manifest));
  AIRLOCK_ASSIGN(report.version, word_or_empty(root, "version"));
  if (!report.version.empty()) AIRLOCK_TRY(package::parse_semver(report.version));
  AIRLOCK_ASSIGN(report.phase, name_or_empty(root, "phase"));
  AIRLOCK_ASSIGN(report.outcome, json::text(root, "outcome", store::kWordMax));
  AIRLOCK_TRY(known_outcome(report.outcome));
  AIRLOCK_ASSIGN(report.reason, name_or_empty(root, "reason"));
  AIRLOCK_ASSIGN(const auto bound, json::optional(root, "time_bound"));
  if (bound) {
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

namespace {

Status read_kept(Node root, FeesBody& body) {
  AIRLOCK_ASSIGN(const auto kept, json::optional(root, "kept"));
  if (!kept) return {};
  AIRLOCK_ASSIGN(const Node list, json::array(root, "kept", kKeptMax));
  for (const Node item : list.elements()) {
    if (!item.is_text()) return fail(Code::wrong_type);
    AIRLOCK_TRY(text::digest_from_hex(item.as_text()));
    body.kept.emplace_back(item.as_text());
  }
  return {};
}

}  // namespace

Result<FeesBody> parse_fees(std::string_view text) {
  AIRLOCK_ASSIGN(const Tree tree, Tree::parse(text, kCheckInMax));
  const Node root = tree.root();
  FeesBody body;
  AIRLOCK_ASSIGN(const auto duid, json::optional(root, "duid"));
  if (duid) {
    AIRLOCK_ASSIGN(body.duid, json::text(root, "duid", store::kDuidSize));
    if (body.duid.empty()) return fail(Code::bad_request);
  }
  AIRLOCK_ASSIGN(body.region, word_or_empty(root, "region"));
  AIRLOCK_ASSIGN(body.group, word_or_empty(root, "group"));
  AIRLOCK_ASSIGN(body.tier, word_or_empty(root, "tier"));
  AIRLOCK_TRY(read_kept(root, body));
  return body;
}

Result<store::OutcomeBatch> read_outcomes(std::string_view text) {
  AIRLOCK_ASSIGN(const Tree tree, Tree::parse(text, kReportMax));
  const Node root = tree.root();
  store::OutcomeBatch batch;
  AIRLOCK_ASSIGN(batch.duid, json::text(root, "duid", store::kDuidSize));
  AIRLOCK_ASSIGN(batch.sequence, json::integer(root, "sequence", 0, kNumberMax));
  AIRLOCK_ASSIGN(const Node outcomes, json::array(root, "outcomes", store::kOutcomesMax));
  for (const Node item : outcomes.elements()) {
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

}  // namespace airlock::http
