#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/sandbox/sandbox.h"

namespace airlock::sandbox {
namespace {

// Landlock as of its version 6; the headers of a build machine may know fewer.
struct Ruleset {
  std::uint64_t files = 0, network = 0, scopes = 0;
};
constexpr unsigned kVersionFlag = 1;
constexpr std::size_t kSizeOfFiles = 8, kSizeWithNetwork = 16;
constexpr long kCreateNumber = 444;    // landlock_create_ruleset, on every machine
constexpr long kRestrictNumber = 446;  // landlock_restrict_self

// What each version can forbid of files.
std::uint64_t rights_of(long version) {
  std::uint64_t bits = 13;
  if (version >= 2) bits = 14;
  if (version >= 3) bits = 15;
  if (version >= 5) bits = 16;
  return (std::uint64_t{1} << bits) - 1;
}

bool limit(int which, std::uint64_t most) {
  const rlimit value{most, most};
  return setrlimit(static_cast<__rlimit_resource_t>(which), &value) == 0;
}

}  // namespace

std::string_view name_of(Layer layer) {
  switch (layer) {
    case Layer::privileges: return "privileges";
    case Layer::limits: return "limits";
    case Layer::namespaces: return "namespaces";
    case Layer::files: return "files";
    case Layer::calls: return "calls";
  }
  return "";
}

Result<Layer> layer_named(std::string_view name) {
  for (const Layer layer : kLayers) {
    if (name_of(layer) == name) return layer;
  }
  return fail(Code::out_of_range);
}

std::string text_of(Layers layers) {
  std::string text;
  for (const Layer layer : kLayers) {
    if (!layers.has(layer)) continue;
    text += (text.empty() ? "" : ", ") + std::string(name_of(layer));
  }
  return text.empty() ? "none" : text;
}

bool give_up_privileges() { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0; }

bool set_limits(const Limits& limits) {
  return limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NPROC, 0) &&
         limit(RLIMIT_MEMLOCK, 0) && limit(RLIMIT_MSGQUEUE, 0) &&
         limit(RLIMIT_STACK, kStackBytes) && limit(RLIMIT_NOFILE, kDescriptorsMax) &&
         limit(RLIMIT_CPU, limits.processor_seconds) && limit(RLIMIT_AS, limits.memory_bytes);
}

std::uint32_t close_files() {
  const long version = syscall(kCreateNumber, nullptr, 0, kVersionFlag);
  if (version < 1) return 0;
  // What is handled, and allowed by no rule, is forbidden.
  Ruleset rules{rights_of(version), version >= 4 ? 3U : 0U, version >= 6 ? 3U : 0U};
  const std::size_t size = version >= 6   ? sizeof(rules)
                           : version >= 4 ? kSizeWithNetwork
                                          : kSizeOfFiles;
  const long ruleset = syscall(kCreateNumber, &rules, size, 0);
  if (ruleset < 0) return 0;
  const bool holds = syscall(kRestrictNumber, ruleset, 0) == 0;
  close(static_cast<int>(ruleset));
  return holds ? static_cast<std::uint32_t>(version) : 0;
}

}  // namespace airlock::sandbox
