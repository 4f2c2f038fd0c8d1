// airlock fleet: what a release does to a whole fleet. A program of its own, which becomes this
// process: it remembers what signature checks answered, and whoever signs must never do that.
#include "apps/airlock/commands.h"
#include "apps/airlock/hand_over.h"
#include "host/file/beside.h"

namespace airlock::app {
namespace {

Answer become_fleet(const std::vector<std::string>& words) {
  const file::Path program = file::beside_this_program("airlock-fleet");
  const Answer answer = hand_over(program, words);
  if (answer || answer.error().error.code != Code::not_found) return answer;
  return refuse_advising(Code::not_found, program.string() +
                                              ": the program that simulates a fleet is not there; "
                                              "install airlock-fleet beside airlock");
}

}  // namespace

void add_fleet_commands(CLI::App& app, Outcome& outcome) {
  CLI::App* const family = app.add_subcommand("fleet", "Try what a release does to a whole fleet.");
  family->prefix_command();
  family->set_help_flag();  // which the other program answers
  family->callback([family, &outcome] { outcome = become_fleet(family->remaining()); });
}

}  // namespace airlock::app
