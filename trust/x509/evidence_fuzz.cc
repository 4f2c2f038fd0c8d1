// Any bytes as a CRL and as an OCSP response about a certificate that is fuzzed too: read and
// judged, by our profile and by the RFCs alone, or refused; nothing else happens.
#include "trust/x509/x509.h"

using namespace airlock;

namespace {

// One piece: two bytes of length, then as many bytes, or what is left.
Bytes take(Bytes& rest) {
  if (rest.size() < 2) return {};
  const std::size_t length = static_cast<std::size_t>(rest[0]) << 8U | rest[1];
  const Bytes piece = rest.subspan(2, std::min(length, rest.size() - 2));
  rest = rest.subspan(2 + piece.size());
  return piece;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes rest(data, size);
  std::vector<x509::Certificate> path;
  for (int i = 0; i < 2; ++i) {
    if (auto read = x509::Certificate::from_der(take(rest))) path.push_back(std::move(*read));
  }
  std::vector<x509::Crl> crls;
  if (auto crl = x509::Crl::from_der(rest)) crls.push_back(std::move(*crl));
  const auto response = x509::OcspResponse::from_der(rest);
  for (const auto profile : {x509::Profile::airlock, x509::Profile::published}) {
    const bool takes_indirect = profile == x509::Profile::published;
    const x509::Freshness freshness{1'800'000'000, 1'800'000'000, profile, takes_indirect};
    (void)x509::find_in_crls(path, crls, path, freshness);
    if (response) (void)x509::find_in_ocsp(path, *response, freshness);
  }
  if (path.size() == 2) (void)x509::ocsp_request(path, {});
  return 0;
}
