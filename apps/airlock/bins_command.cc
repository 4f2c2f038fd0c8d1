// repo bins: many short lists of targets instead of a long one.
#include <bit>
#include <cstdio>

#include "apps/airlock/commands.h"
#include "apps/airlock/drafts.h"
#include "apps/airlock/opened.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"

namespace airlock::app {
namespace {

struct BinsOptions : RoleKeyOptions {
  std::string repo;
  std::uint32_t count = 0;
  std::vector<std::string> bins_keys;
  std::uint32_t threshold = 1;
  std::string valid_for = "365d";
  std::string keyring;
  bool json = false;
};

const CLI::Validator kCount(
    [](const std::string& typed) -> std::string {
      for (unsigned bits = 1; bits <= release::kBinBitsMax; ++bits) {
        if (typed == std::to_string(1U << bits)) return "";
      }
      return "takes a power of two from 2 to 8192, found " + text::visible_line(typed);
    },
    "COUNT");

std::expected<tuf::RoleKeys, Refusal> read_bins_keys(const BinsOptions& options) {
  std::vector<std::string> named = options.bins_keys;
  if (named.empty() && !options.folder.empty()) {
    named.push_back((file::Path(options.folder) / "repo-bins.pub").string());
  }
  if (named.empty()) return refuse(Code::usage, "--bins-key, or --keys, is needed");
  tuf::RoleKeys made{{}, options.threshold};
  for (const std::string& path : named) {
    AIRLOCK_ASSIGN(tuf::PublicKey key, read_role_key(path));
    made.keys.push_back(std::move(key));
  }
  return made;
}

Answer bins(const BinsOptions& options) {
  release::BinsOrder order;
  order.repository = options.repo;
  order.bit_length = static_cast<unsigned>(std::countr_zero(options.count));
  AIRLOCK_ASSIGN(order.valid_seconds, read_validity(options.valid_for));
  AIRLOCK_ASSIGN(order.keys, read_bins_keys(options));
  AIRLOCK_ASSIGN(const auto keyring, open_keyring_if_named(options.keyring));
  if (keyring != nullptr) {
    const auto apart = release::check_doors_apart(keyring->keyring, options.repo, order.keys.keys);
    if (!apart) return refuse(apart.error(), options.keyring);
  }
  AIRLOCK_ASSIGN(
      const std::vector<release::RoleSigner> signers,
      open_role_keys(options, {"repo-targets.key", "repo-snapshot.key", "repo-bins.key"}));
  order.signers = signers;
  order.now = present();
  const auto settled = release::make_bins(order);
  if (!settled) return refuse(settled.error(), options.repo);
  if (options.json) {
    std::printf("%s\n", text::visible_json(json::write(settled_json(*settled))).c_str());
    return {};
  }
  tell_settled(*settled, options.repo);
  if (!settled->waiting.empty()) return {};
  std::printf(
      "%u bins hold the targets. What is published from now on is signed by the keys of bins and\n"
      "snapshot; the targets key is needed to renew the list above them, and to change their "
      "keys.\n",
      options.count);
  tell_timestamp(options.repo);
  return {};
}

}  // namespace

void add_bins_command(CLI::App& family, Outcome& outcome) {
  auto made = add_command<BinsOptions>(
      family, outcome, "bins",
      "Put the targets into hash bins, so that a device fetches the one short list that it needs; "
      "or give the bins that are there other keys.",
      &bins);
  made.command.add_option("--repo", made.options.repo, "folder of the repository")->required();
  made.command.add_option("--count", made.options.count, "how many, for good: a power of two")
      ->required()
      ->check(kCount);
  made.command
      .add_option("--bins-key", made.options.bins_keys,
                  "the public half of a key of the bins; repeat for several. Otherwise the "
                  "folder's repo-bins.pub")
      ->type_name("FILE.pub")
      ->take_all();
  made.command.add_option("--threshold", made.options.threshold, "how many of them must sign")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  made.command.add_option("--valid-for", made.options.valid_for, "of targets, bins and snapshot")
      ->capture_default_str();
  made.command.add_option("--keyring", made.options.keyring,
                          "refuse a key that stands in the devices' keyring");
  made.command.add_flag("--json", made.options.json, "answer as JSON");
  add_role_key_options(made.command, made.options);
  made.command.footer(
      "Example:\n  airlock keys make --door repository keys/repo-bins\n"
      "  airlock repo bins --repo repo --count 256 --keys keys");
}

}  // namespace airlock::app
