#include "device/platform/authority.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <memory>
#include <string>

namespace airlock::platform {
namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};

// The end of the file is told like an error.
bool at_the_end() {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

}  // namespace

Status check_authorities(Bytes pem) {
  const std::unique_ptr<BIO, FreeBio> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // An empty passphrase, so that the library never asks for one on a terminal.
  std::string none;
  ERR_clear_error();
  std::size_t found = 0;
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, none.data())) {
    X509_free(certificate);
    ++found;
  }
  if (!at_the_end() || found == 0) return fail(Code::wrong_magic, found);
  return {};
}

}  // namespace airlock::platform
