#include <algorithm>
#include <charconv>
#include <cstdio>

#include "apps/airlock/certificates.h"
#include "apps/airlock/commands.h"
#include "apps/airlock/opened.h"
#include "host/text/text.h"
#include "publish/token/token.h"

namespace airlock::app {
namespace {

struct InitOptions : PassphraseOptions {
  std::string dir;
  std::string vendor;
};

void show_progress(std::string_view key) {
  std::printf("  %.*s\n", static_cast<int>(key.size()), key.data());
  std::fflush(stdout);
}

Answer init(const InitOptions& options) {
  AIRLOCK_ANSWER_ASSIGN(file::NewFolder folder, file::NewFolder::begin(options.dir), options.dir);
  AIRLOCK_ASSIGN(const keys::Secret passphrase,
                 ask_passphrase(options, "the new keys in " + options.dir, keys::Asking::twice));
  std::printf("Making keys in %s, each encrypted with the passphrase:\n", options.dir.c_str());
  const auto made =
      release::init_keys(std::move(folder), options.vendor, passphrase, present(), &show_progress);
  if (!made) return refuse(made.error(), options.dir);
  std::printf(
      "and keyring.cose, which devices are provisioned with. In earnest, each signer makes his "
      "keys\n"
      "on a machine of his own (airlock keys make); only the .pub files travel (airlock keyring\n"
      "draft).\n");
  return {};
}

struct MakeOptions : PassphraseOptions {
  std::string name;
  std::string door = "package";
  std::vector<std::string> algorithms;
};

std::expected<package::AlgorithmSet, Refusal> read_algorithms(
    const std::vector<std::string>& names) {
  package::AlgorithmSet made;
  for (const std::string& name : names) {
    const Result<crypto::Algorithm> algorithm = package::algorithm_named(name);
    if (!algorithm) {
      return refuse(Code::usage, "algorithms are ed25519, secp256k1 and slh-dsa; found " + name);
    }
    made.add(*algorithm);
  }
  return made;
}

Answer make_role_key(const MakeOptions& options) {
  using Type = keys::RepositoryKey::Type;
  const std::string algorithm = options.algorithms.empty() ? "ed25519" : options.algorithms[0];
  if (options.algorithms.size() > 1 || (algorithm != "ed25519" && algorithm != "p256")) {
    return refuse(Code::usage, "a key of the repository is one of ed25519 or p256");
  }
  AIRLOCK_ASSIGN(const keys::Secret passphrase,
                 ask_passphrase(options, "the new " + options.name + ".key", keys::Asking::twice));
  auto made = release::make_role_key(options.name, algorithm == "p256" ? Type::p256 : Type::ed25519,
                                     passphrase);
  if (!made) return refuse(made.error(), options.name);
  std::printf(
      "%s.key: keep it; it signs metadata by %s, and no package.\n"
      "%s.pub: give it to whoever changes the root (airlock repo rotate). Key id %s\n",
      options.name.c_str(), algorithm.c_str(), options.name.c_str(), made->half.id.c_str());
  return {};
}

// One file, since a person who has three to choose from forgets one.
Answer make_signer(const MakeOptions& options) {
  if (options.door == "repository") return make_role_key(options);
  const std::vector<std::string> all = {"ed25519", "secp256k1", "slh-dsa"};
  AIRLOCK_ASSIGN(const package::AlgorithmSet algorithms,
                 read_algorithms(options.algorithms.empty() ? all : options.algorithms));
  AIRLOCK_ASSIGN(const keys::Secret passphrase,
                 ask_passphrase(options, "the new " + options.name + ".key", keys::Asking::twice));
  const auto made = release::make_keys(options.name, algorithms, keys::Door::package, passphrase);
  if (!made) return refuse(made.error(), options.name);
  std::printf("%s.key: keep it; it signs by %s.\n%s.pub: give it to whoever drafts the keyring:\n",
              options.name.c_str(), release::words_of(algorithms).c_str(), options.name.c_str());
  for (const keys::SigningKey& key : *made) {
    std::printf("  %s, key id %s\n",
                std::string(package::name_of(key.public_key().algorithm)).c_str(),
                text::to_hex(package::key_id(key.public_key()).bytes).c_str());
  }
  return {};
}

struct TokenOptions : PassphraseOptions {
  std::string uri;
  std::string curve;
  std::string out;
};

std::expected<token::Key, Refusal> key_in_token(const TokenOptions& options) {
  AIRLOCK_ASSIGN(const keys::Secret pin, ask_passphrase(options, options.uri, keys::Asking::once));
  AIRLOCK_ANSWER_ASSIGN(const token::Uri uri, token::Uri::parse(options.uri), "the PKCS#11 URI");
  if (options.curve.empty()) {
    AIRLOCK_ANSWER_ASSIGN(token::Key key, token::Key::open(uri, pin.view()), options.uri);
    return key;
  }
  const token::Curve curve = options.curve == "ed25519"     ? token::Curve::ed25519
                             : options.curve == "secp256k1" ? token::Curve::secp256k1
                                                            : token::Curve::p256;
  AIRLOCK_ANSWER_ASSIGN(token::Key key, token::Key::generate(uri, pin.view(), curve), options.uri);
  return key;
}

Answer make_in_token(const TokenOptions& options) {
  AIRLOCK_ASSIGN(const token::Key key, key_in_token(options));
  AIRLOCK_ANSWER_ASSIGN(const std::string pem, keys::public_pem(key), options.uri);
  AIRLOCK_ANSWER_TRY(file::create(options.out, bytes_of(pem)), options.out);
  std::printf("%s: the public half; the key itself never leaves the token.\n", options.out.c_str());
  return {};
}

struct DraftOptions {
  std::string from;
  std::string out;
  std::vector<std::string> removed;
  std::vector<std::string> replaced;
  std::vector<std::string> added;
  std::vector<std::string> policies;
  std::string log;
  std::vector<std::string> witnesses;
  std::uint8_t witnesses_required = 0;
  bool no_log = false;
  std::vector<std::string> roots;
  bool no_roots = false;
  std::vector<std::string> retained;
  bool no_retained = false;
};

std::expected<release::NamedKeys, Refusal> read_named_keys(const std::string& text) {
  AIRLOCK_ASSIGN(const Assignment parts, split_assignment(text));
  AIRLOCK_ANSWER_ASSIGN(std::vector<crypto::PublicKey> keys, keys::read_public_keys(parts.value),
                        parts.value);
  return release::NamedKeys{parts.name, std::move(keys)};
}

std::expected<std::pair<std::string, crypto::PublicKey>, Refusal> read_named_key(
    const std::string& text) {
  AIRLOCK_ASSIGN(const Assignment parts, split_assignment(text));
  AIRLOCK_ANSWER_ASSIGN(const crypto::PublicKey key, keys::read_public_key(parts.value),
                        parts.value);
  if (key.algorithm != crypto::Algorithm::eddsa) return refuse(Code::key_too_weak, parts.value);
  return std::pair(parts.name, key);
}

std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> parts(1);
  for (char c : text) {
    if (c == by) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

// "GROUP:THRESHOLD", and after that ":ALGORITHM+ALGORITHM", ":certified", or both.
std::expected<release::KeyringChanges::Demand, Refusal> read_demand(const std::string& text) {
  std::vector<std::string> parts = split(text, ':');
  const bool certified = parts.size() > 2 && parts.back() == "certified";
  if (certified) parts.pop_back();
  std::uint8_t threshold = 0;
  if (parts.size() > 1) {
    const char* const end = parts[1].data() + parts[1].size();
    if (std::from_chars(parts[1].data(), end, threshold).ptr != end) threshold = 0;
  }
  if (parts.size() > 3 || threshold == 0) {
    return refuse(
        Code::usage,
        "--policy takes KIND=GROUP:THRESHOLD[:ALGORITHM+..][:certified],.., found " + text);
  }
  release::KeyringChanges::Demand demand{parts[0], threshold, {}, certified};
  if (parts.size() == 3) {
    AIRLOCK_ASSIGN(demand.algorithms, read_algorithms(split(parts[2], '+')));
  }
  return demand;
}

std::expected<release::KeyringChanges::Policy, Refusal> read_policy(const std::string& text) {
  AIRLOCK_ASSIGN(const Assignment parts, split_assignment(text));
  AIRLOCK_ANSWER_ASSIGN(const package::Kind kind, package::kind_named(parts.name), parts.name);
  release::KeyringChanges::Policy policy{kind, {}};
  for (const std::string& one : split(parts.value, ',')) {
    AIRLOCK_ASSIGN(release::KeyringChanges::Demand demand, read_demand(one));
    policy.demands.push_back(std::move(demand));
  }
  return policy;
}

Answer read_log(const DraftOptions& options, release::KeyringChanges& changes) {
  if (options.no_log) changes.keep_log = release::KeyringChanges::KeepLog::no;
  if (options.log.empty()) return {};
  AIRLOCK_ASSIGN(auto log, read_named_key(options.log));
  release::KeyringChanges::Log made{log.first, log.second, {}, options.witnesses_required};
  for (const std::string& text : options.witnesses) {
    AIRLOCK_ASSIGN(auto witness, read_named_key(text));
    made.witnesses.push_back(std::move(witness));
  }
  changes.log = std::move(made);
  return {};
}

// A release is retained on the word of the signers that it has today.
Answer read_retained(const DraftOptions& options, const package::Keyring& present,
                     release::KeyringChanges& changes) {
  if (options.retained.empty() && !options.no_retained) return {};
  changes.retained.emplace();
  for (const std::string& package : options.retained) {
    AIRLOCK_ANSWER_ASSIGN(const file::Buffer envelope, release::read_envelope(package),
                          release::envelope_path(package).string());
    const auto proven = release::prove_package(envelope, present);
    if (!proven) return refuse(proven.error(), package);
    if (proven->manifest().kind == package::Kind::keyring) return refuse(Code::wrong_kind, package);
    changes.retained->push_back(proven->digest());
  }
  return {};
}

std::expected<release::KeyringChanges, Refusal> read_changes(const DraftOptions& options,
                                                             const package::Keyring& present) {
  release::KeyringChanges changes;
  AIRLOCK_TRY(read_retained(options, present, changes));
  changes.removed = options.removed;
  for (const std::string& text : options.replaced) {
    AIRLOCK_ASSIGN(release::NamedKeys one, read_named_keys(text));
    changes.replaced.push_back(std::move(one));
  }
  for (const std::string& text : options.added) {
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos) {
      return refuse(Code::usage, "--add takes GROUP:NAME=FILE.pub, found " + text);
    }
    AIRLOCK_ASSIGN(release::NamedKeys one, read_named_keys(text.substr(colon + 1)));
    changes.added.push_back({text.substr(0, colon), std::move(one)});
  }
  for (const std::string& text : options.policies) {
    AIRLOCK_ASSIGN(release::KeyringChanges::Policy policy, read_policy(text));
    changes.policies.push_back(std::move(policy));
  }
  AIRLOCK_TRY(read_log(options, changes));
  if (!options.roots.empty() || options.no_roots) changes.certificate_roots.emplace();
  for (const std::string& path : options.roots) {
    AIRLOCK_ASSIGN(auto roots, pieces_of(path, "CERTIFICATE"));
    for (file::Buffer& root : roots) changes.certificate_roots->push_back(std::move(root));
  }
  return changes;
}

// Nobody could sign what such a keyring lets in, unless devices have roots of their own.
void warn_of_missing_roots(Bytes drafted) {
  const auto manifest = package::read_unproven(drafted);
  const auto next = package::Keyring::parse(manifest->content);
  const bool demands = std::ranges::any_of(package::kKinds, [&](package::Kind kind) {
    return package::wants_certificates(*next, kind);
  });
  if (!demands || !next->certificate_roots.empty()) return;
  std::printf(
      "It demands certificates and brings no root for them: devices need one compiled in, or\n"
      "--certificate-root here.\n");
}

Answer draft(const DraftOptions& options) {
  AIRLOCK_ASSIGN(const auto current, open_keyring(options.from));
  AIRLOCK_ASSIGN(const release::KeyringChanges changes, read_changes(options, current->keyring));
  const auto made = release::draft_keyring(current->keyring, changes, present());
  if (!made) return refuse(made.error(), options.from);
  AIRLOCK_ANSWER_TRY(file::create(options.out, *made), options.out);
  std::printf("%s: keyring %u, to be signed by the root group of both keyrings.\n",
              options.out.c_str(), current->keyring.version + 1);
  warn_of_missing_roots(*made);
  return {};
}

void add_policy_options(CLI::App& command, DraftOptions& options) {
  command
      .add_option("--policy", options.policies,
                  "who must sign a kind, such as firmware=vendor:1,committee:2:ed25519+slh-dsa; "
                  "algorithms are those by all of which each counted signer must sign; certified "
                  "(vendor:1:certified) means that his keys need certificates too")
      ->type_name("KIND=GROUP:THRESHOLD[:ALGORITHM+..][:certified],..");
  auto* log = command.add_option("--log", options.log, "the public log that releases stand in")
                  ->type_name("ORIGIN=FILE.pub");
  auto* witness = command.add_option("--witness", options.witnesses, "who watches the log")
                      ->type_name("NAME=FILE.pub")
                      ->needs(log);
  command
      .add_option("--cosigners", options.witnesses_required, "how many of them must have cosigned")
      ->needs(witness);
  command.add_flag("--no-log", options.no_log, "releases need stand in no log")->excludes(log);
  auto* root = command
                   .add_option("--certificate-root", options.roots,
                               "root of signers' certificates, PEM or DER, instead of the present "
                               "ones; repeat for several")
                   ->type_name("FILE");
  command
      .add_flag("--no-certificate-roots", options.no_roots,
                "no root but those compiled into devices")
      ->excludes(root);
  auto* retain = command
                     .add_option("--retain", options.retained,
                                 "a release that devices go on accepting although its signers "
                                 "leave, instead of those retained now; repeat for several")
                     ->type_name("PACKAGE");
  command.add_flag("--no-retained", options.no_retained, "retain no release")->excludes(retain);
}

}  // namespace

void add_keys_commands(CLI::App& app, Outcome& outcome) {
  CLI::App& family = add_family(app, "keys", "Make keys.");
  family.footer("Example:\n  airlock keys init --dir keys --vendor \"Example Wallets\"");
  auto made = add_command<InitOptions>(
      family, outcome, "init", "Make the keys of a whole cast and their first keyring.", &init);
  made.command.add_option("--dir", made.options.dir, "folder for the keys")->required();
  made.command.add_option("--vendor", made.options.vendor, "name of the vendor, for people");
  add_passphrase_option(made.command, made.options);
  made.command.footer("Example:\n  airlock keys init --dir keys --vendor \"Example Wallets\"");

  auto one = add_command<MakeOptions>(
      family, outcome, "make",
      "Make the keys of one signer, or a key of the repository: NAME.key and NAME.pub.",
      &make_signer);
  one.command.add_option("name", one.options.name, "path of the files, without their ending")
      ->required();
  one.command
      .add_option("--algorithm", one.options.algorithms,
                  "ed25519, secp256k1 or slh-dsa; repeat for several, all three by default. Of "
                  "the repository ed25519 or p256")
      ->take_all();
  one.command
      .add_option("--door", one.options.door,
                  "package: the keys sign packages; repository: the key signs metadata")
      ->check(CLI::IsMember({"package", "repository"}))
      ->capture_default_str();
  add_passphrase_option(one.command, one.options);
  one.command.footer(
      "Example:\n  airlock keys make anna\n"
      "  airlock keyring draft --from keyring.cose --replace committee-1=anna.pub --out next.cose\n"
      "  airlock keys make --door repository next-timestamp\n"
      "  airlock repo rotate --repo repo --role timestamp --add next-timestamp.pub");

  auto token = add_command<TokenOptions>(
      family, outcome, "token",
      "Make a key in a token (or, without --curve, name one that is there), and write its public "
      "half.",
      &make_in_token);
  token.command.add_option("uri", token.options.uri, "PKCS#11 URI (RFC 7512)")->required();
  token.command
      .add_option("--curve", token.options.curve,
                  "make a key of this curve; secp256k1 signs packages alone, p256 metadata alone")
      ->check(CLI::IsMember({"ed25519", "secp256k1", "p256"}));
  token.command.add_option("--out", token.options.out, "file for the public half")->required();
  add_passphrase_option(token.command, token.options);
  token.command.footer(
      "Example:\n  airlock keys token \"pkcs11:token=Committee;object=committee-1\" --curve "
      "secp256k1 \\\n      --out committee-1.pub");
  add_rotate_command(family, outcome);
}

void add_keyring_commands(CLI::App& app, Outcome& outcome) {
  CLI::App& family = add_family(app, "keyring", "Change who may sign.");
  family.footer(
      "Example:\n  airlock keyring draft --from keys/keyring.cose --remove reviewer-3 --out "
      "next.cose");
  auto made = add_command<DraftOptions>(
      family, outcome, "draft", "Draft the next keyring, to be signed by the root group.", &draft);
  made.command.add_option("--from", made.options.from, "the present keyring package")->required();
  made.command.add_option("--remove", made.options.removed, "signer that leaves")
      ->type_name("NAME");
  made.command.add_option("--replace", made.options.replaced, "signer with new keys, all of them")
      ->type_name("NAME=FILE.pub");
  made.command.add_option("--add", made.options.added, "new signer")
      ->type_name("GROUP:NAME=FILE.pub");
  add_policy_options(made.command, made.options);
  made.command.add_option("--out", made.options.out, "file for the draft")->required();
  made.command.footer(
      "Example:\n  airlock keyring draft --from keys/keyring.cose \\\n"
      "      --replace committee-1=fresh/committee-1.pub --out next.cose\n"
      "  airlock sign --key keys/root-1.key next.cose       # then root-2 and root-3");
}

}  // namespace airlock::app
