// Plugins for tests, compiled as their authors would, and the runner beside the test binary.
#pragma once

#include <dlfcn.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>

#include "engine/elf/compile_test.h"
#include "engine/fee/plugin/plugin.h"
#include "engine/fee/policy/policies_test.h"

namespace airlock::fee::plugin {

using Buffer = std::vector<std::uint8_t>;

inline const std::string kHeaders = "-I engine/fee/plugin/abi";
// A plugin that charges its own major version, and that of each amount which is asked for.
inline constexpr std::string_view kBegin =
    "#include <airlock_fee_plugin.h>\n"
    "#include <string.h>\n"
    "AIRLOCK_FEE_PLUGIN(\"tested\", \"1000.0.0\");\n";
inline constexpr std::string_view kGolden =
    "const char airlock_fee_plugin_golden[] = \"golden:\\n"
    "  - {name: none, given: {chain: none, amount: 1}, expect: {refused: no_rule_matches}}\\n\";\n";
// Answers `fee`, a number below 2^31, to the treasury.
inline constexpr std::string_view kAnswer =
    "static int charge(airlock_fee_answer* answer, unsigned fee) {\n"
    "  strcpy(answer->rule, \"only\");\n"
    "  answer->share_count = 1;\n"
    "  strcpy(answer->shares[0].recipient, \"treasury\");\n"
    "  for (int i = 0; i < 4; ++i) answer->fee[31 - i] = (uint8_t)(fee >> (8 * i));\n"
    "  memcpy(answer->shares[0].amount, answer->fee, 32);\n"
    "  return AIRLOCK_FEE_NAMED;\n"
    "}\n";

// source_of makes a plugin of what its function does where the chain is not \"none\".
inline std::string source_of(std::string_view body, std::string_view before = "") {
  return std::string(kBegin) + std::string(kGolden) + std::string(kAnswer) + std::string(before) +
         "\nint airlock_fee_plugin_evaluate(const airlock_fee_situation* situation,\n"
         "                                airlock_fee_answer* answer) {\n"
         "  if (strcmp(situation->chain, \"none\") == 0) return AIRLOCK_FEE_NO_RULE_MATCHES;\n" +
         std::string(body) + "\n}\n";
}

// Charges the major version that it states.
inline std::string charging() {
  return source_of(
      "const volatile char* const release = airlock_fee_plugin.release;\n"
      "unsigned major = 0;\n"
      "for (int i = 0; release[i] != '.'; ++i) major = 10 * major + (unsigned)(release[i] - '0');\n"
      "return charge(answer, major);");
}

// plugin_of compiles a source, each once.
inline const Buffer& plugin_of(const std::string& source, const std::string& flags = "") {
  static std::map<std::string, Buffer> made;
  auto [place, is_new] = made.try_emplace(source + flags);
  if (is_new) place->second = elf::compiled(source, kHeaders + " " + flags);
  return place->second;
}

// released is the plugin as another version: "1000.0.0" becomes `major`.0.0, of four digits.
inline Buffer released(Buffer file, int major) {
  constexpr std::string_view kOld = "1000.0.0";
  const std::string next = std::to_string(major) + ".0.0";
  const auto place = std::search(file.begin(), file.end(), kOld.begin(), kOld.end());
  EXPECT_NE(place, file.end());
  if (place != file.end()) std::copy(next.begin(), next.end(), place);
  return file;
}

inline Read<std::shared_ptr<const Candidate>> judge(const Buffer& file) {
  return Candidate::judge(file, crypto::sha256(file));
}
inline std::shared_ptr<const Candidate> judged(const Buffer& file) {
  auto made = judge(file);
  EXPECT_TRUE(made) << made.error().text();
  return made ? *made : nullptr;
}

inline Confinement confined(std::chrono::milliseconds budget = std::chrono::milliseconds(5'000)) {
  const auto self = std::filesystem::read_symlink("/proc/self/exe");
  return {.runner = self.parent_path() / "airlock-fee-runner", .budget = budget};
}
inline PartOfWallet of_wallet(const Candidate& plugin) {
  return *PartOfWallet::of(plugin, {plugin.digest()}, {plugin.digest()});
}

inline bool is_sanitized() {
  return dlsym(RTLD_DEFAULT, "__asan_init") != nullptr ||
         dlsym(RTLD_DEFAULT, "__tsan_init") != nullptr;
}

// Whether this machine can confine: otherwise what needs that is skipped, and says so.
inline std::string missing_layers() {
  static const std::string missing = [] {
    Confinement how = confined();
    how.required = sandbox::Layers();
    const auto child = Child::start(judged(plugin_of(charging())), how);
    if (!child) return "no process: " + std::string(name(child.error().code));
    const sandbox::Layers held = (*child)->report().layers;
    if (held == sandbox::Layers::all()) return std::string();
    return "this machine confines by " + sandbox::text_of(held) + " alone";
  }();
  return missing;
}

class Plugins : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!elf::has_compiler()) GTEST_SKIP() << "no C compiler: no plugin";
  }
  // The wallet of these tests.
  static Limits limits() {
    auto made = Limits::read(
        "airlock_fee_limits: 1\nrecipients: [treasury, partner]\n"
        "caps: [{chain: \"eip155:*\", at_most: 5000}]\n");
    EXPECT_TRUE(made);
    return std::move(*made);
  }
};

class Confined : public Plugins {
 protected:
  void SetUp() override {
    Plugins::SetUp();
    if (IsSkipped()) return;
    if (!missing_layers().empty()) GTEST_SKIP() << missing_layers();
  }
};

// no_process_is_left says whether nothing that this process began still runs, nor what that began.
inline bool no_process_is_left() { return waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD; }

inline std::string told(const Result<Fee>& fee) {
  return fee ? text_of(fee->total) : std::string(name(fee.error().code));
}

}  // namespace airlock::fee::plugin
