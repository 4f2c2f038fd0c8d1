// Apart from the names, so that a program which never explains has no room for the texts.
#include "core/base/result.h"

namespace airlock {
namespace {

struct Row {
  Code code;
  std::string_view text;
};

constexpr Row kRows[] = {
    {Code::ok, "no error"},
#define X(number, name, text) {Code::name, text},
#include "core/base/codes.inc"
#undef X
};

}  // namespace

std::string_view explain(Code code) {
  for (const Row& row : kRows) {
    if (row.code == code) return row.text;
  }
  return "an error that this version does not know";
}

}  // namespace airlock
