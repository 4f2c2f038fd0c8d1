// package embed: a package as a part of a program.
#include <cstdio>
#include <filesystem>

#include "apps/airlock/commands.h"
#include "apps/airlock/opened.h"
#include "apps/airlock/show.h"
#include "host/commandline/output.h"
#include "host/text/visible_json.h"
#include "publish/object/object.h"

namespace airlock::app {
namespace {

struct EmbedOptions {
  std::string package;
  std::string out;
  std::string header;
  std::string format = "object";
  std::string target;
  std::string symbol = "airlock_package";
  std::vector<std::string> payloads;
  bool json = false;
};

std::expected<object::Wanted, Refusal> read_wanted(const EmbedOptions& options) {
  object::Wanted wanted;
  wanted.all = options.payloads.empty();
  for (const std::string& each : options.payloads) {
    if (each == "all" || each == "full") {
      (each == "all" ? wanted.all : wanted.full) = true;
      continue;
    }
    const Result<crypto::Digest> digest = text::digest_from_hex(each);
    if (!digest) {
      return refuse(Code::usage,
                    "--payload takes all, full, or the SHA-256 of a payload or of the image that a "
                    "patch is for; found " +
                        each);
    }
    wanted.digests.push_back(*digest);
  }
  return wanted;
}

constexpr std::string_view kUsualTarget = "x86-64";

object::Target target_of(const EmbedOptions& options) {
  return *object::target_named(options.target.empty() ? kUsualTarget : options.target);
}

Answer check_form(const EmbedOptions& options) {
  if (!object::is_symbol(options.symbol)) {
    return refuse(Code::usage, "--symbol takes a name that is free in C and C++, of at most " +
                                   std::to_string(object::kSymbolMax) + " characters; found " +
                                   options.symbol);
  }
  const std::string& format = options.format;
  if (format != "object" && format != "c" && format != "carton") {
    return refuse(Code::usage, "--format takes object, c or carton; found " + format);
  }
  if (options.target.empty()) return {};
  if (format != "object") {
    return refuse_advising(Code::usage, "--target is of an object, and a " + format +
                                            " is the same for every machine; leave it out");
  }
  if (object::target_named(options.target)) return {};
  return refuse(Code::usage, "--target takes x86-64, aarch64 or arm; found " + options.target);
}

// What goes into the file, in the form that was asked for.
object::Buffer write_as(const EmbedOptions& options, object::Buffer made) {
  if (options.format == "carton") return made;
  if (options.format == "object") {
    return object::write_object(target_of(options), options.symbol, made);
  }
  const std::string text = object::write_c(options.symbol, made);
  return {text.begin(), text.end()};
}

// Where it goes: both places are looked at before the first is written.
struct Outputs {
  commandline::Output out;
  std::optional<commandline::Output> header;
};

std::expected<Outputs, Refusal> open_outputs(const EmbedOptions& options) {
  AIRLOCK_ASSIGN(commandline::Output out, commandline::Output::at(options.out));
  AIRLOCK_TRY(out.outside_of(options.package));
  Outputs outputs{std::move(out), std::nullopt};
  if (options.header.empty()) return outputs;
  AIRLOCK_ASSIGN(commandline::Output header, commandline::Output::at(options.header));
  AIRLOCK_TRY(header.outside_of(options.package));
  AIRLOCK_TRY(header.apart_from(std::array{options.out}));
  outputs.header = std::move(header);
  return outputs;
}

// Who names firmware has not made the package of it yet.
std::unexpected<Refusal> refuse_package(const release::Refusal& refusal,
                                        const std::string& package) {
  std::error_code ignored;
  const bool is_read = refusal.error.code != Code::access_denied &&
                       refusal.error.code != Code::io_failed && refusal.about == package;
  if (!is_read || !std::filesystem::is_regular_file(package, ignored)) {
    return refuse(refusal, package);
  }
  return refuse_advising(refusal.error.code,
                         package +
                             " is no package, nor a .cose file of one. A package is made of an "
                             "image: airlock release --image COMPONENT=" +
                             package + " .. --out FOLDER; then give FOLDER");
}

Answer embed(const EmbedOptions& options) {
  AIRLOCK_ASSIGN(const object::Wanted wanted, read_wanted(options));
  AIRLOCK_TRY(check_form(options));
  AIRLOCK_ASSIGN(const Outputs outputs, open_outputs(options));
  auto made = object::make_carton(options.package, wanted);
  if (!made) return refuse_package(made.error(), options.package);
  AIRLOCK_ANSWER_ASSIGN(const carton::Carton carton, carton::Carton::open(*made), options.package);
  AIRLOCK_ANSWER_ASSIGN(const package::Manifest manifest, package::read_unproven(carton.envelope()),
                        options.package);
  const std::string digest = digest_hex(manifest.digest());
  const std::size_t parts = carton.part_count();
  const std::size_t size = made->size();
  const object::Buffer written = write_as(options, std::move(*made));
  AIRLOCK_TRY(outputs.out.write(written));
  if (outputs.header) {
    const std::string header = object::write_header(options.symbol);
    AIRLOCK_TRY(outputs.header->write(bytes_of(header)));
  }
  if (options.json) {
    std::printf("%s\n", text::visible_json(json::write({{"file", options.out},
                                                        {"manifest", digest},
                                                        {"parts", parts},
                                                        {"size", size},
                                                        {"symbol", options.symbol}}))
                            .c_str());
    return {};
  }
  std::printf("%s: %s in %zu parts, as %s; manifest %s.\n", options.out.c_str(),
              text::human_size(size).c_str(), parts, options.symbol.c_str(), digest.c_str());
  return {};
}

}  // namespace

void add_embed_command(CLI::App& app, Outcome& outcome) {
  CLI::App& family = add_family(app, "package", "Packages in other forms.");
  auto made = add_command<EmbedOptions>(
      family, outcome, "embed",
      "Make a package a part of a program: an object file, C source, or a carton as it is.",
      &embed);
  EmbedOptions& options = made.options;
  made.command.add_option("package", options.package, "package folder or .cose file")->required();
  made.command.add_option("--out", options.out, "file to make")->required();
  made.command.add_option("--format", options.format, "object, c, or carton: the bytes alone")
      ->capture_default_str();
  made.command.add_option("--target", options.target,
                          "of an object: x86-64 (as without it), aarch64 or arm");
  made.command
      .add_option("--symbol", options.symbol,
                  "what the program calls it; its size is called so with _size behind")
      ->capture_default_str();
  made.command
      .add_option(
          "--payload", options.payloads,
          "which payloads travel: all (as without it), full, or the SHA-256 of a payload or "
          "of the image that a patch is for; repeat for several")
      ->type_name("all|full|SHA-256")
      ->allow_extra_args(false);
  made.command.add_option("--header", options.header, "make a C header for it, too");
  made.command.add_flag("--json", options.json, "answer as JSON");
  made.command.footer(
      "Example:\n  airlock package embed release-1.1.0 --out update.o --target arm --header "
      "update.h\n"
      "  airlock package embed release-1.1.0 --payload full --format c --out update.c");
}

}  // namespace airlock::app
