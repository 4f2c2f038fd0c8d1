// Who makes the releases: a vendor with a committee, whose keys live in memory, and a repository.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/base.h"
#include "core/package/package.h"
#include "publish/keys/keys.h"
#include "publish/release/repository.h"

namespace airlock::fleet {

using crypto::Digest;
using file::Buffer;

inline constexpr std::string_view kModel = "fleet-wallet";
inline constexpr std::string_view kComponent = "mcu";

// A release as everybody can see it.
struct Release {
  Digest manifest;
  std::string version;
  std::uint32_t security_version = 0;
  std::int64_t created = 0;
  Buffer envelope;
  Buffer image;
};

class Vendor {
 public:
  // found makes keys, a keyring and an empty repository below `folder`. Errors: those of
  // publish/release.
  static release::Answer<Vendor> found(const file::Path& folder, std::int64_t now);

  // publish makes the next release of an image, with a patch against the one before, and offers it.
  release::Answer<Release> publish(Buffer image, std::int64_t now);

  // renew_timestamp keeps what is offered from expiring.
  release::Answer<void> renew_timestamp(std::int64_t now);
  // first_root reads the repository's first root.
  Result<Buffer> first_root() const;

  file::Path repository() const { return folder_ / "repository"; }
  const Buffer& anchor() const { return anchor_; }

 private:
  explicit Vendor(file::Path folder) : folder_(std::move(folder)) {}
  release::Answer<void> make_keys();
  release::Answer<void> make_keyring(std::int64_t now);
  release::Answer<Buffer> sign_complete(Bytes envelope) const;

  file::Path folder_;
  std::vector<release::RoleSigner> roles_;  // root, targets, snapshot, timestamp
  std::vector<keys::SigningKey> keys_;      // of the package: vendor, committee-1, -2, root-1
  Buffer anchor_;
  package::Keyring keyring_;
  Buffer last_;  // image
  std::uint32_t releases_ = 0;
};

}  // namespace airlock::fleet
