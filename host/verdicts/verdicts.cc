// The linker puts these functions in front of the backend's own, which answer each question once.
#include "host/verdicts/verdicts.h"

#include <map>

#include "core/crypto/backend.h"
#include "core/crypto/crypto.h"

namespace airlock::verdicts {
namespace {

using crypto::Digest;

struct Memory {
  std::map<Digest, bool> verdicts;
  std::size_t checked = 0;
};

Memory& memory() {
  static thread_local Memory made;
  return made;
}

// Bytes with their sizes, so that no two questions are spelled alike.
void add(crypto::Sha256& hash, Bytes bytes) {
  const std::uint64_t size = bytes.size();
  std::array<std::uint8_t, 8> spelled;
  for (std::size_t i = 0; i < 8; ++i) spelled[i] = static_cast<std::uint8_t>(size >> (8 * i));
  hash.update(spelled);
  hash.update(bytes);
}

template <class Ask>
bool answer(crypto::Sha256& question, Ask ask) {
  auto& [verdicts, checked] = memory();
  const Digest key = question.finish();
  const auto known = verdicts.find(key);
  if (known != verdicts.end()) return known->second;
  if (verdicts.size() == kRememberedMax) verdicts.clear();
  ++checked;
  return verdicts.emplace(key, ask()).first->second;
}

}  // namespace

std::size_t remembered() { return memory().verdicts.size(); }
std::size_t checked() { return memory().checked; }

#define AIRLOCK_ED25519                                                                     \
  "_ZN7airlock6crypto7backend16ed25519_equationESt4spanIKhLm18446744073709551615EES2_IKS4_" \
  "Lm18446744073709551615EES4_"
#define AIRLOCK_SECP256K1 \
  "_ZN7airlock6crypto7backend15secp256k1_validESt4spanIKhLm18446744073709551615EES4_S4_"

bool real_ed25519(Bytes key, std::span<const Bytes> message, Bytes signature)  //
    asm("__real_" AIRLOCK_ED25519);
bool real_secp256k1(Bytes key, Bytes digest, Bytes signature)  //
    asm("__real_" AIRLOCK_SECP256K1);
bool known_ed25519(Bytes key, std::span<const Bytes> message, Bytes signature)  //
    asm("__wrap_" AIRLOCK_ED25519);
bool known_secp256k1(Bytes key, Bytes digest, Bytes signature)  //
    asm("__wrap_" AIRLOCK_SECP256K1);

bool known_ed25519(Bytes key, std::span<const Bytes> message, Bytes signature) {
  crypto::Sha256 question;
  add(question, bytes_of("ed25519"));
  add(question, key);
  add(question, signature);
  for (Bytes part : message) add(question, part);
  return answer(question, [&] { return real_ed25519(key, message, signature); });
}

bool known_secp256k1(Bytes key, Bytes digest, Bytes signature) {
  crypto::Sha256 question;
  add(question, bytes_of("secp256k1"));
  add(question, key);
  add(question, digest);
  add(question, signature);
  return answer(question, [&] { return real_secp256k1(key, digest, signature); });
}

}  // namespace airlock::verdicts
