#include "apps/airlock/signing.h"

#include <chrono>
#include <cstdio>
#include <iostream>
#include <thread>

#include "apps/airlock/certificates.h"
#include "apps/airlock/show.h"
#include "host/text/text.h"

namespace airlock::app {
namespace {

constexpr std::size_t kTypedDigits = 8;
constexpr int kLockTriesMax = 100;
constexpr std::chrono::milliseconds kLockPause{50};

// The lock is held for one write: whoever signs meanwhile, in a token that waits for a touch, holds
// nobody up.
Status lock_patiently(file::File& lock) {
  for (int tries = 0; tries < kLockTriesMax; ++tries) {
    const Status locked = lock.lock();
    if (locked || locked.error().code != Code::busy) return locked;
    std::this_thread::sleep_for(kLockPause);
  }
  return fail(Code::busy);
}

}  // namespace

std::expected<Signable, Refusal> read_signable(const std::string& package) {
  Signable signable;
  AIRLOCK_ANSWER_ASSIGN(signable.envelope, release::read_envelope(package),
                        release::envelope_path(package).string());
  AIRLOCK_ANSWER_ASSIGN(signable.manifest, package::read_unproven(signable.envelope),
                        about_package(package, signable.envelope));
  if (signable.manifest.created > present() + release::kAheadMax) {
    return refuse(Code::not_yet_valid, package + " says that it was made at " +
                                           text::to_time(signable.manifest.created));
  }
  return signable;
}

Answer confirm_by_typing(const crypto::Digest& digest, std::string_view whose,
                         const std::string& about) {
  std::printf("Type the first %zu digits of %.*s digest to sign it: ", kTypedDigits,
              static_cast<int>(whose.size()), whose.data());
  std::fflush(stdout);
  std::string typed;
  if (!std::getline(std::cin, typed) || typed != digest_hex(digest).substr(0, kTypedDigits)) {
    return refuse(Code::digest_mismatch, about + " was not signed");
  }
  return {};
}

Answer add_signatures(const SigningPlace& place, std::span<const keys::SigningKey> keys,
                      const crypto::Digest& shown) {
  const file::Path path = release::envelope_path(place.package);
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer seen, release::read_envelope(place.package),
                        path.string());
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer copy,
                        release::add_signatures(seen, keys, shown, place.keyring), place.key);
  const file::Path folder = path.has_parent_path() ? path.parent_path() : file::Path(".");
  AIRLOCK_ANSWER_ASSIGN(file::File lock, file::File::open(folder, file::Access::read),
                        folder.string());
  AIRLOCK_ANSWER_TRY(lock_patiently(lock), folder.string());
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer envelope, release::read_envelope(place.package),
                        path.string());
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer signed_envelope,
                        release::merge_signatures(envelope, copy), path.string());
  AIRLOCK_ANSWER_TRY(file::replace(path, signed_envelope), path.string());
  if (place.keyring == nullptr) return {};
  AIRLOCK_ANSWER_ASSIGN(const std::string missing,
                        release::missing_signatures(signed_envelope, *place.keyring),
                        path.string());
  std::printf("%s\n",
              missing.empty() ? "The quorum is complete." : ("Missing: " + missing).c_str());
  return tell_certificates(place.package, signed_envelope, *place.keyring);
}

}  // namespace airlock::app
