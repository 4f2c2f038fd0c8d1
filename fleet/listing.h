// The companion's own repository door: what it was shown of the repository, and the release that it
// finds there. Nothing of it counts for the wallet, which proves the package by itself.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "core/base/base.h"
#include "core/crypto/crypto.h"
#include "fleet/line.h"
#include "trust/tuf/tuf.h"

namespace airlock::fleet {

// Files that many keep and few differ in, each once.
class Pool {
 public:
  using Kept = std::shared_ptr<const file::Buffer>;
  Kept keep(Bytes bytes);

 private:
  std::map<crypto::Digest, std::weak_ptr<const file::Buffer>> files_;
};

// What one companion keeps of a repository.
class KeptMetadata final : public tuf::Store {
 public:
  KeptMetadata(Pool& pool, Bytes root) : pool_(pool) { kept_["root"] = pool_.keep(root); }

  Result<file::Buffer> load(std::string_view role) override;
  Status save(std::string_view role, Bytes bytes) override;
  Status remove(std::string_view role) override;

 private:
  Pool& pool_;
  std::map<std::string, Pool::Kept, std::less<>> kept_;
};

// fetch_listed finds a target by the repository's metadata, fetches and proves its bytes. Errors:
// those of tuf::refresh, of Repository::find and of the line.
Result<file::Buffer> fetch_listed(Line& line, tuf::Store& kept, std::string_view target,
                                  std::int64_t now);

}  // namespace airlock::fleet
