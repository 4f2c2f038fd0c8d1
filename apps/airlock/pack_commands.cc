// abi pack, list, prove, verify-entry: a pack by itself, and one entry of it for a small device.
#include <array>
#include <cstdio>

#include "apps/airlock/commands.h"
#include "apps/airlock/contracts.h"
#include "apps/airlock/opened.h"
#include "apps/airlock/show.h"
#include "core/entry/entry.h"
#include "host/commandline/output.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"
#include "publish/packs/packs.h"

namespace airlock::app {
namespace {

struct PackOptions {
  std::string list;
  std::string out;
  bool json = false;
};

Answer make_pack(const PackOptions& options) {
  AIRLOCK_ASSIGN(const commandline::Output out, commandline::Output::at(options.out));
  AIRLOCK_TRY(out.apart_from(std::array{options.list}));
  const auto made = packs::gather(options.list);
  if (!made) return refuse(made.error().error, made.error().about);
  AIRLOCK_TRY(out.write(made->file));
  if (options.json) {
    std::printf("%s\n", text::visible_json(json::write({{"size", made->file.size()},
                                                        {"entries", made->entries.count},
                                                        {"root", digest_hex(made->entries.root)},
                                                        {"maps", made->maps},
                                                        {"golden", made->golden_cases}}))
                            .c_str());
    return {};
  }
  std::printf("%s: %s, %u entries: %zu maps, %zu golden cases, root %s\n", options.out.c_str(),
              text::human_size(made->file.size()).c_str(), made->entries.count, made->maps,
              made->golden_cases, text::short_digest(made->entries.root).c_str());
  return {};
}

struct ProveOptions {
  std::string pack;
  std::string key;
  std::string out;
};

// The entry's content beside its proof; of a key that is not there, the proof of that alone.
Answer prove(const ProveOptions& options) {
  if (!entry::is_spelled(options.key))
    return refuse(Code::bad_value, "--key " + options.key +
                                       ": no pack has such a key; spell it abi/eip155:1/0x.., in "
                                       "lower case (docs/formats/abi-pack.md)");
  const std::string proof_file = options.out + ".proof";
  AIRLOCK_ASSIGN(const commandline::Output out, commandline::Output::at(options.out));
  AIRLOCK_ASSIGN(const commandline::Output proof, commandline::Output::at(proof_file));
  AIRLOCK_TRY(out.apart_from(std::array{options.pack}));
  AIRLOCK_TRY(proof.apart_from(std::array{options.pack}));
  AIRLOCK_ASSIGN(const auto snapshot, open_pack(options.pack));
  const abi::pack::Pack& pack = snapshot->pack();
  AIRLOCK_TRY(proof.write(pack.prove(options.key)));
  const auto place = pack.find(options.key);
  if (!place) {
    std::printf("%s: the pack has no entry %s, and this proves it\n", proof_file.c_str(),
                text::visible_line(options.key).c_str());
    return {};
  }
  AIRLOCK_ANSWER_ASSIGN(const Bytes content, pack.content(*place), options.key);
  AIRLOCK_TRY(out.write(content));
  std::printf("%s: %s of %s, and its proof in %s\n", options.out.c_str(),
              text::human_size(content.size()).c_str(), text::visible_line(options.key).c_str(),
              proof_file.c_str());
  return {};
}

struct VerifyOptions {
  std::string package;
  std::string keyring;
  std::string key;
  std::string entry;
  std::string proof;
};

Answer verify_entry(const VerifyOptions& options) {
  AIRLOCK_ASSIGN(const auto keyring, open_keyring(options.keyring));
  const file::Path path = release::envelope_path(options.package);
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer envelope, release::read_envelope(options.package),
                        path.string());
  AIRLOCK_ANSWER_ASSIGN(const package::Proven proven,
                        package::prove(envelope, keyring->keyring, package::Judged::before),
                        path.string());
  if (!proven.manifest().entries) return refuse(Code::wrong_kind, path.string());
  const package::Entries committed = *proven.manifest().entries;
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer proof, file::read(options.proof, entry::kProofSizeMax),
                        options.proof);
  if (options.entry.empty()) {
    AIRLOCK_ANSWER_TRY(entry::check_absent(proof, options.key, committed), options.proof);
    std::printf("proven: the pack has no entry %s\n", text::visible_line(options.key).c_str());
    return {};
  }
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer content,
                        file::read(options.entry, abi::pack::kContentSizeMax), options.entry);
  AIRLOCK_ANSWER_TRY(entry::check_present(proof, options.key, content, committed), options.proof);
  std::printf("proven: %s is the entry %s of version %s\n", options.entry.c_str(),
              text::visible_line(options.key).c_str(),
              text::visible_line(proven.manifest().version.text).c_str());
  return {};
}

struct ListOptions {
  std::string pack;
  bool json = false;
};

// Keys alone, and what stands under each by size and digest: contents are for diff and inspect.
Answer list(const ListOptions& options) {
  AIRLOCK_ASSIGN(const auto snapshot, open_pack(options.pack));
  const abi::pack::Pack& pack = snapshot->pack();
  const package::Entries committed = pack.entries();
  json::Value listed = json::Value::array();
  std::string shown;
  for (std::uint32_t i = 0; i < pack.count(); ++i) {
    const std::string key = text::visible_line(pack.key(i));
    if (options.json) {
      listed.push_back(
          {{"key", key}, {"size", pack.content_size(i)}, {"sha256", digest_hex(pack.digest(i))}});
    } else {
      shown += key + "  " + text::human_size(pack.content_size(i)) + "\n";
    }
  }
  if (options.json) {
    shown = text::visible_json(json::write({{"count", committed.count},
                                            {"root", digest_hex(committed.root)},
                                            {"entries", std::move(listed)}})) +
            "\n";
  } else {
    shown +=
        std::to_string(committed.count) + " entries, root " + digest_hex(committed.root) + "\n";
  }
  std::fwrite(shown.data(), 1, shown.size(), stdout);
  return {};
}

}  // namespace

void add_pack_commands(CLI::App& family, Outcome& outcome) {
  auto made = add_command<PackOptions>(
      family, outcome, "pack", "Gather contracts and golden cases into one pack, and judge it.",
      &make_pack);
  made.command.add_option("list", made.options.list, "what belongs into it (JSON)")->required();
  made.command.add_option("--out", made.options.out, "file to write")->required();
  made.command.add_flag("--json", made.options.json, "answer as JSON");
  made.command.footer("Example:\n  airlock abi pack contracts/pack.json --out wallet.pack");

  auto listed = add_command<ListOptions>(
      family, outcome, "list", "List the entries of a pack, their number and their root.", &list);
  listed.command.add_option("pack", listed.options.pack, "the pack")->required();
  listed.command.add_flag("--json", listed.options.json, "answer as JSON");
  listed.command.footer("Example:\n  airlock abi list wallet.pack");

  auto proven = add_command<ProveOptions>(
      family, outcome, "prove",
      "Take one entry out of a pack with a proof for a device that is too small for all of it.",
      &prove);
  proven.command.add_option("--pack", proven.options.pack, "the pack")->required();
  proven.command
      .add_option("--key", proven.options.key, "such as abi/eip155:1/0xa0b8..; see abi-pack.md")
      ->required();
  proven.command
      .add_option("--out", proven.options.out, "file for the entry; its proof is FILE.proof")
      ->required();
  proven.command.footer(
      "Example:\n  airlock abi prove --pack wallet.pack --key abi/eip155:1/0xa0b8.. --out usdc");

  auto verified = add_command<VerifyOptions>(
      family, outcome, "verify-entry",
      "Hold an entry and its proof against the root that the quorum of a pack signed.",
      &verify_entry);
  verified.command.add_option("--package", verified.options.package, "the signed package")
      ->required();
  verified.command.add_option("--keyring", verified.options.keyring, "who may sign packs")
      ->required();
  verified.command.add_option("--key", verified.options.key, "the entry's key")->required();
  verified.command.add_option("--entry", verified.options.entry,
                              "file with the entry; without it the proof is that there is none");
  verified.command.add_option("--proof", verified.options.proof, "file with the proof")->required();
  verified.command.footer(
      "Example:\n  airlock abi verify-entry --package pack-1.0.0 --keyring keys/keyring.cose \\\n"
      "      --key abi/eip155:1/0xa0b8.. --entry usdc --proof usdc.proof");
}

}  // namespace airlock::app
