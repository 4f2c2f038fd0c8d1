#include "core/package/manifest.h"

#include "core/package/internal/shapes.h"
#include "core/package/names.h"

namespace airlock::package {
namespace {

using codec::CborReader;
using codec::FieldKey;
using codec::read_number;
using internal::ManifestKey;
using internal::RampKey;

Status read_kind(CborReader& reader, Kind& to) {
  AIRLOCK_ASSIGN(const std::uint64_t number, reader.read_unsigned());
  AIRLOCK_ASSIGN(to, known_kind(number));
  return {};
}

Status read_version(CborReader& reader, Semver& to) {
  AIRLOCK_ASSIGN(const std::string_view text, reader.read_text(kSemverTextMax));
  AIRLOCK_ASSIGN(to, parse_semver(text));
  return {};
}

// A model is printable ASCII without spaces, so that no two look alike.
Status read_models(Manifest& manifest, CborReader& reader) {
  AIRLOCK_ASSIGN(const std::size_t count, reader.read_array(kModelsMax));
  if (count == 0) return fail(Code::bad_manifest);
  const std::size_t start = reader.position();
  std::size_t before = 0;
  AIRLOCK_TRY(internal::read_items(reader, count, [&]() -> Status {
    const Items<std::string_view> others(reader.since(start), before++);
    AIRLOCK_ASSIGN(const std::string_view model, reader.read_text(kModelTextMax));
    if (!is_model(model)) return fail(Code::bad_manifest);
    if (model == "*" && count > 1) return fail(Code::bad_manifest);
    const bool is_known = std::find(others.begin(), others.end(), model) != others.end();
    return is_known ? fail(Code::bad_manifest) : Status{};
  }));
  manifest.models = {reader.since(start), count};
  return {};
}

Status read_range(CborReader& reader, VersionRange& range) {
  AIRLOCK_ASSIGN(const std::size_t ends, reader.read_array(2));
  if (ends != 2) return fail(Code::bad_manifest);
  AIRLOCK_TRY(read_version(reader, range.min));
  AIRLOCK_TRY(read_version(reader, range.max));
  return range.max < range.min ? fail(Code::bad_manifest) : Status{};
}

Status read_from_versions(Manifest& manifest, CborReader& reader) {
  AIRLOCK_ASSIGN(const std::size_t count, reader.read_array(kFromVersionsMax));
  AIRLOCK_TRY(internal::present(count));
  const std::size_t start = reader.position();
  AIRLOCK_TRY(internal::read_items(reader, count, [&]() -> Status {
    VersionRange range;
    return read_range(reader, range);
  }));
  manifest.from_versions = {reader.since(start), count};
  return {};
}

Status read_time(CborReader& reader, std::int64_t& to) {
  return read_number(reader, to, std::uint64_t{kTimeMax});
}

Status read_stages(Ramp& ramp, CborReader& reader) {
  AIRLOCK_ASSIGN(const std::size_t count, reader.read_array(kRampStagesMax));
  AIRLOCK_TRY(internal::present(count));
  return internal::read_items(reader, count, [&]() -> Status {
    AIRLOCK_ASSIGN(const std::size_t parts, reader.read_array(2));
    if (parts != 2) return fail(Code::bad_manifest);
    RampStage stage;
    AIRLOCK_TRY(read_number(reader, stage.after_seconds));
    AIRLOCK_TRY(read_number(reader, stage.share, kShareWhole));
    const bool climbs =
        ramp.stages.empty() || (stage.after_seconds > ramp.stages.last().after_seconds &&
                                stage.share > ramp.stages.last().share);
    if (!climbs || stage.share == 0) return fail(Code::bad_manifest);
    return ramp.stages.add(stage);
  });
}

Status read_ramp(Ramp& ramp, CborReader& reader) {
  return internal::read_map(reader, internal::kRampShape, [&](FieldKey key) -> Status {
    switch (static_cast<RampKey>(key)) {
      case RampKey::start: return read_time(reader, ramp.start_seconds);
      case RampKey::seed: return reader.read_exactly(ramp.seed.bytes);
      case RampKey::stages: return read_stages(ramp, reader);
    }
    return fail(Code::unknown_field);
  });
}

Status read_entries(Manifest& manifest, CborReader& reader) {
  Entries& entries = manifest.entries.emplace();
  using internal::EntriesKey;
  return internal::read_map(reader, internal::kEntriesShape, [&](FieldKey key) -> Status {
    switch (static_cast<EntriesKey>(key)) {
      case EntriesKey::root: return reader.read_exactly(entries.root.bytes);
      case EntriesKey::count: return read_number(reader, entries.count, kEntriesMax);
    }
    return fail(Code::unknown_field);
  });
}

Status read_extension(Manifest& manifest, FieldKey key, CborReader& reader) {
  if (key < kExtensionFirst || key > kExtensionLast) {
    return fail(Code::unknown_field);
  }
  Extension extension{static_cast<std::uint16_t>(key), {}};
  AIRLOCK_TRY(codec::read_bytes(reader, extension.value, kExtensionSizeMax));
  return manifest.extensions.add(extension);
}

Status read_content(Manifest& manifest, CborReader& reader) {
  AIRLOCK_TRY(codec::read_bytes(reader, manifest.content, kContentMax));
  return internal::present(manifest.content.size());
}

Status read_notes(Manifest& manifest, CborReader& reader) {
  AIRLOCK_TRY(codec::read_text(reader, manifest.notes, kNotesMax));
  return internal::present(manifest.notes.size());
}

// Every field but the components, which Manifest::read itself keeps.
Status read_field(Manifest& manifest, FieldKey key, CborReader& reader) {
  switch (static_cast<ManifestKey>(key)) {
    case ManifestKey::format: return codec::read_format(reader, kManifestFormat);
    case ManifestKey::kind: return read_kind(reader, manifest.kind);
    case ManifestKey::models: return read_models(manifest, reader);
    case ManifestKey::version: return read_version(reader, manifest.version);
    case ManifestKey::security_version: return read_number(reader, manifest.security_version);
    case ManifestKey::created: return read_time(reader, manifest.created);
    case ManifestKey::not_before: return read_time(reader, manifest.not_before);
    case ManifestKey::expires: return read_time(reader, manifest.expires);
    case ManifestKey::from_versions: return read_from_versions(manifest, reader);
    case ManifestKey::bootloader_min: return read_number(reader, manifest.bootloader_min);
    case ManifestKey::secure_boot_min: return read_number(reader, manifest.secure_boot_min);
    case ManifestKey::data_version: return read_number(reader, manifest.data_version);
    case ManifestKey::data_version_min: return read_number(reader, manifest.data_version_min);
    case ManifestKey::ramp: return read_ramp(manifest.ramp, reader);
    case ManifestKey::notes: return read_notes(manifest, reader);
    case ManifestKey::content: return read_content(manifest, reader);
    case ManifestKey::components: broken_promise();
    case ManifestKey::entries: return read_entries(manifest, reader);
  }
  return read_extension(manifest, key, reader);
}

// What no single field can show. What is there and must not be is to blame; what is not there
// cannot be, and its kind is.
Status check_rules(const Manifest& manifest, Bytes encoded) {
  const auto broken = [&](ManifestKey key) {
    const std::size_t offset = internal::offset_of(encoded, key);
    return fail(Code::bad_manifest,
                offset != 0 ? offset : internal::offset_of(encoded, ManifestKey::kind));
  };
  if (manifest.not_before > manifest.expires) return broken(ManifestKey::not_before);
  if (manifest.created > manifest.expires) return broken(ManifestKey::created);
  if (manifest.data_version_min > manifest.data_version) {
    return broken(ManifestKey::data_version_min);
  }
  if (carries_content(manifest.kind) == manifest.content.empty()) {
    return broken(ManifestKey::content);
  }
  if (carries_content(manifest.kind) != (manifest.component_count() == 0)) {
    return broken(ManifestKey::components);
  }
  if ((manifest.kind == Kind::abi_pack) != manifest.entries.has_value()) {
    return broken(ManifestKey::entries);
  }
  return {};
}

}  // namespace

Result<Kind> Manifest::kind_of(Bytes encoded) {
  CborReader reader(encoded);
  AIRLOCK_ASSIGN(codec::CborMapReader map,
                 codec::CborMapReader::enter(reader, internal::kManifestShape.entries_max));
  for (ManifestKey key : {ManifestKey::format, ManifestKey::kind}) {
    if (map.done()) return fail(Code::missing_field);
    AIRLOCK_ASSIGN(const std::int64_t found, map.next_key());
    if (found != static_cast<std::int64_t>(key)) return fail(Code::missing_field);
    if (key == ManifestKey::format) AIRLOCK_TRY(codec::read_format(reader, kManifestFormat));
  }
  Kind kind = Kind::firmware;
  AIRLOCK_TRY(read_kind(reader, kind));
  return kind;
}

template <>
VersionRange take_item(Bytes& items) {
  CborReader reader(items);
  VersionRange range;
  AIRLOCK_CHECK(read_range(reader, range).has_value());
  items = items.subspan(reader.position());
  return range;
}

Status Manifest::read_components(CborReader& reader) {
  AIRLOCK_ASSIGN(const std::size_t count, reader.read_array(kComponentsMax));
  AIRLOCK_TRY(internal::present(count));
  const std::size_t start = reader.position();
  FixedList<std::string_view, kComponentsMax> ids;
  const Status read = internal::read_items(reader, count, [&]() -> Status {
    Component component;
    AIRLOCK_TRY(component.read(reader, encoded_));
    for (std::string_view id : ids) {
      if (id == component.id) return fail(Code::bad_manifest);
    }
    return ids.add(component.id);
  });
  AIRLOCK_TRY(read);
  components_ = reader.since(start);
  component_count_ = count;
  return {};
}

Status Manifest::read(Bytes encoded) {
  if (encoded.size() > kManifestSizeMax) return fail(Code::oversized, encoded.size());
  encoded_ = encoded;
  CborReader reader(encoded);
  AIRLOCK_TRY(internal::read_map(reader, internal::kManifestShape, [&](FieldKey key) -> Status {
    if (key == static_cast<FieldKey>(ManifestKey::components)) return read_components(reader);
    return read_field(*this, key, reader);
  }));
  AIRLOCK_TRY(reader.finish());
  AIRLOCK_TRY(check_rules(*this, encoded));
  digest_ = crypto::sha256(encoded);
  return {};
}

// Read where it is returned: a manifest is never moved.
Result<Manifest> Manifest::parse(Bytes encoded) {
  Result<Manifest> made(std::in_place);
  if (const Status read = made->read(encoded); !read) made = std::unexpected(read.error());
  return made;
}

Component Manifest::component(std::size_t index) const {
  AIRLOCK_CHECK(index < component_count_);
  CborReader reader(components_);
  for (std::size_t i = 0; i < index; ++i) AIRLOCK_CHECK(reader.skip_item().has_value());
  Component component;
  AIRLOCK_CHECK(component.read(reader, components_).has_value());  // parse read it before
  return component;
}

bool Manifest::is_for(std::string_view model) const {
  for (std::string_view listed : models) {
    if (listed == "*" || listed == model) return true;
  }
  return false;
}

}  // namespace airlock::package
