#include "device/agent/folder.h"

#include "host/text/text.h"

namespace airlock::agent {

Result<Source*> FolderArtifacts::open(const package::Payload& payload) {
  const file::Path path = folder_ / "artifacts" / text::to_hex(payload.digest.bytes);
  AIRLOCK_ASSIGN(fetch::LocalSource opened, fetch::LocalSource::open(path));
  open_.emplace(std::move(opened));
  return &*open_;
}

}  // namespace airlock::agent
