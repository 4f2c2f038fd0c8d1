// What a file of TUF metadata says.
#include "apps/airlock/show.h"
#include "host/text/text.h"
#include "trust/tuf/tuf.h"

namespace airlock::app {
namespace {

std::string key_text(const tuf::OutlinedKey& key) {
  return line("key", text::visible_line(key.id) + ", " + text::visible_line(key.type) + " " +
                         text::visible_line(key.material) +
                         (key.usable ? "" : ", of a kind that never counts here"));
}

std::string role_text(const tuf::OutlinedRole& role) {
  std::string made = line(role.name, std::to_string(role.threshold) + " of " +
                                         std::to_string(role.key_ids.size()) +
                                         (role.key_ids.size() == 1 ? " key" : " keys"));
  for (const std::string& id : role.key_ids) made += line("", text::visible_line(id));
  return made;
}

std::string file_text(const tuf::OutlinedFile& file) {
  std::string made = text::visible_line(file.name) + ", version " + std::to_string(file.version);
  if (file.length) made += ", " + std::to_string(*file.length) + " bytes";
  if (file.sha256) made += ", SHA-256 " + digest_hex(*file.sha256);
  return line("names", made);
}

std::string joined(const std::vector<std::string>& words) {
  std::string made;
  for (const std::string& word : words)
    made += (made.empty() ? "" : ", ") + text::visible_line(word);
  return made;
}

// What the repository door holds against the manifest; a target of others has none.
std::string claim_text(const tuf::Target& target) {
  const Result<tuf::TargetClaim> claim = tuf::claim_of(target);
  if (!claim) return line("", "says nothing of a manifest");
  return line("", text::visible_line(claim->kind) + " " + text::visible_line(claim->version) +
                      " for " + joined(claim->models) + ", security version " +
                      std::to_string(claim->security_version)) +
         line("", "manifest " + digest_hex(claim->manifest));
}

std::string outline_text(const tuf::Outline& outline) {
  std::string made = "TUF " + text::visible_line(outline.type) + ", version " +
                     std::to_string(outline.version) + ", expires " +
                     text::to_time(outline.expires) + "\n";
  for (const std::string& id : outline.signers) {
    made += line("signed (not checked)", text::visible_line(id));
  }
  if (outline.signers.empty()) made += line("signed", "by nobody");
  if (!outline.roles.empty()) {
    made += line("snapshots", outline.consistent_snapshot ? "consistent" : "not consistent");
  }
  for (const tuf::OutlinedRole& role : outline.roles) made += role_text(role);
  for (const tuf::OutlinedKey& key : outline.keys) made += key_text(key);
  for (const tuf::OutlinedFile& file : outline.files) made += file_text(file);
  for (const tuf::Target& target : outline.targets) {
    made +=
        line("target", text::visible_line(target.path) + ", " + text::human_size(target.length) +
                           (target.sha256 ? ", SHA-256 " + digest_hex(*target.sha256)
                                          : ", SHA-512 " + text::to_hex(*target.sha512)));
    made += claim_text(target);
  }
  return made;
}

json::Value keys_json(const tuf::Outline& outline) {
  json::Value keys = json::Value::array();
  for (const tuf::OutlinedKey& key : outline.keys) {
    keys.push_back({{"key_id", key.id},
                    {"type", key.type},
                    {"public_key", key.material},
                    {"usable", key.usable}});
  }
  return keys;
}

json::Value roles_json(const tuf::Outline& outline) {
  json::Value roles = json::Value::object();
  for (const tuf::OutlinedRole& role : outline.roles) {
    roles[role.name] = {{"threshold", role.threshold}, {"key_ids", role.key_ids}};
  }
  return roles;
}

json::Value files_json(const tuf::Outline& outline) {
  json::Value files = json::Value::array();
  for (const tuf::OutlinedFile& file : outline.files) {
    json::Value one{{"name", file.name}, {"version", file.version}};
    if (file.length) one["length"] = *file.length;
    if (file.sha256) one["sha256"] = digest_hex(*file.sha256);
    files.push_back(std::move(one));
  }
  return files;
}

json::Value claim_json(const tuf::Target& target) {
  const Result<tuf::TargetClaim> claim = tuf::claim_of(target);
  if (!claim) return nullptr;
  return {{"kind", claim->kind},
          {"models", claim->models},
          {"version", claim->version},
          {"security_version", claim->security_version},
          {"manifest", digest_hex(claim->manifest)}};
}

json::Value targets_json(const tuf::Outline& outline) {
  json::Value targets = json::Value::array();
  for (const tuf::Target& target : outline.targets) {
    json::Value one{
        {"path", target.path}, {"length", target.length}, {"airlock", claim_json(target)}};
    if (target.sha256) one["sha256"] = digest_hex(*target.sha256);
    if (target.sha512) one["sha512"] = text::to_hex(*target.sha512);
    targets.push_back(std::move(one));
  }
  return targets;
}

}  // namespace

Result<Shown> show_metadata(Bytes file) {
  AIRLOCK_ASSIGN(const tuf::Outline outline, tuf::outline(file));
  json::Value value{{"type", outline.type},
                    {"version", outline.version},
                    {"expires", text::to_time(outline.expires)},
                    {"signatures", outline.signers.size()},
                    {"signed_by", outline.signers},
                    {"targets", targets_json(outline)}};
  if (!outline.roles.empty()) {
    value["consistent_snapshot"] = outline.consistent_snapshot;
    value["keys"] = keys_json(outline);
    value["roles"] = roles_json(outline);
  }
  if (!outline.files.empty()) value["files"] = files_json(outline);
  return Shown{outline_text(outline), {{"metadata", std::move(value)}}};
}

}  // namespace airlock::app
