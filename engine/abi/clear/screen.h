// What a person is shown before signing: sentences and fields, each with what is doubtful about it.
//
// Every text in it is harmless: characters that hide or reorder others are escaped, and one line is
// one line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/base.h"

namespace airlock::abi::clear {

// Numbers are places of bits; explain has a sentence for each.
enum class Warning : std::uint8_t {
  no_descriptor = 0,
  not_bound,
  unknown_call,
  undecodable,
  not_canonical,
  bad_descriptor,
  forbidden_value,
  over_budget,
  unknown_token,
  unknown_chain,
  unknown_name,
  unknown_collection,
  unknown_block,
  unknown_value,
  wrong_kind,
  no_parameter,
  other_kind_of_address,
  encrypted,
  escaped,
  look_alike,
  shortened,
  nested_unknown,
  nested_refused,
  value_unseen,
  no_intent,
  no_sentence,
  partial_domain,
  guessed,
  calls_missing,
  argument_unseen,
  code_delegated,
  any_chain,
  last = any_chain,
};

std::string_view name(Warning warning);
std::string_view explain(Warning warning);

// A set of warnings.
class Warnings {
 public:
  void add(Warning warning) { bits_ |= std::uint32_t{1} << static_cast<unsigned>(warning); }
  void add(Warnings others) { bits_ |= others.bits_; }
  bool has(Warning warning) const { return (bits_ >> static_cast<unsigned>(warning) & 1U) != 0; }
  bool empty() const { return bits_ == 0; }
  friend bool operator==(const Warnings&, const Warnings&) = default;

 private:
  std::uint32_t bits_ = 0;
};

// all returns those of a set, in the order of the enumeration.
std::vector<Warning> all(Warnings warnings);

// What stands under a field beside its value: of a call inside, whom it calls, what it pays, where.
struct Note {
  std::string label{};
  std::string value{};
  std::string detail{};
  Warnings warnings{};
};

struct Field {
  std::string label{};
  std::string value{};
  std::string detail{};     // the exact value behind a name, a word or a handle
  std::string separator{};  // what stands before an element of a list
  Warnings warnings{};
  std::vector<Note> notes{};
  std::uint32_t nested = 0;  // the screen of the call that the value is, or 0
};

struct Screen {
  bool is_clear = false;  // false: what is shown are the raw bytes
  std::string intent{};
  std::string sentence{};  // the interpolated intent, whole or empty
  std::string owner{};
  std::string contract{};
  std::vector<Field> fields{};
  Warnings warnings{};
};

// All screens of one thing to sign: the first, and those of the calls in it. Never empty.
struct Shown {
  std::vector<Screen> screens;
  const Screen& front() const { return screens.front(); }
};

}  // namespace airlock::abi::clear
