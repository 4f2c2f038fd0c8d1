#include "tests/fakes/slh_dsa.h"

#include "publish/keys/slh_dsa.h"

namespace airlock::fakes {

using namespace keys::slh_dsa;  // NOLINT(google-build-using-namespace): this only passes it on

std::vector<std::uint8_t> slh_dsa_secret(Bytes seeds) {
  const keys::Secret secret = derive(seeds);
  return {secret.view().begin(), secret.view().end()};
}

std::vector<std::uint8_t> slh_dsa_sign(Bytes secret, Bytes message) {
  return sign(secret, std::array{message});
}

std::vector<std::uint8_t> slh_dsa_sign_wrapped(Bytes secret, std::span<const Bytes> message) {
  return sign_internal(secret, message, public_half(secret).first(kHashSize));
}

}  // namespace airlock::fakes
