// log witness, log monitor: those who watch a log.
#include <cstdio>
#include <map>
#include <set>

#include "apps/airlock/commands.h"
#include "apps/airlock/logs.h"
#include "apps/airlock/pace.h"
#include "host/json/json.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"

namespace airlock::app {
namespace {

using json::Value;

struct WitnessOptions : PassphraseOptions {
  std::string name, key, keyring, log, state, out, ca, every;
  bool json = false;
};

// What is shown is the witness' stored checkpoint, where others look for it.
Answer show_cosigned(const WitnessOptions& options, const translog::Witness& witness,
                     const package::LogPolicy& policy) {
  if (options.out.empty()) return {};
  const file::Path path = file::Path(options.out) / cosigned_path(policy.origin);
  AIRLOCK_ANSWER_TRY(file::make_folders(path.parent_path()), path.parent_path().string());
  AIRLOCK_ANSWER_TRY(file::replace(path, bytes_of(witness.latest().body)), path.string());
  return {};
}

Answer visit_once(const WitnessOptions& options, Place& log, translog::Witness& witness,
                  const package::LogPolicy& policy) {
  const auto line = translog::visit(log, identity_of(policy), witness, present());
  if (!line) return refuse(line.error(), log.text());
  AIRLOCK_TRY(show_cosigned(options, witness, policy));
  if (options.json) {
    const Value value = {{"origin", policy.origin}, {"size", witness.size()}, {"line", *line}};
    std::printf("%s\n", text::visible_json(json::write(value)).c_str());
  } else {
    std::printf("cosigned %llu entries of %s\n%s", static_cast<unsigned long long>(witness.size()),
                std::string(policy.origin).c_str(), line->c_str());
  }
  std::fflush(stdout);
  return {};
}

Answer witness(const WitnessOptions& options) {
  AIRLOCK_ASSIGN(const auto keyring, open_keyring(options.keyring));
  AIRLOCK_ASSIGN(const package::LogPolicy policy, log_demanded(*keyring, options.keyring));
  AIRLOCK_ASSIGN(const std::unique_ptr<Place> log, Place::open(options.log, options.ca));
  AIRLOCK_ASSIGN(const keys::Secret passphrase,
                 ask_passphrase(options, options.key, keys::Asking::once));
  AIRLOCK_ASSIGN(const keys::SigningKey key, open_key(options.key, passphrase));
  const translog::WitnessIdentity who{options.name, key.public_key(), identity_of(policy)};
  AIRLOCK_ANSWER_ASSIGN(translog::Witness opened,
                        translog::Witness::open(options.state, who, sign_by(key)), options.state);
  return repeat(options.every, [&] { return visit_once(options, *log, opened, policy); });
}

// ---- the monitor

struct MonitorOptions {
  std::string repo, log, root, keyring, state, ca, every;
  bool json = false;
};

// A release as the repository offers it.
struct Offered {
  std::string target;
  tuf::TargetClaim claim;
};
using Releases = std::map<crypto::Digest, Offered>;

struct Watch {
  const MonitorOptions& options;
  Place& repo;
  Place& log;
  translog::Monitor& monitor;
  std::set<crypto::Digest> checked{};  // targets' files, by their SHA-256
};

// What the repository serves, in whatever role. A role that cannot be had could hide a release from
// whoever looks and show it to another; one that nobody delegates to any more shows nobody
// anything.
struct Served {
  tuf::Repository repository;
  std::vector<tuf::Target> targets;
};
std::expected<Served, Refusal> refresh(Watch& watch) {
  const file::Path trust = file::Path(watch.options.state) / "trust";
  AIRLOCK_ANSWER_TRY(file::make_folders(trust), trust.string());
  tuf::FolderStore store(trust);
  if (const auto root = store.load("root"); !root && root.error().code == Code::not_found) {
    AIRLOCK_ANSWER_ASSIGN(const file::Buffer first,
                          file::read(watch.options.root, tuf::kRootSizeMax), watch.options.root);
    AIRLOCK_ANSWER_TRY(store.save("root", first), trust.string());
  }
  PlaceMetadata metadata(watch.repo);
  AIRLOCK_ANSWER_ASSIGN(tuf::Repository repository, tuf::refresh(store, metadata, present()),
                        watch.repo.text());
  tuf::Repository::Listing listing = repository.list(store, metadata);
  for (const auto& one : listing.roles) {
    if (one.judged || one.judged.error().code == Code::target_missing) continue;
    return refuse(one.judged.error(), watch.repo.text() + ": " + one.role);
  }
  return Served{std::move(repository), std::move(listing.targets)};
}

// What the metadata claims is what the file is.
Answer check_file(Watch& watch, const tuf::Target& target, const tuf::TargetClaim& claim,
                  bool consistent) {
  if (target.sha256 && watch.checked.contains(*target.sha256)) return {};
  const std::string path = "targets/" + tuf::path_of_target(target, consistent);
  const std::string about = watch.repo.below(path);
  if (target.length > package::kEnvelopeSizeMax) return refuse(Code::oversized, about);
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer envelope,
                        watch.repo.fetch(path, static_cast<std::size_t>(target.length)), about);
  AIRLOCK_ANSWER_TRY(tuf::check_target(target, envelope), about);
  AIRLOCK_ANSWER_ASSIGN(const package::Manifest manifest, package::read_unproven(envelope), about);
  if (manifest.digest() != claim.manifest) return refuse(Code::doors_disagree, about);
  if (target.sha256) watch.checked.insert(*target.sha256);
  return {};
}

std::expected<Releases, Refusal> releases_of(Watch& watch) {
  AIRLOCK_ASSIGN(const Served served, refresh(watch));
  Releases releases;
  for (const tuf::Target& target : served.targets) {
    if (!tuf::claims_a_package(target)) continue;  // a plain file, which no device installs
    AIRLOCK_ANSWER_ASSIGN(const tuf::TargetClaim claim, tuf::claim_of(target), target.path);
    AIRLOCK_TRY(check_file(watch, target, claim, served.repository.consistent_snapshot()));
    releases.insert_or_assign(claim.manifest, Offered{target.path, claim});
  }
  return releases;
}

void print_entry(std::uint64_t index, const crypto::Digest& manifest, const Releases& releases,
                 bool as_json) {
  const auto found = releases.find(manifest);
  const bool served = found != releases.end();
  if (as_json) {
    Value value = {
        {"index", index}, {"manifest", text::to_hex(manifest.bytes)}, {"target", nullptr}};
    if (served) {
      value["target"] = found->second.target;
      value["kind"] = found->second.claim.kind;
      value["version"] = found->second.claim.version;
    }
    std::printf("%s\n", text::visible_json(json::write(value)).c_str());
    return;
  }
  const std::string what =
      served ? text::visible_line(found->second.claim.kind + " " + found->second.claim.version +
                                  ", " + found->second.target)
             : "a release that this repository does not serve";
  std::printf("%llu  %s  %s\n", static_cast<unsigned long long>(index),
              text::to_hex(manifest.bytes).c_str(), what.c_str());
}

Answer look_once(Watch& watch, const package::LogPolicy& policy) {
  // The repository first: what it serves by then must stand in a log that is read later.
  AIRLOCK_ASSIGN(const Releases releases, releases_of(watch));
  const auto followed = watch.monitor.follow(watch.log);
  if (!followed) {
    return refuse(followed.error(),
                  watch.log.text() + " (" + std::to_string(followed.error().at) + " entries)");
  }
  for (std::size_t i = 0; i < followed->added.size(); ++i) {
    print_entry(followed->first + i, followed->added[i], releases, watch.options.json);
  }
  const std::string keyring_kind(package::name_of(package::Kind::keyring));
  for (const auto& [manifest, offered] : releases) {
    if (watch.monitor.knows(manifest) || offered.claim.kind == keyring_kind) continue;
    return refuse(Code::not_in_log, watch.repo.below(offered.target));
  }
  if (watch.options.json) {
    const Value value = {{"size", followed->head.size},
                         {"root", text::to_hex(followed->head.root.bytes)},
                         {"cosigned", followed->cosigners.size()},
                         {"releases", releases.size()}};
    std::printf("%s\n", text::visible_json(json::write(value)).c_str());
  } else {
    std::printf(
        "%llu entries, cosigned by %zu of %zu witnesses; all %zu releases served are there\n",
        static_cast<unsigned long long>(followed->head.size), followed->cosigners.size(),
        policy.witnesses.size(), releases.size());
  }
  std::fflush(stdout);
  return {};
}

Answer monitor(const MonitorOptions& options) {
  AIRLOCK_ASSIGN(const auto keyring, open_keyring(options.keyring));
  AIRLOCK_ASSIGN(const package::LogPolicy policy, log_demanded(*keyring, options.keyring));
  AIRLOCK_ASSIGN(const std::unique_ptr<Place> repo, Place::open(options.repo, options.ca));
  const std::string log_text = options.log.empty() ? repo->below("log") : options.log;
  AIRLOCK_ASSIGN(const std::unique_ptr<Place> log, Place::open(log_text, options.ca));
  const file::Path state = file::Path(options.state) / "log";
  AIRLOCK_ANSWER_ASSIGN(translog::Monitor opened, translog::Monitor::open(state, policy),
                        state.string());
  Watch watch{options, *repo, *log, opened};
  return repeat(options.every, [&] { return look_once(watch, policy); });
}

void add_witness(CLI::App& family, Outcome& outcome) {
  auto made = add_command<WitnessOptions>(
      family, outcome, "witness",
      "Look whether a log only grew, and cosign it: a process of its own with a key of its own.",
      &witness);
  WitnessOptions& options = made.options;
  made.command.add_option("--name", options.name, "of the witness, as the keyring has it")
      ->required();
  made.command.add_option("--key", options.key, "its key")->required();
  made.command.add_option("--keyring", options.keyring, "a keyring that names the log")->required();
  made.command.add_option("--log", options.log, "the log: a folder, or an https URL")->required();
  made.command.add_option("--state", options.state, "folder in which it remembers; never lose it")
      ->required();
  made.command.add_option("--out", options.out, "folder to serve: what was cosigned last");
  made.command.add_option("--ca", options.ca, "who certifies the log's server, PEM");
  made.command.add_option("--every", options.every, "go on, and look again each 30s or so");
  made.command.add_flag("--json", options.json, "answer in JSON");
  add_passphrase_option(made.command, options);
  made.command.footer(
      "Example:\n  airlock log witness --name witness-1 --key witness-1.key --keyring keyring.cose "
      "\\\n      --log https://updates.example.com:8443/log --ca ca.pem --state witness-state "
      "\\\n      --out public --every 30s");
}

void add_monitor(CLI::App& family, Outcome& outcome) {
  auto made = add_command<MonitorOptions>(
      family, outcome, "monitor",
      "Read all of a log, and check that a repository serves nothing that is not in it.", &monitor);
  MonitorOptions& options = made.options;
  made.command.add_option("--repo", options.repo, "the repository: a folder, or an https URL")
      ->required();
  made.command.add_option("--log", options.log, "the log, where it is not REPO/log");
  made.command.add_option("--root", options.root, "the repository's root, for the first look")
      ->required();
  made.command.add_option("--keyring", options.keyring, "a keyring that names the log")->required();
  made.command.add_option("--state", options.state, "folder in which it remembers")->required();
  made.command.add_option("--ca", options.ca, "who certifies the server, PEM");
  made.command.add_option("--every", options.every, "go on, and look again each 10m or so");
  made.command.add_flag("--json", options.json, "a line of JSON for each entry and look");
  made.command.footer(
      "Example:\n  airlock log monitor --repo https://updates.example.com:8443 --ca ca.pem \\\n"
      "      --root 1.root.json --keyring keyring.cose --state watched --every 10m");
}

}  // namespace

void add_watching_commands(CLI::App& family, Outcome& outcome) {
  add_witness(family, outcome);
  add_monitor(family, outcome);
}

}  // namespace airlock::app
