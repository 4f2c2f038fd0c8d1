// delta make: patches without a release around them.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/airlock/delta_input.h"
#include "apps/airlock/show.h"
#include "host/commandline/output.h"
#include "host/json/json.h"
#include "host/terminal/terminal.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"

namespace airlock::app {
namespace {

struct MakeOptions {
  std::string image;
  std::vector<std::string> bases;
  std::string out;
  std::string profile = "large";
  std::optional<std::uint32_t> scratch;
  std::size_t workers = 0;
  bool json = false;
};

std::expected<diff::Options, Refusal> read_options(const MakeOptions& options) {
  diff::Options made;
  made.workers = workers_of(options.workers, made.workers);
  made.scratch = options.scratch;
  if (options.profile == "large") return made;
  if (options.profile != "small") {
    return refuse(Code::usage, "--profile takes small or large; found " + options.profile);
  }
  made.profile = &delta::kSmall;
  made.piece_size = delta::kSmallPieceSize;
  return made;
}

struct Base {
  std::string path;
  Input input;
  crypto::Digest digest;
};

std::expected<std::vector<Base>, Refusal> open_bases(const MakeOptions& options) {
  std::vector<Base> bases;
  for (const std::string& path : options.bases) {
    AIRLOCK_ASSIGN(Input input, Input::open_image(path));
    const crypto::Digest digest = crypto::sha256(input.bytes());
    for (const Base& before : bases) {
      if (before.digest != digest) continue;
      return refuse_advising(Code::usage, "--base " + before.path + " and --base " + path +
                                              " are the same image; name it once");
    }
    bases.push_back({path, std::move(input), digest});
  }
  return bases;
}

// Of several bases each has a patch of its own, OUT.1, OUT.2, ..
std::expected<std::vector<commandline::Output>, Refusal> open_outputs(const MakeOptions& options) {
  std::vector<std::string> others = options.bases;
  others.push_back(options.image);
  std::vector<commandline::Output> outputs;
  const std::size_t count = std::max<std::size_t>(options.bases.size(), 1);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string behind = count > 1 ? "." + std::to_string(i + 1) : "";
    AIRLOCK_ASSIGN(const commandline::Output output, commandline::Output::at(options.out + behind));
    AIRLOCK_TRY(output.apart_from(others));
    others.push_back(output.name());
    outputs.push_back(output);
  }
  return outputs;
}

struct Work {
  const MakeOptions& options;
  const diff::Options& how;
  Bytes image;
  const diff::BuiltImage& described;
};

std::expected<std::size_t, Refusal> make_one(const Work& work, const Base* base,
                                             const commandline::Output& output) {
  terminal::ProgressBar before(base != nullptr ? "comparing with " + base->path
                                               : "looking at " + work.options.image);
  terminal::ProgressBar bar("making " + output.name());
  before.show(0, 0);
  const auto progress = [&](std::size_t done, std::size_t blocks) {
    before.finish();
    bar.show(std::uint64_t{work.image.size()} * done / blocks, work.image.size());
  };
  const auto built = base != nullptr
                         ? diff::build_patch(work.image, base->input.bytes(), work.how, progress)
                         : diff::build_full(work.image, work.how, progress);
  bar.finish();
  if (!built) return refuse(built.error(), work.options.image);
  const auto bytes = diff::write_delta_file(work.described, *built);
  AIRLOCK_TRY(output.write(bytes));
  return bytes.size();
}

json::Value json_of(const Work& work, const Base* base, const commandline::Output& output,
                    std::size_t size) {
  json::Value of_base;
  if (base != nullptr) {
    of_base = {{"file", base->path},
               {"size", base->input.bytes().size()},
               {"sha256", digest_hex(base->digest)}};
  }
  return {{"file", output.name()},
          {"size", size},
          {"image", work.image.size()},
          {"image_sha256", digest_hex(work.described.digest)},
          {"base", of_base},
          {"profile", work.options.profile}};
}

Answer make(const MakeOptions& options) {
  AIRLOCK_ASSIGN(const diff::Options how, read_options(options));
  AIRLOCK_ASSIGN(const Input opened, Input::open_image(options.image));
  AIRLOCK_ASSIGN(const std::vector<Base> bases, open_bases(options));
  AIRLOCK_ASSIGN(const std::vector<commandline::Output> outputs, open_outputs(options));
  const diff::BuiltImage described = diff::describe_image(opened.bytes());
  const Work work = {options, how, opened.bytes(), described};
  json::Value listed = json::Value::array();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Base* const base = bases.empty() ? nullptr : &bases[i];
    AIRLOCK_ASSIGN(const std::size_t size, make_one(work, base, outputs[i]));
    listed.push_back(json_of(work, base, outputs[i], size));
    if (options.json) continue;
    std::printf("%s: %s for an image of %s%s.\n", text::visible_line(outputs[i].name()).c_str(),
                text::human_size(size).c_str(), text::human_size(work.image.size()).c_str(),
                base != nullptr ? (", from " + text::visible_line(base->path)).c_str() : "");
  }
  if (options.json) {
    std::printf("%s\n", text::visible_json(json::write({{"made", listed}})).c_str());
  }
  return {};
}

}  // namespace

void add_delta_make(CLI::App& family, Outcome& outcome) {
  auto made = add_command<MakeOptions>(
      family, outcome, "make",
      "Make a patch from one image to another, or a compressed image without --base.", &make);
  MakeOptions& options = made.options;
  made.command.add_option("image", options.image, "the new image")->required();
  made.command
      .add_option("--base", options.bases,
                  "the image that runs; may be given several times, then OUT.1, OUT.2, .. are made")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("FILE");
  made.command.add_option("--out", options.out, "file of the patch")->required();
  made.command
      .add_option("--profile", options.profile,
                  "whose memory it is for: small (16 KiB) or large (48 KiB)")
      ->capture_default_str();
  made.command.add_option("--scratch", options.scratch, kScratchHelp)
      ->type_name("BYTES")
      ->check(kScratch);
  made.command
      .add_option("--workers", options.workers, "threads, 8 at most; no byte depends on it")
      ->check(kWorkers);
  made.command.add_flag("--json", options.json, "answer as JSON");
  made.command.footer(
      "Example:\n  airlock delta make firmware-1.1.0.bin --base firmware-1.0.0.bin --out "
      "update.delta");
}

}  // namespace airlock::app
