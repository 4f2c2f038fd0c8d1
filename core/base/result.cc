#include "core/base/result.h"

namespace airlock {
namespace {

struct Row {
  Code code;
  std::string_view name;
};

constexpr Row kRows[] = {
    {Code::ok, "ok"},
#define X(number, name, text) {Code::name, #name},
#include "core/base/codes.inc"
#undef X
};

const Row* row_of(Code code) {
  for (const Row& row : kRows) {
    if (row.code == code) return &row;
  }
  return nullptr;
}

}  // namespace

std::string_view name(Code code) {
  const Row* row = row_of(code);
  return row != nullptr ? row->name : "unknown";
}

Code code_named(std::string_view name) {
  for (const Row& row : kRows) {
    if (row.name == name) return row.code;
  }
  return Code::ok;
}

Result<Code> known_code(std::uint64_t number) {
  for (const Row& row : kRows) {
    if (static_cast<std::uint64_t>(row.code) == number) return row.code;
  }
  return fail(Code::out_of_range, number);
}

}  // namespace airlock
