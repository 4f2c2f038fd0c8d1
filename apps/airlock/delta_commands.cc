// delta make, apply, inspect: patches without a release around them.
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/airlock/commands.h"
#include "apps/airlock/delta_drawing.h"
#include "apps/airlock/show.h"
#include "host/file/file.h"
#include "host/file/mapping.h"
#include "host/json/json.h"
#include "host/terminal/terminal.h"
#include "host/text/text.h"
#include "publish/diff/delta_file.h"

namespace airlock::app {
namespace {

struct DeltaOptions {
  std::string base;
  std::string image;
  std::string patch;
  std::string out;
  std::vector<std::string> bases;
  std::string profile = "large";
  std::string svg;
  std::size_t workers = 0;
  bool json = false;
};

constexpr std::size_t kFileMax = package::kPayloadSizeMax;

// An image or a patch: mapped, so that of a large one no copy is made; what cannot be mapped, such
// as a block device, is read.
class Input {
 public:
  static std::expected<Input, Refusal> open(const std::string& path) {
    Input input;
    Result<file::Mapping> mapped = file::Mapping::open(path, kFileMax);
    if (mapped) {
      input.mapped_.emplace(std::move(*mapped));
      return input;
    }
    if (mapped.error().code != Code::not_a_file) return refuse(mapped.error(), path);
    AIRLOCK_ANSWER_ASSIGN(input.read_, file::read(path, kFileMax), path);
    return input;
  }
  Bytes bytes() const { return mapped_ ? mapped_->bytes() : Bytes(read_); }

 private:
  std::optional<file::Mapping> mapped_;
  file::Buffer read_;
};

std::expected<diff::Options, Refusal> read_options(const DeltaOptions& options) {
  diff::Options made;
  if (options.workers > 0) made.workers = std::min(options.workers, diff::kWorkersMax);
  if (options.profile == "large") return made;
  if (options.profile != "small") {
    return refuse(Code::usage, "--profile takes small or large; found " + options.profile);
  }
  made.profile = &delta::kSmall;
  made.piece_size = delta::kSmallPieceSize;
  return made;
}

// Of several bases each has a patch of its own, OUT.1, OUT.2, ..
std::string out_of(const DeltaOptions& options, std::size_t index) {
  return options.bases.size() > 1 ? options.out + "." + std::to_string(index + 1) : options.out;
}

struct Made {
  std::string out;
  std::size_t image_size = 0;
  std::size_t file_size = 0;
};

std::expected<Made, Refusal> make_one(const DeltaOptions& options, Bytes image, std::size_t index) {
  AIRLOCK_ASSIGN(const diff::Options how, read_options(options));
  const bool has_base = !options.bases.empty();
  std::optional<Input> base;
  if (has_base) {
    AIRLOCK_ASSIGN(Input opened, Input::open(options.bases[index]));
    base.emplace(std::move(opened));
  }
  const std::string out = out_of(options, index);
  terminal::ProgressBar bar("making " + out);
  const auto progress = [&](std::size_t done, std::size_t blocks) { bar.show(done, blocks); };
  auto built = has_base ? diff::build_patch(image, base->bytes(), how, progress)
                        : diff::build_full(image, how, progress);
  bar.finish();
  if (!built) return refuse(built.error(), out);
  const auto bytes = diff::write_delta_file(diff::describe_image(image), *built);
  AIRLOCK_ANSWER_TRY(file::replace(out, bytes), out);
  return Made{out, image.size(), bytes.size()};
}

Answer make(const DeltaOptions& options) {
  AIRLOCK_ASSIGN(const Input opened, Input::open(options.image));
  const Bytes image = opened.bytes();
  json::Value listed = json::Value::array();
  for (std::size_t i = 0; i < std::max<std::size_t>(options.bases.size(), 1); ++i) {
    AIRLOCK_ASSIGN(const Made made, make_one(options, image, i));
    listed.push_back({{"file", made.out}, {"size", made.file_size}, {"image", made.image_size}});
    if (!options.json) {
      std::printf("%s: %s for an image of %s.\n", made.out.c_str(),
                  text::human_size(made.file_size).c_str(),
                  text::human_size(made.image_size).c_str());
    }
  }
  if (options.json) std::printf("%s\n", json::write({{"made", listed}}).c_str());
  return {};
}

struct Opened {
  Input file;
  diff::DeltaFile delta;  // views the file
  std::optional<Input> base;

  Bytes base_bytes() const { return base ? base->bytes() : Bytes(); }
};

std::expected<Opened, Refusal> open_delta(const DeltaOptions& options) {
  AIRLOCK_ASSIGN(Input file, Input::open(options.patch));
  Opened made{std::move(file), {}, {}};
  AIRLOCK_ANSWER_ASSIGN(made.delta, diff::read_delta_file(made.file.bytes()), options.patch);
  if (!options.base.empty()) {
    AIRLOCK_ASSIGN(Input base, Input::open(options.base));
    made.base.emplace(std::move(base));
  }
  const bool is_patch = made.delta.payload.type == package::PayloadType::patch;
  if (is_patch && options.base.empty()) {
    return refuse(Code::usage,
                  options.patch + " is a patch; name the image that it is for: --base");
  }
  return made;
}

Answer apply(const DeltaOptions& options) {
  AIRLOCK_ASSIGN(const Opened opened, open_delta(options));
  const std::size_t workers = options.workers > 0 ? options.workers : 1;
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer image,
                        diff::apply_delta(opened.delta, opened.base_bytes(), workers),
                        options.patch);
  AIRLOCK_ANSWER_TRY(file::replace(options.out, image), options.out);
  if (options.json) {
    std::printf("%s\n", json::write({{"file", options.out},
                                     {"size", image.size()},
                                     {"sha256", digest_hex(opened.delta.image.digest)}})
                            .c_str());
    return {};
  }
  std::printf("%s: %s, SHA-256 %s.\n", options.out.c_str(), text::human_size(image.size()).c_str(),
              digest_hex(opened.delta.image.digest).c_str());
  return {};
}

json::Value json_of(const diff::PayloadParts& parts) {
  json::Value blocks = json::Value::array();
  for (const diff::BlockParts& block : parts.blocks) {
    json::Value of{{"size", block.size}, {"stored", block.stored}, {"clean", block.is_clean}};
    for (std::size_t i = 0; i < diff::kParts; ++i) {
      of[std::string(diff::name_of(static_cast<diff::Part>(i)))] = std::llround(block.bytes[i]);
    }
    blocks.push_back(of);
  }
  return {{"index", parts.index},   {"facts", parts.facts},
          {"proofs", parts.proofs}, {"segments", parts.segments},
          {"chain", parts.chain},   {"memory", parts.memory},
          {"blocks", blocks}};
}

Answer inspect(const DeltaOptions& options) {
  AIRLOCK_ASSIGN(const Opened opened, open_delta(options));
  AIRLOCK_ANSWER_ASSIGN(const diff::PayloadParts parts,
                        diff::look_into(opened.delta, opened.base_bytes()), options.patch);
  if (!options.svg.empty()) {
    const std::string drawn = svg_of(parts);
    AIRLOCK_ANSWER_TRY(file::replace(options.svg, bytes_of(drawn)), options.svg);
  }
  if (options.json) {
    std::printf("%s\n", json::write(json_of(parts)).c_str());
  } else {
    std::printf("%s", text_of(parts).c_str());
  }
  return {};
}

void add_make(CLI::App& family, Outcome& outcome) {
  auto made = add_command<DeltaOptions>(
      family, outcome, "make",
      "Make a patch from one image to another, or a compressed image without --base.", &make);
  DeltaOptions& options = made.options;
  made.command.add_option("image", options.image, "the new image")->required();
  made.command
      .add_option(
          "--base", options.bases,
          "the image that runs; may be given several times, then FILE.1, FILE.2, .. are made")
      ->allow_extra_args(false);
  made.command.add_option("--out", options.out, "file of the patch")->required();
  made.command
      .add_option("--profile", options.profile,
                  "whose memory it is for: small (16 KiB) or large (48 KiB)")
      ->capture_default_str();
  made.command.add_option("--workers", options.workers, "threads; no byte depends on it");
  made.command.add_flag("--json", options.json, "answer as JSON");
  made.command.footer(
      "Example:\n  airlock delta make firmware-1.1.0.bin --base firmware-1.0.0.bin --out "
      "update.delta");
}

void add_apply(CLI::App& family, Outcome& outcome) {
  auto made = add_command<DeltaOptions>(
      family, outcome, "apply", "Make the image of a patch, by the device's own code.", &apply);
  DeltaOptions& options = made.options;
  made.command.add_option("patch", options.patch, "file of the patch")->required();
  made.command.add_option("--base", options.base, "the image that it is for");
  made.command.add_option("--out", options.out, "file of the image")->required();
  made.command.add_option("--workers", options.workers, "threads");
  made.command.add_flag("--json", options.json, "answer as JSON");
  made.command.footer(
      "Example:\n  airlock delta apply update.delta --base firmware-1.0.0.bin --out "
      "firmware-1.1.0.bin");
}

void add_inspect(CLI::App& family, Outcome& outcome) {
  auto made =
      add_command<DeltaOptions>(family, outcome, "inspect",
                                "Draw where the bytes of a patch went, block by block.", &inspect);
  DeltaOptions& options = made.options;
  made.command.add_option("patch", options.patch, "file of the patch")->required();
  made.command.add_option("--base", options.base, "the image that it is for");
  made.command.add_option("--svg", options.svg, "draw it into this file, too");
  made.command.add_flag("--json", options.json, "answer as JSON");
  made.command.footer(
      "Example:\n  airlock delta inspect update.delta --base firmware-1.0.0.bin --svg update.svg");
}

}  // namespace

void add_delta_commands(CLI::App& app, Outcome& outcome) {
  CLI::App& family = add_family(app, "delta", "Patches: make, apply, and see what is in them.");
  add_make(family, outcome);
  add_apply(family, outcome);
  add_inspect(family, outcome);
}

}  // namespace airlock::app
