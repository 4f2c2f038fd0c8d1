#include "fleet/listing.h"

#include "core/package/package.h"

namespace airlock::fleet {
namespace {

class OverLine final : public tuf::Fetcher {
 public:
  explicit OverLine(Line& line) : line_(line) {}
  Result<file::Buffer> fetch(std::string_view name, std::size_t size_max) override {
    return line_.get("/tuf/" + std::string(name), size_max);
  }

 private:
  Line& line_;
};

}  // namespace

Pool::Kept Pool::keep(Bytes bytes) {
  std::weak_ptr<const file::Buffer>& place = files_[crypto::sha256(bytes)];
  Kept kept = place.lock();
  if (kept == nullptr) {
    kept = std::make_shared<const file::Buffer>(bytes.begin(), bytes.end());
    place = kept;
  }
  return kept;
}

Result<file::Buffer> KeptMetadata::load(std::string_view role) {
  const auto found = kept_.find(role);
  if (found == kept_.end()) return fail(Code::not_found);
  return *found->second;
}

Status KeptMetadata::save(std::string_view role, Bytes bytes) {
  kept_[std::string(role)] = pool_.keep(bytes);
  return {};
}

Status KeptMetadata::remove(std::string_view role) {
  kept_.erase(std::string(role));
  return {};
}

Result<file::Buffer> fetch_listed(Line& line, tuf::Store& kept, std::string_view target,
                                  std::int64_t now) {
  OverLine fetcher(line);
  AIRLOCK_ASSIGN(const tuf::Repository repository, tuf::refresh(kept, fetcher, now));
  AIRLOCK_ASSIGN(const tuf::Target found, repository.find(target, kept, fetcher));
  if (found.length > package::kEnvelopeSizeMax) return fail(Code::oversized, found.length);
  const std::string place = tuf::path_of_target(found, repository.consistent_snapshot());
  AIRLOCK_ASSIGN(file::Buffer envelope, line.get("/targets/" + place, found.length));
  AIRLOCK_TRY(tuf::check_target(found, envelope));
  return envelope;
}

}  // namespace airlock::fleet
