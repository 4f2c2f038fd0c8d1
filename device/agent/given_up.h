// Releases that this device went back from, so that none of several comes again by itself.
#pragma once

#include "device/apply/apply.h"
#include "device/apply/shelf.h"

namespace airlock::agent {

inline constexpr std::string_view kGivenUpName = "given-up";
inline constexpr std::size_t kGivenUpMax =
    16;  // the newest ones; boot record and shelves know one each

// GivenUp is the file of that name: a digest of a manifest a line, the oldest first. What cannot be
// read counts for nothing, and is written anew.
class GivenUp {
 public:
  static GivenUp read(const platform::Device& device);
  bool holds(const crypto::Digest& manifest) const;
  // note adds what boot record and shelves say that the device went back from last, and writes
  // where that is news. Errors: those of the disk.
  Status note(const platform::Device& device, const slot::Record& record,
              const apply::Shelves& shelves);

 private:
  std::vector<crypto::Digest> manifests_;
};

}  // namespace airlock::agent
