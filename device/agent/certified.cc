#include "device/agent/certified.h"

#include "device/apply/apply.h"
#include "device/fetch/responder.h"
#include "host/json/json.h"
#include "host/text/text.h"

namespace airlock::agent {
namespace {

constexpr std::string_view kVerdictsName = "certificates/verdicts.json";
constexpr std::string_view kCrlsName = "certificates/crls";
constexpr std::size_t kVerdictsSizeMax = 64 << 10;

// A subject's name in `why` may be anything that an authority wrote.
doors::CertificateVerdict shortened(doors::CertificateVerdict verdict) {
  verdict.why.resize(std::min(verdict.why.size(), doors::kWhyTextMax));
  return verdict;
}

Status keep_verdicts(const platform::Device& device, const Verdicts& verdicts) {
  json::Value signers = json::Value::array();
  for (const doors::CertificateVerdict& one : verdicts.signers) {
    signers.push_back(doors::json_of(shortened(one)));
  }
  const json::Value value = {{"manifest", text::to_hex(verdicts.manifest.bytes)},
                             {"moment", verdicts.moment},
                             {"signers", std::move(signers)}};
  return file::replace(device.path(kVerdictsName), bytes_of(json::write(value)));
}

Result<Verdicts> verdicts_of(std::string_view text) {
  AIRLOCK_ASSIGN(const json::Value value, json::parse(text, kVerdictsSizeMax));
  Verdicts verdicts;
  AIRLOCK_ASSIGN(const std::string hex, json::text(value, "manifest", 2 * Digest::kSize));
  AIRLOCK_ASSIGN(verdicts.manifest, text::digest_from_hex(hex));
  AIRLOCK_ASSIGN(verdicts.moment, json::integer(value, "moment", 0, INT64_MAX));
  AIRLOCK_ASSIGN(const json::Value* signers, json::array(value, "signers", package::kKeysMax));
  for (const json::Value& one : *signers) {
    AIRLOCK_ASSIGN(doors::CertificateVerdict verdict, doors::verdict_of(one));
    verdicts.signers.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace

Status check_certified(const platform::Device& device, const CertificateQuestion& question) {
  AIRLOCK_ASSIGN(const apply::TrustedKeyring trusted, apply::trusted_keyring(device));
  const package::Keyring& keyring = trusted.keyring;
  AIRLOCK_ASSIGN(const package::Manifest manifest, package::read_unproven(question.envelope));
  if (!package::wants_certificates(keyring, manifest.kind)) return {};
  AIRLOCK_TRY(file::make_folders(device.path(kCertificatesFolder)));
  AIRLOCK_ASSIGN(const x509::Roots roots, doors::certificate_roots_of(keyring));
  AIRLOCK_ASSIGN(const x509::Bundle bundle, x509::Bundle::parse(question.bundle));
  x509::FolderMemory memory(device.path(kCertificatesFolder));
  x509::FolderCrls crls(device.path(kCrlsName));
  fetch::SteadyClock clock;
  const x509::Buffer nonce = x509::fresh_nonce();
  doors::CertificateDoor door(
      {roots, bundle, question.moment, {memory, clock, question.responder, &crls}, nonce});
  const auto proven = doors::prove_certified(question.envelope, keyring, door);
  AIRLOCK_TRY(keep_verdicts(device, {manifest.digest(), question.moment, door.verdicts()}));
  if (!proven) return std::unexpected(proven.error());
  return {};
}

Result<Verdicts> read_verdicts(const platform::Device& device) {
  const Result<file::Buffer> stored = file::read(device.path(kVerdictsName), kVerdictsSizeMax);
  if (!stored && stored.error().code == Code::not_found) return Verdicts{};
  if (!stored) return std::unexpected(stored.error());
  Result<Verdicts> read = verdicts_of(text_of(*stored));
  return read ? std::move(*read) : Verdicts{};
}

}  // namespace airlock::agent
