// airlock-tuf: the repository door alone, as a program. It keeps a folder of trusted metadata up to
// date and downloads targets, from any TUF repository.
#include <chrono>
#include <cstdio>
#include <exception>

#include "apps/airlock-tuf/client.h"
#include "host/commandline/commandline.h"
#include "host/json/json.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"

namespace {

using namespace airlock;
using namespace airlock::app;

constexpr const char* kExample =
    "Example:\n"
    "  airlock-tuf --metadata-dir trust init root.json\n"
    "  airlock-tuf --metadata-dir trust --metadata-url https://example.com/metadata/ refresh\n"
    "  airlock-tuf --metadata-dir trust --metadata-url https://example.com/metadata/ \\\n"
    "      --target-name app/1.0/app.bin --target-dir downloads \\\n"
    "      --target-base-url https://example.com/targets/ download\n"
    "Exit status: 0 when all of it succeeded, otherwise 1.";
constexpr int kFailed = 1;

// The system's clock, through the C library.
std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

int refuse(const NamedError& failure) {
  const std::string_view code = name(failure.error.code);
  const std::string_view what = explain(failure.error.code);
  std::fprintf(stderr, "error: %.*s: %s: %.*s\n", static_cast<int>(code.size()), code.data(),
               text::visible_line(failure.about).c_str(), static_cast<int>(what.size()),
               what.data());
  return kFailed;
}

enum class Output : std::uint8_t { people, json };

void tell(const Refreshed& done, Output output) {
  if (output == Output::json) {
    std::puts(text::visible_json(json::write({{"root", done.root},
                                              {"timestamp", done.timestamp},
                                              {"snapshot", done.snapshot},
                                              {"targets", done.targets}}))
                  .c_str());
    return;
  }
  std::printf("refreshed: root %ju, timestamp %ju, snapshot %ju, targets %ju\n",
              std::uintmax_t{done.root}, std::uintmax_t{done.timestamp},
              std::uintmax_t{done.snapshot}, std::uintmax_t{done.targets});
}

void tell(const std::vector<Downloaded>& all, Output output) {
  for (const Downloaded& done : all) {
    if (output == Output::json) {
      std::puts(text::visible_json(json::write({{"target", done.target},
                                                {"file", done.file.string()},
                                                {"was_there", done.was_there}}))
                    .c_str());
    } else {
      std::printf("%s %s\n", done.was_there ? "is there:" : "downloaded:",
                  text::visible_line(done.file.string()).c_str());
    }
  }
}

struct Line {
  Options options;
  Output output = Output::people;
};

int run_refresh(const Line& line) {
  const auto done = refresh(line.options, now());
  if (!done) return refuse(done.error());
  tell(*done, line.output);
  return 0;
}

int run_download(const Line& line) {
  const auto done = download(line.options, now());
  if (!done) return refuse(done.error());
  tell(*done, line.output);
  return 0;
}

int run_init(const Line& line) {
  const auto done = init(line.options);
  return done ? 0 : refuse(done.error());
}

// Options may stand before the command and behind it, so that they all belong to the program; what
// a command cannot do without is asked for when the line was read.
void describe_options(CLI::App& app, Line& line) {
  Options& options = line.options;
  app.add_option("--metadata-dir", options.metadata, "folder of what is trusted")->required();
  app.add_option("--metadata-url", options.metadata_url, "where the metadata lies");
  app.add_option("--target-name", options.target_names, "path of a target; may be given repeatedly")
      ->allow_extra_args(false);
  app.add_option("--target-dir", options.targets, "folder for what is downloaded");
  app.add_option("--target-base-url", options.target_base_url, "where the targets lie");
  app.add_option("--ca", options.http.ca_file,
                 "certificate authorities, PEM, instead of the system's");
  app.add_option("--patience", options.http.patience_seconds,
                 "seconds without progress before a request is given up")
      ->check(CLI::Range(1L, 3600L))
      ->capture_default_str();
  app.add_option("--metadata-size-max", options.metadata_size_max,
                 "bytes that a file of snapshot or targets metadata may have")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 30))
      ->capture_default_str();
  app.add_option("--download-size-max", options.download_size_max, "bytes that a target may have")
      ->check(CLI::Range(std::size_t{0}, kDownloadSizeMax))
      ->capture_default_str();
  app.add_flag_callback(
      "--json", [&line] { line.output = Output::json; }, "one JSON object a line");
}

int run(int argc, char** argv) {
  CLI::App app("Keeps TUF metadata up to date and downloads targets.", "airlock-tuf");
  app.require_subcommand(1);
  app.set_version_flag("--version", AIRLOCK_VERSION);
  app.footer(kExample);
  app.fallthrough();
  Line line;
  describe_options(app, line);
  CLI::App* const init = app.add_subcommand("init", "make a root the trust anchor");
  init->add_option("ROOT", line.options.root, "root metadata that came by a trusted way")
      ->required();
  CLI::App* const refresh = app.add_subcommand("refresh", "bring the metadata up to date");
  CLI::App* const download = app.add_subcommand("download", "refresh, then bring targets");
  for (CLI::App* command : {init, refresh, download}) command->fallthrough();
  if (const auto status = commandline::parse(app, argc, argv)) return *status == 0 ? 0 : kFailed;

  if (init->parsed()) return run_init(line);
  const auto lacks = [](const char* option) {
    std::fprintf(stderr, "error: usage: %s is required\n", option);
    return kFailed;
  };
  if (line.options.metadata_url.empty()) return lacks("--metadata-url");
  if (refresh->parsed()) return run_refresh(line);
  if (line.options.target_names.empty()) return lacks("--target-name");
  if (line.options.targets.empty()) return lacks("--target-dir");
  if (line.options.target_base_url.empty()) return lacks("--target-base-url");
  return run_download(line);
}

}  // namespace

// Whoever runs this looks at the status alone, and it knows two: a failure that nobody foresaw must
// not become a third.
int main(int argc, char** argv) {
  try {
    return airlock::commandline::finish(run(argc, argv));
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "error: %s\n", failure.what());
    return kFailed;
  }
}
