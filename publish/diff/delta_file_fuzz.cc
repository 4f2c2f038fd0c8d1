// Any bytes as a patch in a file of its own: read, applied to a small base, looked into.
#include "publish/diff/delta_file.h"

using namespace airlock;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kFileMax = 64 << 10;
  constexpr std::uint64_t kImageMax = 256 << 10;
  static const std::vector<std::uint8_t> base = [] {
    std::vector<std::uint8_t> made(4096);
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = static_cast<std::uint8_t>(i * i >> 3);
    return made;
  }();
  if (size > kFileMax) return 0;
  const auto file = diff::read_delta_file(Bytes(data, size));
  // What is made of a few bytes may be large, and takes its time.
  if (!file || file->image.size > kImageMax) return 0;
  const auto made = diff::apply_delta(*file, base, 1);
  if (made) AIRLOCK_CHECK(made->size() == file->image.size);
  const auto parts = diff::look_into(*file, base);
  AIRLOCK_CHECK(parts.has_value() == made.has_value());
  AIRLOCK_CHECK(diff::look_at(*file).has_value() || !parts);
  return 0;
}
