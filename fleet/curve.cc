#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "fleet/fleet.h"

namespace airlock::fleet {
namespace {

constexpr double kWidth = 720;
constexpr double kHeight = 360;
constexpr double kLeft = 64;
constexpr double kTop = 24;
constexpr std::size_t kPoints = 200;
constexpr std::array kMarks = {0.5, 0.9, 0.99};

std::string text_of(const char* format, auto... values) {
  std::array<char, 256> buffer;
  const int size = std::snprintf(buffer.data(), buffer.size(), format, values...);
  return {buffer.data(), static_cast<std::size_t>(size)};
}

// A step of 1, 2 or 5 times a power of ten, about eight of which fit.
double step_of(double whole) {
  constexpr double kSteps = 8;
  const double power = std::pow(10, std::floor(std::log10(whole / kSteps)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (power * factor * kSteps >= whole) return power * factor;
  }
  return power * 10;
}

// What time is told in.
struct Unit {
  const char* name;
  double ms;
};

Unit unit_of(std::int64_t whole_ms) {
  constexpr double kSecondMs = 1000;
  constexpr double kHourMs = 3'600'000;
  if (static_cast<double>(whole_ms) < kHourMs) return {"s", kSecondMs};
  return {"h", kHourMs};
}

class Drawing {
 public:
  explicit Drawing(const Tally& tally)
      : tally_(tally),
        whole_ms_(std::max<std::int64_t>(tally.took_ms.empty() ? 0 : tally.took_ms.back(), 1000)),
        unit_(unit_of(whole_ms_)) {}

  std::string axes() const;
  std::string curve() const;
  std::string legend() const;

 private:
  double in_units(std::int64_t ms) const { return static_cast<double>(ms) / unit_.ms; }
  double x(double at) const { return kLeft + at / in_units(whole_ms_) * kWidth; }
  static double y(double share) { return kTop + (1 - share) * kHeight; }

  const Tally& tally_;
  std::int64_t whole_ms_;
  Unit unit_;
};

std::string Drawing::axes() const {
  std::string svg;
  const double whole = in_units(whole_ms_);
  const double step = step_of(whole);
  for (int i = 0; i * step <= whole; ++i) {
    const double at = i * step;
    svg += text_of("<path d=\"M%.1f %.1fV%.1f\" stroke=\"#ddd\"/>", x(at), y(1), y(0));
    svg += text_of("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%g %s</text>\n", x(at),
                   y(0) + 18, at, unit_.name);
  }
  for (const double mark : kMarks) {
    svg += text_of("<path d=\"M%.1f %.1fH%.1f\" stroke=\"#bbb\" stroke-dasharray=\"4 4\"/>", x(0),
                   y(mark), x(whole));
    svg += text_of("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%g %%</text>\n", kLeft - 6,
                   y(mark) + 4, mark * 100);
  }
  return svg;
}

// Up to what was done of the willing, and no further.
std::string Drawing::curve() const {
  const std::size_t done = tally_.took_ms.size();
  std::string svg = "<path fill=\"none\" stroke=\"#4477aa\" stroke-width=\"2\" d=\"M";
  svg += text_of("%.1f %.1f", x(0), y(0));
  for (std::size_t i = 1; i <= kPoints && done > 0; ++i) {
    const std::size_t count = std::max<std::size_t>(done * i / kPoints, 1);
    const double share = static_cast<double>(count) / static_cast<double>(tally_.willing());
    svg += text_of("L%.1f %.1f", x(in_units(tally_.took_ms[count - 1])), y(share));
  }
  return svg + "\"/>\n";
}

std::string Drawing::legend() const {
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  return text_of(
      "<text x=\"%.1f\" y=\"%.1f\">%llu of %llu updates that no owner refused are done "
      "(%llu releases to %llu devices); time since the release</text>\n",
      kLeft, y(0) + 44, number(tally_.done), number(tally_.willing()), number(tally_.releases),
      number(tally_.devices));
}

}  // namespace

std::string draw(const Tally& tally) {
  const Drawing drawing(tally);
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"840\" height=\"450\" "
         "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"840\" height=\"450\" "
         "fill=\"white\"/>\n" +
         drawing.axes() + drawing.curve() + drawing.legend() + "</svg>\n";
}

}  // namespace airlock::fleet
