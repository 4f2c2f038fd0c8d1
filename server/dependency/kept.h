// The newest good answers to what was asked, for when nobody answers.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace airlock::dependency {

inline constexpr std::size_t kKeptMax = 256;  // answers of one dependency
inline constexpr std::size_t kKeptBodyMax = 64 << 10;

struct KeptAnswer {
  std::string type{};
  std::string headers{};  // lines
  std::string body{};
  std::uint64_t at_ms = 0;
};

// Kept forgets what was asked longest ago. Any thread may use it.
class Kept {
 public:
  // keep drops an answer whose body is longer than kKeptBodyMax, and what it had of that question.
  void keep(const std::string& question, KeptAnswer answer);
  // find answers with what is at most that old, or nothing.
  std::shared_ptr<const KeptAnswer> find(const std::string& question, std::uint64_t now_ms,
                                         std::uint64_t age_ms_max);

 private:
  struct Entry {
    std::string question;
    std::shared_ptr<const KeptAnswer> answer;
  };
  std::mutex mutex_;
  std::list<Entry> entries_;  // what was asked last stands first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> places_;
};

}  // namespace airlock::dependency
