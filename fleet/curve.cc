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
constexpr double kHourMs = 3'600'000;
constexpr int kPoints = 200;
constexpr std::array kMarks = {0.5, 0.9, 0.99};

std::string text_of(const char* format, auto... values) {
  std::array<char, 256> buffer;
  const int size = std::snprintf(buffer.data(), buffer.size(), format, values...);
  return {buffer.data(), static_cast<std::size_t>(size)};
}

double hours(std::int64_t ms) { return static_cast<double>(ms) / kHourMs; }

// A step of 1, 2 or 5 times a power of ten, about eight of which fit.
double step_of(double whole) {
  constexpr double kSteps = 8;
  const double power = std::pow(10, std::floor(std::log10(whole / kSteps)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (power * factor * kSteps >= whole) return power * factor;
  }
  return power * 10;
}

}  // namespace

std::string draw(const Tally& tally) {
  const double whole = std::max(hours(tally.share_ms(1)), 0.1);
  const auto x = [&](double at) { return kLeft + at / whole * kWidth; };
  const auto y = [&](double share) { return kTop + (1 - share) * kHeight; };
  std::string svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"840\" height=\"450\" "
      "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"840\" height=\"450\" "
      "fill=\"white\"/>\n";
  for (double at = 0; at <= whole; at += step_of(whole)) {
    svg += text_of("<path d=\"M%.1f %.1fV%.1f\" stroke=\"#ddd\"/>", x(at), y(1), y(0));
    svg += text_of("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%g h</text>\n", x(at),
                   y(0) + 18, at);
  }
  for (const double mark : kMarks) {
    svg += text_of("<path d=\"M%.1f %.1fH%.1f\" stroke=\"#bbb\" stroke-dasharray=\"4 4\"/>", x(0),
                   y(mark), x(whole));
    svg += text_of("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%g %%</text>\n", kLeft - 6,
                   y(mark) + 4, mark * 100);
  }
  svg += "<path fill=\"none\" stroke=\"#4477aa\" stroke-width=\"2\" d=\"M";
  for (int i = 0; i <= kPoints; ++i) {
    const double share = static_cast<double>(i) / kPoints;
    svg += text_of("%s%.1f %.1f", i == 0 ? "" : "L", x(hours(tally.share_ms(share))), y(share));
  }
  svg += "\"/>\n";
  svg += text_of(
      "<text x=\"%.1f\" y=\"%.1f\">%llu devices updated, by hours since the "
      "release</text>\n</svg>\n",
      kLeft, y(0) + 44, static_cast<unsigned long long>(tally.done));
  return svg;
}

}  // namespace airlock::fleet
