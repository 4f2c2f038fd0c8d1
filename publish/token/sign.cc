// Signing under a watch: the call runs in a thread of its own, since a module may hang for as long
// as it likes, and the slot is looked at meanwhile.
#include <openssl/crypto.h>

#include <condition_variable>
#include <thread>

#include "core/crypto/crypto.h"
#include "publish/token/internal.h"

namespace airlock::token {
namespace {

// What the watcher and a call share. It outlives both, since a call that never ends is left behind.
template <class Value>
struct Awaited {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Value> value;
};

// begin runs `work` in a thread that nobody joins.
template <class Value, class Work>
std::shared_ptr<Awaited<Value>> begin(Work work) {
  auto awaited = std::make_shared<Awaited<Value>>();
  std::thread([awaited, work = std::move(work)]() mutable {
    Value value = work();
    const std::lock_guard lock(awaited->mutex);
    awaited->value = std::move(value);
    awaited->changed.notify_all();
  }).detach();
  return awaited;
}

template <class Value>
std::optional<Value> wait(Awaited<Value>& awaited, std::chrono::milliseconds pause) {
  std::unique_lock lock(awaited.mutex);
  awaited.changed.wait_for(lock, pause, [&] { return awaited.value.has_value(); });
  return awaited.value;
}

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
  for (std::chrono::milliseconds waited{0}; waited < kSignWaitMax; waited += kPresencePause) {
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
