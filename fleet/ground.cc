#include "fleet/ground.h"

#include <algorithm>

#include "host/text/text.h"

namespace airlock::fleet {
namespace {

Buffer image_of(Dice& dice, std::size_t size) {
  constexpr std::uint64_t kAlike = 64;  // kinds of bytes, as in code
  Buffer image(size);
  for (std::uint8_t& byte : image) byte = static_cast<std::uint8_t>(dice.below(kAlike));
  return image;
}

// A twentieth of it changes, in places.
Buffer changed(Dice& dice, Buffer image) {
  constexpr std::size_t kRun = 64;
  const std::size_t runs = image.size() / (20 * kRun) + 1;
  for (std::size_t i = 0; i < runs; ++i) {
    const std::size_t at = dice.below(image.size());
    const std::size_t end = std::min(at + kRun, image.size());
    for (std::size_t k = at; k < end; ++k) image[k] = static_cast<std::uint8_t>(dice.roll());
  }
  return image;
}

// An Ed25519 secret as RFC 8410 wraps it. Whoever knows the seed knows the key: it is nobody's.
std::string key_file(std::uint64_t seed) {
  Buffer der = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
  const Digest secret = crypto::sha256(bytes_of("fleet " + std::to_string(seed)));
  der.insert(der.end(), secret.bytes.begin(), secret.bytes.end());
  return "-----BEGIN PRIVATE KEY-----\n" + text::to_base64(der) + "\n-----END PRIVATE KEY-----\n";
}

}  // namespace

release::Answer<std::unique_ptr<Ground>> Ground::prepare(const Settings& settings,
                                                         const file::Path& folder,
                                                         std::int64_t now) {
  AIRLOCK_TRY(release::naming(folder, file::make_folders(folder)));
  AIRLOCK_ASSIGN(Vendor vendor, Vendor::found(folder / "vendor", now));
  const file::Path path = folder / "devices.key";
  const std::string key_text = key_file(settings.seed);
  const Status kept = file::create(path, bytes_of(key_text), file::Privacy::secret);
  AIRLOCK_TRY(release::naming(path, kept));
  AIRLOCK_ASSIGN(platform::DeviceKey key, release::naming(path, platform::DeviceKey::read(path)));
  std::unique_ptr<Ground> made(new Ground(std::move(vendor), std::move(key), settings.seed));
  AIRLOCK_ASSIGN(Release first,
                 made->vendor_.publish(image_of(made->chance_, settings.image_size), now));
  made->releases_.push_back(std::move(first));
  AIRLOCK_ASSIGN(made->root_, made->vendor_.first_root());
  return made;
}

release::Answer<void> Ground::publish(std::int64_t now) {
  AIRLOCK_ASSIGN(Release made, vendor_.publish(changed(chance_, releases_.back().image), now));
  releases_.push_back(std::move(made));
  return {};
}

Result<platform::DeviceKey> Ground::key_of(std::uint64_t device) const {
  return key_.derive_key("device " + std::to_string(device));
}

Digest Ground::draw_seed() {
  return crypto::sha256(bytes_of("buckets " + std::to_string(chance_.roll())));
}

}  // namespace airlock::fleet
