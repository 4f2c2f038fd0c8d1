// The backend of bare metal, but for secp256k1: no library at all. A product that brings a better
// one links it first.
#include <new>

#include "core/crypto/backend.h"
#include "core/crypto/crypto.h"
#include "core/crypto/sha2.h"
#include "core/crypto/small.h"

namespace airlock::crypto {
namespace {

using small::Sha256State;

Sha256State& state_in(std::array<std::uint8_t, 128>& room) {
  static_assert(sizeof(Sha256State) <= 128 && alignof(Sha256State) <= 8);
  return *std::launder(reinterpret_cast<Sha256State*>(room.data()));
}

}  // namespace

void Sha256::reset() { new (state_.data()) Sha256State; }
void Sha256::update(Bytes bytes) { state_in(state_).update(bytes); }
Digest Sha256::finish() { return {state_in(state_).finish()}; }

namespace backend {

bool ed25519_equation(Bytes key, std::span<const Bytes> message, Bytes signature) {
  return small::ed25519_equation(key, message, signature);
}

}  // namespace backend
}  // namespace airlock::crypto
