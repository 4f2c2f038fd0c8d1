#include "core/base/result.h"

namespace airlock {
namespace {

// Side by side: a table of views would take as many bytes again as the names do. Each name ends
// with a zero, for those who give it to C.
constexpr Code kCodes[] = {
    Code::ok,
#define X(number, name, text) Code::name,
#include "core/base/codes.inc"
#undef X
};

constexpr char kNames[] = "ok\0"
#define X(number, name, text) #name "\0"
#include "core/base/codes.inc"
#undef X
    ;

constexpr std::uint8_t kNameSizes[] = {
    2,
#define X(number, name, text) sizeof(#name) - 1,
#include "core/base/codes.inc"
#undef X
};

// find_row returns the first code, with its name, for which `is` holds; ok and "unknown" for none.
struct Row {
  Code code;
  std::string_view name;
};
template <class Is>
Row find_row(const Is& is) {
  const char* name = kNames;
  for (std::size_t i = 0; i < std::size(kCodes); name += kNameSizes[i++] + 1) {
    const Row row = {kCodes[i], {name, kNameSizes[i]}};
    if (is(row)) return row;
  }
  return {Code::ok, "unknown"};
}

}  // namespace

std::string_view name(Code code) {
  return find_row([&](const Row& row) { return row.code == code; }).name;
}

Code code_named(std::string_view name) {
  return find_row([&](const Row& row) { return row.name == name; }).code;
}

Result<Code> known_code(std::uint64_t number) {
  for (const Code code : kCodes) {
    if (static_cast<std::uint64_t>(code) == number) return code;
  }
  return fail(Code::out_of_range, number);
}

}  // namespace airlock
