// publish/release: from images to a signed package. What becomes of it is repository.h's.
//
// It is for the publisher's half of a release: make a package (images, patches against bases, a
// manifest), add one signer's signatures at a time, draft the next keyring. It promises that
// nothing is signed but the digest that the caller names: add_signatures refuses other bytes. It
// never asks anybody anything: whoever calls it shows what is signed and takes the answer.
//
// Package folder: manifest.cose and artifacts/<sha256> (docs/formats/manifest.md).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/base/base.h"
#include "core/package/package.h"
#include "host/file/file.h"
#include "publish/diff/diff.h"
#include "publish/keys/keys.h"
#include "trust/doors/certified.h"
#include "trust/x509/x509.h"

namespace airlock::release {

using crypto::Digest;
using file::Buffer;
using file::Path;

inline constexpr std::string_view kEnvelopeFile = "manifest.cose";
inline constexpr std::string_view kArtifactsFolder = "artifacts";

// Why something was refused, and what it was about where that is more than the caller said.
struct Refusal {
  Refusal(Error why) : error(why) {}  // NOLINT: a plain Error is a Refusal about nothing else
  Refusal(Error why, std::string what) : error(why), about(std::move(what)) {}
  // of makes the unexpected side of an Answer.
  static std::unexpected<Refusal> of(Error why, std::string what) {
    return std::unexpected(Refusal(why, std::move(what)));
  }
  static std::unexpected<Refusal> of(Code why, std::string what) {
    return of(Error{why}, std::move(what));
  }
  Error error;
  std::string about;
};
template <class T>
using Answer = std::expected<T, Refusal>;

// naming says which file an error of reading or writing is about.
template <class T>
Answer<T> naming(const Path& path, Result<T> result) {
  if (!result) return Refusal::of(result.error(), path.string());
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*result);
  }
}

// ---- making a package

struct ImageInput {
  std::string component;
  Buffer bytes;
  std::optional<std::uint64_t> load_address;
};
struct BaseInput {
  std::string component;
  Buffer bytes;
};
struct VersionSpan {
  std::string min;
  std::string max;
};
// What a publisher says of a release; the fields are those of the manifest.
struct Recipe {
  package::Kind kind = package::Kind::firmware;
  std::vector<std::string> models;
  std::string version;
  std::uint32_t security_version = 0;
  std::int64_t created = 0;
  std::int64_t not_before = 0;
  std::int64_t expires = 0;
  std::vector<VersionSpan> from_versions;
  std::uint32_t bootloader_min = 0;
  std::uint32_t secure_boot_min = 0;
  std::uint32_t data_version = 1;
  std::uint32_t data_version_min = 0;
  package::Ramp ramp;
  std::string notes;
  Buffer content;
  std::vector<ImageInput> images;  // several of one component need load addresses
  std::vector<BaseInput> bases;
  std::optional<package::Entries> entries;  // of the kind abi-pack
  diff::Options payloads;
};

// read_ramp reads "start=TIME,seed=HEX,0h=1,24h=25,72h=100": percent of devices from a time after
// the start on, to two decimals. Without start the ramp begins at `start_default`; without seed a
// random one is made. A stage of 0 percent admits nobody until the next stage; a ramp that has
// only such stages admits nobody for 136 years. Errors: bad_text, out_of_range, too_many.
Result<package::Ramp> read_ramp(std::string_view text, std::int64_t start_default);

struct Artifact {
  Digest digest;
  Buffer bytes;
};
struct Package {
  Buffer envelope;  // without a signature
  std::vector<Artifact> artifacts;
  std::vector<std::size_t> without_patch;  // bases, by their place in the recipe
};

// make builds every payload and the manifest. A patch that is not smaller than the full payload is
// left out, and its base named. Errors: those of publish/diff; of encode_manifest (about = the
// field); unknown_component (a base of a component that has no image), duplicate_key (one base
// twice).
Answer<Package> make(const Recipe& recipe, const diff::Progress& progress);

// check_new_package says whether a package folder may be made there: exists_already where anything
// but an empty folder stands in its place.
Status check_new_package(const Path& folder);
// write_package lays out a new package folder. Errors: of check_new_package, and those of writing.
Status write_package(const Path& folder, const Package& package);

// envelope_path is the envelope of a package folder, or the path itself where it is a file.
Path envelope_path(const Path& package);
Result<Buffer> read_envelope(const Path& package);
// proof_path is where the proof lies that a package stands in the public log: beside its envelope.
Path proof_path(const Path& package);
// bundle_path is where the certificates of its signers lie: likewise.
Path bundle_path(const Path& package);

// ---- signing

// How far ahead of the present a release may say that it was created: clocks differ a little.
inline constexpr std::int64_t kAheadMax = 24 * 3600;

// check_signers: not_a_signer unless the keyring's policy for the kind lists every key.
Status check_signers(const package::Keyring& keyring, std::span<const crypto::PublicKey> keys,
                     package::Kind kind);

// add_signatures returns the envelope with one signature more by each key of a signer that has not
// signed it yet, or none. `shown` is the manifest digest that the signer saw; other bytes are
// digest_mismatch. A key whose file says that it is the repository's is key_in_both_doors. With a
// keyring, not_a_signer unless its policy for the package's kind lists every key. Errors also:
// already_signed (by all of them), and those of parsing.
Result<Buffer> add_signatures(Bytes envelope, std::span<const keys::SigningKey> keys,
                              const Digest& shown, const package::Keyring* keyring);

// merge_signatures adds to an envelope what others have signed in a copy of it. Errors:
// digest_mismatch (a copy of other bytes), already_signed (it has all of them), those of parsing.
Result<Buffer> merge_signatures(Bytes envelope, Bytes copy);

// missing_signatures says who has yet to sign what, for each clause of the policy that is not met:
// "committee: 1 of 2 signers by ed25519 and secp256k1; committee-2 signed by ed25519, secp256k1 is
// missing; committee-3 has not signed". Empty where the quorum is complete.
Result<std::string> missing_signatures(Bytes envelope, const package::Keyring& keyring);
// prove_package is package::prove, by the signatures, whose quorum_missing is about what is
// missing.
Answer<package::Proven> prove_package(Bytes envelope, const package::Keyring& keyring);

// ---- certificates of signers, where the keyring demands them

// What a bundle is made of. Each chain is DER: a signer's certificate first, then those above it.
// Without chains `bundle` is renewed: its chains stay.
struct BundleOrder {
  std::vector<std::vector<Buffer>> chains;
  x509::Bundle bundle;
  std::vector<Buffer> staples;  // OCSP answers, each for the certificate that it is about
  std::vector<Buffer> crls;     // each in place of an older one of its issuer
  const package::Keyring& keyring;
  std::int64_t now = 0;
  x509::Responder* responder = nullptr;  // who is asked for staples and CRLs; nobody
};
struct MadeBundle {
  x509::Bundle bundle;
  std::vector<std::string> failures;  // of questions to responders, a sentence each
};
// make_bundle joins them. Errors: those of doors::certificate_roots_of, and of
// Certificate::from_der about a signer's certificate.
Answer<MadeBundle> make_bundle(const BundleOrder& order);

// standing_of judges, with a bundle and nothing else, the certificate of each key that signed and
// that the policy wants certified, whether or not the signatures are complete.
Result<std::vector<doors::CertificateVerdict>> standing_of(Bytes envelope,
                                                           const package::Keyring& keyring,
                                                           const x509::Bundle& bundle,
                                                           std::int64_t now);
// prove_certified judges a package as a device does that can ask nobody and remembers nothing; its
// error is about what is wrong with which certificate.
Answer<package::Proven> prove_certified(Bytes envelope, const package::Keyring& keyring,
                                        const x509::Bundle& bundle, std::int64_t now);

// words_of lists algorithms: "ed25519, secp256k1 and slh-dsa".
std::string words_of(package::AlgorithmSet algorithms);

// check_signature says whether an envelope holds a valid signature by this key. Errors:
// not_a_signer (none by it), bad_signature, and those of parsing.
Status check_signature(Bytes envelope, const crypto::PublicKey& key);

// read_image makes the one image of a package folder again, as a device does, by a full payload.
// Errors: unknown_component unless there is one component, oversized, no_usable_payload where it
// travels as a patch alone, and those of reading and decoding.
Answer<Buffer> read_image(const Path& package, const package::Manifest& manifest,
                          std::size_t size_max);

// ---- keys and keyrings

// One of the cast that `keys init` makes, and the algorithms of whose keys.
struct CastMember {
  std::string_view name;
  std::string_view group;  // "" for the keys of the repository
  package::AlgorithmSet algorithms;
};
std::span<const CastMember> cast();

// make_keys writes NAME.key and NAME.pub of a new signer, with a key of each algorithm; `stem` is
// the path without the ending. Errors: exists_already, and those of writing.
Answer<std::vector<keys::SigningKey>> make_keys(const Path& stem, package::AlgorithmSet algorithms,
                                                keys::Door door, const keys::Secret& passphrase);

using KeyProgress = void (*)(std::string_view name);
// init_keys makes a folder with the whole cast's keys and keyring.cose, version 1, signed by a root
// quorum. Errors: exists_already (another was faster), and those of writing.
Answer<void> init_keys(file::NewFolder folder, std::string_view vendor,
                       const keys::Secret& passphrase, std::int64_t now, KeyProgress progress);

struct NamedKeys {
  std::string name;
  std::vector<crypto::PublicKey> keys;
};
struct KeyringChanges {
  std::vector<std::string> removed;
  std::vector<NamedKeys> replaced;  // all keys of a signer by these
  struct Addition {
    std::string group;
    NamedKeys signer;
  };
  std::vector<Addition> added;
  struct Demand {
    std::string group;
    std::uint8_t threshold = 0;
    package::AlgorithmSet algorithms;
    bool certified = false;
  };
  struct Policy {
    package::Kind kind = package::Kind::firmware;
    std::vector<Demand> demands;
  };
  std::vector<Policy> policies;  // instead of the present ones
  struct Log {
    std::string origin;
    crypto::PublicKey key;
    std::vector<std::pair<std::string, crypto::PublicKey>> witnesses;
    std::uint8_t required = 0;
  };
  std::optional<Log> log;  // instead of the present one
  enum class KeepLog : std::uint8_t { yes, no };
  KeepLog keep_log = KeepLog::yes;                       // where no other is given
  std::optional<std::vector<Buffer>> certificate_roots;  // DER, instead of the present ones
  std::optional<std::vector<Digest>> retained;           // manifests, instead of the present ones
};
// draft_keyring returns the envelope, still to be signed, of the keyring that follows `current`.
// Errors: not_found (about a name or group), exists_already (a new signer's name), those of
// x509::Certificate::from_der about a root, and those of encode_keyring.
Answer<Buffer> draft_keyring(const package::Keyring& current, const KeyringChanges& changes,
                             std::int64_t now);

}  // namespace airlock::release
