// Members that a body may leave out, whichever of json's readers read it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>

#include "host/json/tree.h"
#include "host/text/text.h"
#include "server/store/store.h"

namespace airlock::http {

inline constexpr std::int64_t kWordNumberMax = std::numeric_limits<std::uint32_t>::max();

inline Result<std::string_view> word_of(const json::Value& object, std::string_view key,
                                        std::size_t size_max) {
  return json::text_view(object, key, size_max);
}
inline Result<std::string_view> word_of(json::Node object, std::string_view key,
                                        std::size_t size_max) {
  return json::text(object, key, size_max);
}

// seen refuses a word with a character that nobody sees, or that ends its line: who sends it is no
// operator, and it stands on operators' screens. Errors: bad_text.
inline Result<std::string_view> seen(std::string_view word) {
  const bool is_plain = std::ranges::all_of(word, [](char c) { return c >= ' ' && c <= '~'; });
  if (!is_plain && text::visible_line(word) != word) return fail(Code::bad_text);
  return word;
}

// word_or_empty errors: wrong_type, oversized, bad_text.
template <class Json>
Result<std::string_view> word_or_empty(const Json& object, std::string_view key,
                                       std::size_t size_max = store::kWordMax) {
  AIRLOCK_ASSIGN(const auto found, json::optional(object, key));
  if (!found) return std::string_view();
  AIRLOCK_ASSIGN(const std::string_view word, word_of(object, key, size_max));
  return seen(word);
}

// number_or_zero errors: wrong_type, out_of_range.
template <class Json>
Result<std::uint32_t> number_or_zero(const Json& object, std::string_view key) {
  AIRLOCK_ASSIGN(const auto found, json::optional(object, key));
  if (!found) return 0U;
  AIRLOCK_ASSIGN(const std::int64_t number, json::integer(object, key, 0, kWordNumberMax));
  return static_cast<std::uint32_t>(number);
}

// known_certificate: a fingerprint is spelled in one way, so that it can be compared as text.
inline Status known_certificate(std::string_view certificate) {
  if (!certificate.empty()) AIRLOCK_TRY(text::digest_from_hex(certificate));
  return {};
}

}  // namespace airlock::http
