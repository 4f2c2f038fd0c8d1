// publish/keys: secrets that sign, and the files they rest in.
//
// It is for making Ed25519 and secp256k1 keys, keeping them encrypted on disk, and signing with
// them. A key is a capability: whoever holds a SigningKey can sign, and nobody can take the secret
// out of it. It promises that a secret key lies on disk only as encrypted PKCS#8 with mode 0600
// (AES-256-CBC, the key derived by scrypt), that passphrases and secrets are wiped from memory when
// their owner ends, that secp256k1 signatures are deterministic (RFC 6979) with a low S, and that
// every public key it returns passed core/crypto's own check. It never takes a passphrase from the
// command line, never prints a secret, and never decides what is signed.
//
// The files are those of openssl: `openssl pkey -in vendor.key` reads what this room writes.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/base.h"
#include "core/crypto/crypto.h"
#include "host/file/file.h"

namespace airlock::keys {

inline constexpr std::size_t kKeyFileMax = 16 << 10;
inline constexpr std::size_t kPassphraseMax = 1024;

// Cost of one guess at a passphrase: scrypt with 16 MiB, five times over.
inline constexpr std::uint64_t kScryptN = 16'384;
inline constexpr std::uint64_t kScryptR = 8;
inline constexpr std::uint64_t kScryptP = 5;

// Bytes that are wiped when their owner ends. They move, and are never copied or printed.
class Secret {
 public:
  explicit Secret(std::size_t size);
  // of copies bytes that the caller wipes himself.
  static Secret of(Bytes bytes);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  Bytes view() const { return {bytes_.get(), size_}; }
  MutableBytes room() { return {bytes_.get(), size_}; }
  // shorten keeps the first `size` bytes and wipes the others.
  void shorten(std::size_t size);

 private:
  void wipe();
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t size_ = 0;
};

// Where a passphrase comes from, in this order: the file's first line, the environment variable,
// the terminal that controls the process (without echo).
inline constexpr const char* kPassphraseVariable = "AIRLOCK_PASSPHRASE";
enum class Asking : std::uint8_t { once, twice };  // twice: for a new passphrase
struct PassphraseSource {
  std::optional<file::Path> file;
  std::string subject;  // what it opens, for the prompt: "keys/vendor.key"
  Asking asking = Asking::once;
};
// read_passphrase errors: no_passphrase (no source, or an empty one), passphrases_differ (the two
// of Asking::twice), oversized, interrupted, and those of reading the file.
Result<Secret> read_passphrase(const PassphraseSource& source);

using Signature = std::array<std::uint8_t, crypto::kSignatureSize>;

// Which of the two doors a key is for. It rests inside the encrypted file, so that it follows the
// key wherever the file is moved. A key that another tool made states none.
enum class Door : std::uint8_t { unstated, package, repository };

// A secret key that can sign and do nothing else. Move-only.
class SigningKey {
 public:
  // generate makes a new key. Errors: unsupported_algorithm, io_failed (no randomness).
  static Result<SigningKey> generate(crypto::Algorithm algorithm, Door door = Door::unstated);
  // open decrypts a key file. Errors: wrong_passphrase, wrong_magic (not an encrypted key),
  // key_too_weak (another type of key), and those of reading.
  static Result<SigningKey> open(const file::Path& path, const Secret& passphrase);

  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;
  ~SigningKey();

  // save writes the key encrypted, mode 0600, to a file that must not exist: exists_already.
  Status save(const file::Path& path, const Secret& passphrase) const;

  const crypto::PublicKey& public_key() const { return public_key_; }
  Door door() const { return door_; }

  // sign signs a message given in parts and returns 64 bytes: an Ed25519 signature, or r || s.
  // Before it is returned the signature is verified, so that a fault never leaves the room.
  Result<Signature> sign(std::span<const Bytes> message) const;

 private:
  struct Opened;
  SigningKey(std::unique_ptr<Opened> opened, const crypto::PublicKey& key, Door door);
  std::unique_ptr<Opened> opened_;
  crypto::PublicKey public_key_;
  Door door_;
};

// Public keys as files: PEM SubjectPublicKeyInfo.
Result<std::string> to_pem(const crypto::PublicKey& key);
// public_key_from_pem errors: wrong_magic, key_too_weak (another type of key), bad_key, weak_key.
Result<crypto::PublicKey> public_key_from_pem(std::string_view pem);
Result<crypto::PublicKey> read_public_key(const file::Path& path);
Status create_public_key(const file::Path& path, const crypto::PublicKey& key);

}  // namespace airlock::keys
