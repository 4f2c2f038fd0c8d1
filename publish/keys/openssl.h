// Owners of OpenSSL's objects. Private to the room.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>

namespace airlock::keys {

template <auto kFree>
struct Freed {
  template <class Object>
  void operator()(Object* object) const {
    kFree(object);
  }
};

using EvpKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using EvpDigest = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using EvpContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using MemoryBio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using SecretNumber = std::unique_ptr<BIGNUM, Freed<BN_clear_free>>;
using ObjectName = std::unique_ptr<ASN1_OBJECT, Freed<ASN1_OBJECT_free>>;
using PublicInfo = std::unique_ptr<X509_PUBKEY, Freed<X509_PUBKEY_free>>;
using EncryptedKey = std::unique_ptr<X509_SIG, Freed<X509_SIG_free>>;
using PlainKey = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Freed<PKCS8_PRIV_KEY_INFO_free>>;

}  // namespace airlock::keys
