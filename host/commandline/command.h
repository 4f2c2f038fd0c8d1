// How a command of a program is registered and how it ends.
//
// Each family of commands has one function `add_..._commands(app, outcome)` that main calls. A
// command keeps its options in a struct of its own, names a function that does the work, and
// registers both with add_command:
//
//   struct TimestampOptions { std::string repo, key; };
//   auto made = add_command<TimestampOptions>(*repo, outcome, "timestamp", "..", &timestamp);
//   made.command.add_option("--repo", made.options.repo)->required();
//   ..
//   Answer timestamp(const TimestampOptions& options) { .. return refuse(Code::busy, "repo"); }
//
// The work never exits the process and never prints its error: it returns it, and main ends with
// what `conclude` answers.
#pragma once

#include <CLI/CLI.hpp>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/base.h"

namespace airlock::commandline {

// Why a command did not do what it was asked, and what it was about: a path, a key's name, a URL.
struct Refusal {
  Error error;
  std::string about;
  bool advises = false;  // `about` says itself what to do: the code's advice would be a second one
};
// What a command that did its work ends with: 0, kStatusWarned where it found what is to be done
// soon, or kStatusFailed where what it tried for somebody went wrong.
inline constexpr int kStatusWarned = 3;
inline constexpr int kStatusFailed = 1;
struct Done {
  int status = 0;
};
using Answer = std::expected<Done, Refusal>;

inline std::unexpected<Refusal> refuse(Error error, std::string about) {
  return std::unexpected(Refusal{error, std::move(about)});
}
inline std::unexpected<Refusal> refuse(Code code, std::string about) {
  return refuse(Error{code}, std::move(about));
}
// refuse_advising is refuse where `about` ends with what to do.
inline std::unexpected<Refusal> refuse_advising(Code code, std::string about) {
  return std::unexpected(Refusal{Error{code}, std::move(about), true});
}

// What the one command that ran answered; empty where none ran.
using Outcome = std::optional<Answer>;

// conclude is the status to exit with: what the command ended with, or 1 after
// `error: <code>: <about>: <what to do>` was printed, or kStatusUsage where the line was wrong.
int conclude(const Outcome& outcome);

// end_without_memory is for std::set_new_handler: a file may ask for more memory than there is,
// which is no fault of the program.
[[noreturn]] void end_without_memory();

// A registered command and the options that its command line fills. Both live as long as the app.
template <class Options>
struct Registered {
  CLI::App& command;
  Options& options;
};

// add_command adds a command below `parent`; when the command line names it, `run` is called with
// the filled options, and its answer is kept in `outcome`.
template <class Options>
Registered<Options> add_command(CLI::App& parent, Outcome& outcome, const std::string& name,
                                const std::string& description, Answer (*run)(const Options&)) {
  CLI::App* command = parent.add_subcommand(name, description);
  auto options = std::make_shared<Options>();
  command->callback([options, run, &outcome] { outcome = run(*options); });
  return {*command, *options};
}

// add_family adds a command that only groups others ("repo init", "repo timestamp").
inline CLI::App& add_family(CLI::App& parent, const std::string& name,
                            const std::string& description) {
  CLI::App* family = parent.add_subcommand(name, description);
  family->require_subcommand(1);
  return *family;
}

}  // namespace airlock::commandline

// AIRLOCK_ANSWER_TRY(expression, about): ends the command with a Status' error.
#define AIRLOCK_ANSWER_TRY(expression, about)                                    \
  do {                                                                           \
    if (auto tried_ = (expression); !tried_) [[unlikely]]                        \
      return ::airlock::commandline::refuse(tried_.error(), std::string(about)); \
  } while (false)

// AIRLOCK_ANSWER_ASSIGN(declaration, expression, about): declares from the value, or ends so.
#define AIRLOCK_ANSWER_ASSIGN(declaration, expression, about) \
  AIRLOCK_ANSWER_ASSIGN_(AIRLOCK_CONCAT(answer_, __LINE__), declaration, expression, about)
#define AIRLOCK_ANSWER_ASSIGN_(result, declaration, expression, about)         \
  auto result = (expression);                                                  \
  if (!result) [[unlikely]]                                                    \
    return ::airlock::commandline::refuse(result.error(), std::string(about)); \
  declaration = std::move(*result)
