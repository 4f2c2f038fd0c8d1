// The examples of RFC 8949, appendix A, from cbor/test-vectors: the deterministic reader accepts
// what is canonical and within its types, and refuses the rest. Skipped where the corpus is absent.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/codec/codec.h"
#include "tests/fakes/corpus.h"

namespace airlock::codec {
namespace {

// Floats, undefined, other simple values and indefinite lengths are no part of our formats.
bool stands_outside(const std::string& hex) {
  for (const char* start : {"f9", "fa", "fb", "f7", "f0", "f8", "c1fb", "5f", "7f", "9f", "bf"}) {
    if (hex.starts_with(start)) return true;
  }
  return hex == "83018202039f0405ff" || hex == "83019f0203ff820405" || hex == "826161bf61626163ff";
}

TEST(CborCorpus, AcceptsExactlyTheDeterministicExamplesOfAppendixA) {
  const auto path = fakes::corpus_file("crypto/cbor/appendix_a.json");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no corpus at " << path;
  const auto examples = nlohmann::json::parse(std::ifstream(path));
  std::size_t accepted = 0;
  for (const auto& example : examples) {
    const std::string hex = example.at("hex");
    const auto encoded = fakes::bytes_of_hex(hex);
    CborReader reader(encoded);
    const bool read = reader.skip_item().has_value() && reader.at_end();
    EXPECT_EQ(read, !stands_outside(hex)) << hex;
    accepted += read;
  }
  EXPECT_EQ(examples.size(), 82u);
  EXPECT_GT(accepted, 35u);
}

}  // namespace
}  // namespace airlock::codec
