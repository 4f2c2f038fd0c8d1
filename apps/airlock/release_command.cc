#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/airlock/commands.h"
#include "apps/airlock/delta_input.h"
#include "apps/airlock/opened.h"
#include "apps/airlock/plugins.h"
#include "apps/airlock/show.h"
#include "host/json/json.h"
#include "host/terminal/terminal.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"
#include "publish/packs/packs.h"

namespace airlock::app {
namespace {

constexpr std::string_view kPackComponent = "abi";       // the one component of an ABI pack
constexpr std::string_view kFeesComponent = "fees";      // of a fee policy
constexpr std::string_view kPluginComponent = "plugin";  // and of a fee plugin

struct ReleaseOptions {
  std::string kind = "firmware";
  std::vector<std::string> models;
  std::string version;
  std::uint32_t security_version = 0;
  std::string valid_for = "365d";
  std::string out;
  std::vector<std::string> images;
  std::vector<std::string> bases;
  std::vector<std::string> from;
  std::uint32_t bootloader_min = 0;
  std::uint32_t secure_boot_min = 0;
  std::uint32_t data_version = 1;
  std::uint32_t data_version_min = 0;
  std::string created;
  std::string not_before;
  std::string ramp;
  std::string storage = "compressed";
  std::string profile = "large";
  std::optional<std::uint32_t> scratch;
  std::string notes;
  std::string content;
  std::string contracts;
  std::string policy;
  std::string plugin;
  std::string limits;
  ConfinementOptions confinement;
  bool json = false;
};

std::expected<std::int64_t, Refusal> time_or(const std::string& option, const std::string& text,
                                             std::int64_t otherwise) {
  if (text.empty()) return otherwise;
  const Result<std::int64_t> time = text::from_time(text);
  if (time && *time >= 0) return *time;
  return refuse(Code::usage, option +
                                 " takes a time in UTC such as 2026-11-23T08:35:00Z, 1970 at the "
                                 "earliest; found " +
                                 text);
}

Answer read_times(const ReleaseOptions& options, release::Recipe& recipe) {
  AIRLOCK_ASSIGN(const std::int64_t valid, read_validity(options.valid_for));
  AIRLOCK_ASSIGN(recipe.created, time_or("--created", options.created, present()));
  AIRLOCK_ASSIGN(recipe.not_before, time_or("--not-before", options.not_before, recipe.created));
  recipe.expires = recipe.not_before + valid;
  if (!options.ramp.empty()) {
    AIRLOCK_ANSWER_ASSIGN(recipe.ramp, release::read_ramp(options.ramp, recipe.not_before),
                          "--ramp takes such as 0h=1,24h=25,72h=100, found " + options.ramp);
  }
  return {};
}

Answer read_spans(const ReleaseOptions& options, release::Recipe& recipe) {
  for (const std::string& text : options.from) {
    const std::size_t dots = text.find("..");
    if (dots == std::string::npos) return refuse(Code::usage, "--from takes MIN..MAX");
    recipe.from_versions.push_back({text.substr(0, dots), text.substr(dots + 2)});
  }
  return {};
}

std::expected<file::Buffer, Refusal> read_image(const std::string& path) {
  AIRLOCK_ANSWER_ASSIGN(file::Buffer bytes, file::read(path, package::kImageSizeMax), path);
  return bytes;
}

std::expected<std::uint64_t, Refusal> read_address(const std::string& hex) {
  std::uint64_t address = 0;
  const char* const end = hex.data() + hex.size();
  const auto [read_to, failed] = std::from_chars(hex.data(), end, address, 16);
  if (failed == std::errc() && read_to == end) return address;
  return refuse(Code::usage,
                "--image takes COMPONENT=FILE[@0xADDRESS], found the address 0x" + hex);
}

// "PATH@0x8000000" is an image that runs at one address.
std::expected<release::ImageInput, Refusal> read_image_input(const std::string& text) {
  AIRLOCK_ASSIGN(Assignment parts, split_assignment(text));
  release::ImageInput input;
  input.component = parts.name;
  if (const std::size_t at = parts.value.rfind("@0x"); at != std::string::npos) {
    AIRLOCK_ASSIGN(input.load_address, read_address(parts.value.substr(at + 3)));
    parts.value.resize(at);
  }
  AIRLOCK_ASSIGN(input.bytes, read_image(parts.value));
  return input;
}

Answer read_images(const ReleaseOptions& options, release::Recipe& recipe) {
  for (const std::string& text : options.images) {
    AIRLOCK_ASSIGN(release::ImageInput input, read_image_input(text));
    recipe.images.push_back(std::move(input));
  }
  for (const std::string& text : options.bases) {
    AIRLOCK_ASSIGN(const Assignment parts, split_assignment(text));
    AIRLOCK_ASSIGN(file::Buffer bytes, read_image(parts.value));
    recipe.bases.push_back({parts.name, std::move(bytes)});
  }
  return {};
}

// Notes and content: a file where there is one of that name, for notes otherwise the text itself.
Answer read_texts(const ReleaseOptions& options, release::Recipe& recipe) {
  std::error_code ignored;
  recipe.notes = options.notes;
  // Nobody would see before an owner does that the name of a file stands there.
  const bool is_a_name = options.notes.find_first_of(" \n") == std::string::npos &&
                         options.notes.find_first_of("./") != std::string::npos;
  if (is_a_name && !std::filesystem::exists(options.notes, ignored)) {
    return refuse(Code::not_found, options.notes);
  }
  if (!options.notes.empty() && std::filesystem::is_regular_file(options.notes, ignored)) {
    AIRLOCK_ANSWER_ASSIGN(const file::Buffer bytes, file::read(options.notes, package::kNotesMax),
                          options.notes);
    recipe.notes = text_of(bytes);
  }
  while (recipe.notes.ends_with('\n')) recipe.notes.pop_back();
  if (options.content.empty()) return {};
  AIRLOCK_ANSWER_ASSIGN(recipe.content, file::read(options.content, package::kContentMax),
                        options.content);
  return {};
}

// Whose decoder the payloads are for; a larger one takes those of a smaller one too.
diff::Options payloads_of(const ReleaseOptions& options) {
  diff::Options made;
  made.storage = options.storage == "raw" ? diff::Storage::raw : diff::Storage::compressed;
  made.scratch = options.scratch;
  if (options.profile == "small") {
    made.profile = &delta::kSmall;
    made.piece_size = delta::kSmallPieceSize;
  }
  return made;
}

// A pack is gathered by a list, or is there already. Either way it is judged as a wallet will.
Answer read_pack(const ReleaseOptions& options, release::Recipe& recipe) {
  if (recipe.kind != package::Kind::abi_pack) return {};
  auto made = [&] {
    if (!options.contracts.empty()) return packs::gather(options.contracts);
    return packs::examine(std::move(recipe.images[0].bytes), options.images[0]);
  }();
  if (!made) return refuse(made.error().error, made.error().about);
  recipe.entries = made->entries;
  release::ImageInput image;
  image.component = kPackComponent;
  image.bytes = std::move(made->file);
  recipe.images.clear();
  recipe.images.push_back(std::move(image));
  return {};
}

// A policy is read and its golden cases are evaluated as a wallet will; a wallet's limits may be
// asked too. Each quote names the policy's own version, so that the package has no other.
Answer read_fees(const ReleaseOptions& options, release::Recipe& recipe) {
  if (recipe.kind != package::Kind::fee_policy) return {};
  AIRLOCK_ASSIGN(PolicyFile read, read_policy_file(options.policy));
  if (read.policy->version() != options.version) {
    return refuse(Code::usage, "--version " + options.version + ": " + options.policy +
                                   " says version " + std::string(read.policy->version()));
  }
  AIRLOCK_ASSIGN(const auto limits, read_limits(options.limits));
  if (limits) {
    const auto admitted = limits->admits(*read.policy);
    if (!admitted) return refuse_fault(admitted.error(), options.policy);
  }
  recipe.images.push_back({std::string(kFeesComponent), std::move(read.bytes), std::nullopt});
  return {};
}

// The same of a plugin, which is judged before anything of it runs, and then tried in a process
// that can do nothing but answer.
Answer read_fee_plugin(const ReleaseOptions& options, release::Recipe& recipe) {
  if (recipe.kind != package::Kind::fee_plugin) return {};
  AIRLOCK_ANSWER_ASSIGN(file::Buffer bytes, file::read(options.plugin, elf::kFileSizeMax + 1),
                        options.plugin);
  AIRLOCK_ASSIGN(const Plugin plugin, read_plugin(bytes, options.plugin));
  if (plugin->release() != options.version) {
    return refuse(Code::usage, "--version " + options.version + ": " + options.plugin +
                                   " says version " + std::string(plugin->release()));
  }
  AIRLOCK_ASSIGN(const auto limits, read_limits(options.limits));
  AIRLOCK_TRY(try_plugin(plugin, options.confinement, limits ? &*limits : nullptr, options.plugin));
  recipe.images.push_back({std::string(kPluginComponent), std::move(bytes), std::nullopt});
  return {};
}

std::expected<release::Recipe, Refusal> read_recipe(const ReleaseOptions& options) {
  release::Recipe recipe;
  const Result<package::Kind> kind = package::kind_named(options.kind);
  if (!kind) {
    return refuse(Code::usage,
                  "--kind takes firmware, abi-pack, fee-policy, fee-plugin or advisory; found " +
                      options.kind);
  }
  recipe.kind = *kind;
  recipe.models = options.models;
  recipe.version = options.version;
  recipe.security_version = options.security_version;
  recipe.bootloader_min = options.bootloader_min;
  recipe.secure_boot_min = options.secure_boot_min;
  recipe.data_version = options.data_version;
  recipe.data_version_min = options.data_version_min;
  recipe.payloads = payloads_of(options);
  AIRLOCK_TRY(read_times(options, recipe));
  AIRLOCK_TRY(read_spans(options, recipe));
  AIRLOCK_TRY(read_texts(options, recipe));
  AIRLOCK_TRY(read_images(options, recipe));
  AIRLOCK_TRY(read_pack(options, recipe));
  AIRLOCK_TRY(read_fees(options, recipe));
  AIRLOCK_TRY(read_fee_plugin(options, recipe));
  return recipe;
}

// What a manifest would be refused for without saying which option is missing.
Answer check_parts(const ReleaseOptions& options) {
  if (options.kind == "keyring") {
    return refuse(Code::usage, "--kind keyring: airlock keyring draft makes keyrings");
  }
  if (options.kind == "advisory") {
    if (options.content.empty()) return refuse(Code::usage, "an advisory needs --content FILE");
  } else if (options.kind == "abi-pack") {
    const bool one_image = options.images.size() == 1 &&
                           options.images[0].starts_with(std::string(kPackComponent) + "=");
    if (options.contracts.empty() != one_image) {
      return refuse(Code::usage, "abi-pack needs --contracts LIST, or --image abi=PACK");
    }
  } else if (options.kind == "fee-policy") {
    if (options.policy.empty() || !options.images.empty())
      return refuse(Code::usage, "fee-policy needs --policy FILE, and no --image");
  } else if (options.kind == "fee-plugin") {
    if (options.plugin.empty() || !options.images.empty())
      return refuse(Code::usage, "fee-plugin needs --plugin FILE, and no --image");
  } else if (options.images.empty()) {
    return refuse(Code::usage, options.kind + " needs --image COMPONENT=FILE");
  }
  return {};
}

// A device of that version fetches the whole image, which whoever named the base did not mean.
void tell_left_out(const ReleaseOptions& options, const release::Package& made) {
  for (const std::size_t base : made.without_patch) {
    std::fprintf(
        stderr,
        "note: --base %s: a patch from it is no smaller than the full payload, and is left "
        "out\n",
        text::visible_line(options.bases[base]).c_str());
  }
}

Answer make_release(const ReleaseOptions& options) {
  AIRLOCK_TRY(check_parts(options));
  AIRLOCK_ANSWER_TRY(release::check_new_package(options.out), options.out);
  AIRLOCK_ASSIGN(const release::Recipe recipe, read_recipe(options));
  terminal::ProgressBar bar("building payloads");
  bar.show(0, 0);
  const auto made = release::make(recipe, [&](std::size_t done, std::size_t all) {
    bar.show(done * package::kBlockSize, all * package::kBlockSize);
  });
  bar.finish();
  if (!made) return refuse(made.error(), options.out);
  AIRLOCK_ANSWER_TRY(release::write_package(options.out, *made), options.out);
  tell_left_out(options, *made);
  AIRLOCK_ANSWER_ASSIGN(const package::Manifest manifest, package::read_unproven(made->envelope),
                        options.out);
  if (options.json) {
    std::printf("%s\n", text::visible_json(json::write(manifest_json(manifest))).c_str());
    return {};
  }
  std::printf("%s\n%s: to be signed (airlock sign --key FILE %s).\n",
              manifest_text(manifest).c_str(), options.out.c_str(), options.out.c_str());
  return {};
}

void add_options(CLI::App& command, ReleaseOptions& options) {
  command
      .add_option("kind,--kind", options.kind,
                  "firmware, abi-pack, fee-policy, fee-plugin or advisory")
      ->capture_default_str();
  command.add_option("--model", options.models, "model that it is for; repeat for several")
      ->required();
  command.add_option("--version", options.version, "MAJOR.MINOR.PATCH")->required();
  command
      .add_option("--security-version", options.security_version,
                  "grows when older releases must never run again")
      ->required();
  command.add_option("--out", options.out, "folder for the package")->required();
  command.add_option("--image", options.images, "new image of a component")
      ->type_name("COMPONENT=FILE[@0xADDRESS]");
  command.add_option("--base", options.bases, "older image to make a patch against")
      ->type_name("COMPONENT=FILE");
  command.add_option("--from", options.from, "versions that may update to this one")
      ->type_name("MIN..MAX");
  command.add_option("--valid-for", options.valid_for, "such as 90d")
      ->capture_default_str()
      ->take_last();
  command.add_option("--created", options.created, "RFC 3339 time; now by default");
  command.add_option("--not-before", options.not_before, "RFC 3339 time; --created by default");
  command.add_option("--bootloader-min", options.bootloader_min, "lowest bootloader");
  command.add_option("--secure-boot-min", options.secure_boot_min, "lowest secure-boot level");
  command.add_option("--data-version", options.data_version, "of the owner's data, as written")
      ->capture_default_str();
  command.add_option("--data-version-min", options.data_version_min, "oldest data that it reads")
      ->capture_default_str();
  command
      .add_option("--ramp", options.ramp,
                  "percent of devices over time, such as 0h=1,24h=25,72h=100; also "
                  "start=TIME, seed=HEX")
      ->type_name("STAGES");
  command.add_option("--storage", options.storage, "how full payloads are stored")
      ->check(CLI::IsMember({"raw", "compressed"}))
      ->capture_default_str();
  command
      .add_option("--profile", options.profile,
                  "decoders that it is for: large takes 48 KiB; small takes 16, and is understood "
                  "by both")
      ->check(CLI::IsMember({"small", "large"}))
      ->capture_default_str();
  command.add_option("--scratch", options.scratch, kScratchHelp)
      ->type_name("BYTES")
      ->check(kScratch);
  command.add_option("--notes", options.notes, "text for the owner, or a file with it");
  command.add_option("--contracts", options.contracts,
                     "of an abi-pack: the list of contracts and golden cases (JSON)");
  command.add_option("--policy", options.policy, "of a fee-policy: its file (YAML)");
  command.add_option("--plugin", options.plugin, "of a fee-plugin: its file (.so)");
  add_confinement_options(command, options.confinement);
  command.add_option(
      "--limits", options.limits,
      "of a fee-policy or fee-plugin: a wallet's own caps and recipients, to judge it by");
  command.add_option("--content", options.content, "file with an advisory's content");
  command.add_flag("--json", options.json, "answer as JSON");
}

}  // namespace

void add_release_command(CLI::App& app, Outcome& outcome) {
  auto made = add_command<ReleaseOptions>(
      app, outcome, "release", "Make a package, to be signed, from images.", &make_release);
  add_options(made.command, made.options);
  made.command.footer(
      "Example:\n  airlock release --model demo-wallet --version 1.1.0 --security-version 2 \\\n"
      "      --image mcu=new.bin --base mcu=old.bin --valid-for 90d --out release-1.1.0\n"
      "  airlock release --model demo-key --version 1.1.0 --security-version 2 --profile small \\\n"
      "      --image mcu=new.bin --base mcu=old.bin --out release-key-1.1.0\n"
      "  airlock release abi-pack --model '*' --version 3.0.0 --security-version 1 \\\n"
      "      --contracts contracts/pack.json --base abi=old.pack --out pack-3.0.0\n"
      "  airlock release fee-policy --model '*' --version 1.4.0 --security-version 1 \\\n"
      "      --policy fees.yaml --limits wallet-limits.yaml --out fees-1.4.0\n"
      "  airlock release fee-plugin --model '*' --version 1.0.0 --security-version 1 \\\n"
      "      --plugin fee.so --limits wallet-limits.yaml --out plugin-1.0.0");
}

}  // namespace airlock::app
