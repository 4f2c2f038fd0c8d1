// Any bytes as a Move.toml: refused, or a name that stays in its folder.
#include <filesystem>

#include "publish/packs/move_toml.h"

using namespace airlock;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto name = packs::read_package_name(text_of(Bytes(data, size)));
  if (!name) return 0;
  const std::filesystem::path path(*name);
  AIRLOCK_CHECK(!path.empty() && path == path.filename() && *name != "." && *name != "..");
  return 0;
}
