// What `sign` and `ceremony sign` share: a package read to be signed, and signatures put into it.
#pragma once

#include <span>

#include "apps/airlock/opened.h"

namespace airlock::app {

// A package and its manifest, which points into the envelope. Nothing about it is proven.
struct Signable {
  file::Buffer envelope;
  package::Manifest manifest;
};
// read_signable errors: not_yet_valid (made ahead of this machine's clock), and those of reading.
std::expected<Signable, Refusal> read_signable(const std::string& package);

// confirm_by_typing has a person type the beginning of the digest that he reads (`whose`: "the
// manifest's"): digest_mismatch otherwise, without saying what it should have been.
Answer confirm_by_typing(const crypto::Digest& digest, std::string_view whose,
                         const std::string& about);

// Where signatures go. `keyring` may be nullptr: then nobody asks whether the keys may sign.
struct SigningPlace {
  const std::string& package;
  const std::string& key;
  const package::Keyring* keyring;
};
// add_signatures adds one signature by each key to what lies there now, all in one write: others
// may have signed since it was read, and what they signed is held against the digest that was
// shown. Errors: those of release::add_signatures, busy.
Answer add_signatures(const SigningPlace& place, std::span<const keys::SigningKey> keys,
                      const crypto::Digest& shown);

}  // namespace airlock::app
