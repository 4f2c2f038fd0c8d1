// The way back: writing manifests, keyrings and envelopes, for publishers and tests.
//
// What is written is what parse accepts, and nothing else: each encoder ends by parsing its own
// output. It signs nothing; a signature arrives as bytes.
#pragma once

#include <optional>
#include <span>

#include "core/base/base.h"
#include "core/package/quorum.h"

namespace airlock::package {

struct ImageDraft {
  std::optional<std::uint64_t> load_address;
  std::uint64_t size = 0;
  Digest digest;
  std::span<const Digest> block_digests;
};

struct ComponentDraft {
  std::string_view id;
  std::span<const ImageDraft> images;
  std::span<const Payload> payloads;
};

struct ManifestDraft {
  Kind kind = Kind::firmware;
  std::span<const std::string_view> models;
  std::string_view version;
  std::uint32_t security_version = 0;
  std::int64_t created = 0;
  std::int64_t not_before = 0;
  std::int64_t expires = 0;
  struct Range {
    std::string_view min;
    std::string_view max;
  };
  std::span<const Range> from_versions;
  std::uint32_t bootloader_min = 0;
  std::uint32_t secure_boot_min = 0;
  std::uint32_t data_version = 0;
  std::uint32_t data_version_min = 0;
  Ramp ramp;
  std::string_view notes;
  Bytes content;
  std::span<const ComponentDraft> components;
  std::optional<Entries> entries = {};
  std::span<const Extension> extensions;
};

// encode_manifest writes the signed payload. Errors: no_room (at = bytes needed), and those of
// Manifest::parse.
Result<Bytes> encode_manifest(const ManifestDraft& draft, MutableBytes buffer);

struct KeyDraft {
  crypto::PublicKey key;
  std::uint8_t group = 0;
  std::string_view name;
};
struct PolicyDraft {
  Kind kind = Kind::firmware;
  std::span<const Clause> clauses;
};
struct KeyringDraft {
  std::uint32_t version = 1;
  std::int64_t created = 0;
  std::span<const std::string_view> groups;
  std::span<const KeyDraft> keys;
  std::span<const PolicyDraft> policies;
  std::span<const Digest> retained;
  std::optional<LogPolicy> log = {};
  std::span<const Bytes> certificate_roots = {};
};

// encode_keyring writes a keyring; what it lists in any order. Errors:
// no_room, and those of Keyring::parse.
Result<Bytes> encode_keyring(const KeyringDraft& draft, MutableBytes buffer);

struct SignatureDraft {
  crypto::Algorithm algorithm = crypto::Algorithm::eddsa;
  Digest key_id;
  Bytes signature;
};

// encode_envelope joins a payload and its signatures, sorted by key id; also none (an envelope that
// is still to be signed). Errors: no_room, duplicate_signer, too_many.
Result<Bytes> encode_envelope(Bytes payload, std::span<const SignatureDraft> signatures,
                              MutableBytes buffer);

}  // namespace airlock::package
