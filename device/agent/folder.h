// Payloads from a package folder: artifacts/DIGEST.
#pragma once

#include <optional>

#include "device/apply/apply.h"
#include "device/fetch/fetch.h"

namespace airlock::agent {

class FolderArtifacts final : public apply::Artifacts {
 public:
  // `folder` is the package's; nothing is opened yet.
  explicit FolderArtifacts(file::Path folder) : folder_(std::move(folder)) {}
  Result<Source*> open(const package::Payload& payload) override;
  bool is_stream() const override { return false; }
  file::Path path_of(const package::Payload& payload) const;

 private:
  file::Path folder_;
  std::optional<fetch::LocalSource> open_;
};

}  // namespace airlock::agent
