#include "device/agent/incoming.h"

#include "device/apply/apply.h"
#include "host/json/json.h"
#include "host/text/text.h"
#include "trust/x509/x509.h"

namespace airlock::agent {
namespace {

constexpr std::string_view kOriginName = "incoming/origin.json";
constexpr std::string_view kEnvelopeName = "incoming/manifest.cose";
constexpr std::string_view kProofName = "incoming/manifest.tlog-proof";
constexpr std::string_view kBundleName = "incoming/manifest.certificates";
constexpr std::size_t kPathSizeMax = 4096;
constexpr std::size_t kOriginSizeMax = tuf::kTargetsSizeMax;

// Of the two hashes SHA-256 alone is kept: the bytes were held against both when they came.
json::Value value_of(const tuf::Target& target) {
  json::Value value = {{"path", target.path}, {"length", target.length}, {"custom", target.custom}};
  if (target.sha256) value["sha256"] = text::to_hex(target.sha256->bytes);
  return value;
}

Result<tuf::Target> target_of(const json::Value& value) {
  tuf::Target target;
  AIRLOCK_ASSIGN(target.path, json::text(value, "path", kPathSizeMax));
  AIRLOCK_ASSIGN(const std::int64_t length, json::integer(value, "length", 0, INT64_MAX));
  target.length = static_cast<std::uint64_t>(length);
  if (value.contains("sha256")) {
    AIRLOCK_ASSIGN(const std::string hex, json::text(value, "sha256", 2 * Digest::kSize));
    AIRLOCK_ASSIGN(target.sha256, text::digest_from_hex(hex));
  }
  AIRLOCK_ASSIGN(target.custom, json::text(value, "custom", kOriginSizeMax));
  return target;
}

}  // namespace

Status keep_origin(const platform::Device& device, const Origin& origin) {
  AIRLOCK_TRY(file::make_folders(device.path(kOriginName).parent_path()));
  json::Value value = {{"path", origin.path}, {"folder", origin.folder}};
  if (origin.target) value["target"] = value_of(*origin.target);
  if (origin.built_in) value["built_in"] = true;
  return file::replace(device.path(kOriginName), bytes_of(json::write(value)));
}

Result<Origin> read_origin(const platform::Device& device) {
  AIRLOCK_ASSIGN(const file::Buffer stored, file::read(device.path(kOriginName), kOriginSizeMax));
  AIRLOCK_ASSIGN(const json::Value value, json::parse(text_of(stored), kOriginSizeMax));
  Origin origin;
  AIRLOCK_ASSIGN(origin.path, json::text(value, "path", kPathSizeMax));
  AIRLOCK_ASSIGN(origin.folder, json::text(value, "folder", kPathSizeMax));
  origin.built_in = value.contains("built_in");
  AIRLOCK_ASSIGN(const json::Value* target, json::optional(value, "target"));
  if (target != nullptr) {
    AIRLOCK_ASSIGN(origin.target, target_of(*target));
  }
  return origin;
}

Status keep_envelope(const platform::Device& device, Bytes envelope) {
  return file::replace(device.path(kEnvelopeName), envelope);
}

Status keep_proof(const platform::Device& device, Bytes proof) {
  return file::replace(device.path(kProofName), proof);
}

Result<file::Buffer> read_proof(const platform::Device& device) {
  return read_beside(device.path(kProofName), package::kProofSizeMax);
}

file::Path proof_beside(const file::Path& envelope) {
  file::Path path = envelope;
  return path.replace_extension(".tlog-proof");
}

Status keep_bundle(const platform::Device& device, Bytes bundle) {
  return file::replace(device.path(kBundleName), bundle);
}

Result<file::Buffer> read_bundle(const platform::Device& device) {
  return read_beside(device.path(kBundleName), x509::kBundleSizeMax);
}

file::Path bundle_beside(const file::Path& envelope) {
  file::Path path = envelope;
  return path.replace_extension(".certificates");
}

Result<file::Buffer> read_beside(const file::Path& path, std::size_t size_max) {
  Result<file::Buffer> found = file::read(path, size_max);
  if (!found && found.error().code == Code::not_found) return file::Buffer{};
  return found;
}

Result<Release> prove_envelope(file::Buffer envelope, const package::Keyring& keyring) {
  AIRLOCK_ASSIGN(const package::Proven proven,
                 package::prove(envelope, keyring, package::Judged::before));
  return Release{std::move(envelope), proven};
}

Result<Release> prove_incoming(const platform::Device& device) {
  AIRLOCK_ASSIGN(file::Buffer envelope,
                 file::read(device.path(kEnvelopeName), package::kEnvelopeSizeMax));
  AIRLOCK_ASSIGN(const apply::TrustedKeyring trusted, apply::trusted_keyring(device));
  return prove_envelope(std::move(envelope), trusted.keyring);
}

}  // namespace airlock::agent
