// Signing under a watch, while the slot is looked at.
#include <openssl/crypto.h>

#include "core/crypto/crypto.h"
#include "publish/token/internal.h"
#include "publish/token/watched.h"

namespace airlock::token {
namespace {

Result<Signature> sign_now(const Key::Opened& key, file::Buffer message) {
  AIRLOCK_ASSIGN(Session session, Session::in(key.slot));
  CK_MECHANISM mechanism{key.curve == Curve::ed25519 ? CKM_EDDSA : CKM_ECDSA, nullptr, 0};
  Signature signature;
  CK_ULONG size = signature.size();
  CK_FUNCTION_LIST& call = session.call();
  CK_RV answered = call.C_SignInit(session.handle(), &mechanism, key.object);
  if (answered == CKR_OK) {
    answered =
        call.C_Sign(session.handle(), message.data(), message.size(), signature.data(), &size);
  }
  if (answered != CKR_OK || size != signature.size()) {
    session.mark_broken();
    return answered == CKR_OK ? fail(Code::token_failed, size)
                              : std::unexpected(error_of(answered));
  }
  return signature;
}

// Ed25519 signs the message itself, ECDSA its digest.
file::Buffer signable(Curve curve, std::span<const Bytes> message) {
  file::Buffer bytes;
  if (curve == Curve::ed25519) {
    for (Bytes part : message) bytes.insert(bytes.end(), part.begin(), part.end());
    return bytes;
  }
  crypto::Sha256 hash;
  for (Bytes part : message) hash.update(part);
  const crypto::Digest digest = hash.finish();
  bytes.assign(digest.bytes.begin(), digest.bytes.end());
  return bytes;
}

}  // namespace

Result<Signature> Key::sign(std::span<const Bytes> message) const {
  const auto signing = begin<Result<Signature>>(
      [key = opened_, bytes = signable(opened_->curve, message)] { return sign_now(*key, bytes); });
  std::shared_ptr<Awaited<bool>> looking;
  for (std::chrono::milliseconds waited{0}; waited < kAnswerWaitMax; waited += kPresencePause) {
    if (auto signed_now = wait(*signing, kPresencePause)) return *signed_now;
    if (looking == nullptr)
      looking = begin<bool>([slot = opened_->slot] { return slot->is_present(); });
    const std::optional<bool> is_present = wait(*looking, std::chrono::milliseconds{0});
    if (is_present == false) return fail(Code::token_gone);
    if (is_present == true) looking = nullptr;
  }
  return fail(Code::timed_out);
}

void outlast_modules() { OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr); }

}  // namespace airlock::token
