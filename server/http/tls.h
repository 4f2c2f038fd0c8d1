// The TLS of a listener, without its sockets: what is read from files is refused with their names.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <memory>
#include <string>

#include "server/http/server.h"

namespace airlock::http {

struct ContextFreed {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, ContextFreed>;

// Whom a listener lets in: anybody or whom the clients' authority certifies, or who has a client's
// certificate of the operators' authority.
enum class Door : std::uint8_t { devices, operators };

// make_tls reads the certificate, its key and, where there is one, the authority of those who may
// connect. Nobody is ever asked for a passphrase. Errors, each at the Setting that names the file:
// those of opening it, wrong_magic (no PEM of its kind), key_encrypted, key_mismatch.
Result<TlsContext> make_tls(const Settings& settings, Door door);

// TlsFiles notices when the certificate, its key or an authority was replaced.
class TlsFiles {
 public:
  explicit TlsFiles(const Settings& settings);
  // changed says whether one of them is another file than when this was asked last.
  bool changed();

 private:
  struct Seen {
    file::Path path;
    std::int64_t stamp = 0;
  };
  std::array<Seen, 4> files_;
};

// common_name_of is who the other end is by its certificate; empty where it showed none.
std::string common_name_of(SSL* connection);

}  // namespace airlock::http
