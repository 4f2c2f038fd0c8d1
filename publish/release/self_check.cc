// What a device will do with a release, done once before anybody can see it.
#include <memory>

#include "core/delta/delta.h"
#include "host/parallel/parallel.h"
#include "publish/diff/memory_area.h"
#include "publish/release/internal.h"
#include "trust/doors/doors.h"

namespace airlock::release {
namespace {

using diff::MemoryArea;

class FileSource final : public Source {
 public:
  explicit FileSource(file::File opened) : file_(std::move(opened)) {}
  Status read(std::uint64_t offset, MutableBytes to) override { return file_.read_at(offset, to); }

 private:
  file::File file_;
};

// Decodes a payload of the repository as a device does, block by block, and compares the image.
Answer<std::unique_ptr<MemoryArea>> decode(const Path& repository, const package::Image& image,
                                           const package::Payload& payload, Source* base) {
  const Path path = repository / kArtifactsFolder / artifact_name(payload.digest);
  AIRLOCK_ASSIGN(file::File opened, naming(path, file::File::open(path, file::Access::read)));
  FileSource source(std::move(opened));
  auto area = std::make_unique<MemoryArea>(image.size);
  if (base != nullptr) AIRLOCK_TRY(naming(path, delta::check_base(payload, *base)));
  const diff::Decoding decoding = {image, payload, source, base, *area};
  const std::size_t workers = parallel::worker_count(diff::kWorkersMax);
  AIRLOCK_TRY(naming(path, diff::decode_blocks(decoding, workers)));
  AIRLOCK_TRY(naming(path, delta::check_image(image, *area)));
  return area;
}

// An image and a full payload that makes it, if the component has them.
struct Making {
  package::Image image;
  package::Payload payload;
};
std::optional<Making> full_payload_of(const package::Component& component, const Digest& image) {
  for (std::size_t i = 0; i < component.payload_count(); ++i) {
    const package::Payload payload = component.payload(i);
    if (payload.type != package::PayloadType::full) continue;
    const package::Image made = component.image(payload.image);
    if (made.digest == image) return Making{made, payload};
  }
  return std::nullopt;
}

std::optional<Making> full_payload_of(const package::Manifest& manifest, const Digest& image) {
  for (std::size_t i = 0; i < manifest.component_count(); ++i) {
    if (auto found = full_payload_of(manifest.component(i), image)) return found;
  }
  return std::nullopt;
}

// The base of a patch, made from a release that was published before; nullptr where none holds it.
Answer<std::unique_ptr<MemoryArea>> base_image(const Path& repository,
                                               const std::vector<tuf::Target>& published,
                                               const Digest& digest) {
  for (const tuf::Target& target : published) {
    const Path path = repository / kTargetsFolder / tuf::path_of_target(target, true);
    const Result<Buffer> envelope = file::read(path, package::kEnvelopeSizeMax);
    if (!envelope) continue;  // a release that is gone from the disk can lend nothing
    const Result<package::Manifest> manifest = package::read_unproven(*envelope);
    if (!manifest) continue;
    const std::optional<Making> found = full_payload_of(*manifest, digest);
    if (found) return decode(repository, found->image, found->payload, nullptr);
  }
  return nullptr;
}

Answer<Decoded> check_payloads(const Path& repository, const std::vector<tuf::Target>& published,
                               const package::Manifest& manifest) {
  Decoded checked;
  for (std::size_t i = 0; i < manifest.component_count(); ++i) {
    const package::Component component = manifest.component(i);
    for (std::size_t k = 0; k < component.payload_count(); ++k) {
      const package::Payload payload = component.payload(k);
      std::unique_ptr<MemoryArea> base;
      if (payload.type == package::PayloadType::patch) {
        AIRLOCK_ASSIGN(base, base_image(repository, published, payload.base_digest));
        if (base == nullptr) {
          ++checked.without_base;
          continue;
        }
      }
      AIRLOCK_TRY(decode(repository, component.image(payload.image), payload, base.get()));
      ++checked.decoded;
    }
  }
  return checked;
}

}  // namespace

Answer<Buffer> read_image(const Path& package, const package::Manifest& manifest,
                          std::size_t size_max) {
  if (manifest.component_count() != 1)
    return Refusal::of(Code::unknown_component, package.string());
  const package::Image image = manifest.component(0).image(0);
  if (image.size > size_max) return Refusal::of({Code::oversized, image.size}, package.string());
  const auto found = full_payload_of(manifest.component(0), image.digest);
  if (!found) return Refusal::of(Code::no_usable_payload, package.string());
  AIRLOCK_ASSIGN(const auto area, decode(package, found->image, found->payload, nullptr));
  return Buffer(area->bytes().begin(), area->bytes().end());
}

Answer<Decoded> check_as_device(const SelfCheck& check) {
  const PublishOrder& order = check.order;
  const tuf::Repository& known = check.known;
  const tuf::Target& target = check.target;
  const Path path =
      order.repository / kTargetsFolder / tuf::path_of_target(target, known.consistent_snapshot());
  AIRLOCK_ASSIGN(const Buffer envelope, naming(path, file::read(path, package::kEnvelopeSizeMax)));
  AIRLOCK_TRY(naming(path, tuf::check_target(target, envelope)));
  AIRLOCK_ASSIGN(const package::Proven proven,
                 naming(path, package::prove(envelope, order.keyring, package::Judged::before)));
  AIRLOCK_TRY(naming(path, doors::check_agree(target, proven.manifest())));
  AIRLOCK_TRY(check_logged(order, proven.manifest()));
  AIRLOCK_TRY(check_certified(order, envelope));
  return check_payloads(order.repository, check.published, proven.manifest());
}

}  // namespace airlock::release
