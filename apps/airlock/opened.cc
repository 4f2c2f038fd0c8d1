#include "apps/airlock/opened.h"

#include <array>
#include <cstdio>
#include <ctime>

#include "publish/token/token.h"

namespace airlock::app {
namespace {

// A module's refusal is a number, which its manual explains.
std::string about_token(const std::string& uri, const Error& error) {
  if (error.code != Code::token_failed) return uri;
  std::array<char, 32> number{};
  std::snprintf(number.data(), number.size(), " (CKR 0x%llx)",
                static_cast<unsigned long long>(error.at));
  return uri + number.data();
}

constexpr const char* kTokenUri = "the PKCS#11 URI";  // never shown itself: it may hold a PIN

}  // namespace

void add_passphrase_option(CLI::App& command, PassphraseOptions& options) {
  command.add_option("--passphrase-file", options.passphrase_file,
                     "file whose first line is the passphrase; otherwise AIRLOCK_PASSPHRASE, "
                     "otherwise you are asked");
}

std::expected<keys::Secret, Refusal> ask_passphrase(const PassphraseOptions& options,
                                                    const std::string& subject,
                                                    keys::Asking asking) {
  keys::PassphraseSource source{std::nullopt, subject, asking};
  if (token::is_uri(subject)) {
    AIRLOCK_ANSWER_ASSIGN(const token::Uri uri, token::Uri::parse(subject), kTokenUri);
    source.file = uri.pin_source();
  }
  if (!options.passphrase_file.empty()) source.file = options.passphrase_file;
  AIRLOCK_ANSWER_ASSIGN(keys::Secret passphrase, keys::read_passphrase(source),
                        source.file ? source.file->string() : subject);
  return passphrase;
}

std::expected<std::vector<keys::SigningKey>, Refusal> open_signer(const std::string& name,
                                                                  const keys::Secret& passphrase) {
  std::vector<keys::SigningKey> opened;
  if (token::is_uri(name)) {
    auto key = keys::SigningKey::in_token(name, passphrase);
    if (!key) return refuse(key.error(), about_token(name, key.error()));
    opened.push_back(std::move(*key));
    return opened;
  }
  AIRLOCK_ANSWER_ASSIGN(opened, keys::open_keys(name, passphrase), name);
  return opened;
}

std::expected<keys::SigningKey, Refusal> open_key(const std::string& name,
                                                  const keys::Secret& passphrase) {
  AIRLOCK_ASSIGN(std::vector<keys::SigningKey> opened, open_signer(name, passphrase));
  if (opened.size() != 1) return refuse(Code::too_many, name);
  return std::move(opened[0]);
}

std::expected<std::unique_ptr<OpenedKeyring>, Refusal> open_keyring(const std::string& path) {
  auto opened = std::make_unique<OpenedKeyring>();
  AIRLOCK_ANSWER_ASSIGN(opened->envelope, file::read(path, package::kEnvelopeSizeMax), path);
  AIRLOCK_ANSWER_ASSIGN(opened->keyring, package::open_keyring_anchor(opened->envelope), path);
  return opened;
}

std::expected<std::unique_ptr<OpenedKeyring>, Refusal> open_keyring_if_named(
    const std::string& path) {
  if (path.empty()) return nullptr;
  return open_keyring(path);
}

std::expected<RoleKeyFiles, Refusal> open_role_keys(const file::Path& folder,
                                                    const keys::Secret& passphrase) {
  AIRLOCK_ASSIGN(keys::SigningKey targets,
                 open_key((folder / "repo-targets.key").string(), passphrase));
  AIRLOCK_ASSIGN(keys::SigningKey snapshot,
                 open_key((folder / "repo-snapshot.key").string(), passphrase));
  return RoleKeyFiles{std::move(targets), std::move(snapshot)};
}

std::int64_t present() { return static_cast<std::int64_t>(std::time(nullptr)); }

std::expected<Assignment, Refusal> split_assignment(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    return refuse(Code::usage, "NAME=VALUE expected, found " + text);
  }
  return Assignment{text.substr(0, equals), text.substr(equals + 1)};
}

}  // namespace airlock::app
