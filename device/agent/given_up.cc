#include "device/agent/given_up.h"

#include <algorithm>

#include "host/text/text.h"

namespace airlock::agent {

ManifestList ManifestList::read(const platform::Device& device, std::string_view name) {
  constexpr std::size_t kLine = 65;
  ManifestList made(name);
  const auto bytes = file::read(device.path(name), kManifestsMax * kLine);
  std::string_view rest = bytes ? text_of(*bytes) : std::string_view();
  while (rest.size() >= kLine) {
    const auto digest = text::digest_from_hex(rest.substr(0, kLine - 1));
    if (!digest) break;
    made.manifests_.push_back(*digest);
    rest.remove_prefix(kLine);
  }
  return made;
}

bool ManifestList::holds(const crypto::Digest& manifest) const {
  return std::ranges::find(manifests_, manifest) != manifests_.end();
}

void ManifestList::add(const crypto::Digest& manifest) {
  if (manifest.is_zero() || holds(manifest)) return;
  manifests_.push_back(manifest);
  if (manifests_.size() > kManifestsMax) manifests_.erase(manifests_.begin());
  is_new_ = true;
}

Status ManifestList::write(const platform::Device& device) {
  if (!is_new_) return {};
  std::string lines;
  for (const crypto::Digest& one : manifests_) lines += text::to_hex(one.bytes) + "\n";
  AIRLOCK_TRY(file::replace(device.path(name_), bytes_of(lines)));
  is_new_ = false;
  return {};
}

Result<ManifestList> given_up(const platform::Device& device, const slot::Record& record,
                              const apply::Shelves& shelves) {
  ManifestList list = ManifestList::read(device, kGivenUpName);
  list.add(record.last_revert.manifest);
  for (const apply::Shelf& shelf : shelves) list.add(shelf.given_up);
  AIRLOCK_TRY(list.write(device));
  return list;
}

}  // namespace airlock::agent
