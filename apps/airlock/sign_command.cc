#include <cstdio>

#include "apps/airlock/commands.h"
#include "apps/airlock/content.h"
#include "apps/airlock/opened.h"
#include "apps/airlock/signing.h"
#include "host/terminal/terminal.h"
#include "host/text/text.h"

namespace airlock::app {
namespace {

struct SignOptions : PassphraseOptions {
  std::string key;
  std::string package;
  std::string digest;
  std::string keyring;
};

// A script names the whole digest that it saw; a person types the beginning of what he reads here.
// Neither refusal says the digest: what is pasted from a refusal was seen by nobody.
Answer confirm(const SignOptions& options, const package::Manifest& manifest) {
  const std::string digest = text::to_hex(manifest.digest().bytes);
  const std::string how =
      "; run `airlock inspect " + options.package + "` and compare its digest with the release's";
  AIRLOCK_ASSIGN(const std::string shown, show_to_sign(options.package, manifest));
  if (!options.digest.empty()) {
    if (options.digest != digest) {
      return refuse_advising(Code::digest_mismatch,
                             options.package + " is not what --digest names" + how);
    }
    std::printf("%s\n", shown.c_str());
    std::fflush(stdout);
    return {};
  }
  if (!terminal::is_terminal_in()) {
    return refuse_advising(Code::not_interactive, options.package + " needs --digest DIGEST" + how);
  }
  std::printf("%s\n", shown.c_str());
  return confirm_by_typing(manifest.digest(), "the manifest's", options.package);
}

Answer sign(const SignOptions& options) {
  AIRLOCK_ASSIGN(const Signable signable, read_signable(options.package));
  const package::Manifest& manifest = signable.manifest;
  AIRLOCK_ASSIGN(const auto keyring, open_keyring_if_named(options.keyring));
  AIRLOCK_TRY(confirm(options, manifest));
  AIRLOCK_ASSIGN(const keys::Secret passphrase,
                 ask_passphrase(options, options.key, keys::Asking::once));
  AIRLOCK_ASSIGN(const std::vector<keys::SigningKey> keys, open_signer(options.key, passphrase));
  AIRLOCK_TRY(
      add_signatures({options.package, options.key, keyring_of(keyring)}, keys, manifest.digest()));
  package::AlgorithmSet algorithms;
  for (const keys::SigningKey& key : keys) algorithms.add(key.public_key().algorithm);
  std::printf("Signed %s %s, manifest %s, by %s.\n",
              std::string(package::name_of(manifest.kind)).c_str(),
              text::visible_line(manifest.version.text).c_str(),
              text::to_hex(manifest.digest().bytes).c_str(), release::words_of(algorithms).c_str());
  return {};
}

}  // namespace

void add_sign_command(CLI::App& app, Outcome& outcome) {
  auto made = add_command<SignOptions>(
      app, outcome, "sign", "Add a signer's signatures to a package, after showing it.", &sign);
  made.command.add_option("package", made.options.package, "package folder or .cose file")
      ->required();
  made.command
      .add_option("--key", made.options.key,
                  "the signer's .key file, with all his keys, or a PKCS#11 URI")
      ->required();
  made.command.add_option("--digest", made.options.digest,
                          "the manifest digest that you saw, instead of typing it");
  made.command.add_option("--keyring", made.options.keyring,
                          "refuse where it does not let these keys sign; tell what is missing");
  add_passphrase_option(made.command, made.options);
  made.command.footer(
      "Example:\n  airlock sign --key keys/vendor.key release-1.1.0 --keyring keys/keyring.cose");
}

}  // namespace airlock::app
