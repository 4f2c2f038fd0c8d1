#include "core/package/encode.h"

#include "core/package/internal/fields.h"

namespace airlock::package {
namespace {

using codec::CborWriter;
using internal::ComponentKey;
using internal::EntriesKey;
using internal::ImageKey;
using internal::KeyringKey;
using internal::LogKey;
using internal::ManifestKey;
using internal::PayloadKey;
using internal::RampKey;
using internal::SignerKey;
using internal::WitnessKey;

template <class Field>
void write_key(CborWriter& writer, Field key) {
  writer.write_integer(static_cast<std::int64_t>(key));
}

template <class Field>
void write_number(CborWriter& writer, Field key, std::int64_t value) {
  write_key(writer, key);
  writer.write_integer(value);
}

template <class Field>
void write_size(CborWriter& writer, Field key, std::uint64_t value) {
  write_key(writer, key);
  writer.write_unsigned(value);
}

template <class Field>
void write_bytes(CborWriter& writer, Field key, Bytes value) {
  write_key(writer, key);
  writer.write_bytes(value);
}

template <class Field>
void write_text(CborWriter& writer, Field key, std::string_view value) {
  write_key(writer, key);
  writer.write_text(value);
}

// Places of `count` items in the order that `below` gives; stable, and without std::sort's
// recursion.
template <std::size_t kCapacity, class Below>
FixedList<std::size_t, kCapacity> sorted_places(std::size_t count, Below below) {
  FixedList<std::size_t, kCapacity> places;
  for (std::size_t i = 0; i < count; ++i) {
    AIRLOCK_CHECK(places.add(i).has_value());
    for (std::size_t k = i; k > 0 && below(places[k], places[k - 1]); --k) {
      std::swap(places[k], places[k - 1]);
    }
  }
  return places;
}

void write_from_versions(CborWriter& writer, std::span<const ManifestDraft::Range> ranges) {
  if (ranges.empty()) return;
  write_key(writer, ManifestKey::from_versions);
  writer.write_array(ranges.size());
  for (const ManifestDraft::Range& range : ranges) {
    writer.write_array(2);
    writer.write_text(range.min);
    writer.write_text(range.max);
  }
}

void write_ramp(CborWriter& writer, const Ramp& ramp) {
  if (ramp.stages.empty()) return;
  write_key(writer, ManifestKey::ramp);
  writer.write_map(3);
  write_number(writer, RampKey::start, ramp.start_seconds);
  write_bytes(writer, RampKey::seed, ramp.seed.bytes);
  write_key(writer, RampKey::stages);
  writer.write_array(ramp.stages.size());
  for (const RampStage& stage : ramp.stages) {
    writer.write_array(2);
    writer.write_unsigned(stage.after_seconds);
    writer.write_unsigned(stage.share);
  }
}

void write_entries(CborWriter& writer, const std::optional<Entries>& entries) {
  if (!entries) return;
  write_key(writer, ManifestKey::entries);
  writer.write_map(2);
  write_bytes(writer, EntriesKey::root, entries->root.bytes);
  write_size(writer, EntriesKey::count, entries->count);
}

void write_image(CborWriter& writer, const ImageDraft& image) {
  writer.write_map(image.load_address ? 4 : 3);
  if (image.load_address) write_size(writer, ImageKey::load_address, *image.load_address);
  write_size(writer, ImageKey::size, image.size);
  write_bytes(writer, ImageKey::digest, image.digest.bytes);
  write_key(writer, ImageKey::block_digests);
  writer.write_bytes_head(image.block_digests.size() * Digest::kSize);
  for (const Digest& digest : image.block_digests) writer.write_raw(digest.bytes);
}

void write_payload(CborWriter& writer, const Payload& payload) {
  const bool patch = payload.type == PayloadType::patch;
  writer.write_map(patch ? 11 : 8);
  write_size(writer, PayloadKey::type, static_cast<std::uint64_t>(payload.type));
  write_size(writer, PayloadKey::image, payload.image);
  write_size(writer, PayloadKey::size, payload.size);
  write_bytes(writer, PayloadKey::digest, payload.digest.bytes);
  write_size(writer, PayloadKey::head_size, payload.head_size);
  write_bytes(writer, PayloadKey::root, payload.root.bytes);
  write_size(writer, PayloadKey::piece_size, payload.piece_size);
  write_size(writer, PayloadKey::decoder_memory, payload.decoder_memory);
  if (!patch) return;
  write_size(writer, PayloadKey::base_size, payload.base_size);
  write_bytes(writer, PayloadKey::base_digest, payload.base_digest.bytes);
  write_size(writer, PayloadKey::scratch_size, payload.scratch_size);
}

void write_components(CborWriter& writer, std::span<const ComponentDraft> components) {
  if (components.empty()) return;
  write_key(writer, ManifestKey::components);
  writer.write_array(components.size());
  for (const ComponentDraft& component : components) {
    writer.write_map(3);
    write_text(writer, ComponentKey::id, component.id);
    write_key(writer, ComponentKey::images);
    writer.write_array(component.images.size());
    for (const ImageDraft& image : component.images) write_image(writer, image);
    write_key(writer, ComponentKey::payloads);
    writer.write_array(component.payloads.size());
    for (const Payload& payload : component.payloads) write_payload(writer, payload);
  }
}

std::size_t entry_count(const ManifestDraft& draft) {
  constexpr std::size_t kAlways = 12;
  return kAlways + (draft.from_versions.empty() ? 0 : 1) + (draft.ramp.stages.empty() ? 0 : 1) +
         (draft.notes.empty() ? 0 : 1) + (draft.content.empty() ? 0 : 1) +
         (draft.components.empty() ? 0 : 1) + (draft.entries ? 1 : 0) + draft.extensions.size();
}

void write_manifest(CborWriter& writer, const ManifestDraft& draft) {
  writer.write_map(entry_count(draft));
  write_size(writer, ManifestKey::format, kManifestFormat);
  write_size(writer, ManifestKey::kind, static_cast<std::uint64_t>(draft.kind));
  write_key(writer, ManifestKey::models);
  writer.write_array(draft.models.size());
  for (std::string_view model : draft.models) writer.write_text(model);
  write_text(writer, ManifestKey::version, draft.version);
  write_size(writer, ManifestKey::security_version, draft.security_version);
  write_number(writer, ManifestKey::created, draft.created);
  write_number(writer, ManifestKey::not_before, draft.not_before);
  write_number(writer, ManifestKey::expires, draft.expires);
  write_from_versions(writer, draft.from_versions);
  write_size(writer, ManifestKey::bootloader_min, draft.bootloader_min);
  write_size(writer, ManifestKey::secure_boot_min, draft.secure_boot_min);
  write_size(writer, ManifestKey::data_version, draft.data_version);
  write_size(writer, ManifestKey::data_version_min, draft.data_version_min);
  write_ramp(writer, draft.ramp);
  if (!draft.notes.empty()) write_text(writer, ManifestKey::notes, draft.notes);
  if (!draft.content.empty()) write_bytes(writer, ManifestKey::content, draft.content);
  write_components(writer, draft.components);
  write_entries(writer, draft.entries);
  for (const Extension& extension : draft.extensions) {
    write_bytes(writer, extension.key, extension.value);
  }
}

void write_signer(CborWriter& writer, const KeyDraft& key) {
  writer.write_map(4);
  write_number(writer, SignerKey::algorithm, static_cast<std::int64_t>(key.key.algorithm));
  write_bytes(writer, SignerKey::public_key, key.key.view());
  write_size(writer, SignerKey::group, key.group);
  write_text(writer, SignerKey::name, key.name);
}

void write_keys(CborWriter& writer, std::span<const KeyDraft> keys) {
  std::array<Digest, kKeysMax> ids;
  for (std::size_t i = 0; i < keys.size(); ++i) ids[i] = key_id(keys[i].key);
  const auto places = sorted_places<kKeysMax>(
      keys.size(), [&](std::size_t a, std::size_t b) { return ids[a] < ids[b]; });
  write_key(writer, KeyringKey::keys);
  writer.write_array(keys.size());
  for (std::size_t place : places) write_signer(writer, keys[place]);
}

void write_clause(CborWriter& writer, const Clause& clause) {
  const bool has_algorithms = !clause.algorithms.empty() || clause.certified;
  writer.write_array(internal::kClausePartsMin + (has_algorithms ? 1U : 0U) +
                     (clause.certified ? 1U : 0U));
  writer.write_unsigned(clause.group);
  writer.write_unsigned(clause.threshold);
  if (!has_algorithms) return;
  writer.write_array(clause.algorithms.size());
  constexpr auto kAscending = [] {
    auto sorted = crypto::kAlgorithms;
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  }();
  for (crypto::Algorithm algorithm : kAscending) {
    if (clause.algorithms.has(algorithm)) {
      writer.write_integer(static_cast<std::int64_t>(algorithm));
    }
  }
  if (clause.certified) writer.write_unsigned(internal::kConditionCertified);
}

void write_policies(CborWriter& writer, std::span<const PolicyDraft> policies) {
  const auto kinds = sorted_places<kKindCount>(policies.size(), [&](std::size_t a, std::size_t b) {
    return policies[a].kind < policies[b].kind;
  });
  write_key(writer, KeyringKey::policies);
  writer.write_map(policies.size());
  for (std::size_t place : kinds) {
    const std::span<const Clause> clauses = policies[place].clauses;
    const auto order = sorted_places<kClausesMax>(
        clauses.size(),
        [&](std::size_t a, std::size_t b) { return clauses[a].group < clauses[b].group; });
    write_key(writer, policies[place].kind);
    writer.write_array(clauses.size());
    for (std::size_t i : order) write_clause(writer, clauses[i]);
  }
}

void write_retained(CborWriter& writer, std::span<const Digest> retained) {
  if (retained.empty()) return;
  const auto places = sorted_places<kRetainedMax>(
      retained.size(), [&](std::size_t a, std::size_t b) { return retained[a] < retained[b]; });
  write_key(writer, KeyringKey::retained);
  writer.write_array(retained.size());
  for (std::size_t place : places) writer.write_bytes(retained[place].bytes);
}

void write_log(CborWriter& writer, const LogPolicy& log) {
  const auto& witnesses = log.witnesses;
  const auto places = sorted_places<kWitnessesMax>(
      witnesses.size(),
      [&](std::size_t a, std::size_t b) { return witnesses[a].name < witnesses[b].name; });
  write_key(writer, KeyringKey::log);
  writer.write_map(4);
  write_text(writer, LogKey::origin, log.origin);
  write_bytes(writer, LogKey::public_key, log.key.view());
  write_key(writer, LogKey::witnesses);
  writer.write_array(witnesses.size());
  for (std::size_t place : places) {
    writer.write_map(2);
    write_text(writer, WitnessKey::name, witnesses[place].name);
    write_bytes(writer, WitnessKey::public_key, witnesses[place].key.view());
  }
  write_size(writer, LogKey::required, log.required);
}

void write_certificate_roots(CborWriter& writer, std::span<const Bytes> roots) {
  if (roots.empty()) return;
  const auto places = sorted_places<kCertificateRootsMax>(
      roots.size(),
      [&](std::size_t a, std::size_t b) { return text_of(roots[a]) < text_of(roots[b]); });
  write_key(writer, KeyringKey::certificate_roots);
  writer.write_array(roots.size());
  for (std::size_t place : places) writer.write_bytes(roots[place]);
}

// What the fixed orders above have room for; parse would refuse more anyway.
Status check_sizes(const KeyringDraft& draft) {
  if (draft.keys.size() > kKeysMax) return fail(Code::too_many, kKeysMax);
  if (draft.policies.size() > kKindCount) return fail(Code::too_many, kKindCount);
  if (draft.retained.size() > kRetainedMax) return fail(Code::too_many, kRetainedMax);
  if (draft.certificate_roots.size() > kCertificateRootsMax) {
    return fail(Code::too_many, kCertificateRootsMax);
  }
  for (const PolicyDraft& policy : draft.policies) {
    if (policy.clauses.size() > kClausesMax) return fail(Code::too_many, kClausesMax);
  }
  return {};
}

}  // namespace

Result<Bytes> encode_manifest(const ManifestDraft& draft, MutableBytes buffer) {
  CborWriter writer(buffer);
  write_manifest(writer, draft);
  AIRLOCK_ASSIGN(const Bytes encoded, writer.finish());
  AIRLOCK_TRY(Manifest::parse(encoded));
  return encoded;
}

Result<Bytes> encode_keyring(const KeyringDraft& draft, MutableBytes buffer) {
  AIRLOCK_TRY(check_sizes(draft));
  CborWriter writer(buffer);
  writer.write_map(6 + (draft.retained.empty() ? 0U : 1U) + (draft.log ? 1U : 0U) +
                   (draft.certificate_roots.empty() ? 0U : 1U));
  write_size(writer, KeyringKey::format, kKeyringFormat);
  write_size(writer, KeyringKey::version, draft.version);
  write_number(writer, KeyringKey::created, draft.created);
  write_key(writer, KeyringKey::groups);
  writer.write_array(draft.groups.size());
  for (std::string_view group : draft.groups) writer.write_text(group);
  write_keys(writer, draft.keys);
  write_policies(writer, draft.policies);
  write_retained(writer, draft.retained);
  if (draft.log) write_log(writer, *draft.log);
  write_certificate_roots(writer, draft.certificate_roots);
  AIRLOCK_ASSIGN(const Bytes encoded, writer.finish());
  AIRLOCK_TRY(Keyring::parse(encoded));
  return encoded;
}

Result<Bytes> encode_envelope(Bytes payload, std::span<const SignatureDraft> signatures,
                              MutableBytes buffer) {
  if (signatures.size() > kSignaturesMax) return fail(Code::too_many, kSignaturesMax);
  const auto places = sorted_places<kSignaturesMax>(
      signatures.size(),
      [&](std::size_t a, std::size_t b) { return signatures[a].key_id < signatures[b].key_id; });
  for (std::size_t i = 1; i < places.size(); ++i) {
    if (signatures[places[i]].key_id == signatures[places[i - 1]].key_id) {
      return fail(Code::duplicate_signer, places[i]);
    }
  }
  CborWriter writer(buffer);
  writer.write_tag(kCoseSignTag);
  writer.write_array(4);
  writer.write_bytes(body_protected());
  writer.write_map(0);
  writer.write_bytes(payload);
  writer.write_array(signatures.size());
  for (std::size_t place : places) {
    const SignatureDraft& signature = signatures[place];
    std::array<std::uint8_t, kSignerProtectedMax> room;
    AIRLOCK_ASSIGN(const Bytes header,
                   encode_signer_protected(room, signature.algorithm, signature.key_id));
    writer.write_array(3);
    writer.write_bytes(header);
    writer.write_map(0);
    writer.write_bytes(signature.signature);
  }
  AIRLOCK_ASSIGN(const Bytes encoded, writer.finish());
  AIRLOCK_TRY(Envelope::parse(encoded));
  return encoded;
}

}  // namespace airlock::package
