#include <openssl/crypto.h>

#include <utility>

#include "publish/keys/keys.h"

namespace airlock::keys {

Secret::Secret(std::size_t size) : bytes_(std::make_unique<std::uint8_t[]>(size)), size_(size) {}

Secret Secret::of(Bytes bytes) {
  Secret made(bytes.size());
  copy_into(made.room(), bytes);
  return made;
}

Secret::Secret(Secret&& other) noexcept
    : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe();
  bytes_ = std::move(other.bytes_);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

Secret::~Secret() { wipe(); }

void Secret::shorten(std::size_t size) {
  AIRLOCK_CHECK(size <= size_);
  OPENSSL_cleanse(bytes_.get() + size, size_ - size);
  size_ = size;
}

void Secret::wipe() {
  if (bytes_ != nullptr) OPENSSL_cleanse(bytes_.get(), size_);
}

}  // namespace airlock::keys
