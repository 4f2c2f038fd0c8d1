// Paths of descriptors: how they are written, and what they are along a type.
#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "engine/abi/clear/limits.h"
#include "engine/abi/type/type.h"

namespace airlock::abi::clear {

enum class Root : std::uint8_t { relative, data, file, container };

inline constexpr std::int32_t kOpenEnd = std::numeric_limits<std::int32_t>::max();

// One step as it is written. Negative places count from the end.
struct WrittenStep {
  enum class Kind : std::uint8_t { name, place, slice } kind = Kind::name;
  std::string name{};
  std::int32_t from = 0;
  std::int32_t to = kOpenEnd;  // of a slice, not included
};

struct WrittenPath {
  Root root = Root::relative;
  std::vector<WrittenStep> steps;
};

// read_path reads "#.orders.[].amount", "path.[-20:]", "$.metadata.enums.x", "@.to". Errors:
// bad_path (at = the character).
Result<WrittenPath> read_path(std::string_view text);

// spell_path is the one spelling of a path into the data: without root.
std::string spell_path(const WrittenPath& path);

struct Step {
  enum class Kind : std::uint8_t {
    member,   // from = which
    place,    // from = which
    every,    // all elements between from and to: a loop
    narrowed  // the bytes between from and to
  } kind = Kind::member;
  std::int32_t from = 0;
  std::int32_t to = kOpenEnd;
};

// A path along the types of one tuple: every step leads somewhere.
struct Path {
  std::vector<Step> steps;
  std::uint32_t loops = 0;
  std::uint32_t type = 0;  // what is at its end, before it is narrowed
};

// Whether a path ends at lists too, or walks over what they list.
enum class Ends : std::uint8_t { anywhere, at_values };

// follow finds the way of the steps from a type. Errors: bad_path (at = the step).
Result<Path> follow(const std::vector<WrittenStep>& steps, const type::Map& map, std::uint32_t from,
                    Ends ends);

// part_at resolves a place that may count from the end, or nothing.
std::optional<std::uint32_t> part_at(std::int32_t place, std::uint32_t count);
// span_of cuts a slice to what is there.
struct Span {
  std::uint32_t from = 0, size = 0;
};
Span span_of(std::int32_t from, std::int32_t to, std::uint32_t count);

}  // namespace airlock::abi::clear
