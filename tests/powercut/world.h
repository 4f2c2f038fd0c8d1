// The packages that wallets of the sweep are given, made once.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/package/package.h"
#include "tests/fakes/signers.h"

namespace airlock::powercut {

using crypto::Digest;
using fakes::Buffer;

inline constexpr std::string_view kModel = "demo-wallet";
inline constexpr std::size_t kPartsMax = 2;
inline constexpr std::array<std::string_view, kPartsMax> kPartIds = {"mcu", "radio"};

// One component of a package, as the server has it.
struct Part {
  Buffer image;
  std::vector<Buffer> payloads;  // as the manifest lists them: a full one, then patches
};

struct Package {
  std::string version;
  package::Kind kind = package::Kind::firmware;
  std::uint32_t security_version = 1;
  std::int64_t created = 0;
  Buffer envelope;
  Digest digest;
  std::vector<Part> parts;  // of firmware
};

// Everything that is the same for all wallets.
struct World {
  World();
  fakes::Signers signers;
  fakes::Signer newcomer;
  Buffer anchor;         // keyring 1
  Package v1, v2, v3;    // two components; security versions 1, 1, 2; v2 patches v1, v3 patches v2
  Package tiny0, tiny1;  // one component of at most four erase units; security version 1
  Package tiny2;         // the same, security version 2; patches tiny1
  Package tiny_after_rotation;  // the same, signed by the newcomer
  Package large1, large2;       // a component of three blocks; large2 patches large1
  Package blocks1, blocks2;     // one component of two blocks; blocks2 patches blocks1
  Package rescue, tiny_rescue;  // newer than all, signed by the newcomer too
  Package rotated;              // keyring 2: the newcomer in the place of committee-1
  Package after_rotation;       // firmware that the newcomer signed: refused by keyring 1
  const Package* find(const Digest& manifest) const;

 private:
  struct Plan {
    std::string version;
    std::uint32_t security_version = 1;
    std::vector<std::size_t> sizes;  // of the parts
    const Package* base = nullptr;
  };
  fakes::KeyringPlan keyring_plan() const;
  Buffer keyring_package(const fakes::KeyringPlan& next, Package* made) const;
  Package firmware(const Plan& plan, std::initializer_list<const fakes::Signer*> by) const;
};
const World& world();

}  // namespace airlock::powercut
