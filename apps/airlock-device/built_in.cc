#include "apps/airlock-device/built_in.h"

// What airlock package embed defines. Weak: without such an object both are null.
extern "C" {
[[gnu::weak]] extern const unsigned char airlock_package[];
[[gnu::weak]] extern const std::size_t airlock_package_size;
}

namespace airlock::app {

Result<std::optional<carton::Carton>> built_in_package() {
  const std::size_t* const size = &airlock_package_size;
  if (size == nullptr) return std::nullopt;
  AIRLOCK_ASSIGN(const carton::Carton opened, carton::Carton::open({airlock_package, *size}));
  return opened;
}

}  // namespace airlock::app
