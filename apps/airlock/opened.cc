#include "apps/airlock/opened.h"

#include <ctime>

namespace airlock::app {

void add_passphrase_option(CLI::App& command, PassphraseOptions& options) {
  command.add_option("--passphrase-file", options.passphrase_file,
                     "file whose first line is the passphrase; otherwise AIRLOCK_PASSPHRASE, "
                     "otherwise you are asked");
}

std::expected<keys::Secret, Refusal> ask_passphrase(const PassphraseOptions& options,
                                                    const std::string& subject,
                                                    keys::Asking asking) {
  keys::PassphraseSource source{std::nullopt, subject, asking};
  if (!options.passphrase_file.empty()) source.file = options.passphrase_file;
  AIRLOCK_ANSWER_ASSIGN(keys::Secret passphrase, keys::read_passphrase(source),
                        source.file ? source.file->string() : subject);
  return passphrase;
}

std::expected<keys::SigningKey, Refusal> open_key(const file::Path& path,
                                                  const keys::Secret& passphrase) {
  AIRLOCK_ANSWER_ASSIGN(keys::SigningKey key, keys::SigningKey::open(path, passphrase),
                        path.string());
  return key;
}

std::expected<std::unique_ptr<OpenedKeyring>, Refusal> open_keyring(const std::string& path) {
  auto opened = std::make_unique<OpenedKeyring>();
  AIRLOCK_ANSWER_ASSIGN(opened->envelope, file::read(path, package::kEnvelopeSizeMax), path);
  AIRLOCK_ANSWER_ASSIGN(opened->keyring, package::open_keyring_anchor(opened->envelope), path);
  return opened;
}

std::expected<RoleKeyFiles, Refusal> open_role_keys(const file::Path& folder,
                                                    const keys::Secret& passphrase) {
  AIRLOCK_ASSIGN(keys::SigningKey targets, open_key(folder / "repo-targets.key", passphrase));
  AIRLOCK_ASSIGN(keys::SigningKey snapshot, open_key(folder / "repo-snapshot.key", passphrase));
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
