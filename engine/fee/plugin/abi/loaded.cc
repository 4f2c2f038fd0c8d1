#include "engine/fee/plugin/abi/loaded.h"

#include <dlfcn.h>
#include <link.h>

#include <bit>

namespace airlock::fee::plugin {

Result<Loaded> Loaded::open(int descriptor, std::uint64_t evaluate) {
  const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  void* const handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return fail(Code::plugin_not_loaded);
  Loaded made(handle, nullptr);
  link_map* map = nullptr;
  if (dlinfo(handle, RTLD_DI_LINKMAP, static_cast<void*>(&map)) != 0)
    return fail(Code::plugin_not_loaded);
  // The loader may have taken another library, which goes by this path, for this one.
  if (path != map->l_name) return fail(Code::plugin_not_loaded);
  // By the judge's own reading, and not by the loader's: there is one answer to which function.
  made.evaluate_ = std::bit_cast<Evaluate>(map->l_addr + evaluate);
  return made;
}

Loaded::~Loaded() {
  if (handle_ != nullptr) dlclose(handle_);
}

}  // namespace airlock::fee::plugin
