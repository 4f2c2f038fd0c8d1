// Asking whether a certificate was revoked: OCSP and CRLs over HTTP (RFC 6960, appendix A).
//
// Where to ask stands in certificates, so whoever has an authority chooses it. HttpResponder
// therefore reaches plain HTTP alone, on the public internet alone, whatever a name resolves to,
// and beside that the places that the device's own configuration lists: a certificate must not make
// a wallet knock at its owner's router. It follows no redirect, uses no proxy, sends nothing about
// the device, takes no more bytes than its limits, and ends within the time that it is given. It
// believes nothing: what comes back proves itself, or is worth nothing (trust/x509).
#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/base/base.h"
#include "trust/x509/x509.h"

namespace airlock::fetch {

inline constexpr std::size_t kResponderPlacesMax = 8;
inline constexpr std::size_t kResponderPlaceTextMax = 262;

// is_place says whether a text names a place: "HOST:PORT", one of version 6 in brackets.
bool is_place(std::string_view text);

// is_public_address says whether an address belongs to the public internet (RFC 6890): no loopback,
// private, link-local, shared, documentation, multicast or reserved one, nor one of those inside an
// address of version 6.
bool is_public_address(const sockaddr& address, std::size_t size);

class HttpResponder final : public x509::Responder {
 public:
  // `places` may be asked although they are not public.
  explicit HttpResponder(std::vector<std::string> places = {}) : places_(std::move(places)) {}

  // Both fail with bad_text (no plain HTTP address), access_denied (an address that is not public),
  // unreachable, timed_out, http_failed (at = the status; a redirect is one), oversized.
  Result<x509::Buffer> ask(std::string_view url, Bytes request,
                           x509::Milliseconds time_left) override;
  Result<x509::Buffer> fetch_crl(std::string_view url, x509::Milliseconds time_left) override;

 private:
  std::vector<std::string> places_;
};

// SteadyClock is the clock for deadlines.
class SteadyClock final : public x509::Clock {
 public:
  x509::Milliseconds now() override;
};

}  // namespace airlock::fetch
