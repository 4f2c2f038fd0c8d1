// airlock ceremony: a signing that others can follow while it happens, and check afterwards.
#include <cstdio>
#include <iostream>

#include "apps/airlock/commands.h"
#include "apps/airlock/content.h"
#include "apps/airlock/opened.h"
#include "apps/airlock/signing.h"
#include "host/terminal/terminal.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"
#include "host/text/words.h"
#include "publish/ceremony/ceremony.h"
#include "publish/token/token.h"

namespace airlock::app {
namespace {

using ceremony::Entry;
using ceremony::Transcript;
using Facts = std::map<std::string, std::string>;

constexpr std::size_t kWordsInALine = 8;
constexpr std::size_t kTypedMax = 200;
constexpr int kSteps = 4;

struct CeremonyOptions : PassphraseOptions {
  std::string key;
  std::string package;
  std::string keyring;
  std::string transcript;
};

void say_step(int number, const char* title) {
  const auto colours = terminal::colours_of(terminal::Stream::out);
  const std::string head = std::to_string(number) + " of " + std::to_string(kSteps) + "  " + title;
  std::printf("\n%s\n\n", terminal::styled(head, terminal::Style::bold, colours).c_str());
}

// What a person types at a prompt; nothing at all ends the ceremony.
std::expected<std::string, Refusal> ask(const std::string& prompt, const std::string& about) {
  std::printf("%s", prompt.c_str());
  std::fflush(stdout);
  std::string typed;
  if (!std::getline(std::cin, typed) || typed.empty() || typed.size() > kTypedMax) {
    return refuse(Code::interrupted, about);
  }
  return typed;
}

// Four lines of eight words, which is how they are read aloud.
std::string words_in_lines(const crypto::Digest& digest) {
  std::string words = text::to_words(digest.bytes);
  std::size_t at = 0;
  for (std::size_t count = 1; (at = words.find(' ', at)) != std::string::npos; ++count, ++at) {
    if (count % kWordsInALine == 0) words[at] = '\n';
  }
  return words;
}

// One ceremony, from the first word to the seal. Each step is in the transcript before the next.
class Ceremony {
 public:
  Ceremony(const CeremonyOptions& options, Signable signable, const package::Keyring* keyring,
           Transcript transcript)
      : options_(options),
        signable_(std::move(signable)),
        keyring_(keyring),
        transcript_(std::move(transcript)) {}

  Answer run() {
    AIRLOCK_TRY(note("begun", {{"airlock", AIRLOCK_VERSION},
                               {"key", options_.key},
                               {"manifest", digest_hex(digest())},
                               {"package", options_.package}}));
    AIRLOCK_TRY(show());
    AIRLOCK_TRY(compare());
    AIRLOCK_TRY(scan());
    return sign();
  }

 private:
  const crypto::Digest& digest() const { return signable_.manifest.digest(); }

  Answer note(const std::string& event, Facts facts) {
    AIRLOCK_ANSWER_TRY(transcript_.note({event, text::to_time(present()), std::move(facts)}),
                       options_.transcript);
    return {};
  }

  Answer show() {
    say_step(1, "What is being signed");
    AIRLOCK_ASSIGN(const std::string shown, show_to_sign(options_.package, signable_.manifest));
    std::printf("%s\n", shown.c_str());
    AIRLOCK_ASSIGN(
        const std::string typed,
        ask("Is it what you mean to sign? Type yes, or nothing to stop: ", options_.package));
    AIRLOCK_TRY(note("shown", {{"answer", typed}, {"text", fitting(shown)}}));
    if (typed != "yes") return refuse(Code::interrupted, options_.package);
    return {};
  }

  Answer compare() {
    say_step(2, "Compare its digest by voice");
    std::printf(
        "%s\n\nRead these words to another signer, who sees them on a screen of his own.\n"
        "One word that differs: type nothing, and sign nothing.\n",
        words_in_lines(digest()).c_str());
    AIRLOCK_ASSIGN(const std::string with,
                   ask("All 32 are the same. With whom did you compare them? ", options_.package));
    return note("compared", {{"with", with}, {"words", text::to_words(digest().bytes)}});
  }

  Answer scan() {
    say_step(3, "Keep its digest");
    AIRLOCK_ANSWER_ASSIGN(const std::string code, ceremony::qr_code(digest_hex(digest())),
                          options_.package);
    std::printf("%s\n%s\n\nScan it for your records, and for whoever is not in the room.\n",
                code.c_str(), digest_hex(digest()).c_str());
    AIRLOCK_ASSIGN(const std::string typed, ask("Type scanned, or skip: ", options_.package));
    return note("offered as a QR code", {{"answer", typed}});
  }

  Answer sign() {
    say_step(kSteps, "Sign");
    AIRLOCK_TRY(confirm_by_typing(digest(), "the manifest's", options_.package));
    AIRLOCK_ASSIGN(const keys::Secret passphrase,
                   ask_passphrase(options_, options_.key, keys::Asking::once));
    AIRLOCK_ASSIGN(const std::vector<keys::SigningKey> keys, open_signer(options_.key, passphrase));
    AIRLOCK_TRY(add_signatures({options_.package, options_.key, keyring_}, keys, digest()));
    for (const keys::SigningKey& key : keys) {
      AIRLOCK_TRY(note("signed", {{"algorithm", algorithm_of(key)},
                                  {"key id", digest_hex(package::key_id(key.public_key()))},
                                  {"manifest", digest_hex(digest())}}));
    }
    for (const keys::SigningKey& key : keys) {
      AIRLOCK_ANSWER_TRY(transcript_.seal(key), options_.transcript);
    }
    std::printf(
        "\nSigned. %s is sealed by the same key; anyone can check it:\n"
        "  airlock ceremony audit %s --package %s\n",
        options_.transcript.c_str(), options_.transcript.c_str(), options_.package.c_str());
    return {};
  }

  // What is longer than an entry takes was seen in full, and is kept by its digest.
  static std::string fitting(const std::string& shown) {
    if (shown.size() <= ceremony::kFactSizeMax / 2) return shown;
    return std::to_string(shown.size()) + " bytes, SHA-256 " +
           digest_hex(crypto::sha256(bytes_of(shown)));
  }

  static std::string algorithm_of(const keys::SigningKey& key) {
    return algorithm_name(static_cast<std::int64_t>(key.public_key().algorithm));
  }

  const CeremonyOptions& options_;
  Signable signable_;
  const package::Keyring* keyring_;
  Transcript transcript_;
};

// A key's public half beside it tells already now what the key itself would tell at the end.
Answer check_half(const std::string& key, const package::Keyring& keyring, package::Kind kind) {
  const file::Path half = file::Path(key).replace_extension(".pub");
  const auto keys = keys::read_public_keys(half);
  if (!keys && keys.error().code == Code::not_found) return {};
  AIRLOCK_ANSWER_TRY(keys, half.string());
  AIRLOCK_ANSWER_TRY(release::check_signers(keyring, *keys, kind), half.string());
  return {};
}

Answer hold(const CeremonyOptions& options) {
  if (!terminal::is_terminal_in()) {
    return refuse(Code::not_interactive,
                  "a ceremony is for people; a script signs by airlock sign");
  }
  // The transcript names the key and is made to be published, so that no PIN may be in the name.
  if (token::is_uri(options.key)) {
    AIRLOCK_ANSWER_TRY(token::Uri::parse(options.key), "the PKCS#11 URI of --key");
  }
  AIRLOCK_ASSIGN(Signable signable, read_signable(options.package));
  AIRLOCK_ASSIGN(const auto keyring, open_keyring_if_named(options.keyring));
  if (keyring && !token::is_uri(options.key)) {
    AIRLOCK_TRY(check_half(options.key, keyring->keyring, signable.manifest.kind));
  }
  AIRLOCK_ANSWER_ASSIGN(Transcript transcript, Transcript::begin(options.transcript),
                        options.transcript);
  return Ceremony(options, std::move(signable), keyring_of(keyring), std::move(transcript)).run();
}

// ---- audit

struct AuditOptions {
  std::string transcript;
  std::string package;
  std::string keyring;
  bool json = false;
};

std::expected<ceremony::Audited, Refusal> read_transcript(const std::string& path) {
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer bytes, file::read(path, ceremony::kTranscriptSizeMax),
                        path);
  AIRLOCK_ANSWER_ASSIGN(ceremony::Audited audited, ceremony::audit(text_of(bytes)), path);
  return audited;
}

// What the transcript says was signed: its last word on that.
std::string signed_digest(const ceremony::Audited& audited) {
  std::string digest;
  for (const Entry& entry : audited.entries) {
    if (entry.event == "signed" && entry.facts.contains("manifest")) {
      digest = entry.facts.at("manifest");
    }
  }
  return digest;
}

// Each sealing key has a valid signature in the package of which the transcript speaks.
Answer check_package(const AuditOptions& options, const ceremony::Audited& audited) {
  AIRLOCK_ASSIGN(const Signable signable, read_signable(options.package));
  if (digest_hex(signable.manifest.digest()) != signed_digest(audited)) {
    return refuse(Code::digest_mismatch, options.package + " is not what the transcript is about");
  }
  for (const crypto::PublicKey& key : audited.sealed_by) {
    AIRLOCK_ANSWER_TRY(release::check_signature(signable.envelope, key), options.package);
  }
  return {};
}

std::string signer_of(const crypto::PublicKey& key, const package::Keyring* keyring) {
  if (keyring == nullptr) return "";
  const std::optional<package::Key> listed = keyring->find(package::key_id(key).bytes);
  return listed ? text::visible_line(listed->name) : "";
}

json::Value audit_json(const ceremony::Audited& audited, const package::Keyring* keyring) {
  json::Value entries = json::Value::array(), seals = json::Value::array();
  for (const Entry& entry : audited.entries) {
    entries.push_back({{"event", entry.event}, {"facts", entry.facts}, {"time", entry.time}});
  }
  for (const crypto::PublicKey& key : audited.sealed_by) {
    seals.push_back({{"algorithm", algorithm_name(static_cast<std::int64_t>(key.algorithm))},
                     {"key_id", digest_hex(package::key_id(key))},
                     {"signer", signer_of(key, keyring)}});
  }
  return {{"entries", entries}, {"manifest", signed_digest(audited)}, {"sealed_by", seals}};
}

void print_audit(const ceremony::Audited& audited, const package::Keyring* keyring) {
  for (const Entry& entry : audited.entries) {
    std::printf("%s  %s\n", entry.time.c_str(), text::visible_line(entry.event).c_str());
    for (const auto& [fact, value] : entry.facts) {
      if (value.find('\n') == std::string::npos) {
        std::printf("%s", line(text::visible_line(fact), text::visible_line(value)).c_str());
      } else {
        std::printf("%s", line(text::visible_line(fact), "").c_str());
        std::printf("%s\n", text::quoted(value, terminal::kColumnsDefault).c_str());
      }
    }
  }
  for (const crypto::PublicKey& key : audited.sealed_by) {
    const std::string signer = signer_of(key, keyring);
    std::printf("Sealed by %s%s.\n", digest_hex(package::key_id(key)).c_str(),
                signer.empty() ? "" : (", " + signer).c_str());
  }
}

Answer audit(const AuditOptions& options) {
  AIRLOCK_ASSIGN(const ceremony::Audited audited, read_transcript(options.transcript));
  if (!options.package.empty()) AIRLOCK_TRY(check_package(options, audited));
  AIRLOCK_ASSIGN(const auto opened, open_keyring_if_named(options.keyring));
  const package::Keyring* keyring = keyring_of(opened);
  for (const crypto::PublicKey& key : audited.sealed_by) {
    if (keyring != nullptr && !keyring->find(package::key_id(key).bytes)) {
      return refuse(Code::not_a_signer, options.transcript);
    }
  }
  if (options.json) {
    std::printf("%s\n", text::visible_json(json::write(audit_json(audited, keyring))).c_str());
  } else {
    print_audit(audited, keyring);
  }
  return {};
}

}  // namespace

void add_ceremony_commands(CLI::App& app, Outcome& outcome) {
  CLI::App& family =
      add_family(app, "ceremony", "Sign with others watching, and check how it was done.");
  family.footer(
      "Example:\n  airlock ceremony sign release-1.1.0 --key keys/vendor.key --transcript "
      "vendor.transcript");
  auto held = add_command<CeremonyOptions>(
      family, outcome, "sign",
      "Lead a person through a signing: what is signed, words to compare by voice, a QR code, a "
      "transcript.",
      &hold);
  held.command.add_option("package", held.options.package, "package folder or .cose file")
      ->required();
  held.command.add_option("--key", held.options.key, "the signer's .key file or PKCS#11 URI")
      ->required();
  held.command.add_option("--transcript", held.options.transcript, "new file for the transcript")
      ->required();
  held.command.add_option("--keyring", held.options.keyring,
                          "refuse where this keyring does not let the key sign");
  add_passphrase_option(held.command, held.options);
  held.command.footer(
      "Example:\n  airlock ceremony sign release-1.1.0 --key keys/committee-1.key \\\n"
      "      --keyring keys/keyring.cose --transcript committee-1.transcript");

  auto audited = add_command<AuditOptions>(
      family, outcome, "audit", "Check a transcript: that nothing was changed, and who sealed it.",
      &audit);
  audited.command.add_option("transcript", audited.options.transcript, "the transcript")
      ->required();
  audited.command.add_option("--package", audited.options.package,
                             "check that this package was signed by the keys that sealed it");
  audited.command.add_option("--keyring", audited.options.keyring,
                             "name the signers, and refuse keys that it does not list");
  audited.command.add_flag("--json", audited.options.json, "for scripts");
  audited.command.footer(
      "Example:\n  airlock ceremony audit committee-1.transcript --package release-1.1.0 \\\n"
      "      --keyring keys/keyring.cose");
}

}  // namespace airlock::app
