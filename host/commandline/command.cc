#include "host/commandline/command.h"

#include <cstdio>
#include <cstdlib>

#include "host/commandline/commandline.h"
#include "host/text/text.h"

namespace airlock::commandline {
namespace {

constexpr int kStatusRefused = 1;

int report(const Refusal& refusal) {
  const std::string code(name(refusal.error.code));
  const std::string about = text::visible_line(refusal.about);
  const std::string advice(refusal.advises ? "" : explain(refusal.error.code));
  const char* const between = about.empty() || advice.empty() ? "" : ": ";
  std::fprintf(stderr, "error: %s: %s%s%s\n", code.c_str(), about.c_str(), between, advice.c_str());
  return refusal.error.code == Code::usage ? kStatusUsage : kStatusRefused;
}

}  // namespace

int conclude(const Outcome& outcome) {
  if (!outcome) return 0;
  return *outcome ? finish((*outcome)->status) : report(outcome->error());
}

void end_without_memory() {
  const std::string_view advice = explain(Code::no_room);
  std::fprintf(stderr, "error: no_room: %.*s\n", static_cast<int>(advice.size()), advice.data());
  std::_Exit(kStatusRefused);
}

}  // namespace airlock::commandline
