#include "device/agent/folder.h"

#include "host/text/text.h"

namespace airlock::agent {

file::Path FolderArtifacts::path_of(const package::Payload& payload) const {
  return folder_ / "artifacts" / text::to_hex(payload.digest.bytes);
}

Result<Source*> FolderArtifacts::open(const package::Payload& payload) {
  AIRLOCK_ASSIGN(fetch::LocalSource opened, fetch::LocalSource::open(path_of(payload)));
  open_.emplace(std::move(opened));
  return &*open_;
}

}  // namespace airlock::agent
