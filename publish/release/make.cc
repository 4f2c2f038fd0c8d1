#include <algorithm>
#include <deque>

#include "core/codec/codec.h"
#include "host/text/text.h"
#include "publish/release/internal.h"

namespace airlock::release {
namespace {

// One component while its payloads are made.
struct Part {
  std::string id;
  std::vector<diff::BuiltImage> images;
  std::vector<std::optional<std::uint64_t>> load_addresses;
  std::vector<package::ImageDraft> image_drafts;
  std::vector<package::Payload> payloads;
};

Part& part_named(std::deque<Part>& parts, const std::string& id) {
  for (Part& part : parts) {
    if (part.id == id) return part;
  }
  parts.push_back({});
  parts.back().id = id;
  return parts.back();
}

void keep(Part& part, std::size_t image, diff::BuiltPayload built, Package& made) {
  built.payload.image = static_cast<std::uint8_t>(image);
  part.payloads.push_back(built.payload);
  made.artifacts.push_back({built.payload.digest, std::move(built.bytes)});
}

// The full payload of one image, and a patch from each base for which that is smaller.
Answer<void> build_payloads(const Recipe& recipe, const ImageInput& input, Part& part,
                            const diff::Progress& progress, Package& made) {
  const std::size_t place = part.images.size();
  if (place >= package::kImagesMax) return Refusal::of(Code::too_many, input.component);
  part.images.push_back(diff::describe_image(input.bytes));
  part.load_addresses.push_back(input.load_address);
  auto full = diff::build_full(input.bytes, recipe.payloads, progress);
  if (!full) return Refusal::of(full.error(), input.component);
  const std::uint64_t full_size = full->payload.size;
  keep(part, place, std::move(*full), made);
  for (std::size_t at = 0; at < recipe.bases.size(); ++at) {
    const BaseInput& base = recipe.bases[at];
    if (base.component != input.component) continue;
    auto patch = diff::build_patch(input.bytes, base.bytes, recipe.payloads, progress);
    if (!patch) return Refusal::of(patch.error(), "patch of " + input.component);
    if (patch->payload.size >= full_size) {
      made.without_patch.push_back(at);
      continue;
    }
    keep(part, place, std::move(*patch), made);
  }
  return {};
}

Answer<void> check_bases(const Recipe& recipe) {
  for (const BaseInput& base : recipe.bases) {
    const bool known = std::any_of(recipe.images.begin(), recipe.images.end(),
                                   [&](const auto& i) { return i.component == base.component; });
    if (!known) return Refusal::of(Code::unknown_component, base.component);
    const auto is_same = [&](const BaseInput& other) {
      return other.component == base.component && other.bytes == base.bytes;
    };
    if (std::ranges::count_if(recipe.bases, is_same) > 1) {
      return Refusal::of(Code::duplicate_key, "the base of " + base.component);
    }
  }
  return {};
}

std::vector<package::ComponentDraft> drafts_of(std::deque<Part>& parts) {
  std::vector<package::ComponentDraft> drafts;
  for (Part& part : parts) {
    for (std::size_t i = 0; i < part.images.size(); ++i) {
      const diff::BuiltImage& image = part.images[i];
      part.image_drafts.push_back(
          {part.load_addresses[i], image.size, image.digest, image.block_digests});
    }
    drafts.push_back({part.id, part.image_drafts, part.payloads});
  }
  return drafts;
}

// The field of a manifest that was written and refused; the manifest begins the room.
std::string fault_in(Bytes room) {
  const Result<Bytes> written = codec::CborReader(room).skip_item();
  return std::string(package::fault_in_manifest(written ? *written : room).view());
}

Answer<Buffer> encode(const Recipe& recipe, std::span<const package::ComponentDraft> components) {
  const std::vector<std::string_view> models(recipe.models.begin(), recipe.models.end());
  std::vector<package::ManifestDraft::Range> ranges;
  for (const VersionSpan& span : recipe.from_versions) ranges.push_back({span.min, span.max});
  package::ManifestDraft draft;
  draft.kind = recipe.kind;
  draft.models = models;
  draft.version = recipe.version;
  draft.security_version = recipe.security_version;
  draft.created = recipe.created;
  draft.not_before = recipe.not_before;
  draft.expires = recipe.expires;
  draft.from_versions = ranges;
  draft.bootloader_min = recipe.bootloader_min;
  draft.secure_boot_min = recipe.secure_boot_min;
  draft.data_version = recipe.data_version;
  draft.data_version_min = recipe.data_version_min;
  draft.ramp = recipe.ramp;
  draft.notes = recipe.notes;
  draft.content = recipe.content;
  draft.components = components;
  draft.entries = recipe.entries;
  std::string fault;
  Result<Buffer> encoded = encode_with([&](MutableBytes room) {
    Result<Bytes> written = package::encode_manifest(draft, room);
    if (!written && written.error().code != Code::no_room) fault = fault_in(room);
    return written;
  });
  if (!encoded) return Refusal::of(encoded.error(), fault);
  return std::move(*encoded);
}

}  // namespace

Answer<Package> make(const Recipe& recipe, const diff::Progress& progress) {
  AIRLOCK_TRY(check_bases(recipe));
  Package made;
  std::deque<Part> parts;
  for (const ImageInput& image : recipe.images) {
    AIRLOCK_TRY(build_payloads(recipe, image, part_named(parts, image.component), progress, made));
  }
  AIRLOCK_ASSIGN(const Buffer manifest, encode(recipe, drafts_of(parts)));
  AIRLOCK_ASSIGN(made.envelope, seal(manifest, {}));
  return made;
}

Result<Buffer> seal(Bytes manifest, std::span<const package::SignatureDraft> signatures) {
  return encode_with(
      [&](MutableBytes room) { return package::encode_envelope(manifest, signatures, room); });
}

std::string artifact_name(const Digest& digest) { return text::to_hex(digest.bytes); }

Status check_new_package(const Path& folder) {
  std::error_code failed;
  const auto status = std::filesystem::symlink_status(folder, failed);
  if (status.type() == std::filesystem::file_type::not_found) return {};
  if (std::filesystem::is_directory(folder, failed) && std::filesystem::is_empty(folder, failed)) {
    return {};
  }
  return fail(Code::exists_already);
}

Status write_package(const Path& folder, const Package& package) {
  AIRLOCK_TRY(check_new_package(folder));
  AIRLOCK_ASSIGN(file::NewFolder made, file::NewFolder::begin(folder));
  const Path artifacts = made.path() / kArtifactsFolder;
  AIRLOCK_TRY(file::make_folders(artifacts));
  for (const Artifact& artifact : package.artifacts) {
    AIRLOCK_TRY(file::replace(artifacts / artifact_name(artifact.digest), artifact.bytes));
  }
  AIRLOCK_TRY(file::create(made.path() / kEnvelopeFile, package.envelope));
  return made.commit();
}

Path envelope_path(const Path& package) {
  std::error_code ignored;  // what is not there fails when it is read
  return std::filesystem::is_directory(package, ignored) ? package / kEnvelopeFile : package;
}

Result<Buffer> read_envelope(const Path& package) {
  return file::read(envelope_path(package), package::kEnvelopeSizeMax);
}

}  // namespace airlock::release
