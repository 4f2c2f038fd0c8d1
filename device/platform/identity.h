// Who a device is: its own key.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/base.h"
#include "core/crypto/crypto.h"
#include "host/file/file.h"

namespace airlock::platform {

inline constexpr std::size_t kDuidBytes = 20;

// An Ed25519 key pair. The secret half has no reader: it signs, and it is stored. Move-only.
class DeviceKey {
 public:
  static Result<DeviceKey> generate();
  // read opens an unencrypted PKCS#8 PEM file. Errors: those of host/file, bad_key.
  static Result<DeviceKey> read(const file::Path& path);
  DeviceKey(DeviceKey&& other) noexcept;
  DeviceKey& operator=(DeviceKey&& other) noexcept;
  ~DeviceKey();

  // create_files writes the secret half (mode 0600) and the public half (PEM SubjectPublicKeyInfo).
  Status create_files(const file::Path& secret, const file::Path& public_half) const;

  Bytes public_key() const { return public_; }
  // duid is base32 of the first 20 bytes of SHA-256 of the public key.
  std::string duid() const;
  Result<std::array<std::uint8_t, crypto::kCurveSignatureSize>> sign(Bytes message) const;
  // derive_key makes another key pair of this device for one purpose: nobody else can tell that it
  // is this device's.
  Result<DeviceKey> derive_key(std::string_view purpose) const;
  // derive makes a secret of this device for one purpose: for ramps and buckets.
  Result<crypto::Digest> derive(std::string_view purpose) const;

 private:
  struct Pair;
  explicit DeviceKey(std::unique_ptr<Pair> pair);
  std::unique_ptr<Pair> pair_;
  std::array<std::uint8_t, crypto::kEd25519KeySize> public_{};
};

// read_duid reads a device's name from its public half: whoever only looks needs no secret. Errors:
// those of host/file, bad_key.
Result<std::string> read_duid(const file::Path& public_half);

// create_seed writes 32 random bytes in hexadecimal: the owner's, for the simulated wallet.
Status create_seed(const file::Path& path);

}  // namespace airlock::platform
