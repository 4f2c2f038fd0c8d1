#include <algorithm>
#include <charconv>

#include "device/fetch/internal/transfer.h"
#include "trust/tuf/tuf.h"

// Debian's libcurl brings GnuTLS along, for protocols that are never spoken here. By this name
// GnuTLS is told not to set itself up as it is loaded, which would take 0.6 MiB.
extern "C" [[gnu::used, gnu::visibility("default")]] int _gnutls_global_init_skip() { return 1; }

namespace airlock::fetch {

namespace {

// A name, or an address; one of version 6 stands in brackets.
bool is_host(std::string_view host) {
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  const std::string_view more = bracketed ? ":." : "-._";
  return !host.empty() && std::ranges::all_of(host, [&](char c) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return plain || more.find(c) != std::string_view::npos;
  });
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port > 0;
}

}  // namespace

bool is_server(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  if (!url.starts_with(kScheme)) return false;
  url.remove_prefix(kScheme.size());
  const std::size_t colon =
      url.find(':', url.starts_with('[') ? std::min(url.find(']'), url.size()) : 0);
  if (colon == std::string_view::npos) return is_host(url);
  return is_host(url.substr(0, colon)) && is_port(url.substr(colon + 1));
}

Status ready_library() {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (ready != CURLE_OK) return fail(Code::no_room);
  return {};
}

Result<Connection> Connection::open(const Endpoint& endpoint) {
  if (!is_server(endpoint.server)) return fail(Code::bad_text);
  AIRLOCK_TRY(ready_library());
  CURLM* multi = curl_multi_init();
  if (multi == nullptr) return fail(Code::no_room);
  return Connection(std::make_unique<Wires>(endpoint, multi));
}

Connection::Connection(std::unique_ptr<Wires> wires) : wires_(std::move(wires)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Result<Buffer> Connection::get(std::string_view path, std::size_t size_max) {
  AIRLOCK_ASSIGN(const auto transfer, Transfer::start(*wires_, Transfer::Keep::all,
                                                      {.path = path, .body_max = size_max}));
  return transfer->finish();
}

Result<std::string> Connection::post(std::string_view path, std::string_view json,
                                     std::size_t size_max) {
  AIRLOCK_ASSIGN(const auto transfer,
                 Transfer::start(*wires_, Transfer::Keep::all,
                                 {.path = path, .body_max = size_max, .json = json}));
  AIRLOCK_ASSIGN(const Buffer body, transfer->finish());
  return std::string(text_of(body));
}

Result<Buffer> MetadataFetcher::fetch(std::string_view name, std::size_t size_max) {
  return connection_.get("/tuf/" + std::string(name), size_max);
}

Result<Buffer> fetch_target(Connection& connection, std::string_view path, std::size_t size_max) {
  if (!tuf::is_target_path(path)) return fail(Code::target_missing);
  return connection.get("/targets/" + std::string(path), size_max);
}

}  // namespace airlock::fetch
