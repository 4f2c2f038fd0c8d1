#include <fcntl.h>
#include <sys/mman.h>

#include "engine/fee/plugin/plugins_test.h"

namespace airlock::fee::plugin {
namespace {

std::string refused(const Buffer& file) {
  const auto made = judge(file);
  return made ? "taken" : std::string(name(made.error().code));
}

// The plugin with one text in place of another of the same length.
Buffer instead(Buffer file, std::string_view old, std::string_view next) {
  const auto place = std::search(file.begin(), file.end(), old.begin(), old.end());
  EXPECT_NE(place, file.end()) << old;
  EXPECT_EQ(old.size(), next.size());
  if (place != file.end()) std::copy(next.begin(), next.end(), place);
  return file;
}

TEST_F(Plugins, AreReadWithoutRunning) {
  const auto plugin = judged(plugin_of(charging()));
  ASSERT_TRUE(plugin);
  EXPECT_EQ(plugin->name(), "tested");
  EXPECT_EQ(plugin->release(), "1000.0.0");
  ASSERT_EQ(plugin->golden_cases().size(), 1U);
  EXPECT_EQ(plugin->golden_cases()[0].refused, Code::no_rule_matches);
  EXPECT_EQ(plugin->digest(), crypto::sha256(plugin_of(charging())));
}

TEST_F(Plugins, AreSealedBeforeTheyAreJudged) {
  const auto plugin = judged(plugin_of(charging()));
  const int seals = fcntl(plugin->descriptor(), F_GET_SEALS);
  EXPECT_EQ(seals & (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL),
            F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  const char byte = 0;
  EXPECT_LT(pwrite(plugin->descriptor(), &byte, 1, 0), 0);
  EXPECT_NE(ftruncate(plugin->descriptor(), 0), 0);
}

TEST_F(Plugins, AreRefusedWhereTheyAreNotTheOnesThatWereSigned) {
  Buffer file = plugin_of(charging());
  const crypto::Digest digest = crypto::sha256(file);
  file.back() ^= 1;
  const auto made = Candidate::judge(file, digest);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Code::digest_mismatch);
}

TEST_F(Plugins, AreRefusedByTheirSize) {
  EXPECT_EQ(refused(Buffer(elf::kFileSizeMax + 1, 0)), "oversized");
  EXPECT_EQ(refused({}), "truncated");
}

TEST_F(Plugins, AreRefusedWhereTheyAreOfAnotherVersion) {
  const std::string source = charging();
  const auto with = [&](std::string_view define) {
    std::string other = source;
    const auto place = other.find("AIRLOCK_FEE_PLUGIN(");
    other.insert(place, define);
    return refused(plugin_of(other));
  };
  EXPECT_EQ(with("#undef AIRLOCK_FEE_PLUGIN_VERSION\n#define AIRLOCK_FEE_PLUGIN_VERSION 2\n"),
            "plugin_abi_version");
  EXPECT_EQ(with("#undef AIRLOCK_FEE_PLUGIN_MAGIC\n#define AIRLOCK_FEE_PLUGIN_MAGIC 0\n"),
            "plugin_malformed");
  EXPECT_EQ(with("#define sizeof(of) (sizeof(of) + 8)\n"), "plugin_abi_version")
      << "structs of other sizes";
}

TEST_F(Plugins, AreRefusedWithoutTheirSymbols) {
  const std::string source = charging();
  for (const std::string_view gone :
       {"airlock_fee_plugin_golden[]", "airlock_fee_plugin_evaluate(const"}) {
    std::string other = source;
    other.replace(other.find(gone), gone.find_first_of("[("),
                  gone.starts_with("airlock_fee_plugin_g") ? "some_text" : "some_function");
    EXPECT_EQ(refused(plugin_of(other)), "plugin_symbol_missing") << gone;
  }
  EXPECT_EQ(refused(plugin_of("int some_function(void) { return 0; }")), "plugin_symbol_missing");
  const std::string data_for_code =
      "#define airlock_fee_plugin_evaluate another\n" + std::string(kBegin) +
      "#undef airlock_fee_plugin_evaluate\n" + std::string(kGolden) +
      "AIRLOCK_FEE_PLUGIN_SHOWN extern const char airlock_fee_plugin_evaluate[8];\n"
      "const char airlock_fee_plugin_evaluate[8] = {0};\n";
  EXPECT_EQ(refused(plugin_of(data_for_code)), "plugin_symbol_missing")
      << "data where code belongs";
  EXPECT_EQ(refused(plugin_of("struct { int magic, version; } airlock_fee_plugin = {1, 1};",
                              "-fvisibility=default")),
            "plugin_symbol_missing")
      << "what can be written says nothing";
}

TEST_F(Plugins, AreRefusedWhereTheyNeedMoreThanTheCLibrary) {
  EXPECT_EQ(refused(plugin_of(charging(), "-Wl,--no-as-needed -lm")), "taken");
  EXPECT_EQ(refused(plugin_of(charging(), "-Wl,--no-as-needed -lgcc_s")), "plugin_needs_library");
  EXPECT_EQ(
      refused(instead(plugin_of(charging(), "-Wl,--no-as-needed -lm"), "libm.so.6", "/tmp/e.so")),
      "plugin_needs_library");
}

TEST_F(Plugins, AreRefusedWhereTheyWouldRunWhenTheyAreLoaded) {
  const std::string begins =
      "static volatile int begun;\n"
      "__attribute__((constructor)) static void begin(void) { begun = 1; }\n";
  EXPECT_EQ(refused(plugin_of(source_of("return charge(answer, 1);", begins))),
            "plugin_constructor");
}

TEST_F(Plugins, AreRefusedWhereTheyMisstateThemselves) {
  const Buffer& good = plugin_of(charging());
  EXPECT_EQ(refused(instead(good, "1000.0.0", "1000.0.x")), "bad_semver");
  EXPECT_EQ(refused(instead(good, "tested", "te ted")), "bad_text");
  EXPECT_EQ(refused(instead(good, "golden:", "silver:")), "unknown_field");
  EXPECT_EQ(refused(instead(good, "amount: 1}", "amount: x}")), "bad_amount");
}

}  // namespace
}  // namespace airlock::fee::plugin
