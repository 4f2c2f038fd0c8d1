// The server's certificate under wallet roots.
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <ctime>
#include <optional>
#include <vector>

#include "device/fetch/internal/transfer.h"
#include "trust/x509/x509.h"

namespace airlock::fetch {
namespace {

std::optional<x509::Certificate> read(X509* sent) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(sent, &der);
  if (size <= 0) return {};
  auto certificate = x509::Certificate::from_der({der, static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  if (!certificate) return {};
  return std::move(*certificate);
}

// What the server sent, its own certificate first; what cannot be read is left out.
std::vector<x509::Certificate> chain_of(X509_STORE_CTX* sent) {
  std::vector<x509::Certificate> chain;
  auto leaf = read(X509_STORE_CTX_get0_cert(sent));
  if (!leaf) return chain;
  chain.push_back(std::move(*leaf));
  const STACK_OF(X509)* const others = X509_STORE_CTX_get0_untrusted(sent);
  for (int i = 0; i < sk_X509_num(others) && chain.size() < x509::kChainMax; ++i) {
    auto one = read(sk_X509_value(others, i));
    if (one && !equal(one->der(), chain.front().der())) chain.push_back(std::move(*one));
  }
  return chain;
}

// The host of "https://HOST:PORT": the name that the certificate must carry.
x509::PeerName name_of(std::string_view server) {
  std::string_view host = server.substr(server.find("//") + 2);
  if (host.starts_with('[')) {
    return {x509::NameForm::ip, std::string(host.substr(1, host.find(']') - 1))};
  }
  host = host.substr(0, host.find(':'));
  const bool is_address = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return {is_address ? x509::NameForm::ip : x509::NameForm::dns, std::string(host)};
}

// Stands in for OpenSSL's own judgement, and asks for it where authorities are configured.
int judge_server(X509_STORE_CTX* sent, void* self) {
  const auto& endpoint = *static_cast<const Endpoint*>(self);
  if (!endpoint.ca_file.empty() && X509_verify_cert(sent) != 1) return 0;
  const std::vector<x509::Certificate> chain = chain_of(sent);
  x509::Purpose purpose;
  purpose.use = x509::Use::server;
  purpose.names = {name_of(endpoint.server)};
  const auto path = x509::validate(chain, *endpoint.roots, std::time(nullptr), purpose);
  X509_STORE_CTX_set_error(sent, path ? X509_V_OK : X509_V_ERR_CERT_UNTRUSTED);
  return path ? 1 : 0;
}

}  // namespace

CURLcode ask_for_wallet_roots(CURL*, void* ssl_context, void* endpoint) {
  SSL_CTX_set_cert_verify_callback(static_cast<SSL_CTX*>(ssl_context), judge_server, endpoint);
  return CURLE_OK;
}

}  // namespace airlock::fetch
