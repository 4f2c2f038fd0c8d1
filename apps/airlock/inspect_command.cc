#include <cstdio>

#include "apps/airlock/commands.h"
#include "apps/airlock/opened.h"
#include "apps/airlock/show.h"
#include "core/slot/slot.h"
#include "host/text/text.h"

namespace airlock::app {
namespace {

// Whatever is larger is a payload, of which only size and digest are shown.
constexpr std::size_t kInspectSizeMax = package::kImageSizeMax;

struct InspectOptions {
  std::string path;
  bool json = false;
};

// What one kind of file says: for people, and for scripts.
struct Shown {
  std::string text;
  json::Value value;
};

std::string hex(const package::Digest& digest) { return text::to_hex(digest.bytes); }

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

Result<Shown> show_metadata(Bytes bytes) {
  AIRLOCK_ASSIGN(const tuf::Outline outline, tuf::outline(bytes));
  Shown shown;
  shown.text = "TUF " + text::visible(outline.type) + ", version " +
               std::to_string(outline.version) + ", expires " + text::to_time(outline.expires) +
               ", " + std::to_string(outline.signatures) + " signatures (not checked)\n";
  json::Value targets = json::Value::array();
  for (const tuf::Target& target : outline.targets) {
    shown.text += "  " + text::visible(target.path) + ", " + text::human_size(target.length) + "\n";
    targets.push_back(
        {{"path", target.path}, {"length", target.length}, {"sha256", hex(target.sha256)}});
  }
  shown.value = {{"metadata",
                  {{"type", outline.type},
                   {"version", outline.version},
                   {"expires", text::to_time(outline.expires)},
                   {"signatures", outline.signatures},
                   {"targets", std::move(targets)}}}};
  return shown;
}

json::Value slot_json(const slot::Slot& one) {
  return {{"manifest", hex(one.manifest)},
          {"security_version", one.security_version},
          {"proven", one.proven}};
}

Result<Shown> show_record(Bytes bytes) {
  AIRLOCK_ASSIGN(const slot::Record record, slot::decode_record(bytes));
  json::Value floors = json::Value::object();
  for (package::Kind kind : package::kKinds) {
    floors[std::string(package::name_of(kind))] = record.floors[package::index_of(kind)];
  }
  json::Value value{
      {"sequence", record.sequence},
      {"active", slot::name_of(record.active)},
      {"trial_boots", nullptr},
      {"slots", {{"a", slot_json(record.slots[0])}, {"b", slot_json(record.slots[1])}}},
      {"consent", hex(record.consent)},
      {"floors", std::move(floors)},
      {"time_bound", record.time_bound},
      {"last_revert",
       {{"reason", name(record.last_revert.reason)},
        {"manifest", hex(record.last_revert.manifest)},
        {"count", record.last_revert.count}}}};
  if (record.trial_boots) value["trial_boots"] = *record.trial_boots;
  Shown shown;
  shown.text = "Boot record " + std::to_string(record.sequence) + "\n" + value.dump(2) + "\n";
  shown.value = {{"boot_record", std::move(value)}};
  return shown;
}

Result<Shown> show_public_key(Bytes bytes) {
  AIRLOCK_ASSIGN(const crypto::PublicKey key, keys::public_key_from_pem(text_of(bytes)));
  const std::string algorithm = algorithm_name(static_cast<std::int64_t>(key.algorithm));
  const std::string id = hex(package::key_id(key));
  return Shown{
      "Public key, " + algorithm + "\n  key id " + id + "\n  " + text::to_hex(key.view()) + "\n",
      {{"public_key",
        {{"algorithm", algorithm}, {"key_id", id}, {"bytes", text::to_hex(key.view())}}}}};
}

Shown show_bytes(Bytes bytes) {
  const std::string digest = hex(crypto::sha256(bytes));
  return {"Bytes (a payload or an image): " + text::human_size(bytes.size()) + "\n  SHA-256 " +
              digest + "\n",
          {{"bytes", {{"size", bytes.size()}, {"sha256", digest}}}}};
}

// By the first bytes it is known what a file wants to be; then it has to be that, or say why not.
Result<Shown> show(Bytes bytes) {
  constexpr std::uint8_t kCoseTag[] = {0xd8, 98};
  if (bytes.size() > 2 && equal(bytes.first(2), kCoseTag)) return show_envelope(bytes);
  if (!bytes.empty() && bytes[0] == '{') return show_metadata(bytes);
  if (text_of(bytes).starts_with("-----BEGIN PUBLIC KEY")) return show_public_key(bytes);
  if (text_of(bytes).starts_with("-----BEGIN ")) return fail(Code::wrong_magic);  // a secret
  if (auto record =
          show_record(bytes.first(std::min<std::size_t>(bytes.size(), slot::kRecordUnit)))) {
    return record;
  }
  return show_bytes(bytes);
}

Answer inspect(const InspectOptions& options) {
  const file::Path path = release::envelope_path(options.path);
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer bytes, file::read(path, kInspectSizeMax), path.string());
  AIRLOCK_ANSWER_ASSIGN(const Shown shown, show(bytes), path.string());
  const std::string answer = options.json ? json::write(shown.value) + "\n" : shown.text;
  std::fwrite(answer.data(), 1, answer.size(), stdout);
  return {};
}

}  // namespace

void add_inspect_command(CLI::App& app, Outcome& outcome) {
  auto made = add_command<InspectOptions>(
      app, outcome, "inspect",
      "Show a package, keyring, metadata file, boot record, public key or payload.", &inspect);
  made.command.add_option("path", made.options.path, "file, or package folder")->required();
  made.command.add_flag("--json", made.options.json, "answer as JSON");
  made.command.footer("Example:\n  airlock inspect release-1.1.0 --json");
}

}  // namespace airlock::app
