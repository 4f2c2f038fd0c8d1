// repo export --minimal, and the reader of what it writes.
#include <cstdio>

#include "apps/airlock/commands.h"
#include "apps/airlock/opened.h"
#include "apps/airlock/show.h"
#include "host/commandline/output.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"
#include "publish/release/minimal.h"

namespace airlock::app {
namespace {

struct ExportOptions : RoleKeyOptions {
  std::string repo;
  std::string out;
  std::string only;
  bool minimal = false;
  bool partial = false;
};

Answer export_now(const ExportOptions& options) {
  AIRLOCK_ASSIGN(const std::vector<release::RoleSigner> signers,
                 open_role_keys(options, {"repo-targets.key"}));
  const auto demand =
      options.partial ? release::Signatures::partial : release::Signatures::complete;
  const auto made = release::export_minimal(
      {options.repo, options.out, options.only, signers, demand, present()});
  if (!made) return refuse(made.error(), options.repo);
  std::printf("%s: version %llu, until %s, targets: %zu, signatures: %zu.\n", options.out.c_str(),
              static_cast<unsigned long long>(made->version), text::to_time(made->expires).c_str(),
              made->targets, made->signatures);
  std::printf("Readers are built with %s; see airlock repo verify-minimal.\n",
              (file::Path(options.out) / release::kMinimalRoot).c_str());
  return {};
}

struct VerifyOptions {
  std::string folder;
  std::string root;
  std::string state;
  std::vector<std::string> targets;
  bool json = false;
};

std::expected<std::string, Refusal> read_text(const file::Path& path, std::size_t size_max) {
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer bytes, file::read(path, size_max), path.string());
  return std::string(text_of(bytes));
}

// {"sha256":"..","version":N}: what was accepted last.
std::expected<minimal::Seen, Refusal> read_seen(const std::string& path) {
  constexpr std::size_t kStateSizeMax = 256;
  std::error_code ignored;
  if (path.empty() || !std::filesystem::exists(path, ignored)) return minimal::Seen{};
  AIRLOCK_ASSIGN(const std::string text, read_text(path, kStateSizeMax));
  AIRLOCK_ANSWER_ASSIGN(const json::Value value, json::parse(text, kStateSizeMax), path);
  AIRLOCK_ANSWER_ASSIGN(
      const std::int64_t version,
      json::integer(value, "version", 1, static_cast<std::int64_t>(minimal::kNumberMax)), path);
  AIRLOCK_ANSWER_ASSIGN(const std::string hex, json::text(value, "sha256", kStateSizeMax), path);
  AIRLOCK_ANSWER_ASSIGN(const crypto::Digest digest, text::digest_from_hex(hex), path);
  return minimal::Seen{static_cast<std::uint64_t>(version), digest};
}

Answer write_seen(const std::string& path, const minimal::Seen& seen) {
  if (path.empty()) return {};
  const std::string text =
      json::write({{"version", seen.version}, {"sha256", digest_hex(seen.digest)}}) + "\n";
  return commandline::write_output(path, bytes_of(text));
}

Answer check_target(const std::string& folder, const minimal::Target& target) {
  constexpr std::size_t kPiece = std::size_t{64} << 10;
  const tuf::Target named{std::string(target.path), target.length, target.sha256};
  const file::Path path =
      file::Path(folder) / release::kTargetsFolder / tuf::path_of_target(named, true);
  AIRLOCK_ANSWER_ASSIGN(const file::File opened, file::File::open(path, file::Access::read),
                        path.string());
  AIRLOCK_ANSWER_ASSIGN(const std::uint64_t size, opened.size(), path.string());
  minimal::TargetCheck check(target);
  file::Buffer piece(kPiece);
  for (std::uint64_t at = 0; at < size; at += kPiece) {
    const MutableBytes part = MutableBytes(piece).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, size - at)));
    AIRLOCK_ANSWER_TRY(opened.read_at(at, part), path.string());
    AIRLOCK_ANSWER_TRY(check.update(part), path.string());
  }
  AIRLOCK_ANSWER_TRY(check.finish(), path.string());
  return {};
}

std::expected<std::vector<minimal::Target>, Refusal> wanted_targets(
    const VerifyOptions& options, const minimal::Metadata& metadata) {
  std::vector<minimal::Target> wanted;
  std::size_t place = 0;
  while (const auto target = metadata.next(place)) {
    if (options.targets.empty()) wanted.push_back(*target);
  }
  for (const std::string& path : options.targets) {
    AIRLOCK_ANSWER_ASSIGN(const minimal::Target target, metadata.find(path), path);
    wanted.push_back(target);
  }
  return wanted;
}

void show_verified(const VerifyOptions& options, const minimal::Metadata& metadata,
                   const std::vector<minimal::Target>& targets) {
  json::Value listed = json::Value::object();
  std::string made = text::visible_line(options.folder) + ": version " +
                     std::to_string(metadata.version()) + ", until " +
                     text::to_time(metadata.expires()) + "\n";
  for (const minimal::Target& target : targets) {
    const std::string path(target.path);
    listed[path] = {{"length", target.length}, {"sha256", digest_hex(target.sha256)}};
    made += line("proven", path + ", " + text::human_size(target.length));
  }
  if (options.json) {
    made = text::visible_json(json::write({{"version", metadata.version()},
                                           {"expires", text::to_time(metadata.expires())},
                                           {"targets", std::move(listed)}})) +
           "\n";
  }
  std::fwrite(made.data(), 1, made.size(), stdout);
}

Answer verify(const VerifyOptions& options) {
  constexpr std::size_t kSignaturesSizeMax = minimal::kKeysMax * minimal::kSignatureLineSize;
  const file::Path folder(options.folder);
  const file::Path list = folder / release::kMinimalMetadata;
  AIRLOCK_ASSIGN(const std::string root_text, read_text(options.root, minimal::kRootSizeMax));
  AIRLOCK_ANSWER_ASSIGN(const minimal::Root root, minimal::read_root(root_text), options.root);
  AIRLOCK_ASSIGN(const minimal::Seen seen, read_seen(options.state));
  AIRLOCK_ASSIGN(const std::string metadata_text, read_text(list, minimal::kMetadataSizeMax));
  AIRLOCK_ASSIGN(const std::string signatures,
                 read_text(folder / release::kMinimalSignatures, kSignaturesSizeMax));
  AIRLOCK_ANSWER_ASSIGN(const minimal::Metadata metadata,
                        minimal::prove({metadata_text, signatures}, root, seen, present()),
                        list.string());
  // Before anything of it is used, so that nothing older is taken after a crash either.
  AIRLOCK_TRY(write_seen(options.state, metadata.seen()));
  AIRLOCK_ASSIGN(const std::vector<minimal::Target> targets, wanted_targets(options, metadata));
  for (const minimal::Target& target : targets) {
    AIRLOCK_TRY(check_target(options.folder, target));
  }
  show_verified(options, metadata, targets);
  return {};
}

}  // namespace

void add_minimal_commands(CLI::App& family, Outcome& outcome) {
  auto made = add_command<ExportOptions>(
      family, outcome, "export",
      "Write the newest targets in the form for command lines and very small devices: one list, "
      "signed by the targets keys.",
      &export_now);
  made.command.add_flag("--minimal", made.options.minimal, "the form: root and targets alone")
      ->required();
  made.command.add_option("--repo", made.options.repo, "folder of the repository")->required();
  made.command.add_option("--out", made.options.out, "folder to write, or to bring up to date")
      ->required();
  made.command.add_option("--only", made.options.only,
                          "only the targets whose path begins so, such as cli/");
  made.command.add_flag("--partial", made.options.partial,
                        "too few signatures are fine: others' lines are added to "
                        "metadata.json.sig, sorted");
  add_role_key_options(made.command, made.options);
  made.command.footer(
      "Example:\n  airlock repo export --minimal --repo repo --keys keys --only cli/ --out cli");

  auto verified = add_command<VerifyOptions>(
      family, outcome, "verify-minimal",
      "Judge an export as a small reader does, and every target that lies there.", &verify);
  verified.command.add_option("folder", verified.options.folder, "folder of the export")
      ->required();
  verified.command
      .add_option("--root", verified.options.root,
                  "the root.json that you were given, not the one beside the list")
      ->required();
  verified.command.add_option("--state", verified.options.state,
                              "file that remembers what was accepted, so that nothing older is");
  verified.command.add_option("--target", verified.options.targets, "only this target; repeat")
      ->take_all();
  verified.command.add_flag("--json", verified.options.json, "answer as JSON");
  verified.command.footer(
      "Example:\n  airlock repo verify-minimal cli --root trusted/root.json --state seen.json");
}

}  // namespace airlock::app
