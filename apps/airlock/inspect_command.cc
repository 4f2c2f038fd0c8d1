#include <array>
#include <cstdio>

#include "apps/airlock/commands.h"
#include "apps/airlock/content.h"
#include "apps/airlock/opened.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"
#include "trust/x509/x509.h"

namespace airlock::app {
namespace {

// Whatever is larger is a payload, of which only size and digest are shown.
constexpr std::size_t kInspectSizeMax = package::kImageSizeMax;

struct InspectOptions {
  std::string path;
  bool json = false;
};

Result<Shown> show_public_keys(Bytes bytes) {
  AIRLOCK_ASSIGN(const std::vector<crypto::PublicKey> keys,
                 keys::public_keys_from_pem(text_of(bytes)));
  Shown shown;
  json::Value& all = shown.value["public_keys"] = json::Value::array();
  for (const crypto::PublicKey& key : keys) {
    const std::string algorithm = algorithm_name(static_cast<std::int64_t>(key.algorithm));
    const std::string id = digest_hex(package::key_id(key));
    const std::string hex = text::to_hex(key.view());
    shown.text += "Public key, " + algorithm + "\n  key id " + id + "\n  " + hex + "\n";
    all.push_back({{"algorithm", algorithm}, {"key_id", id}, {"bytes", hex}});
  }
  return shown;
}

Shown show_bytes(Bytes bytes) {
  const std::string digest = digest_hex(crypto::sha256(bytes));
  return {"Bytes (a payload or an image): " + text::human_size(bytes.size()) + "\n  SHA-256 " +
              digest + "\n",
          {{"bytes", {{"size", bytes.size()}, {"sha256", digest}}}}};
}

bool is_envelope(Bytes bytes) {
  constexpr std::uint8_t kCoseTag[] = {0xd8, 98};
  return bytes.size() > 2 && equal(bytes.first(2), kCoseTag);
}

// By the first bytes it is known what a file wants to be; then it has to be that, or say why not.
Result<Shown> show(Bytes bytes) {
  constexpr std::array kStored = {&show_record, &show_journal, &show_envelope_area, &show_bundle};
  if (is_envelope(bytes)) return show_envelope(bytes);
  if (!bytes.empty() && bytes[0] == '{') return show_metadata(bytes);
  if (text_of(bytes).starts_with("-----BEGIN PUBLIC KEY")) return show_public_keys(bytes);
  if (text_of(bytes).starts_with("-----BEGIN ")) return fail(Code::wrong_magic);  // a secret
  for (const auto show_stored : kStored) {
    Result<Shown> shown = show_stored(bytes);
    if (shown || shown.error().code != Code::wrong_magic) return shown;
  }
  return show_bytes(bytes);
}

std::string about(const file::Path& path, Bytes bytes, Code code) {
  if (is_envelope(bytes)) return about_package(path.string(), bytes);
  const bool is_json = code == Code::bad_metadata && !bytes.empty() && bytes[0] == '{';
  if (!is_json) return path.string();
  return path.string() + " begins like TUF metadata (of a device, inspect the whole folder)";
}

// What lies beside a package in its folder.
Answer add_certificates(const file::Path& folder, Shown& shown) {
  const file::Path path = release::bundle_path(folder);
  const Result<file::Buffer> bytes = file::read(path, x509::kBundleSizeMax);
  if (!bytes && bytes.error().code == Code::not_found) return {};
  if (!bytes) return refuse(bytes.error(), path.string());
  AIRLOCK_ANSWER_ASSIGN(const Shown certificates, show_bundle(*bytes), path.string());
  shown.text += certificates.text;
  shown.value.update(certificates.value);
  return {};
}

// The rules of a fee policy, and a plugin, travel in the payload.
Answer add_content(const file::Path& folder, Bytes envelope, Shown& shown) {
  const Result<package::Manifest> manifest = package::read_unproven(envelope);
  if (!manifest) return {};
  AIRLOCK_ASSIGN(const Shown content, show_content(folder, *manifest));
  shown.text += content.text;
  if (content.value.is_object()) shown.value.update(content.value);
  return {};
}

std::expected<Shown, Refusal> show_path(const file::Path& path) {
  if (is_device(path)) return show_device(path);
  const file::Path one = release::envelope_path(path);
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer bytes, file::read(one, kInspectSizeMax), one.string());
  Result<Shown> shown = show(bytes);
  if (!shown) return refuse(shown.error(), about(one, bytes, shown.error().code));
  if (one != path) AIRLOCK_TRY(add_certificates(path, *shown));
  if (one != path) AIRLOCK_TRY(add_content(path, bytes, *shown));
  return std::move(*shown);
}

Answer inspect(const InspectOptions& options) {
  AIRLOCK_ASSIGN(const Shown shown, show_path(options.path));
  const std::string answer =
      options.json ? text::visible_json(json::write(shown.value)) + "\n" : shown.text;
  std::fwrite(answer.data(), 1, answer.size(), stdout);
  return {};
}

}  // namespace

void add_inspect_command(CLI::App& app, Outcome& outcome) {
  auto made = add_command<InspectOptions>(
      app, outcome, "inspect",
      "Show a package, keyring, metadata file, public key or payload, or what a device stores.",
      &inspect);
  made.command.add_option("path", made.options.path, "file, package folder or device folder")
      ->required();
  made.command.add_flag("--json", made.options.json, "answer as JSON");
  made.command.footer("Example:\n  airlock inspect release-1.1.0 --json");
}

}  // namespace airlock::app
