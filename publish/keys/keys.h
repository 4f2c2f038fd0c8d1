// publish/keys: secrets that sign, and the files they rest in.
//
// It is for making Ed25519, secp256k1 and SLH-DSA keys, and P-256 ones for the repository, keeping
// them encrypted on disk, and signing with them. A key is a capability: whoever holds a SigningKey
// can sign, and nobody can take the secret out of it. It promises that a secret key lies on disk
// only as encrypted PKCS#8 with mode 0600 (AES-256-CBC, the key derived by scrypt), that
// passphrases and secrets are wiped from memory when their owner ends, that secp256k1 signatures
// are deterministic (RFC 6979) with a low S, that SLH-DSA signatures are deterministic too, and
// that every public key it returns passed core/crypto's own check. It never takes a passphrase from
// the command line, never prints a secret, and never decides what is signed.
//
// A file holds the keys of one signer, at most one of each algorithm, one after the other under one
// passphrase. The files are those of openssl: `openssl pkey -in vendor.key` reads what this room
// writes (of SLH-DSA from OpenSSL 3.5 on).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/base.h"
#include "core/crypto/crypto.h"
#include "host/file/file.h"
#include "publish/token/token.h"

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

using Signature = file::Buffer;
inline constexpr std::size_t kKeysInFileMax = crypto::kAlgorithms.size();

// Which of the two doors a key is for. It rests inside the encrypted file, so that it follows the
// key wherever the file is moved. A key that another tool made states none.
enum class Door : std::uint8_t { unstated, package, repository };

// A secret key that can sign and do nothing else. Move-only.
class SigningKey {
 public:
  // generate makes a new key. Errors: io_failed (no randomness).
  static Result<SigningKey> generate(crypto::Algorithm algorithm, Door door = Door::unstated);
  // open decrypts a file of one key. Errors: wrong_passphrase, wrong_magic (not an encrypted key),
  // key_too_weak (another type of key), too_many (a file of several), and those of reading.
  static Result<SigningKey> open(const file::Path& path, const Secret& passphrase);

  // in_token opens the key that a PKCS#11 URI names: Ed25519 or secp256k1. It states no door, can
  // sign from several threads, and cannot be saved. Errors: those of token::Uri and token::Key.
  static Result<SigningKey> in_token(std::string_view uri, const Secret& pin);

  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;
  ~SigningKey();

  // save writes the key encrypted, mode 0600, to a file that must not exist: exists_already.
  Status save(const file::Path& path, const Secret& passphrase) const;

  const crypto::PublicKey& public_key() const { return public_key_; }
  Door door() const { return door_; }

  // sign signs a message given in parts: an Ed25519 signature, r || s, or one of SLH-DSA.
  // Before it is returned the signature is verified, so that a fault never leaves the room. Errors
  // of a key in a token: token_gone, token_failed, timed_out.
  Result<Signature> sign(std::span<const Bytes> message) const;

  struct Opened;

 private:
  friend Result<std::vector<SigningKey>> open_keys(const file::Path&, const Secret&);
  friend Status save_keys(const file::Path&, std::span<const SigningKey>, const Secret&);
  SigningKey(std::unique_ptr<Opened> opened, const crypto::PublicKey& key, Door door);
  std::unique_ptr<Opened> opened_;
  crypto::PublicKey public_key_;
  Door door_;
};

// open_keys decrypts all keys of a file, of which there is at least one. Errors: those of
// SigningKey::open; too_many, duplicate_key (two of one algorithm).
Result<std::vector<SigningKey>> open_keys(const file::Path& path, const Secret& passphrase);
// save_keys writes the keys of one signer, as SigningKey::save writes one.
Status save_keys(const file::Path& path, std::span<const SigningKey> keys,
                 const Secret& passphrase);

// What the two doors have in common are files, tokens and passphrases; the keys are apart.
//
// A secret key of a role of the repository (TUF): Ed25519 or P-256, which no package is signed by.
// Move-only.
class RepositoryKey {
 public:
  enum class Type : std::uint8_t { ed25519, p256 };
  // generate makes a new key. Errors: io_failed (no randomness).
  static Result<RepositoryKey> generate(Type type);
  // open decrypts a file of one key. Errors: those of SigningKey::open.
  static Result<RepositoryKey> open(const file::Path& path, const Secret& passphrase);
  // in_token opens the key that a PKCS#11 URI names. It states no door, and cannot be saved.
  static Result<RepositoryKey> in_token(std::string_view uri, const Secret& pin);

  RepositoryKey(RepositoryKey&&) noexcept;
  RepositoryKey& operator=(RepositoryKey&&) noexcept;
  ~RepositoryKey();

  // save writes the key encrypted, with the door that it is for, to a file that must not exist.
  Status save(const file::Path& path, const Secret& passphrase) const;

  // public_pem is its public half: one block "PUBLIC KEY".
  const std::string& public_pem() const { return public_pem_; }
  Door door() const { return door_; }

  // sign returns an Ed25519 signature, or ECDSA over the message's SHA-256 in DER. Before it is
  // returned the signature is verified. Errors: those of SigningKey::sign.
  Result<Signature> sign(Bytes message) const;

  struct Opened;

 private:
  RepositoryKey(std::unique_ptr<Opened> opened, std::string public_pem, Door door);
  static Result<RepositoryKey> make(std::unique_ptr<Opened> opened, Door door);
  std::unique_ptr<Opened> opened_;
  std::string public_pem_;
  Door door_;
};

// public_pem is the public half of a key in a token, P-256 too. Errors: bad_key, weak_key.
Result<std::string> public_pem(const token::Key& key);

// public_half is the public key of one in a token. Errors: key_too_weak (P-256, which the package
// door does not take), bad_key, weak_key.
Result<crypto::PublicKey> public_half(const token::Key& key);

// Public keys as files: PEM SubjectPublicKeyInfo, of a signer's keys one after the other. Errors of
// reading: wrong_magic, key_too_weak (another type of key), bad_key, weak_key, too_many,
// duplicate_key (two of one algorithm).
Result<std::string> to_pem(std::span<const crypto::PublicKey> keys);
Result<std::vector<crypto::PublicKey>> public_keys_from_pem(std::string_view pem);
Result<std::vector<crypto::PublicKey>> read_public_keys(const file::Path& path);
Status create_public_keys(const file::Path& path, std::span<const crypto::PublicKey> keys);
// read_public_key is for a file of one: too_many where there are more.
Result<crypto::PublicKey> read_public_key(const file::Path& path);

}  // namespace airlock::keys
