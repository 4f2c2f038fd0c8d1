#include "device/agent/given_up.h"

#include <algorithm>

#include "host/text/text.h"

namespace airlock::agent {

GivenUp GivenUp::read(const platform::Device& device) {
  constexpr std::size_t kLine = 65;
  GivenUp made;
  const auto bytes = file::read(device.path(kGivenUpName), kGivenUpMax * kLine);
  std::string_view rest = bytes ? text_of(*bytes) : std::string_view();
  while (rest.size() >= kLine) {
    const auto digest = text::digest_from_hex(rest.substr(0, kLine - 1));
    if (!digest) break;
    made.manifests_.push_back(*digest);
    rest.remove_prefix(kLine);
  }
  return made;
}

bool GivenUp::holds(const crypto::Digest& manifest) const {
  return std::ranges::find(manifests_, manifest) != manifests_.end();
}

Status GivenUp::note(const platform::Device& device, const slot::Record& record,
                     const apply::Shelves& shelves) {
  const std::size_t known = manifests_.size();
  const auto add = [this](const crypto::Digest& manifest) {
    if (!manifest.is_zero() && !holds(manifest)) manifests_.push_back(manifest);
  };
  add(record.last_revert.manifest);
  for (const apply::Shelf& shelf : shelves) add(shelf.given_up);
  if (manifests_.size() == known) return {};
  const std::size_t count = std::min(manifests_.size(), kGivenUpMax);
  manifests_.erase(manifests_.begin(), manifests_.end() - static_cast<std::ptrdiff_t>(count));
  std::string lines;
  for (const crypto::Digest& one : manifests_) lines += text::to_hex(one.bytes) + "\n";
  return file::replace(device.path(kGivenUpName), bytes_of(lines));
}

}  // namespace airlock::agent
