// What several publisher's commands open: keys by passphrase, keyrings, and the present.
#pragma once

#include <memory>

#include "apps/airlock/command.h"
#include "core/package/package.h"
#include "publish/release/repository.h"

namespace airlock::app {

// Options of a command that opens secret keys.
struct PassphraseOptions {
  std::string passphrase_file;
};
void add_passphrase_option(CLI::App& command, PassphraseOptions& options);

// ask_passphrase reads one for `subject`: a path, a folder, or a PKCS#11 URI, whose PIN it is.
std::expected<keys::Secret, Refusal> ask_passphrase(const PassphraseOptions& options,
                                                    const std::string& subject,
                                                    keys::Asking asking);
// open_key opens the one key of a file or token; open_signer all that one signer has there.
std::expected<keys::SigningKey, Refusal> open_key(const std::string& name,
                                                  const keys::Secret& passphrase);
std::expected<std::vector<keys::SigningKey>, Refusal> open_signer(const std::string& name,
                                                                  const keys::Secret& passphrase);

// A keyring package and what is read from it, which points into it.
struct OpenedKeyring {
  file::Buffer envelope;
  package::Keyring keyring;
};
// open_keyring takes a keyring package that its own root group signed.
std::expected<std::unique_ptr<OpenedKeyring>, Refusal> open_keyring(const std::string& path);
// open_keyring_if_named is nothing for "".
std::expected<std::unique_ptr<OpenedKeyring>, Refusal> open_keyring_if_named(
    const std::string& path);
inline const package::Keyring* keyring_of(const std::unique_ptr<OpenedKeyring>& opened) {
  return opened == nullptr ? nullptr : &opened->keyring;
}

// open_role_key opens one key of the repository's roles, of a file or a token; read_role_key reads
// a public half.
std::expected<release::RoleSigner, Refusal> open_role_key(const std::string& name,
                                                          const keys::Secret& passphrase);
std::expected<release::RoleSigner, Refusal> ask_and_open_role_key(const PassphraseOptions& options,
                                                                  const std::string& name);
std::expected<tuf::PublicKey, Refusal> read_role_key(const file::Path& path);

// Options of a command that signs targets and snapshot: a folder in which keys are called as
// `keys init` names them, keys one by one, or both.
struct RoleKeyOptions : PassphraseOptions {
  std::string folder;
  std::vector<std::string> keys;
};
void add_role_key_options(CLI::App& command, RoleKeyOptions& options);
// open_role_keys opens what of these names stands in the folder, at least one, and the others.
std::expected<std::vector<release::RoleSigner>, Refusal> open_role_keys(
    const RoleKeyOptions& options, const std::vector<std::string>& names);
// keys_of_lists names the keys in a folder that sign a repository's lists: those of its targets and
// snapshot, and of its bins where it has some.
std::vector<std::string> keys_of_lists(const std::string& repo);

// answer turns what publish/release says into a command's answer; `about` where it named nothing.
inline std::unexpected<Refusal> refuse(const release::Refusal& refusal, const std::string& about) {
  return refuse(refusal.error, refusal.about.empty() ? about : refusal.about);
}

// tell_timestamp says how to offer what is new in a repository; add_metadata_commands adds what
// changes one (metadata_commands.cc) below `repo`, add_check_command, add_minimal_commands,
// add_bins_command and add_delegation_commands the rest of that family.
void tell_timestamp(const std::string& repo);
void add_metadata_commands(CLI::App& family, Outcome& outcome);
void add_check_command(CLI::App& family, Outcome& outcome);
void add_minimal_commands(CLI::App& family, Outcome& outcome);
void add_bins_command(CLI::App& family, Outcome& outcome);
void add_delegation_commands(CLI::App& family, Outcome& outcome);

std::int64_t present();  // Unix seconds, by this machine's clock

// Two parts of "NAME=PATH": usage where there is no '='.
struct Assignment {
  std::string name;
  std::string value;
};
std::expected<Assignment, Refusal> split_assignment(const std::string& text);

}  // namespace airlock::app
