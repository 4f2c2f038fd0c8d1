// Envelopes, signatures and the one function that counts signers.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "core/base/base.h"
#include "core/package/keyring.h"
#include "core/package/manifest.h"

namespace airlock::package {

// A keyring that passes from five root signers to five others, all of them signing by all three
// algorithms, is the largest envelope with a use.
inline constexpr std::size_t kSignersPlanned = 10;
inline constexpr std::size_t kSignaturesMax = 32;
static_assert(kSignaturesMax >= kSignersPlanned * crypto::kAlgorithms.size());
inline constexpr std::size_t kSignerProtectedMax = 48;
inline constexpr std::uint64_t kCoseSignTag = 98;
inline constexpr std::string_view kContentType = "application/airlock-manifest+cbor";
inline constexpr std::size_t kEnvelopeSizeMax = kManifestSizeMax + (96 << 10);

// One signature of an envelope as it was found; nothing about it is checked yet.
struct SignatureView {
  Bytes protected_header;  // encoded: {1: algorithm, 4: key id}
  std::int64_t algorithm = 0;
  Bytes key_id;
  Bytes signature;
};

template <>
SignatureView take_item(Bytes& items);

// A COSE_Sign message (RFC 9052, section 4.1, tag 98) taken apart, nothing trusted.
struct Envelope {
  Bytes protected_header;           // encoded: {3: "application/airlock-manifest+cbor"}
  Bytes payload;                    // the encoded manifest
  Items<SignatureView> signatures;  // by key id, at most kSignaturesMax

  // parse takes an envelope apart. Both protected headers are exactly those of this format, the
  // unprotected ones are empty (unknown_field otherwise), and signatures stand in the order of
  // their key ids. No signature at all is an envelope that is still to be signed. Errors: those
  // of core/codec, wrong_magic (another tag or content type).
  static Result<Envelope> parse(Bytes encoded);
};

// The bytes that one signer signs: the Sig_structure of RFC 9052, section 4.4, in two parts (its
// last field is the payload itself, so that a large manifest is never copied).
class SignedMessage {
 public:
  SignedMessage(Bytes body_protected, Bytes signer_protected, Bytes payload);
  SignedMessage(const SignedMessage&) = delete;  // parts_ points into head_
  SignedMessage& operator=(const SignedMessage&) = delete;
  std::span<const Bytes> parts() const { return parts_; }

 private:
  std::array<std::uint8_t, 160> head_;
  std::array<Bytes, 2> parts_;
};

// encode_signer_protected writes the protected header of one signature.
Result<Bytes> encode_signer_protected(MutableBytes buffer, crypto::Algorithm algorithm,
                                      const Digest& key_id);
// The body's protected header is the same in every envelope.
Bytes body_protected();

// How far one clause of the policy was met, certificates aside.
struct ClauseCount {
  Clause clause;
  std::uint8_t signers = 0;  // who count

  bool is_met() const { return clause.threshold > 0 && signers >= clause.threshold; }
};
// What was counted: for the verdict, reports and error texts.
struct Tally {
  FixedList<ClauseCount, kClausesMax> clauses;
  // The algorithms by which each signer's signature verifies, at his place (Key::signer). Signers
  // of groups that the policy does not name stay empty.
  std::array<AlgorithmSet, kKeysMax> signed_by;
  bool complete() const;  // at least one clause, and every clause met
};

// tally counts, for each clause of the kind's policy, the signers of its group whose listed keys
// signed this envelope by every algorithm that the clause demands, or by any where it demands none.
// It is the only place where signers are counted, and each counts once. Signatures by unlisted
// keys, by keys of other groups or that do not verify are passed over; the same key signing twice
// is duplicate_signer, since no honest tool makes that.
Result<Tally> tally(const Envelope& envelope, const Keyring& keyring, Kind kind);

// Whoever can judge certificates (for core no certificate is more than bytes).
class Certifier {
 public:
  // certifies says whether a certificate that holds now is for this key, which stands in the
  // keyring and signed. It is asked once the signatures alone are complete, about keys that a
  // clause wants certified, and no more of them than it takes.
  virtual bool certifies(const Key& key) = 0;

 protected:
  ~Certifier() = default;
};
// Who judged the certificates that a policy may demand, where no Certifier is at hand: nobody, and
// then such a policy is refused; or a Certifier before, when the package came in, for a bootloader
// behind it and for whoever goes on after that. Certificates end; what they let in may run on.
enum class Judged : std::uint8_t { by_nobody, before };

// A manifest that a complete quorum signed. Only prove and prove_kind make one.
class Proven {
  class Making {  // nobody else can name it
    friend class Proven;
    Making() = default;
  };

 public:
  explicit Proven(Making) {}
  const Manifest& manifest() const { return manifest_; }
  const Digest& digest() const { return manifest_.digest(); }

 private:
  struct Conditions;
  // judge takes an envelope of this kind, or of any.
  static Result<Proven> judge(Bytes envelope, const Keyring& keyring, std::optional<Kind> wanted,
                              const Conditions& conditions);
  Status take(const Envelope& envelope, const Keyring& keyring, Kind kind,
              const Conditions& conditions);

  friend Result<Proven> prove(Bytes, const Keyring&, Certifier&);
  friend Result<Proven> prove(Bytes, const Keyring&, Judged);
  friend Result<Proven> prove_kind(Bytes, const Keyring&, Kind, Judged);
  Manifest manifest_;
};

// prove judges an envelope by the policy of the kind that the manifest states, or accepts it where
// the keyring retains its digest (never a keyring: the root group cannot be bypassed). For kind
// keyring it also demands the new keyring's own root quorum and a version that grows. Only the kind
// is read before the quorum is complete. The encoded bytes must outlive what is returned.
// Errors: quorum_missing (at = index of the first clause not met), certificate_missing (at = of the
// first clause that too few certified signers meet), certificates_unjudged (at = of a clause that
// wants them, by_nobody), no_policy, duplicate_signer, keyring_rollback, and those of parsing.
Result<Proven> prove(Bytes envelope, const Keyring& keyring, Certifier& certifier);
Result<Proven> prove(Bytes envelope, const Keyring& keyring, Judged judged = Judged::by_nobody);

// prove_kind is prove, for a caller that accepts one kind only: wrong_kind otherwise.
Result<Proven> prove_kind(Bytes envelope, const Keyring& keyring, Kind kind,
                          Judged judged = Judged::by_nobody);

// wants_certificates says whether any clause for packages of this kind does.
bool wants_certificates(const Keyring& keyring, Kind kind);

// read_unproven takes the manifest out of an envelope without judging it: for tools that show or
// sign it, and for the server, which trusts nothing that it reads. Never for a device.
Result<Manifest> read_unproven(Bytes envelope);

// open_keyring_anchor opens the keyring envelope with which a device is provisioned: its own root
// group must have signed it. The caller vouches for the bytes (factory, or the owner), which must
// outlive the keyring.
Result<Keyring> open_keyring_anchor(Bytes envelope);
template <Passing T>
Result<Keyring> open_keyring_anchor(const T&& envelope) = delete;

}  // namespace airlock::package
