// Series of Prometheus, as text.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace airlock::http {

struct Series {
  std::string_view name;
  std::string_view type;
  std::string_view help;
};
// put_head writes what stands above the values of a series.
void put_head(std::string& text, const Series& series);

// One label of a series; what stands in it is a plain word or a number.
struct Label {
  std::string_view name;
  std::string_view value;
};
void put(std::string& text, std::string_view series, std::uint64_t value);
void put(std::string& text, std::string_view series, std::initializer_list<Label> labels,
         std::uint64_t value);

// seconds_of writes microseconds in the unit that Prometheus wants: "0.00025".
std::string seconds_of(std::uint64_t microseconds);

}  // namespace airlock::http
