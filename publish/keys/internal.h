// What the sources of this room share. Private to the room.
#pragma once

#include "publish/keys/keys.h"
#include "publish/keys/openssl.h"

namespace airlock::keys {

// public_half takes the public key out of OpenSSL's object and checks it.
Result<crypto::PublicKey> public_half(const EVP_PKEY* key);

// no_passphrase is what OpenSSL asks instead of the terminal where a text turns out to be
// encrypted.
int no_passphrase(char* room, int size, int writing, void* user);

// text_in returns what was written to a memory BIO; bio_over reads a text, which must outlive it.
std::string text_in(BIO* bio);
MemoryBio bio_over(std::string_view text);

}  // namespace airlock::keys
