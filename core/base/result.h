// How a function of Airlock says that something did not work.
//
// Weather is a value, bugs are assertions. Every refusal has one stable code: a number for the
// wire, a name for people and scripts, and a sentence that says what to do. The list is
// codes.inc; it is the same in the bootloader, the server and the command line, so that a reason
// can travel from a device's journal to an operator's screen unchanged.
#pragma once

#include <concepts>
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

// What says more than an error, and is made of one.
template <class Other>
concept TakesError = std::convertible_to<Error, Other> && !std::same_as<Other, Error>;

// What fail answers: the unexpected side of any Result. It is made there by a call and not in
// place, since refusing is what most of the code in core/ does.
class Failure {
 public:
  constexpr Failure(Code code, std::uint64_t at) : code_(code), at_(at) {}

  template <class T>
  [[gnu::always_inline]] constexpr operator Result<T>() const {
    if consteval {
      return Result<T>(std::unexpect, Error{code_, at_});
    }
    // Most say nothing of a place: then the call has one argument less.
    if (__builtin_constant_p(at_) && at_ == 0) return made<T>(code_);
    return made<T>(code_, at_);
  }
  template <class T, TakesError Other>
  constexpr operator std::expected<T, Other>() const {
    return std::unexpected<Other>(Error{code_, at_});
  }
  constexpr operator std::unexpected<Error>() const { return std::unexpected(Error{code_, at_}); }

 private:
  template <class T>
  [[gnu::noinline]] static Result<T> made(Code code) {
    return Result<T>(std::unexpect, Error{code, 0});
  }
  template <class T>
  [[gnu::noinline]] static Result<T> made(Code code, std::uint64_t at) {
    return Result<T>(std::unexpect, Error{code, at});
  }

  Code code_;
  std::uint64_t at_;
};

// The same, of an error that came from elsewhere, and that must outlive it.
class SameFailure {
 public:
  constexpr explicit SameFailure(const Error& error) : error_(&error) {}

  template <class T>
  [[gnu::always_inline]] constexpr operator Result<T>() const {
    if consteval {
      return Result<T>(std::unexpect, *error_);
    }
    return made<T>(*error_);
  }
  template <class T, TakesError Other>
  constexpr operator std::expected<T, Other>() const {
    return std::unexpected<Other>(*error_);
  }
  constexpr operator std::unexpected<Error>() const { return std::unexpected(*error_); }

 private:
  template <class T>
  [[gnu::noinline]] static Result<T> made(const Error& error) {
    return Result<T>(std::unexpect, error);
  }

  const Error* error_;
};

// fail makes the unexpected side of a Result: `return fail(Code::truncated, offset);`, or of one
// that was seen: `return fail(read.error());`. An error of another type goes on as it is.
[[gnu::always_inline]] constexpr Failure fail(Code code, std::uint64_t at = 0) {
  return {code, at};
}
[[gnu::always_inline]] constexpr SameFailure fail(const Error& error) { return SameFailure(error); }
template <class Other>
constexpr std::unexpected<Other> fail(const Other& error) {
  return std::unexpected<Other>(error);
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
#define AIRLOCK_TRY(expression)                             \
  do {                                                      \
    if (auto&& tried_ = (expression); !tried_) [[unlikely]] \
      return ::airlock::fail(tried_.error());               \
  } while (false)

#define AIRLOCK_CONCAT_(a, b) a##b
#define AIRLOCK_CONCAT(a, b) AIRLOCK_CONCAT_(a, b)

// AIRLOCK_ASSIGN(declaration, expression): declares from the value, or returns the error.
#define AIRLOCK_ASSIGN(declaration, expression) \
  AIRLOCK_ASSIGN_(AIRLOCK_CONCAT(result_, __LINE__), declaration, expression)
#define AIRLOCK_ASSIGN_(result, declaration, expression) \
  auto result = (expression);                            \
  if (!result) [[unlikely]]                              \
    return ::airlock::fail(result.error());              \
  declaration = std::move(*result)
