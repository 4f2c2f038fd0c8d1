// Secret keys as they rest in files: encrypted PKCS#8, and the door that is stated inside. Private
// to the room.
#pragma once

#include "publish/keys/internal.h"

namespace airlock::keys {

// encrypted_pem is one key for a file, encrypted by the passphrase.
Result<std::string> encrypted_pem(const PlainKey& plain, Door door, const Secret& passphrase);

// read_plain decrypts all keys of a file, at least one. Errors: wrong_passphrase, wrong_magic (no
// encrypted key), and those of reading.
Result<std::vector<PlainKey>> read_plain(const file::Path& path, const Secret& passphrase);

Door stated_door(const PKCS8_PRIV_KEY_INFO* plain);

// take_signing_key makes a signer's key of a decrypted one, or of one in a token. Errors:
// key_too_weak, bad_key, weak_key.
Result<SigningKey> take_signing_key(const PlainKey& plain);
Result<SigningKey> take_signing_key(token::Key key);

}  // namespace airlock::keys
