#include "device/apply/editions.h"

#include "device/apply/internal/blocks.h"

namespace airlock::apply {
namespace {

using package::Image;
using package::Payload;

// The gate admits no other kind here.
const ShelfKind& shelf_kind_of(const package::Proven& release) {
  const ShelfKind* const kind = shelf_kind(release.manifest().kind);
  AIRLOCK_CHECK(kind != nullptr);
  return *kind;
}

// The one image of the one component, and the payload that the gate chose.
struct Transfer {
  Payload payload;
  Image image;
};

Transfer transfer_of(const Work& work) {
  // The gate admits only what has the one component, and plans a payload for it.
  AIRLOCK_CHECK(work.plan.choices.size() == 1);
  const package::Component component = work.release.manifest().component(0);
  const Payload payload = component.payload(work.plan.choices[0].payload);
  return {payload, component.image(payload.image)};
}

// Nothing: what a payload that needs no base reads.
class NoBase final : public Source {
 public:
  Status read(std::uint64_t, MutableBytes) override { return fail(Code::base_mismatch); }
};

Result<platform::FileArea> open_area(const file::Path& path, std::uint64_t size) {
  Result<platform::FileArea> area = platform::FileArea::open(path, file::Access::write);
  if (area && area->size() == size) return area;
  if (area) AIRLOCK_TRY(file::remove_file(path));
  if (!area && area.error().code != Code::not_found) return area;
  AIRLOCK_TRY(platform::make_area(path, size));
  return platform::FileArea::open(path, file::Access::write);
}

Result<Edition> edition_of(const package::Proven& release) {
  const package::Manifest& manifest = release.manifest();
  const Image image = manifest.component(0).image(0);
  Edition edition;
  edition.manifest = release.digest();
  edition.image = image.digest;
  edition.size = image.size;
  edition.security_version = manifest.security_version;
  edition.created = manifest.created;
  AIRLOCK_ASSIGN(edition.version, FixedText<package::kSemverTextMax>::from(manifest.version.text));
  if (manifest.entries) edition.entries = *manifest.entries;
  return edition;
}

Status judge_file(const platform::Device& device, const ShelfKind& kind, const Edition& edition,
                  const Judge& judge) {
  AIRLOCK_ASSIGN(const file::Mapping mapped, map_edition(device, kind, edition));
  return judge(mapped.bytes(), edition);
}

}  // namespace

Status check_edition_room(platform::Device& device, const Work& work, Bytes envelope) {
  const Transfer transfer = transfer_of(work);
  std::uint64_t needed = platform::stored_size_of(envelope) + transfer.image.size;
  const file::Path path = edition_path(device, shelf_kind_of(work.release), work.release.digest());
  const auto begun = platform::FileArea::open(path, file::Access::read);
  if (begun) {
    AIRLOCK_ASSIGN(const std::uint64_t allocated, begun->allocated_bytes());
    needed -= std::min(needed, allocated);
  }
  AIRLOCK_ASSIGN(const std::uint64_t free, device.free_bytes());
  if (needed > free) return fail(Code::no_space, needed - free);
  return {};
}

Status stage_edition(platform::Device& device, const Work& work, Bytes envelope,
                     Artifacts& artifacts, const OnBlock& on_block) {
  const ShelfKind& kind = shelf_kind_of(work.release);
  const Digest& manifest = work.release.digest();
  AIRLOCK_ASSIGN(const Shelf shelf, read_shelf(device, kind));
  const file::Path path = edition_path(device, kind, manifest);
  AIRLOCK_TRY(file::make_folders(path.parent_path()));
  AIRLOCK_TRY(drop_unlisted(device, kind, shelf, manifest));
  const Transfer transfer = transfer_of(work);
  AIRLOCK_ASSIGN(platform::FileArea area, open_area(path, transfer.image.size));
  NoBase none;
  Source* base = &none;
  std::optional<platform::FileArea> present;
  if (shelf.in_use() != nullptr) {
    auto opened = platform::FileArea::open(edition_path(device, kind, shelf.in_use()->manifest),
                                           file::Access::read);
    // One that is gone is no base; a payload that needs none will do.
    if (opened) base = &present.emplace(std::move(*opened));
  }
  AIRLOCK_ASSIGN(platform::FileArea scratch, internal::open_scratch(device));
  const internal::ImageWork work_of_image{transfer.image, transfer.payload, *base, area, scratch};
  internal::OnBlock told;
  if (on_block) {
    told = [&](std::size_t done, std::size_t of) { on_block(kind.component, done, of); };
  }
  AIRLOCK_TRY(internal::write_missing(work_of_image, artifacts, told));
  return platform::replace_envelope(edition_envelope_path(device, kind, manifest), envelope);
}

Result<VerifiedEdition> verify_edition(platform::Device& device, const package::Proven& release,
                                       Bytes envelope, const Judge& judge) {
  const ShelfKind& kind = shelf_kind_of(release);
  AIRLOCK_ASSIGN(const Edition edition, edition_of(release));
  {
    AIRLOCK_ASSIGN(
        platform::FileArea area,
        platform::FileArea::open(edition_path(device, kind, edition.manifest), file::Access::read));
    if (area.size() != edition.size) return fail(Code::image_rejected);
    AIRLOCK_TRY(internal::check_blocks(release.manifest().component(0).image(0), area));
  }
  const file::Path beside = edition_envelope_path(device, kind, edition.manifest);
  AIRLOCK_ASSIGN(const bool kept, platform::file_holds(beside, envelope));
  if (!kept) return fail(Code::image_rejected);
  AIRLOCK_TRY(judge_file(device, kind, edition, judge));
  return VerifiedEdition(kind, edition);
}

Status keep_edition_consent(platform::Device& device, const ShelfKind& kind,
                            const Digest& manifest) {
  AIRLOCK_ASSIGN(const Shelf shelf, read_shelf(device, kind));
  return store_shelf(device, kind, note_consent(shelf, manifest));
}

Status use_edition(platform::Device& device, const VerifiedEdition& verified) {
  const ShelfKind& kind = verified.kind();
  AIRLOCK_ASSIGN(const Shelf shelf, read_shelf(device, kind));
  return store_shelf(device, kind, begin_trial(shelf, verified.edition()));
}

Status confirm_edition(platform::Device& device, const package::Proven& release) {
  const ShelfKind& kind = shelf_kind_of(release);
  AIRLOCK_ASSIGN(const Shelf shelf, read_shelf(device, kind));
  const Edition* const in_use = shelf.in_use();
  if (in_use == nullptr || in_use->manifest != release.digest()) return fail(Code::wrong_state);
  // The shelf first: a floor that stood above what a trial may still go back to would be worse than
  // one that rises a moment later.
  const Shelf next = end_trial(shelf);
  AIRLOCK_TRY(store_shelf(device, kind, next));
  AIRLOCK_TRY(finish_edition(device, kind));
  return drop_unlisted(device, kind, next, release.digest());
}

Status finish_edition(platform::Device& device, const ShelfKind& kind) {
  AIRLOCK_ASSIGN(const Shelf shelf, read_shelf(device, kind));
  const Edition* const in_use = shelf.in_use();
  if (in_use == nullptr || shelf.on_trial) return {};
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  const slot::Record raised = slot::raise_floor(record, kind.kind, in_use->security_version);
  AIRLOCK_TRY(device.store_record(slot::raise_time(raised, in_use->created)));
  return {};
}

Status revert_edition(platform::Device& device, const ShelfKind& kind, Code reason) {
  AIRLOCK_ASSIGN(const Shelf shelf, read_shelf(device, kind));
  if (!shelf.on_trial) return {};
  return store_shelf(device, kind, take_back(shelf, reason));
}

Status restore_edition(platform::Device& device, const Wanted& wanted, const Judge& judge) {
  AIRLOCK_ASSIGN(const Shelf shelf, read_shelf(device, wanted.kind));
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  const std::uint32_t floor = record.floors[package::index_of(wanted.kind.kind)];
  AIRLOCK_ASSIGN(const Shelf next, bring_back(shelf, wanted.manifest, floor));
  AIRLOCK_TRY(judge_file(device, wanted.kind, *next.in_use(), judge));
  return store_shelf(device, wanted.kind, next);
}

Result<file::Mapping> map_edition(const platform::Device& device, const ShelfKind& kind,
                                  const Edition& edition) {
  AIRLOCK_ASSIGN(file::Mapping mapped,
                 file::Mapping::open(edition_path(device, kind, edition.manifest), edition.size));
  if (mapped.bytes().size() != edition.size) return fail(Code::image_rejected);
  const bool has_tree = edition.entries.count > 0;
  if (!has_tree && crypto::sha256(mapped.bytes()) != edition.image)
    return fail(Code::image_rejected);
  return mapped;
}

}  // namespace airlock::apply
