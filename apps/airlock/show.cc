#include "apps/airlock/show.h"

#include <algorithm>
#include <tuple>

#include "host/terminal/terminal.h"
#include "host/text/text.h"
#include "publish/release/release.h"
#include "trust/x509/x509.h"

namespace airlock::app {
namespace {

using package::Component;
using package::Manifest;
using package::Payload;

std::string_view type_of(const Payload& payload) {
  return payload.type == package::PayloadType::full ? "full" : "patch";
}

std::string percent(std::uint16_t share) {
  std::string decimals = std::to_string(share % 100);
  if (decimals.size() < 2) decimals.insert(0, "0");
  return std::to_string(share / 100) + "." + decimals + " %";
}

std::string ramp_text(const package::Ramp& ramp) {
  std::string made = "from " + text::to_time(ramp.start_seconds);
  for (const package::RampStage& stage : ramp.stages) {
    made += ", after " + text::human_duration(stage.after_seconds) + " " + percent(stage.share);
  }
  return made;
}

std::string payload_text(const Payload& payload) {
  std::string made = std::string(type_of(payload)) + ", " + text::human_size(payload.size) + ", " +
                     digest_hex(payload.digest);
  if (payload.type == package::PayloadType::patch)
    made += " against " + digest_hex(payload.base_digest);
  made += ", decoded in " + text::human_size(payload.decoder_memory);
  if (payload.scratch_size > 0) {
    made += " and a scratch area of " + std::to_string(payload.scratch_size) + " bytes";
  }
  return made;
}

std::string component_text(const Component& component) {
  std::string made = "Component " + text::visible_line(component.id) + "\n";
  for (std::size_t i = 0; i < component.image_count(); ++i) {
    const package::Image image = component.image(i);
    std::string size = text::human_size(image.size);
    if (image.load_address) size += " at " + std::to_string(*image.load_address);
    made += line("image", size);
    made += line("SHA-256", digest_hex(image.digest));
  }
  for (std::size_t i = 0; i < component.payload_count(); ++i) {
    made += line("payload", payload_text(component.payload(i)));
  }
  return made;
}

std::string models_text(const Manifest& manifest) {
  std::string made;
  for (std::string_view model : manifest.models) {
    made += (made.empty() ? "" : ", ") + text::visible_line(model);
  }
  return made;
}

std::string conditions_text(const Manifest& manifest) {
  std::string made;
  for (const package::VersionRange& range : manifest.from_versions) {
    made += line("from",
                 text::visible_line(range.min.text) + " to " + text::visible_line(range.max.text));
  }
  if (manifest.bootloader_min > 0) {
    made += line("bootloader", "at least " + std::to_string(manifest.bootloader_min));
  }
  if (manifest.secure_boot_min > 0) {
    made += line("secure boot", "at least " + std::to_string(manifest.secure_boot_min));
  }
  made += line("owner's data", "writes version " + std::to_string(manifest.data_version) +
                                   ", reads from " + std::to_string(manifest.data_version_min));
  if (!manifest.ramp.stages.empty()) made += line("ramp", ramp_text(manifest.ramp));
  return made;
}

json::Value component_json(const Component& component) {
  json::Value images = json::Value::array(), payloads = json::Value::array();
  for (std::size_t i = 0; i < component.image_count(); ++i) {
    const package::Image image = component.image(i);
    json::Value one{{"size", image.size},
                    {"sha256", digest_hex(image.digest)},
                    {"blocks", image.block_count()}};
    if (image.load_address) one["load_address"] = *image.load_address;
    images.push_back(std::move(one));
  }
  for (std::size_t i = 0; i < component.payload_count(); ++i) {
    const Payload payload = component.payload(i);
    json::Value one{{"type", type_of(payload)},
                    {"image", payload.image},
                    {"size", payload.size},
                    {"sha256", digest_hex(payload.digest)},
                    {"decoder_memory", payload.decoder_memory}};
    if (payload.type == package::PayloadType::patch) {
      one["scratch_size"] = payload.scratch_size;
      one["base"] = {{"size", payload.base_size}, {"sha256", digest_hex(payload.base_digest)}};
    }
    payloads.push_back(std::move(one));
  }
  return {{"id", component.id}, {"images", std::move(images)}, {"payloads", std::move(payloads)}};
}

json::Value ramp_json(const package::Ramp& ramp) {
  json::Value stages = json::Value::array();
  for (const package::RampStage& stage : ramp.stages) {
    stages.push_back({{"after_s", stage.after_seconds}, {"share", stage.share}});
  }
  return {{"start", text::to_time(ramp.start_seconds)},
          {"seed", digest_hex(ramp.seed)},
          {"stages", std::move(stages)}};
}

}  // namespace

std::string line(std::string_view label, const std::string& value) {
  constexpr std::size_t kLabelWidth = 18;
  std::string made = "  " + std::string(label);
  made.resize(std::max(made.size() + 1, kLabelWidth), ' ');
  return made + value + "\n";
}

std::string digest_hex(const crypto::Digest& digest) { return text::to_hex(digest.bytes); }

std::string algorithm_name(std::int64_t algorithm) {
  const auto known = crypto::known_algorithm(algorithm);
  return known ? std::string(package::name_of(*known)) : std::to_string(algorithm);
}

std::string manifest_text(const Manifest& manifest) {
  std::string made = "Manifest " + digest_hex(manifest.digest()) + "\n";
  made += line("kind", std::string(package::name_of(manifest.kind)));
  made += line("models", models_text(manifest));
  made += line("version", text::visible_line(manifest.version.text));
  made += line("security version", std::to_string(manifest.security_version));
  made += line("created", text::to_time(manifest.created));
  made +=
      line("valid", text::to_time(manifest.not_before) + " to " + text::to_time(manifest.expires));
  made += conditions_text(manifest);
  if (!manifest.notes.empty())
    made += "  notes\n" + text::quoted(manifest.notes, terminal::columns(terminal::Stream::out));
  if (manifest.entries) {
    made += line("entries", std::to_string(manifest.entries->count));
    made += line("root", digest_hex(manifest.entries->root));
  }
  for (std::size_t i = 0; i < manifest.component_count(); ++i) {
    made += component_text(manifest.component(i));
  }
  if (manifest.kind != package::Kind::keyring) return made;
  const auto keyring = package::Keyring::parse(manifest.content);
  return made + (keyring ? keyring_text(*keyring) : "Keyring: unreadable\n");
}

json::Value manifest_json(const Manifest& manifest) {
  json::Value made{{"digest", digest_hex(manifest.digest())},
                   {"kind", package::name_of(manifest.kind)},
                   {"version", manifest.version.text},
                   {"security_version", manifest.security_version},
                   {"created", text::to_time(manifest.created)},
                   {"not_before", text::to_time(manifest.not_before)},
                   {"expires", text::to_time(manifest.expires)},
                   {"bootloader_min", manifest.bootloader_min},
                   {"secure_boot_min", manifest.secure_boot_min},
                   {"data_version", manifest.data_version},
                   {"data_version_min", manifest.data_version_min},
                   {"notes", manifest.notes},
                   {"models", json::Value::array()},
                   {"from_versions", json::Value::array()},
                   {"components", json::Value::array()}};
  for (std::string_view model : manifest.models) made["models"].push_back(model);
  for (const package::VersionRange& range : manifest.from_versions) {
    made["from_versions"].push_back({{"min", range.min.text}, {"max", range.max.text}});
  }
  for (std::size_t i = 0; i < manifest.component_count(); ++i) {
    made["components"].push_back(component_json(manifest.component(i)));
  }
  if (manifest.entries)
    made["entries"] = {{"count", manifest.entries->count},
                       {"root", digest_hex(manifest.entries->root)}};
  if (!manifest.ramp.stages.empty()) made["ramp"] = ramp_json(manifest.ramp);
  return made;
}

namespace {

std::string clause_text(const package::Keyring& keyring, const package::Clause& clause) {
  std::string made =
      std::to_string(clause.threshold) + " of " + text::visible_line(keyring.groups[clause.group]);
  if (!clause.algorithms.empty()) made += " by " + release::words_of(clause.algorithms);
  if (clause.certified) made += ", each certified";
  return made;
}

// The keys of one signer stand together.
std::vector<package::Key> keys_by_signer(const package::Keyring& keyring) {
  std::vector<package::Key> keys(keyring.keys.begin(), keyring.keys.end());
  std::ranges::stable_sort(keys, [](const package::Key& a, const package::Key& b) {
    return std::tie(a.group, a.name, b.key.algorithm) <  // Ed25519, -8, first
           std::tie(b.group, b.name, a.key.algorithm);
  });
  return keys;
}

std::string log_text(const package::LogPolicy& log) {
  std::string made =
      line("public log", text::visible_line(log.origin) + ", " + text::to_hex(log.key.view()));
  made += line("witnesses", std::to_string(log.required) + " of " +
                                std::to_string(log.witnesses.size()) + " must have cosigned");
  for (const package::Witness& one : log.witnesses) {
    made += line("witness", text::visible_line(one.name) + ", " + text::to_hex(one.key.view()));
  }
  return made;
}

json::Value clause_json(const package::Keyring& keyring, const package::Clause& clause) {
  json::Value algorithms = json::Value::array();
  for (crypto::Algorithm algorithm : crypto::kAlgorithms) {
    if (clause.algorithms.has(algorithm)) algorithms.push_back(package::name_of(algorithm));
  }
  return {{"group", keyring.groups[clause.group]},
          {"threshold", clause.threshold},
          {"algorithms", std::move(algorithms)},
          {"certified", clause.certified}};
}

json::Value log_json(const package::LogPolicy& log) {
  json::Value witnesses = json::Value::array();
  for (const package::Witness& one : log.witnesses) {
    witnesses.push_back({{"name", one.name}, {"public_key", text::to_hex(one.key.view())}});
  }
  return {{"origin", log.origin},
          {"public_key", text::to_hex(log.key.view())},
          {"witnesses", std::move(witnesses)},
          {"required", log.required}};
}

}  // namespace

std::string keyring_text(const package::Keyring& keyring) {
  std::string made = "Keyring " + std::to_string(keyring.version) + "\n";
  for (package::Kind kind : package::kKinds) {
    std::string demand;
    for (const package::Clause& clause : keyring.policy(kind).clauses) {
      demand += (demand.empty() ? "" : " and ") + clause_text(keyring, clause);
    }
    made += line(package::name_of(kind), demand.empty() ? "nobody" : demand);
  }
  for (const package::Key& key : keys_by_signer(keyring)) {
    made += line(keyring.groups[key.group], text::visible_line(key.name) + ", " +
                                                std::string(package::name_of(key.key.algorithm)) +
                                                ", key id " + digest_hex(key.id));
  }
  for (Bytes root : keyring.certificate_roots) {
    const auto read = x509::Certificate::from_der(root);
    made += line("certificate root", (read ? read->subject_text() : "unreadable") + ", SHA-256 " +
                                         digest_hex(crypto::sha256(root)));
  }
  const std::optional<package::LogPolicy> log = keyring.log();
  return made + (log ? log_text(*log) : line("public log", "none"));
}

json::Value keyring_json(const package::Keyring& keyring) {
  json::Value keys = json::Value::array(), policies = json::Value::object();
  for (const package::Key& key : keys_by_signer(keyring)) {
    keys.push_back({{"name", key.name},
                    {"group", keyring.groups[key.group]},
                    {"algorithm", package::name_of(key.key.algorithm)},
                    {"key_id", digest_hex(key.id)},
                    {"public_key", text::to_hex(key.key.view())}});
  }
  for (package::Kind kind : package::kKinds) {
    json::Value clauses = json::Value::array();
    for (const package::Clause& clause : keyring.policy(kind).clauses) {
      clauses.push_back(clause_json(keyring, clause));
    }
    policies[std::string(package::name_of(kind))] = std::move(clauses);
  }
  const std::optional<package::LogPolicy> log = keyring.log();
  json::Value retained = json::Value::array();
  for (const package::Digest& digest : keyring.retained) retained.push_back(digest_hex(digest));
  json::Value made{
      {"version", keyring.version},      {"created", text::to_time(keyring.created)},
      {"keys", std::move(keys)},         {"policies", std::move(policies)},
      {"retained", std::move(retained)}, {"log", log ? log_json(*log) : json::Value()}};
  for (Bytes root : keyring.certificate_roots) {
    made["certificate_roots"].push_back(digest_hex(crypto::sha256(root)));
  }
  return made;
}

std::string about_package(const std::string& path, Bytes envelope) {
  const package::FaultText fault = package::fault_in_envelope(envelope);
  return fault.empty() ? path : path + ": " + std::string(fault.view());
}

Result<Shown> show_envelope(Bytes bytes) {
  AIRLOCK_ASSIGN(const package::Envelope envelope, package::Envelope::parse(bytes));
  AIRLOCK_ASSIGN(const package::Manifest manifest, package::Manifest::parse(envelope.payload));
  Shown shown{manifest_text(manifest), {{"manifest", manifest_json(manifest)}}};
  shown.value["signatures"] = json::Value::array();
  shown.text += "Signatures: " + std::to_string(envelope.signatures.size()) + " (not checked)\n";
  for (const package::SignatureView& view : envelope.signatures) {
    shown.value["signatures"].push_back(
        {{"key_id", text::to_hex(view.key_id)}, {"algorithm", algorithm_name(view.algorithm)}});
    shown.text += "  " + algorithm_name(view.algorithm) + " by " + text::to_hex(view.key_id) + "\n";
  }
  if (manifest.kind == package::Kind::keyring) {
    AIRLOCK_ASSIGN(const package::Keyring keyring, package::Keyring::parse(manifest.content));
    shown.value["keyring"] = keyring_json(keyring);
  }
  return shown;
}

namespace {

void show_leaf(const x509::BundleLeaf& leaf, Shown& shown) {
  const auto read = x509::Certificate::from_der(leaf.certificate);
  json::Value value{{"sha256", digest_hex(crypto::sha256(leaf.certificate))},
                    {"staple", !leaf.staple.empty()}};
  std::string text = "unreadable";
  if (read) {
    const x509::CertificateFields& fields = read->fields();
    value["subject"] = read->subject_text();
    value["not_before"] = text::to_time(fields.not_before);
    value["not_after"] = text::to_time(fields.not_after);
    value["serial"] = text::to_hex(fields.serial);
    text = read->subject_text() + ", until " + text::to_time(fields.not_after);
  }
  text += leaf.staple.empty() ? ", no OCSP answer" : ", with an OCSP answer";
  shown.text += line("certificate", text);
  shown.value["certificates"]["signers"].push_back(std::move(value));
}

void show_crl(Bytes der, Shown& shown) {
  const auto read = x509::Crl::from_der(der);
  if (!read) {
    shown.text += line("CRL", "unreadable");
    shown.value["certificates"]["crls"].push_back(nullptr);
    return;
  }
  const std::string made = text::to_time(read->this_update);
  const std::string next = read->next_update ? text::to_time(*read->next_update) : "";
  shown.text += line("CRL", "of " + made + (next.empty() ? "" : ", until " + next) +
                                ", revoked: " + std::to_string(read->revoked.size()));
  shown.value["certificates"]["crls"].push_back(
      {{"this_update", made}, {"next_update", next}, {"revoked", read->revoked.size()}});
}

}  // namespace

Result<Shown> show_bundle(Bytes bytes) {
  // {1: 1, .. as deterministic CBOR begins
  const bool is_bundle = bytes.size() > 2 && bytes[0] >= 0xa1 && bytes[0] <= 0xa4 &&
                         bytes[1] == 0x01 && bytes[2] == x509::kBundleFormat;
  if (!is_bundle) return fail(Code::wrong_magic);
  AIRLOCK_ASSIGN(const x509::Bundle bundle, x509::Bundle::parse(bytes));
  Shown shown;
  shown.text = "Certificates of signers (not checked)\n";
  shown.value["certificates"] = {{"signers", json::Value::array()},
                                 {"authorities", json::Value::array()},
                                 {"crls", json::Value::array()}};
  for (const x509::BundleLeaf& leaf : bundle.leaves) show_leaf(leaf, shown);
  for (const x509::Buffer& der : bundle.authorities) {
    const auto read = x509::Certificate::from_der(der);
    const std::string subject = read ? read->subject_text() : "unreadable";
    shown.text += line("authority", subject);
    shown.value["certificates"]["authorities"].push_back(subject);
  }
  for (const x509::Buffer& der : bundle.crls) show_crl(der, shown);
  return shown;
}

}  // namespace airlock::app
