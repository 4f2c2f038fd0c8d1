#include "server/http/series.h"

#include <utility>

namespace airlock::http {

void put_head(std::string& text, const Series& series) {
  text.append("# HELP ").append(series.name).append(" ").append(series.help);
  text.append("\n# TYPE ").append(series.name).append(" ").append(series.type).append("\n");
}

void put(std::string& text, std::string_view series, std::uint64_t value) {
  text.append(series).append(" ").append(std::to_string(value)).append("\n");
}

void put(std::string& text, std::string_view series, std::initializer_list<Label> labels,
         std::uint64_t value) {
  text.append(series);
  char before = '{';
  for (const Label& label : labels) {
    text.push_back(std::exchange(before, ','));
    text.append(label.name).append("=\"").append(label.value).append("\"");
  }
  put(text, "}", value);
}

std::string seconds_of(std::uint64_t microseconds) {
  constexpr std::uint64_t kSecond = 1'000'000;
  std::string part = std::to_string(kSecond + microseconds % kSecond).substr(1);
  while (!part.empty() && part.back() == '0') part.pop_back();
  return std::to_string(microseconds / kSecond) + (part.empty() ? "" : "." + part);
}

}  // namespace airlock::http
