#include "device/apply/packs.h"

#include "device/apply/internal/blocks.h"

namespace airlock::apply {
namespace {

using package::Image;
using package::Kind;
using package::Payload;

// The one image of the one component, and the payload that the gate chose.
struct Transfer {
  Payload payload;
  Image image;
};

Transfer transfer_of(const Work& work) {
  // The gate admits packs of the one component alone, and plans a payload for it.
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

Result<KeptPack> pack_of(const package::Proven& release) {
  const package::Manifest& manifest = release.manifest();
  const Image image = manifest.component(0).image(0);
  KeptPack pack;
  pack.manifest = release.digest();
  pack.image = image.digest;
  pack.size = image.size;
  pack.security_version = manifest.security_version;
  pack.created = manifest.created;
  AIRLOCK_ASSIGN(pack.version, FixedText<package::kSemverTextMax>::from(manifest.version.text));
  pack.entries = *manifest.entries;
  return pack;
}

Status judge_file(const platform::Device& device, const KeptPack& pack, const JudgePack& judge) {
  AIRLOCK_ASSIGN(const file::Mapping mapped, map_pack(device, pack));
  return judge(mapped.bytes(), pack.entries);
}

}  // namespace

Status check_pack_room(platform::Device& device, const Work& work, Bytes envelope) {
  const Transfer transfer = transfer_of(work);
  std::uint64_t needed = platform::stored_size_of(envelope) + transfer.image.size;
  const auto begun =
      platform::FileArea::open(pack_path(device, work.release.digest()), file::Access::read);
  if (begun) {
    AIRLOCK_ASSIGN(const std::uint64_t allocated, begun->allocated_bytes());
    needed -= std::min(needed, allocated);
  }
  AIRLOCK_ASSIGN(const std::uint64_t free, device.free_bytes());
  if (needed > free) return fail(Code::no_space, needed - free);
  return {};
}

Status stage_pack(platform::Device& device, const Work& work, Bytes envelope, Artifacts& artifacts,
                  const OnBlock& on_block) {
  const Digest& manifest = work.release.digest();
  AIRLOCK_ASSIGN(const Shelf shelf, read_shelf(device));
  const file::Path path = pack_path(device, manifest);
  AIRLOCK_TRY(file::make_folders(path.parent_path()));
  AIRLOCK_TRY(drop_unlisted(device, shelf, manifest));
  const Transfer transfer = transfer_of(work);
  AIRLOCK_ASSIGN(platform::FileArea area, open_area(path, transfer.image.size));
  NoBase none;
  Source* base = &none;
  std::optional<platform::FileArea> present;
  if (shelf.in_use() != nullptr) {
    auto opened =
        platform::FileArea::open(pack_path(device, shelf.in_use()->manifest), file::Access::read);
    // One that is gone is no base; a payload that needs none will do.
    if (opened) base = &present.emplace(std::move(*opened));
  }
  AIRLOCK_ASSIGN(platform::FileArea scratch, internal::open_scratch(device));
  const internal::ImageWork work_of_image{transfer.image, transfer.payload, *base, area, scratch};
  internal::OnBlock told;
  if (on_block) {
    told = [&](std::size_t done, std::size_t of) { on_block(kPackComponent, done, of); };
  }
  AIRLOCK_TRY(internal::write_missing(work_of_image, artifacts, told));
  return platform::replace_envelope(pack_envelope_path(device, manifest), envelope);
}

Result<VerifiedPack> verify_pack(platform::Device& device, const package::Proven& release,
                                 Bytes envelope, const JudgePack& judge) {
  AIRLOCK_ASSIGN(const KeptPack pack, pack_of(release));
  {
    AIRLOCK_ASSIGN(platform::FileArea area,
                   platform::FileArea::open(pack_path(device, pack.manifest), file::Access::read));
    if (area.size() != pack.size) return fail(Code::image_rejected);
    AIRLOCK_TRY(internal::check_blocks(release.manifest().component(0).image(0), area));
  }
  AIRLOCK_ASSIGN(const bool kept,
                 platform::file_holds(pack_envelope_path(device, pack.manifest), envelope));
  if (!kept) return fail(Code::image_rejected);
  AIRLOCK_TRY(judge_file(device, pack, judge));
  return VerifiedPack(pack);
}

Status use_pack(platform::Device& device, const VerifiedPack& verified) {
  AIRLOCK_ASSIGN(const Shelf shelf, read_shelf(device));
  return store_shelf(device, begin_trial(shelf, verified.pack()));
}

Status confirm_pack(platform::Device& device, const package::Proven& release) {
  AIRLOCK_ASSIGN(const Shelf shelf, read_shelf(device));
  const KeptPack* const in_use = shelf.in_use();
  if (in_use == nullptr || in_use->manifest != release.digest()) return fail(Code::wrong_state);
  // The shelf first: a floor that stood above what a trial may still go back to would be worse than
  // one that rises a moment later.
  const Shelf next = end_trial(shelf);
  AIRLOCK_TRY(store_shelf(device, next));
  AIRLOCK_TRY(finish_pack(device));
  return drop_unlisted(device, next, release.digest());
}

Status finish_pack(platform::Device& device) {
  AIRLOCK_ASSIGN(const Shelf shelf, read_shelf(device));
  const KeptPack* const in_use = shelf.in_use();
  if (in_use == nullptr || shelf.on_trial) return {};
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  const slot::Record raised = slot::raise_floor(record, Kind::abi_pack, in_use->security_version);
  AIRLOCK_TRY(device.store_record(slot::raise_time(raised, in_use->created)));
  return {};
}

Status revert_pack(platform::Device& device, Code reason) {
  AIRLOCK_ASSIGN(const Shelf shelf, read_shelf(device));
  if (!shelf.on_trial) return {};
  return store_shelf(device, take_back(shelf, reason));
}

Status restore_pack(platform::Device& device, const Digest& manifest, const JudgePack& judge) {
  AIRLOCK_ASSIGN(const Shelf shelf, read_shelf(device));
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  AIRLOCK_ASSIGN(const Shelf next,
                 bring_back(shelf, manifest, record.floors[package::index_of(Kind::abi_pack)]));
  AIRLOCK_TRY(judge_file(device, *next.in_use(), judge));
  return store_shelf(device, next);
}

Result<file::Mapping> map_pack(const platform::Device& device, const KeptPack& pack) {
  AIRLOCK_ASSIGN(file::Mapping mapped,
                 file::Mapping::open(pack_path(device, pack.manifest), pack.size));
  if (mapped.bytes().size() != pack.size) return fail(Code::image_rejected);
  return mapped;
}

}  // namespace airlock::apply
