// What the sources of this room share. Private to the room.
#pragma once

#include "publish/keys/keys.h"
#include "publish/keys/openssl.h"

namespace airlock::keys {

// public_half takes the public key out of OpenSSL's object and checks it.
Result<crypto::PublicKey> public_half(const EVP_PKEY* key);

// is_on_curve says whether a key is of the curve that OpenSSL calls so; evp_ec makes a public key
// of a point on one, nullptr where it cannot.
bool is_on_curve(const EVP_PKEY* key, std::string_view group);
EvpKey evp_ec(std::string_view group, Bytes point);

// The name of SLH-DSA-SHA2-128s in keys (RFC 9909), which OpenSSL before 3.5 does not know: its
// keys are put into PKCS#8 and SubjectPublicKeyInfo here, as raw bytes without parameters.
ObjectName slh_dsa_name();
bool is_slh_dsa(const ASN1_OBJECT* name);

// no_passphrase is what OpenSSL asks instead of the terminal where a text turns out to be
// encrypted.
int no_passphrase(char* room, int size, int writing, void* user);

// text_in returns what was written to a memory BIO; bio_over reads a text, which must outlive it.
std::string text_in(BIO* bio);
MemoryBio bio_over(std::string_view text);

// check_one_of_each refuses two keys of one algorithm, and more than a file may hold.
template <class Keys, class AlgorithmOf>
Status check_one_of_each(const Keys& keys, AlgorithmOf algorithm_of) {
  if (keys.size() > kKeysInFileMax) return fail(Code::too_many, kKeysInFileMax);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (algorithm_of(keys[i]) == algorithm_of(keys[k])) return fail(Code::duplicate_key, i);
    }
  }
  return {};
}

}  // namespace airlock::keys
