// log init, add, prove, verify: the log and what stands in it.
#include <cstdio>

#include "apps/airlock/commands.h"
#include "apps/airlock/logs.h"
#include "host/json/json.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"

namespace airlock::app {
namespace {

using json::Value;

struct KeyOptions : PassphraseOptions {
  std::string out;
};

Answer make_key(const KeyOptions& options) {
  AIRLOCK_ASSIGN(const keys::Secret passphrase,
                 ask_passphrase(options, "the new key " + options.out, keys::Asking::twice));
  AIRLOCK_ANSWER_ASSIGN(const keys::SigningKey key,
                        keys::SigningKey::generate(crypto::Algorithm::eddsa, keys::Door::package),
                        options.out);
  AIRLOCK_ANSWER_TRY(key.save(options.out + ".key", passphrase), options.out + ".key");
  AIRLOCK_ANSWER_TRY(keys::create_public_keys(options.out + ".pub", {&key.public_key(), 1}),
                     options.out + ".pub");
  std::printf("%s.key, encrypted with the passphrase, and %s.pub, for the keyring.\n",
              options.out.c_str(), options.out.c_str());
  return {};
}

struct InitOptions : PassphraseOptions {
  std::string log, origin, key;
};

Answer init(const InitOptions& options) {
  AIRLOCK_ASSIGN(const keys::Secret passphrase,
                 ask_passphrase(options, options.key, keys::Asking::once));
  AIRLOCK_ASSIGN(const keys::SigningKey key, open_key(options.key, passphrase));
  const translog::LogIdentity log{options.origin, key.public_key()};
  AIRLOCK_ANSWER_TRY(translog::create(options.log, log, sign_by(key)), options.log);
  std::printf("%s: an empty log. Other tools verify it with\n%s\n", options.log.c_str(),
              translog::verifier_key(log.origin, package::NoteKeyType::ed25519, log.key).c_str());
  return {};
}

// A package and what is proven of it, which points into it.
struct Signed {
  file::Buffer envelope;
  std::unique_ptr<OpenedKeyring> keyring;
  crypto::Digest digest;
  package::LogPolicy policy;
};

std::expected<Signed, Refusal> open_signed(const std::string& package,
                                           const std::string& keyring_path) {
  Signed opened;
  AIRLOCK_ASSIGN(opened.keyring, open_keyring(keyring_path));
  AIRLOCK_ASSIGN(opened.policy, log_demanded(*opened.keyring, keyring_path));
  AIRLOCK_ANSWER_ASSIGN(opened.envelope, release::read_envelope(package),
                        release::envelope_path(package).string());
  AIRLOCK_ANSWER_ASSIGN(
      const package::Proven proven,
      package::prove(opened.envelope, opened.keyring->keyring, package::Judged::before), package);
  opened.digest = proven.digest();
  return opened;
}

Value cosigners_of(const package::Cosignatures& cosignatures, const package::LogPolicy& policy) {
  Value list = Value::array();
  for (const package::Cosignature& one : cosignatures) {
    list.push_back(
        {{"witness", policy.witnesses[one.witness].name}, {"time", text::to_time(one.time)}});
  }
  return list;
}

void print_included(const package::Included& included, const package::LogPolicy& policy,
                    bool as_json) {
  const package::TreeHead& head = included.head();
  const auto& cosignatures = included.witnessed().cosignatures();
  if (as_json) {
    const Value value = {{"origin", policy.origin},
                         {"index", included.index()},
                         {"size", head.size},
                         {"root", text::to_hex(head.root.bytes)},
                         {"cosigned", cosigners_of(cosignatures, policy)}};
    std::printf("%s\n", text::visible_json(json::write(value)).c_str());
    return;
  }
  std::printf("entry %llu of %llu in %s\nroot  %s\n",
              static_cast<unsigned long long>(included.index()),
              static_cast<unsigned long long>(head.size), std::string(policy.origin).c_str(),
              text::to_hex(head.root.bytes).c_str());
  for (const package::Cosignature& one : cosignatures) {
    std::printf("cosigned by %s at %s\n", std::string(policy.witnesses[one.witness].name).c_str(),
                text::to_time(one.time).c_str());
  }
}

struct AddOptions : PassphraseOptions {
  std::string package, log, key, keyring;
  bool json = false;
};

Answer add(const AddOptions& options) {
  AIRLOCK_ASSIGN(const Signed opened, open_signed(options.package, options.keyring));
  AIRLOCK_ASSIGN(const keys::Secret passphrase,
                 ask_passphrase(options, options.key, keys::Asking::once));
  AIRLOCK_ASSIGN(const keys::SigningKey key, open_key(options.key, passphrase));
  AIRLOCK_ASSIGN(const LoggedRelease added, add_to_log(options.log, opened.digest, key));
  if (options.json) {
    const Value value = {{"index", added.index}, {"size", added.head.size}, {"new", added.is_new}};
    std::printf("%s\n", text::visible_json(json::write(value)).c_str());
    return {};
  }
  std::printf("%s: entry %llu%s. Next, once its witnesses cosigned: airlock log prove\n",
              options.log.c_str(), static_cast<unsigned long long>(added.index),
              added.is_new ? "" : ", as before");
  return {};
}

struct ProveOptions {
  std::string package, keyring;
  Logging logging;
  std::string wait = "0s";
  bool json = false;
};

Answer prove(const ProveOptions& options) {
  AIRLOCK_ASSIGN(const Signed opened, open_signed(options.package, options.keyring));
  Logging logging = options.logging;
  AIRLOCK_ASSIGN(logging.wait_seconds, read_wait(options.wait));
  AIRLOCK_ASSIGN(const package::Included included,
                 prove_in_log(logging, options.package, opened.digest, opened.policy));
  print_included(included, opened.policy, options.json);
  return {};
}

struct VerifyOptions {
  std::string package, keyring, proof;
  bool json = false;
};

Answer verify(const VerifyOptions& options) {
  AIRLOCK_ASSIGN(const Signed opened, open_signed(options.package, options.keyring));
  const file::Path path =
      options.proof.empty() ? release::proof_path(options.package) : file::Path(options.proof);
  Result<file::Buffer> proof = file::read(path, package::kProofSizeMax);
  if (!proof && proof.error().code == Code::not_found) {
    return refuse(Code::proof_missing, path.string());
  }
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer found, std::move(proof), path.string());
  AIRLOCK_ANSWER_ASSIGN(const package::Included included,
                        package::prove_included(opened.digest, text_of(found), opened.policy),
                        path.string());
  print_included(included, opened.policy, options.json);
  return {};
}

constexpr const char* kProveExample =
    "Example:\n  airlock log prove release-1.1.0 --log repo/log --keyring keys/keyring.cose \\\n"
    "      --cosigned https://witness.example.org/log --ca ca.pem --wait 2m";

void add_making(CLI::App& family, Outcome& outcome) {
  auto key = add_command<KeyOptions>(family, outcome, "key",
                                     "Make the key of a log or of a witness.", &make_key);
  key.command.add_option("--out", key.options.out, "NAME of NAME.key and NAME.pub")->required();
  add_passphrase_option(key.command, key.options);
  key.command.footer("Example:\n  airlock log key --out keys/log");

  auto made = add_command<InitOptions>(family, outcome, "init", "Make an empty log.", &init);
  made.command.add_option("--log", made.options.log, "folder of the log, as a rule REPO/log")
      ->required();
  made.command
      .add_option("--origin", made.options.origin, "its name, such as example.com/releases")
      ->required();
  made.command.add_option("--key", made.options.key, "the log's key")->required();
  add_passphrase_option(made.command, made.options);
  made.command.footer(
      "Example:\n  airlock log init --log repo/log --origin example.com/releases --key "
      "keys/log.key");

  auto added = add_command<AddOptions>(family, outcome, "add",
                                       "Take a completely signed release into the log.", &add);
  added.command.add_option("package", added.options.package, "package folder or .cose file")
      ->required();
  added.command.add_option("--log", added.options.log, "folder of the log")->required();
  added.command.add_option("--key", added.options.key, "the log's key")->required();
  added.command.add_option("--keyring", added.options.keyring, "keyring package of the devices")
      ->required();
  added.command.add_flag("--json", added.options.json, "answer in JSON");
  add_passphrase_option(added.command, added.options);
  added.command.footer(
      "Example:\n  airlock log add release-1.1.0 --log repo/log --key keys/log.key \\\n"
      "      --keyring keys/keyring.cose");
}

void add_proving(CLI::App& family, Outcome& outcome) {
  auto proved = add_command<ProveOptions>(
      family, outcome, "prove",
      "Gather cosignatures, and put the proof beside a package that the log has.", &prove);
  ProveOptions& options = proved.options;
  proved.command.add_option("package", options.package, "package folder or .cose file")->required();
  proved.command.add_option("--log", options.logging.log, "folder of the log")->required();
  proved.command.add_option("--keyring", options.keyring, "keyring package of the devices")
      ->required();
  add_witness_options(proved.command, options.logging, options.wait);
  proved.command.add_flag("--json", options.json, "answer in JSON");
  proved.command.footer(kProveExample);

  auto verified = add_command<VerifyOptions>(
      family, outcome, "verify", "Check as a device does that a package stands in the log.",
      &verify);
  verified.command.add_option("package", verified.options.package, "package folder or .cose file")
      ->required();
  verified.command
      .add_option("--keyring", verified.options.keyring, "keyring package of the devices")
      ->required();
  verified.command.add_option("--proof", verified.options.proof,
                              "the .tlog-proof, where it does not lie beside the package");
  verified.command.add_flag("--json", verified.options.json, "answer in JSON");
  verified.command.footer(
      "Example:\n  airlock log verify release-1.1.0 --keyring keys/keyring.cose");
}

}  // namespace

std::expected<std::int64_t, Refusal> read_wait(const std::string& typed) {
  const Result<std::int64_t> read = text::read_duration(typed);
  if (read && *read >= 0 && *read <= kWaitSecondsMax) return *read;
  return refuse(Code::usage, "--wait takes a number and s, m or h, at most a day; found " + typed);
}

void add_witness_options(CLI::App& command, Logging& logging, std::string& wait) {
  command.add_option("--cosigned", logging.cosigned,
                     "where a witness shows what it cosigned: a folder, or an https URL");
  command.add_option("--ca", logging.ca, "who certifies those servers, PEM");
  command.add_option("--wait", wait, "for witnesses, such as 90s or 5m")->capture_default_str();
}

void add_log_commands(CLI::App& app, Outcome& outcome) {
  CLI::App& family =
      add_family(app, "log", "Keep a public log of releases, witness one, and watch one.");
  family.footer("Example:\n  airlock log verify release-1.1.0 --keyring keys/keyring.cose");
  add_making(family, outcome);
  add_proving(family, outcome);
  add_log_serve_command(family, outcome);
  add_watching_commands(family, outcome);
}

}  // namespace airlock::app
