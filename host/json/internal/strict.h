// Strict reading, whatever is built of it: the one place that says what JSON Airlock takes.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "host/json/json.h"

namespace airlock::json::internal {

// Strict<Builder> stops the library's reader at the first thing that is not strict and hands
// everything else on. The library's own tree would keep the last of two equal members and turn a
// number past 64 bits into a floating one, so that two programs could read one signed text
// differently.
//
// A builder has: null(), boolean(bool), integer(std::int64_t), number(std::uint64_t), text and
// key(std::string&&), open_object(), open_array(), close_object() and close_array(). key and
// close_object answer whether all names of the object so far are different.
template <class Builder>
class Strict final : public nlohmann::json_sax<Value> {
 public:
  explicit Strict(Builder& builder) : builder_(builder) {}
  Error error() const { return error_; }

  bool null() override {
    builder_.null();
    return true;
  }
  bool boolean(bool value) override {
    builder_.boolean(value);
    return true;
  }
  // The library calls this only for what starts with a minus sign: "-0" is a second spelling of 0.
  bool number_integer(number_integer_t value) override {
    if (value >= 0) return refuse(Code::bad_json);
    builder_.integer(value);
    return true;
  }
  bool number_unsigned(number_unsigned_t value) override {
    builder_.number(value);
    return true;
  }
  bool number_float(number_float_t, const string_t&) override { return refuse(Code::bad_json); }
  bool string(string_t& value) override {
    if (holds_nul(value)) return refuse(Code::bad_json);
    builder_.text(std::move(value));
    return true;
  }
  bool binary(binary_t&) override { return refuse(Code::bad_json); }  // CBOR only; never from text

  bool start_object(std::size_t) override {
    if (!open()) return false;
    builder_.open_object();
    return true;
  }
  bool start_array(std::size_t) override {
    if (!open()) return false;
    builder_.open_array();
    return true;
  }
  bool end_object() override {
    --depth_;
    return builder_.close_object() || refuse(Code::duplicate_key);
  }
  bool end_array() override {
    --depth_;
    builder_.close_array();
    return true;
  }
  bool key(string_t& name) override {
    if (holds_nul(name)) return refuse(Code::bad_json);
    return builder_.key(std::move(name)) || refuse(Code::duplicate_key);
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    error_ = {Code::bad_json, position};
    return false;
  }

 private:
  static bool holds_nul(const string_t& value) { return value.find('\0') != string_t::npos; }
  bool refuse(Code code, std::uint64_t at = 0) {
    error_ = {code, at};
    return false;
  }

  bool open() {
    if (depth_ == kDepthMax) return refuse(Code::too_deep, kDepthMax);
    ++depth_;
    return true;
  }

  Builder& builder_;
  std::size_t depth_ = 0;
  Error error_{Code::bad_json, 0};
};

// read_strictly builds of a text, or says why it is not strict JSON.
template <class Builder>
Status read_strictly(std::string_view text, std::size_t size_max, Builder& builder) {
  if (text.size() > size_max) return fail(Code::oversized, text.size());
  // The library takes a NUL for the end of the text and skips a byte-order mark. Neither is JSON.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return fail(Code::bad_json, nul);
  }
  if (text.starts_with("\xef\xbb\xbf")) return fail(Code::bad_json, 0);
  Strict<Builder> strict(builder);
  try {
    if (!Value::sax_parse(text.begin(), text.end(), &strict)) {
      return std::unexpected(strict.error());
    }
  } catch (const Value::exception&) {
    return fail(Code::bad_json);
  }
  return {};
}

}  // namespace airlock::json::internal
