// Releases that this device went back from, so that none of several comes again by itself; and
// those that it did not take, so that they stand in no other's way.
#pragma once

#include "device/apply/apply.h"
#include "device/apply/shelf.h"

namespace airlock::agent {

inline constexpr std::string_view kGivenUpName = "given-up";
inline constexpr std::string_view kNotNowName = "not-now";
inline constexpr std::size_t kManifestsMax = 16;  // of a list the newest ones

// ManifestList is such a file: a digest of a manifest a line, the oldest first. What cannot be read
// counts for nothing, and is written anew.
class ManifestList {
 public:
  static ManifestList read(const platform::Device& device, std::string_view name);
  bool holds(const crypto::Digest& manifest) const;
  const std::vector<crypto::Digest>& all() const { return manifests_; }
  // add makes one the newest, unless it is held already or zero.
  void add(const crypto::Digest& manifest);
  // write replaces the file where `add` changed something. Errors: those of the disk.
  Status write(const platform::Device& device);

 private:
  explicit ManifestList(std::string_view name) : name_(name) {}
  std::string_view name_;  // one of the above
  std::vector<crypto::Digest> manifests_;
  bool is_new_ = false;
};

// given_up is what boot record and shelves say that the device went back from last, and what they
// said before, noted. Errors: those of the disk.
Result<ManifestList> given_up(const platform::Device& device, const slot::Record& record,
                              const apply::Shelves& shelves);

}  // namespace airlock::agent
