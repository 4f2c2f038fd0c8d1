// Published vectors that others keep, outside the repository: where they lie, and how the ones in
// lines of "name: value" are read.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace airlock::fakes {

// corpus_file names a file of a family ("crypto/slhdsa/x.txt") in AIRLOCK_CORPUS, or in
// ../shared/corpus, without "..", so that names inside of it can be told relative to it. Tests are
// skipped where it is absent.
inline std::filesystem::path corpus_file(std::string_view name) {
  const char* folder = std::getenv("AIRLOCK_CORPUS");
  const std::filesystem::path corpus = folder != nullptr ? folder : "../shared/corpus";
  return (std::filesystem::absolute(corpus) / name).lexically_normal();
}

inline std::vector<std::uint8_t> bytes_of_hex(const std::string& text) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

// each_line_in calls `use` with each line of a file and returns how many there are.
template <class Use>
std::size_t each_line_in(const std::filesystem::path& path, const Use& use) {
  std::ifstream file(path);
  std::size_t lines = 0;
  for (std::string line; std::getline(file, line); ++lines) use(line);
  return lines;
}

inline std::vector<std::uint8_t> bytes_in(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The members of each case; an empty line ends a case, and '#' begins a comment.
using Case = std::map<std::string, std::string>;
inline std::vector<Case> cases_in(const std::filesystem::path& path) {
  std::vector<Case> cases(1);
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) {
      if (!cases.back().empty()) cases.emplace_back();
      continue;
    }
    cases.back()[line.substr(0, colon)] = line.substr(std::min(colon + 2, line.size()));
  }
  if (cases.back().empty()) cases.pop_back();
  return cases;
}

}  // namespace airlock::fakes
