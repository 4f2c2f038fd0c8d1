// A request as Beast's parser finds it, keeping the headers that UpdateService looks at, or
// all of them.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <string>

#include "server/http/http.h"

namespace airlock::http {

enum class Headers : std::uint8_t { those_looked_at, all };

class RequestReader final : public boost::beast::http::basic_parser<true> {
 public:
  explicit RequestReader(Headers kept = Headers::those_looked_at) : kept_(kept) {}

  // request views what was read; valid until the next request is read.
  Request request() const {
    return {method_, target_, range_, if_none_match_, if_range_, body_, {}, headers_};
  }

 private:
  using Verb = boost::beast::http::verb;
  using Field = boost::beast::http::field;
  using Text = boost::beast::string_view;
  using Fault = boost::beast::error_code;

  void on_request_impl(Verb verb, Text, Text target, int version, Fault&) override {
    version_ = version;
    method_ = verb == Verb::get    ? Method::get
              : verb == Verb::head ? Method::head
              : verb == Verb::post ? Method::post
                                   : Method::other;
    target_.assign(target.data(), target.size());
  }
  void on_response_impl(int, Text, int, Fault&) override {}
  void on_field_impl(Field field, Text name, Text value, Fault&) override {
    if (kept_ == Headers::all) {
      headers_.append(name.data(), name.size()).append(": ");
      headers_.append(value.data(), value.size()).append("\r\n");
    }
    if (field == Field::host) ++hosts_;
    std::string* const kept = field == Field::range           ? &range_
                              : field == Field::if_none_match ? &if_none_match_
                              : field == Field::if_range      ? &if_range_
                                                              : nullptr;
    if (kept != nullptr) kept->assign(value.data(), value.size());
  }
  // RFC 9112, 3.2: a request of HTTP/1.1 without a host, and any with two, is refused.
  void on_header_impl(Fault& fault) override {
    constexpr int kHttp11 = 11;
    const bool named = hosts_ == 1 || (hosts_ == 0 && version_ < kHttp11);
    if (!named) fault = boost::beast::http::error::bad_field;
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>& size, Fault&) override {
    if (size) body_.reserve(*size);
  }
  std::size_t on_body_impl(Text text, Fault&) override {
    body_.append(text.data(), text.size());
    return text.size();
  }
  void on_chunk_header_impl(std::uint64_t, Text, Fault&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text text, Fault&) override {
    body_.append(text.data(), text.size());
    return text.size();
  }
  void on_finish_impl(Fault&) override {}

  Headers kept_;
  Method method_ = Method::other;
  int version_ = 0;
  std::size_t hosts_ = 0;
  std::string target_, range_, if_none_match_, if_range_, body_, headers_;
};

}  // namespace airlock::http
