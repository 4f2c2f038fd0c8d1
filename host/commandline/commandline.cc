#include "host/commandline/commandline.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "host/text/text.h"

namespace airlock::commandline {
namespace {

// No option of ours begins with a digit, so "-5d" is the value of the option before it, and that
// option can say what is wrong with it. The last argument comes first, as CLI11 takes them.
std::vector<std::string> arguments_of(int argc, const char* const* argv) {
  std::vector<std::string> arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const bool number =
        argument.size() > 1 && argument[0] == '-' && argument[1] >= '0' && argument[1] <= '9';
    if (number && !arguments.empty() && arguments.back().starts_with("--")) {
      arguments.back() += "=" + argument;
    } else {
      arguments.push_back(argument);
    }
  }
  std::ranges::reverse(arguments);
  return arguments;
}

void refuse_empty_values(CLI::App& app) {
  const CLI::Validator filled(
      [](const std::string& value) {
        return value.empty() ? std::string("the value is empty") : std::string();
      },
      "");
  for (CLI::Option* option : app.get_options()) option->check(filled);
}

// Every command below `app`, and `app` first.
std::vector<CLI::App*> commands_of(CLI::App& app) {
  std::vector<CLI::App*> commands{&app};
  for (std::size_t i = 0; i < commands.size(); ++i) {
    for (CLI::App* below : commands[i]->get_subcommands(nullptr)) commands.push_back(below);
  }
  return commands;
}

// Where a command was expected, CLI11 names what is missing and not the word that stands there.
std::string explain(const CLI::App& app, const CLI::ParseError& wrong) {
  const CLI::App* command = &app;
  std::string called = app.get_name();
  while (command->get_require_subcommand_min() > 0) {
    if (const std::vector<std::string> left = command->remaining(); !left.empty()) {
      const std::string what = left.front().starts_with('-') ? "option" : "command";
      return left.front() + " is no " + what + " of " + called + "; see " + called + " --help";
    }
    if (command->get_subcommands().empty()) break;
    command = command->get_subcommands().front();
    called += " " + command->get_name();
  }
  return wrong.what();
}

// What is closed would be the number of the next file that is opened, and what is printed would be
// written into that.
void keep_standard_streams() {
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
    const bool is_closed = ::fcntl(stream, F_GETFD) < 0 && errno == EBADF;
    // Not for writing: that what is printed was not written shall be told.
    if (is_closed) static_cast<void>(::open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY));
  }
}

bool is_open_for_writing(int stream) {
  const int flags = ::fcntl(stream, F_GETFL);
  return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

}  // namespace

std::optional<int> parse(CLI::App& app, int argc, const char* const* argv) {
  keep_standard_streams();
  for (CLI::App* command : commands_of(app)) refuse_empty_values(*command);
  try {
    app.parse(arguments_of(argc, argv));
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& wrong) {
    std::fprintf(stderr, "error: usage: %s\n", text::visible(explain(app, wrong)).c_str());
    return kStatusUsage;
  }
  return std::nullopt;
}

int finish(int status) {
  std::cout.flush();
  const bool written = std::cout.good() && std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (written || status != 0) return status;
  std::fputs(is_open_for_writing(STDOUT_FILENO)
                 ? "error: disk_full: standard output: what was printed was not written\n"
                 : "error: access_denied: standard output is closed: what was printed was not "
                   "written\n",
             stderr);
  return 1;
}

}  // namespace airlock::commandline
