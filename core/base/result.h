// How a function of Airlock says that something did not work.
//
// Weather is a value, bugs are assertions. Every refusal has one stable code: a number for the
// wire, a name for people and scripts, and a sentence that says what to do. The list is
// codes.inc; it is the same in the bootloader, the server and the command line, so that a reason
// can travel from a device's journal to an operator's screen unchanged.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace airlock {

enum class Code : std::uint16_t {
  ok = 0,
#define X(number, name, text) name = number,
#include "core/base/codes.inc"
#undef X
};

// An error: why, and where (a byte offset, index or count; its meaning belongs to the code).
struct Error {
  Code code = Code::ok;
  std::uint64_t at = 0;

  friend constexpr bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

// fail makes the unexpected side of a Result: `return fail(Code::truncated, offset);`.
constexpr std::unexpected<Error> fail(Code code, std::uint64_t at = 0) {
  return std::unexpected(Error{code, at});
}

// name returns the code's stable name, such as "quorum_missing"; "unknown" for a number that
// this version does not list.
std::string_view name(Code code);

// explain returns the code's sentence for people.
std::string_view explain(Code code);

// code_named returns the code of a stable name, or Code::ok where there is none.
Code code_named(std::string_view name);

// known_code returns the code of a number from the wire; not found is out_of_range.
Result<Code> known_code(std::uint64_t number);

}  // namespace airlock

// AIRLOCK_TRY(expression): returns its error from the enclosing function.
#define AIRLOCK_TRY(expression)                           \
  do {                                                    \
    if (auto tried_ = (expression); !tried_) [[unlikely]] \
      return std::unexpected(tried_.error());             \
  } while (false)

#define AIRLOCK_CONCAT_(a, b) a##b
#define AIRLOCK_CONCAT(a, b) AIRLOCK_CONCAT_(a, b)

// AIRLOCK_ASSIGN(declaration, expression): declares from the value, or returns the error.
#define AIRLOCK_ASSIGN(declaration, expression) \
  AIRLOCK_ASSIGN_(AIRLOCK_CONCAT(result_, __LINE__), declaration, expression)
#define AIRLOCK_ASSIGN_(result, declaration, expression) \
  auto result = (expression);                            \
  if (!result) [[unlikely]]                              \
    return std::unexpected(result.error());              \
  declaration = std::move(*result)
