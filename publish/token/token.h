// publish/token: keys that rest in hardware, reached through PKCS#11.
//
// It is for signing with a key that nobody can copy: a token, a smart card or an HSM, named by a
// PKCS#11 URI (RFC 7512). The key stays where it is; what leaves the room are public keys and
// signatures. It promises that a URI means exactly one key or none, that one Key may sign from
// several threads (a session each, one login for all), that a token that is pulled out is an error
// within a second where its module still answers, and a module that never answers, whatever it was
// asked, is one after a minute, and that a key generated
// here is sensitive and not extractable. It never takes a PIN from a URI's pin-value, since a
// command line is read by everybody on the machine, and never decides what is signed.
//
// Modules are found and loaded by p11-kit: by `module-path` in the URI, else those that the system
// has registered.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/base.h"
#include "host/file/file.h"

namespace airlock::token {

// Limits. A slot is looked at every kPresencePause while its token signs; kAnswerWaitMax is for a
// person who has to touch it, or to type at its own keys.
inline constexpr std::size_t kUriSizeMax = 1024;
inline constexpr std::size_t kPinSizeMax = 256;
inline constexpr std::size_t kSlotsMax = 64;
inline constexpr std::chrono::milliseconds kPresencePause{200};
inline constexpr std::chrono::seconds kAnswerWaitMax{60};

enum class Curve : std::uint8_t { ed25519, secp256k1, p256 };

// is_uri says whether a text names a key in a token rather than a file.
bool is_uri(std::string_view text);

// outlast_modules is for the beginning of main: a module that hung may wake while the process ends,
// and what it then needs of libcrypto must still be there. It leaves that to the system to take
// back.
void outlast_modules();

// has_loaded_modules says whether this process holds a module. One that ends is better ended
// without the destructors of foreign libraries (std::_Exit): they need each other in an order that
// nobody keeps.
bool has_loaded_modules();
// note_module says that another library is about to load one.
void note_module();

// A parsed URI. Copies share what was parsed, which never changes.
class Uri {
 public:
  // parse errors: bad_text (malformed, or an attribute that RFC 7512 does not have), oversized,
  // pin_in_uri.
  static Result<Uri> parse(std::string_view text);
  // pin_source is the file that holds the PIN, where the URI names one (RFC 7512, section 2.4).
  std::optional<file::Path> pin_source() const;
  // module_path is the module, where the URI names one (section 2.4 too).
  std::optional<file::Path> module_path() const;

  struct Parsed;
  const Parsed& parsed() const { return *parsed_; }

 private:
  explicit Uri(std::shared_ptr<const Parsed> parsed) : parsed_(std::move(parsed)) {}
  std::shared_ptr<const Parsed> parsed_;
};

using Signature = std::array<std::uint8_t, 64>;

// A private key in a token, logged in. Copies share the token; each call may come from any thread.
class Key {
 public:
  // open finds the one private key that a URI names, and its public half. Errors: token_missing
  // (no token or key fits, or more than one), wrong_passphrase (the PIN), no_passphrase,
  // key_too_weak (another type of key, or one that may not sign), token_gone, token_failed,
  // timed_out.
  static Result<Key> open(const Uri& uri, Bytes pin,
                          std::chrono::milliseconds wait_max = kAnswerWaitMax);
  // generate makes a key in the one token that a URI names, under the label that its `object`
  // states: sensitive, never to be extracted. Errors: those of open, exists_already (a key of this
  // label), missing_field (no `object`).
  static Result<Key> generate(const Uri& uri, Bytes pin, Curve curve,
                              std::chrono::milliseconds wait_max = kAnswerWaitMax);

  Curve curve() const;
  // public_point is 32 bytes for Ed25519, else the uncompressed point (65 bytes).
  Bytes public_point() const;

  // sign signs a message given in parts: an Ed25519 signature (RFC 8032), else ECDSA over its
  // SHA-256 as r || s, whatever half s is in. Errors: token_gone, token_failed, timed_out.
  Result<Signature> sign(std::span<const Bytes> message) const;

  struct Opened;

 private:
  explicit Key(std::shared_ptr<Opened> opened) : opened_(std::move(opened)) {}
  std::shared_ptr<Opened> opened_;
};

}  // namespace airlock::token
