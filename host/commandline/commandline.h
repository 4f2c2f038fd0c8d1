// host/commandline: how every program of Airlock reads its command line.
//
// It is for what CLI11 leaves open, so that the programs answer a wrong line alike. It promises
// that no option is ever taken from an empty text (an unset variable in a script is neither 0 nor
// the present folder), that a wrong line ends as `error: usage: <what is wrong>` on stderr, and
// that a word which is no command is named. It never runs anything by itself: what a program
// registered with CLI11 runs as CLI11 runs it.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>

namespace airlock::commandline {

inline constexpr int kStatusUsage = 2;

// parse reads the line and runs the callbacks of `app`. Nothing where the line was right;
// otherwise the status to exit with: 0 after --help or --version was answered, kStatusUsage after
// the line was refused.
std::optional<int> parse(CLI::App& app, int argc, const char* const* argv);

// finish is the status to exit with: `status`, or 1 and `error: disk_full: standard output` where
// what was printed could not be written, on a full disk or to a reader that is gone.
int finish(int status);

}  // namespace airlock::commandline
