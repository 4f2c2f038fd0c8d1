#include "device/fetch/responder.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstring>
#include <memory>
#include <optional>

#include "device/fetch/internal/transfer.h"

namespace airlock::fetch {
namespace {

// ---- which addresses are public (RFC 6890, and the registries it began)

struct Block4 {
  std::uint32_t first;
  unsigned bits;
};
constexpr std::array<Block4, 15> kNotPublic4 = {{
    {0x00000000, 8},   // this network
    {0x0a000000, 8},   // private
    {0x64400000, 10},  // shared by customers of a provider
    {0x7f000000, 8},   // loopback
    {0xa9fe0000, 16},  // link-local
    {0xac100000, 12},  // private
    {0xc0000000, 24},  // protocols
    {0xc0000200, 24},  // documentation
    {0xc0586300, 24},  // 6to4 relays
    {0xc0a80000, 16},  // private
    {0xc6120000, 15},  // benchmarks
    {0xc6336400, 24},  // documentation
    {0xcb007100, 24},  // documentation
    {0xe0000000, 4},   // multicast
    {0xf0000000, 4},   // reserved, broadcast
}};

bool is_public4(std::uint32_t address) {
  return std::ranges::none_of(kNotPublic4, [address](const Block4& block) {
    return (address ^ block.first) >> (32 - block.bits) == 0;
  });
}

std::uint32_t word_at(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24U | std::uint32_t{bytes[1]} << 16U |
         std::uint32_t{bytes[2]} << 8U | bytes[3];
}

// Global unicast is 2000::/3; what carries an address of version 4 is as public as that one is.
bool is_public6(const std::uint8_t* bytes) {
  const std::uint32_t first = word_at(bytes);
  const bool rest_is_zero =
      std::all_of(bytes + 4, bytes + 12, [](std::uint8_t byte) { return byte == 0; });
  if (first == 0x0064ff9b && rest_is_zero) return is_public4(word_at(bytes + 12));  // NAT64
  if (first >> 29U != 1) return false;
  if (first >> 16U == 0x2002) return is_public4(first << 16U | word_at(bytes + 4) >> 16U);  // 6to4
  const bool is_special = first >> 9U == 0x20010000U >> 9U;  // 2001::/23: protocols, Teredo
  const bool is_documentation = first == 0x20010db8 || first >> 12U == 0x3fff0000U >> 12U;
  return !is_special && !is_documentation;
}

// ---- where to ask

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, FreeUrl>;

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* found = nullptr;
  if (curl_url_get(url, part, &found, flags) != CURLUE_OK) return {};
  std::string text = found;
  curl_free(found);
  return text;
}

// The library itself takes the address apart, so that it is judged as it is then used.
Result<Url> url_of(std::string_view text) {
  Url url(curl_url());
  if (!url) return fail(Code::no_room);
  if (curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), 0) != CURLUE_OK) {
    return fail(Code::bad_text);
  }
  const bool has_secret = !part_of(url.get(), CURLUPART_USER).empty() ||
                          !part_of(url.get(), CURLUPART_PASSWORD).empty();
  if (part_of(url.get(), CURLUPART_SCHEME) != "http" || has_secret) return fail(Code::bad_text);
  return url;
}

std::string place_of(CURLU* url) {
  return part_of(url, CURLUPART_HOST) + ":" + part_of(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

// ---- one exchange

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

struct Exchange {
  std::unique_ptr<CURL, FreeEasy> easy{curl_easy_init()};
  std::unique_ptr<curl_slist, FreeList> headers;
  bool takes_any_address = false;
  bool refused_address = false;
  bool is_too_large = false;
  std::size_t size_max = 0;
  std::size_t headers_size = 0;
  x509::Buffer body;

  static curl_socket_t on_socket(void* self, curlsocktype, curl_sockaddr* address);
  static std::size_t on_header(char* data, std::size_t one, std::size_t size, void* self);
  static std::size_t on_body(char* data, std::size_t one, std::size_t size, void* self);
  void set_up(CURLU* url, x509::Milliseconds time_left);
  void post(Bytes request);
  Result<x509::Buffer> perform();
};

curl_socket_t Exchange::on_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& exchange = *static_cast<Exchange*>(self);
  if (!exchange.takes_any_address && !is_public_address(address->addr, address->addrlen)) {
    exchange.refused_address = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t Exchange::on_header(char*, std::size_t, std::size_t size, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  exchange.headers_size += size;
  exchange.is_too_large = exchange.headers_size > kHeadersSizeMax;
  return exchange.is_too_large ? 0 : size;
}

std::size_t Exchange::on_body(char* data, std::size_t, std::size_t size, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  exchange.is_too_large = size > exchange.size_max - exchange.body.size();
  if (exchange.is_too_large) return 0;
  const Bytes bytes = bytes_of({data, size});
  exchange.body.insert(exchange.body.end(), bytes.begin(), bytes.end());
  return size;
}

void Exchange::set_up(CURLU* url, x509::Milliseconds time_left) {
  CURL* const curl = easy.get();
  const long wait_ms = std::max<long>(1, static_cast<long>(time_left.count()));
  curl_easy_setopt(curl, CURLOPT_CURLU, url);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, wait_ms);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, wait_ms);
  curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);  // of a name that does not resolve in time
  curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_socket);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
}

void Exchange::post(Bytes request) {
  headers.reset(curl_slist_append(
      curl_slist_append(nullptr, "content-type: application/ocsp-request"), "expect:"));
  curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDSIZE_LARGE,
                   static_cast<curl_off_t>(request.size()));
  curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, text_of(request).data());
}

Result<x509::Buffer> Exchange::perform() {
  const CURLcode result = curl_easy_perform(easy.get());
  if (is_too_large) return fail(Code::oversized, size_max);
  if (result == CURLE_OPERATION_TIMEDOUT) return fail(Code::timed_out);
  if (refused_address && body.empty() && result != CURLE_OK) return fail(Code::access_denied);
  if (result != CURLE_OK) return fail(Code::unreachable);
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) return fail(Code::http_failed, static_cast<std::uint64_t>(status));
  return std::move(body);
}

struct Wish {
  std::string_view url;
  std::size_t size_max = 0;
  std::optional<Bytes> post = {};
};

Result<x509::Buffer> exchange(const Wish& wish, const std::vector<std::string>& places,
                              x509::Milliseconds time_left) {
  AIRLOCK_TRY(ready_library());
  AIRLOCK_ASSIGN(const Url url, url_of(wish.url));
  Exchange one;
  if (!one.easy) return fail(Code::no_room);
  one.size_max = wish.size_max;
  one.takes_any_address = std::ranges::find(places, place_of(url.get())) != places.end();
  one.set_up(url.get(), time_left);
  if (wish.post) one.post(*wish.post);
  return one.perform();
}

}  // namespace

bool is_place(std::string_view text) {
  return text.size() <= kResponderPlaceTextMax && text.rfind(':') != std::string_view::npos &&
         !text.ends_with(']') && is_server("https://" + std::string(text));
}

bool is_public_address(const sockaddr& address, std::size_t size) {
  if (address.sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in known;
    std::memcpy(&known, &address, sizeof known);
    return is_public4(ntohl(known.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 known;
    std::memcpy(&known, &address, sizeof known);
    return is_public6(known.sin6_addr.s6_addr);
  }
  return false;
}

Result<x509::Buffer> HttpResponder::ask(std::string_view url, Bytes request,
                                        x509::Milliseconds time_left) {
  return exchange({url, x509::kOcspSizeMax, request}, places_, time_left);
}

Result<x509::Buffer> HttpResponder::fetch_crl(std::string_view url, x509::Milliseconds time_left) {
  return exchange({url, x509::kCrlSizeMax}, places_, time_left);
}

x509::Milliseconds SteadyClock::now() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<x509::Milliseconds>(since);
}

}  // namespace airlock::fetch
