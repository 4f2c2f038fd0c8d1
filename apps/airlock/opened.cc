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

std::expected<release::RoleSigner, Refusal> open_role_key(const std::string& name,
                                                          const keys::Secret& passphrase) {
  auto key = token::is_uri(name) ? keys::RepositoryKey::in_token(name, passphrase)
                                 : keys::RepositoryKey::open(name, passphrase);
  if (!key) return refuse(key.error(), about_token(name, key.error()));
  auto signer = release::role_signer(std::move(*key), name);
  if (!signer) return refuse(signer.error(), name);
  return std::move(*signer);
}

std::expected<release::RoleSigner, Refusal> ask_and_open_role_key(const PassphraseOptions& options,
                                                                  const std::string& name) {
  AIRLOCK_ASSIGN(const keys::Secret passphrase, ask_passphrase(options, name, keys::Asking::once));
  return open_role_key(name, passphrase);
}

std::expected<tuf::PublicKey, Refusal> read_role_key(const file::Path& path) {
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer pem, file::read(path, keys::kKeyFileMax), path.string());
  // Of several, which are a signer's of packages, one would be a guess.
  constexpr std::string_view kBegin = "-----BEGIN";
  const std::string_view text = text_of(pem);
  if (text.find(kBegin) != text.rfind(kBegin))
    return refuse(Code::key_in_both_doors, path.string());
  AIRLOCK_ANSWER_ASSIGN(tuf::PublicKey key, tuf::key_from_pem(text), path.string());
  return key;
}

void add_role_key_options(CLI::App& command, RoleKeyOptions& options) {
  auto* folder = command.add_option("--keys", options.folder,
                                    "folder with repo-targets.key and repo-snapshot.key; where the "
                                    "repository has hash bins, with repo-bins.key");
  auto* keys = command.add_option("--key", options.keys,
                                  "a key of targets, snapshot or bins: a .key file or PKCS#11 URI; "
                                  "repeat for several");
  keys->take_all();
  auto* group = command.add_option_group("keys", "what signs");
  group->add_options(folder, keys);
  group->require_option(1, 2);
  add_passphrase_option(command, options);
}

std::expected<std::vector<release::RoleSigner>, Refusal> open_role_keys(
    const RoleKeyOptions& options, const std::vector<std::string>& names) {
  std::vector<release::RoleSigner> opened;
  std::optional<keys::Secret> of_folder;
  for (const std::string& name : names) {
    const file::Path path = file::Path(options.folder) / name;
    std::error_code ignored;
    if (options.folder.empty() || !std::filesystem::exists(path, ignored)) continue;
    if (!of_folder) {
      AIRLOCK_ASSIGN(of_folder, ask_passphrase(options, options.folder, keys::Asking::once));
    }
    AIRLOCK_ASSIGN(release::RoleSigner signer, open_role_key(path.string(), *of_folder));
    opened.push_back(std::move(signer));
  }
  if (!options.folder.empty() && opened.empty()) {
    return refuse(Code::not_found, (file::Path(options.folder) / names[0]).string());
  }
  for (const std::string& name : options.keys) {
    AIRLOCK_ASSIGN(release::RoleSigner signer, ask_and_open_role_key(options, name));
    opened.push_back(std::move(signer));
  }
  return opened;
}

std::vector<std::string> keys_of_lists(const std::string& repo) {
  const auto delegates = release::delegates(repo);  // whatever is wrong with it is told later
  if (delegates && *delegates) return {"repo-bins.key", "repo-snapshot.key", "repo-targets.key"};
  return {"repo-targets.key", "repo-snapshot.key"};
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
