// delta apply, inspect: patches without a release around them.
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>

#include "apps/airlock/commands.h"
#include "apps/airlock/delta_drawing.h"
#include "apps/airlock/delta_input.h"
#include "apps/airlock/show.h"
#include "host/commandline/output.h"
#include "host/json/json.h"
#include "host/terminal/terminal.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"

namespace airlock::app {
namespace {

struct ApplyOptions {
  std::string patch;
  std::string base;
  std::string out;
  std::size_t workers = 0;
  bool json = false;
};

// The image while it is made, on the disk: an image that is only stated takes no memory.
class NewImage final : public Area {
 public:
  NewImage(file::NewFile file, std::uint64_t size) : file_(std::move(file)), size_(size) {}

  Status commit() { return file_.commit(); }
  std::uint64_t size() const override { return size_; }
  Status erase(std::uint64_t, std::uint64_t) override { return {}; }
  Status sync() override { return {}; }
  Status read(std::uint64_t offset, MutableBytes to) override {
    return file_.file().read_at(offset, to);
  }
  Status write(std::uint64_t offset, Bytes bytes) override {
    return file_.file().write_at(offset, bytes);
  }

 private:
  file::NewFile file_;
  std::uint64_t size_;
};

bool is_of_disk(Code code) {
  return code == Code::disk_full || code == Code::io_failed || code == Code::access_denied;
}

Answer make_image(const OpenedDelta& opened, const ApplyOptions& options,
                  const commandline::Output& output) {
  const std::uint64_t size = opened.delta.image.size;
  AIRLOCK_ANSWER_ASSIGN(file::NewFile begun, file::NewFile::begin(output.place()), options.out);
  AIRLOCK_ANSWER_TRY(begun.file().resize(size), options.out);
  NewImage image(std::move(begun), size);
  terminal::ProgressBar bar("making " + options.out);
  const auto progress = [&](std::size_t done, std::size_t) {
    bar.show(std::min<std::uint64_t>(std::uint64_t{done} * package::kBlockSize, size), size);
  };
  const Status applied = diff::apply_delta(opened.delta, opened.base_bytes(), image,
                                           {workers_of(options.workers, 1), progress});
  bar.finish();
  if (!applied && is_of_disk(applied.error().code)) return refuse(applied.error(), options.out);
  if (!applied) return refuse_delta(applied.error(), options.patch);
  AIRLOCK_ANSWER_TRY(image.commit(), options.out);
  return {};
}

Answer apply(const ApplyOptions& options) {
  AIRLOCK_ASSIGN(const commandline::Output output, commandline::Output::at(options.out));
  AIRLOCK_TRY(output.apart_from(std::array{options.patch, options.base}));
  AIRLOCK_ASSIGN(const OpenedDelta opened, open_delta(options.patch, options.base));
  const diff::DeltaFile& delta = opened.delta;
  if (delta.is_patch() && options.base.empty()) {
    return refuse(Code::usage, options.patch + " is a patch; name the image that it is for, of " +
                                   std::to_string(delta.payload.base_size) +
                                   " bytes with SHA-256 " + digest_hex(delta.payload.base_digest) +
                                   ": --base");
  }
  AIRLOCK_TRY(make_image(opened, options, output));
  const std::string digest = digest_hex(delta.image.digest);
  if (options.json) {
    const json::Value made{{"file", options.out}, {"size", delta.image.size}, {"sha256", digest}};
    std::printf("%s\n", text::visible_json(json::write(made)).c_str());
    return {};
  }
  std::printf("%s: %s, SHA-256 %s.\n", text::visible_line(options.out).c_str(),
              text::human_size(delta.image.size).c_str(), digest.c_str());
  return {};
}

struct InspectOptions {
  std::string patch;
  std::string base;
  std::string svg;
  bool json = false;
};

json::Value json_of(const diff::BlockParts& block, bool decoded) {
  json::Value of{{"size", block.size},
                 {"stored", block.stored},
                 {"coding", block.coding == delta::Coding::raw ? "raw" : "coded"}};
  if (!decoded) return of;
  of["clean"] = block.is_clean;
  of["isa"] = name_of_isa(block.isa);
  for (std::size_t i = 0; i < diff::kParts; ++i) {
    of[std::string(diff::name_of(static_cast<diff::Part>(i)))] = std::llround(block.bytes[i]);
  }
  return of;
}

json::Value json_of(const diff::PayloadParts& parts, bool decoded) {
  json::Value blocks = json::Value::array();
  json::Value regions = json::Value::array();
  std::set<std::string> isas;
  for (const diff::BlockParts& block : parts.blocks) {
    blocks.push_back(json_of(block, decoded));
    if (block.isa != delta::Isa::none) isas.emplace(name_of_isa(block.isa));
  }
  for (const delta::Region& region : parts.regions) {
    regions.push_back({{"linked", region.linked},
                       {"address", region.linked ? region.zero : region.first},
                       {"size", region.size},
                       {"relocation", region.relocation}});
  }
  json::Value made{{"index", parts.index},       {"facts", parts.facts},
                   {"proofs", parts.proofs},     {"segments", parts.segments},
                   {"chain", parts.chain},       {"memory", parts.memory},
                   {"scratch", parts.scratch()}, {"regions", regions},
                   {"decoded", decoded},         {"blocks", blocks}};
  if (decoded) made["isas"] = isas;
  return made;
}

json::Value json_of(std::uint64_t size, const crypto::Digest& digest) {
  return {{"size", size}, {"sha256", digest_hex(digest)}};
}

void write_json(const diff::DeltaFile& delta, const diff::PayloadParts& parts, bool decoded) {
  json::Value value = json_of(parts, decoded);
  value["type"] = delta.is_patch() ? "patch" : "full";
  value["profile"] = profile_name(delta.payload.decoder_memory);
  value["image"] = json_of(delta.image.size, delta.image.digest);
  value["base"] = nullptr;
  if (delta.is_patch()) {
    value["base"] = json_of(delta.payload.base_size, delta.payload.base_digest);
  }
  std::printf("%s\n", json::write(value).c_str());
}

void write_text(const diff::DeltaFile& delta, const diff::PayloadParts& parts, bool decoded) {
  const package::Payload& payload = delta.payload;
  std::printf("image %llu bytes, SHA-256 %s\n", static_cast<unsigned long long>(delta.image.size),
              digest_hex(delta.image.digest).c_str());
  if (delta.is_patch()) {
    std::printf("base %llu bytes, SHA-256 %s\n", static_cast<unsigned long long>(payload.base_size),
                digest_hex(payload.base_digest).c_str());
  }
  std::printf("%s, profile %s\n", delta.is_patch() ? "patch" : "whole image",
              std::string(profile_name(payload.decoder_memory)).c_str());
  std::printf("%s", text_of(parts).c_str());
  if (!decoded) std::printf("What blocks are made of is shown with the base alone: --base\n");
}

Answer inspect(const InspectOptions& options) {
  std::optional<commandline::Output> drawing;
  if (!options.svg.empty()) {
    AIRLOCK_ASSIGN(const commandline::Output output, commandline::Output::at(options.svg));
    AIRLOCK_TRY(output.apart_from(std::array{options.patch, options.base}));
    drawing = output;
  }
  AIRLOCK_ASSIGN(const OpenedDelta opened, open_delta(options.patch, options.base));
  const diff::DeltaFile& delta = opened.delta;
  const bool decoded = !delta.is_patch() || opened.base.has_value();
  const auto parts = decoded ? diff::look_into(delta, opened.base_bytes()) : diff::look_at(delta);
  if (!parts) return refuse_delta(parts.error(), options.patch);
  if (drawing) {
    const std::string drawn = svg_of(*parts);
    AIRLOCK_TRY(drawing->write(bytes_of(drawn)));
  }
  options.json ? write_json(delta, *parts, decoded) : write_text(delta, *parts, decoded);
  return {};
}

void add_apply(CLI::App& family, Outcome& outcome) {
  auto made = add_command<ApplyOptions>(
      family, outcome, "apply", "Make the image of a patch, by the device's own code.", &apply);
  ApplyOptions& options = made.options;
  made.command.add_option("patch", options.patch, "file of the patch")->required();
  made.command.add_option("--base", options.base, "the image that it is for");
  made.command.add_option("--out", options.out, "file of the image")->required();
  made.command.add_option("--workers", options.workers, "threads, 8 at most")->check(kWorkers);
  made.command.add_flag("--json", options.json, "answer as JSON");
  made.command.footer(
      "Example:\n  airlock delta apply update.delta --base firmware-1.0.0.bin --out "
      "firmware-1.1.0.bin");
}

void add_inspect(CLI::App& family, Outcome& outcome) {
  auto made = add_command<InspectOptions>(
      family, outcome, "inspect",
      "Say what a patch is for, and draw where its bytes went, block by block.", &inspect);
  InspectOptions& options = made.options;
  made.command.add_option("patch", options.patch, "file of the patch")->required();
  made.command.add_option("--base", options.base,
                          "the image that it is for; without it no block is looked into");
  made.command.add_option("--svg", options.svg, "draw it into this file, too");
  made.command.add_flag("--json", options.json, "answer as JSON");
  made.command.footer(
      "Bytes are those of the patch, by what they are about:\n"
      "  index     where each block of 64 KiB stands in the patch\n"
      "  facts     what all blocks share: which parts of the old image (segments) lie where in "
      "the\n"
      "            new one; those of the chain ascend in both, and tell where a place went\n"
      "  proofs    hashes by which pieces are proven before they are read\n"
      "  scratch   of the device's flash, where it keeps the facts\n"
      "  linked    the address that the old image runs at, as its pointers tell; RAM is beside it\n"
      "and in a block, whose instructions are of the set that is named (- none, clean: a mere "
      "copy,\n"
      "raw: as it is):\n"
      "  matches   bytes between copies, repeated from this block or from anywhere in the old "
      "image\n"
      "  literals  new bytes\n"
      "  runs      how far copies go on as they are predicted\n"
      "  plain     copied bytes and instructions that name no place\n"
      "  branches, pointers, locals   copied ones that name a place: of code, of anything by its\n"
      "            address, near the instruction\n"
      "  data      words that count as addresses of RAM\n"
      "  whole     blocks that are raw\n"
      "Example:\n  airlock delta inspect update.delta --base firmware-1.0.0.bin --svg update.svg");
}

}  // namespace

void add_delta_commands(CLI::App& app, Outcome& outcome) {
  CLI::App& family = add_family(app, "delta", "Patches: make, apply, and see what is in them.");
  family.footer(
      "Example:\n  airlock delta make firmware-1.1.0.bin --base firmware-1.0.0.bin --out "
      "update.delta\n  airlock delta inspect update.delta --base firmware-1.0.0.bin");
  add_delta_make(family, outcome);
  add_apply(family, outcome);
  add_inspect(family, outcome);
}

}  // namespace airlock::app
