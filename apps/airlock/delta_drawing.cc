#include "apps/airlock/delta_drawing.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

#include "host/text/text.h"

namespace airlock::app {
namespace {

using diff::BlockParts;
using diff::kParts;
using diff::Part;
using diff::PayloadParts;

// A letter and a colour for each part; the colours are told apart by people who see few of them.
constexpr std::string_view kLetters = "mLrupblDW";
constexpr std::array<std::string_view, kParts> kColours = {"#999933", "#cc6677", "#dddddd",
                                                           "#88ccee", "#332288", "#117733",
                                                           "#44aa99", "#ddcc77", "#661100"};
static_assert(kLetters.size() == kParts);

constexpr std::size_t kBarWidth = 48;

double bytes_of_parts(const BlockParts& block) {
  double sum = 0;
  for (const double each : block.bytes) sum += each;
  return sum;
}

double largest(const PayloadParts& parts) {
  double most = 1;
  for (const BlockParts& block : parts.blocks) most = std::max(most, bytes_of_parts(block));
  return most;
}

std::array<double, kParts> totals(const PayloadParts& parts) {
  std::array<double, kParts> sums{};
  for (const BlockParts& block : parts.blocks) {
    for (std::size_t i = 0; i < kParts; ++i) sums[i] += block.bytes[i];
  }
  return sums;
}

std::string_view kind_of(const BlockParts& block) {
  if (block.coding == delta::Coding::raw) return "raw";
  return block.is_clean ? "clean" : name_of_isa(block.isa);
}

template <class... Values>
std::string formatted(const char* format, Values... values) {
  std::array<char, 256> line;
  std::snprintf(line.data(), line.size(), format, values...);
  return line.data();
}

}  // namespace

std::string_view name_of_isa(delta::Isa isa) {
  switch (isa) {
    case delta::Isa::none: return "-";
    case delta::Isa::thumb: return "thumb";
    case delta::Isa::arm: return "a32";
    case delta::Isa::arm64: return "a64";
    case delta::Isa::x86_64: return "x86-64";
  }
  return "";
}

std::string text_of(const PayloadParts& parts) {
  std::string made = formatted(
      "index %zu, facts %zu (%u segments, %u in the chain), proofs %zu; "
      "decoder %u, scratch %zu\n",
      parts.index, parts.facts, parts.segments, parts.chain, parts.proofs, parts.memory,
      parts.scratch());
  for (const delta::Region& region : parts.regions) {
    made += formatted("%s 0x%08x, %u bytes", region.linked ? "linked at" : "RAM at",
                      region.linked ? region.zero : region.first, region.size);
    if (region.relocation != 0) {
      made += formatted(", the image at 0x%08x", region.zero + region.relocation);
    }
    made += "\n";
  }
  const std::array<double, kParts> sums = totals(parts);
  for (std::size_t i = 0; i < kParts; ++i) {
    if (sums[i] < 0.5) continue;
    made += formatted("  %c %-9s %9.0f\n", kLetters[i],
                      std::string(diff::name_of(static_cast<Part>(i))).c_str(), sums[i]);
  }
  const double most = largest(parts);
  for (std::size_t block = 0; block < parts.blocks.size(); ++block) {
    const BlockParts& each = parts.blocks[block];
    std::string bar;
    double until = 0;
    for (std::size_t i = 0; i < kParts; ++i) {
      until += each.bytes[i];
      const auto end = static_cast<std::size_t>(std::lround(until / most * kBarWidth));
      if (end > bar.size()) bar.append(end - bar.size(), kLetters[i]);
    }
    made += formatted("%5zu %-6s %7zu ", block, std::string(kind_of(each)).c_str(), each.stored);
    made += bar + "\n";
  }
  return made;
}

std::string svg_of(const PayloadParts& parts) {
  constexpr int kRow = 14;
  constexpr int kLeft = 120;
  constexpr int kWidth = 640;
  const int top = 40 + kRow;
  const int height = top + kRow * static_cast<int>(parts.blocks.size()) + kRow;
  std::string made = formatted(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
      "font-family=\"sans-serif\" "
      "font-size=\"10\">\n",
      kLeft + kWidth + 20, height);
  made += formatted(
      "<text x=\"4\" y=\"14\">index %zu, facts %zu, proofs %zu bytes; %u segments; decoder "
      "%u</text>\n",
      parts.index, parts.facts, parts.proofs, parts.segments, parts.memory);
  for (std::size_t i = 0; i < kParts; ++i) {
    const int x = 4 + 80 * static_cast<int>(i);
    made += formatted("<rect x=\"%d\" y=\"22\" width=\"10\" height=\"10\" fill=\"%s\"/>", x,
                      std::string(kColours[i]).c_str());
    made += formatted("<text x=\"%d\" y=\"31\">%s</text>\n", x + 13,
                      std::string(diff::name_of(static_cast<Part>(i))).c_str());
  }
  const double scale = kWidth / largest(parts);
  for (std::size_t block = 0; block < parts.blocks.size(); ++block) {
    const BlockParts& each = parts.blocks[block];
    const int y = top + kRow * static_cast<int>(block);
    made += formatted("<text x=\"4\" y=\"%d\">%zu %s %zu</text>", y + 9, block,
                      std::string(kind_of(each)).c_str(), each.stored);
    double x = kLeft;
    for (std::size_t i = 0; i < kParts; ++i) {
      const double width = each.bytes[i] * scale;
      if (width <= 0) continue;
      made += formatted("<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>", x,
                        y, width, kRow - 3, std::string(kColours[i]).c_str());
      x += width;
    }
    made += "\n";
  }
  return made + "</svg>\n";
}

}  // namespace airlock::app
