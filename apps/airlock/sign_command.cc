#include <chrono>
#include <cstdio>
#include <iostream>
#include <thread>

#include "apps/airlock/commands.h"
#include "apps/airlock/opened.h"
#include "apps/airlock/show.h"
#include "host/terminal/terminal.h"
#include "host/text/text.h"

namespace airlock::app {
namespace {

constexpr std::size_t kTypedDigits = 8;
constexpr int kLockTriesMax = 100;
constexpr std::chrono::milliseconds kLockPause{50};

struct SignOptions : PassphraseOptions {
  std::string key;
  std::string package;
  std::string digest;
  std::string keyring;
};

// The lock is held for one write.
Status lock_patiently(file::File& lock) {
  for (int tries = 0; tries < kLockTriesMax; ++tries) {
    const Status locked = lock.lock();
    if (locked || locked.error().code != Code::busy) return locked;
    std::this_thread::sleep_for(kLockPause);
  }
  return fail(Code::busy);
}

// A script names the whole digest that it saw; a person types the beginning of what he reads here.
// Neither refusal says the digest: what is pasted from a refusal was seen by nobody.
Answer confirm(const SignOptions& options, const package::Manifest& manifest) {
  const std::string digest = text::to_hex(manifest.digest().bytes);
  const std::string how =
      "; run `airlock inspect " + options.package + "` and compare its digest with the release's";
  const std::string shown = manifest_text(manifest);
  if (!options.digest.empty()) {
    if (options.digest != digest) {
      return refuse(Code::digest_mismatch, options.package + " is not what --digest names" + how);
    }
    std::printf("%s\n", shown.c_str());
    std::fflush(stdout);
    return {};
  }
  if (!terminal::is_terminal_in()) {
    return refuse(Code::not_interactive, options.package + " needs --digest DIGEST" + how);
  }
  std::printf("%s\nType the first %zu digits of the manifest's digest to sign it: ", shown.c_str(),
              kTypedDigits);
  std::fflush(stdout);
  std::string typed;
  if (!std::getline(std::cin, typed) || typed != digest.substr(0, kTypedDigits)) {
    return refuse(Code::digest_mismatch, options.package + " was not signed");
  }
  return {};
}

// While the signer looked at it, others may have signed too: under the folder's lock the package is
// read again, and add_signatures holds it against the digest that was shown.
Answer add_to_package(const SignOptions& options, std::span<const keys::SigningKey> keys,
                      const crypto::Digest& shown, const package::Keyring* keyring) {
  const file::Path path = release::envelope_path(options.package);
  const file::Path folder = path.has_parent_path() ? path.parent_path() : file::Path(".");
  AIRLOCK_ANSWER_ASSIGN(file::File lock, file::File::open(folder, file::Access::read),
                        folder.string());
  AIRLOCK_ANSWER_TRY(lock_patiently(lock), folder.string());
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer envelope, release::read_envelope(options.package),
                        release::envelope_path(options.package).string());
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer signed_envelope,
                        release::add_signatures(envelope, keys, shown, keyring), options.key);
  AIRLOCK_ANSWER_TRY(file::replace(path, signed_envelope), path.string());
  if (keyring == nullptr) return {};
  AIRLOCK_ANSWER_ASSIGN(const std::string missing,
                        release::missing_signatures(signed_envelope, *keyring), path.string());
  std::printf("%s\n",
              missing.empty() ? "The quorum is complete." : ("Missing: " + missing).c_str());
  return {};
}

Answer sign(const SignOptions& options) {
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer envelope, release::read_envelope(options.package),
                        release::envelope_path(options.package).string());
  AIRLOCK_ANSWER_ASSIGN(const package::Manifest manifest, package::read_unproven(envelope),
                        about_package(options.package, envelope));
  std::unique_ptr<OpenedKeyring> keyring;
  if (!options.keyring.empty()) {
    AIRLOCK_ASSIGN(keyring, open_keyring(options.keyring));
  }
  if (manifest.created > present() + release::kAheadMax) {
    return refuse(Code::not_yet_valid,
                  options.package + " says that it was made at " + text::to_time(manifest.created));
  }
  AIRLOCK_TRY(confirm(options, manifest));
  AIRLOCK_ASSIGN(const keys::Secret passphrase,
                 ask_passphrase(options, options.key, keys::Asking::once));
  AIRLOCK_ANSWER_ASSIGN(const std::vector<keys::SigningKey> keys,
                        keys::open_keys(options.key, passphrase), options.key);
  AIRLOCK_TRY(
      add_to_package(options, keys, manifest.digest(), keyring ? &keyring->keyring : nullptr));
  package::AlgorithmSet algorithms;
  for (const keys::SigningKey& key : keys) algorithms.add(key.public_key().algorithm);
  std::printf("Signed %s %s, manifest %s, by %s.\n",
              std::string(package::name_of(manifest.kind)).c_str(),
              text::visible(manifest.version.text).c_str(),
              text::to_hex(manifest.digest().bytes).c_str(), release::words_of(algorithms).c_str());
  return {};
}

}  // namespace

void add_sign_command(CLI::App& app, Outcome& outcome) {
  auto made = add_command<SignOptions>(
      app, outcome, "sign", "Add a signer's signatures to a package, after showing it.", &sign);
  made.command.add_option("package", made.options.package, "package folder or .cose file")
      ->required();
  made.command.add_option("--key", made.options.key, "the signer's .key file, with all his keys")
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
