// The corpus's lines of JSON, for the tests of this room.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/fakes/corpus.h"

namespace airlock::abi::move {

using Json = nlohmann::ordered_json;

inline std::filesystem::path corpus(std::string_view name) {
  return fakes::corpus_file("abi/move/" + std::string(name));
}

// lines_of calls `use` with each line of a file and returns how many there are.
template <class Use>
std::size_t lines_of(std::string_view name, const Use& use) {
  std::ifstream file(corpus(name));
  std::size_t lines = 0;
  for (std::string line; std::getline(file, line); ++lines) use(Json::parse(line));
  return lines;
}

inline std::vector<std::uint8_t> file_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Says to `make corpus` how many vectors a test has seen.
inline void record(std::size_t vectors) {
  testing::Test::RecordProperty("vectors", std::to_string(vectors));
}

}  // namespace airlock::abi::move
