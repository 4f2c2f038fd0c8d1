// Whatever is read can be asked for: names, symbols, constants that lie within the file.
#include "engine/elf/elf.h"

namespace {

using namespace airlock;

void check(const elf::Library& library, Bytes file) {
  AIRLOCK_CHECK(!library.segments().empty());
  for (const std::string_view name : library.needed()) AIRLOCK_CHECK(name.size() < file.size());
  for (const std::string_view name : {"airlock_fee_plugin", "airlock_fee_plugin_evaluate", ""}) {
    const auto symbol = library.find(name);
    if (!symbol) continue;
    (void)library.is_code(*symbol);
    const auto constant = library.constant(*symbol);
    if (!constant) continue;
    std::uint8_t sum = 0;
    for (const std::uint8_t byte : *constant) sum = static_cast<std::uint8_t>(sum + byte);
    AIRLOCK_CHECK(constant->empty() || (constant->data() >= file.data() && sum <= 255));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const auto machine : {elf::Machine::x86_64, elf::Machine::aarch64}) {
    const auto library = elf::Library::read({data, size}, machine);
    if (library) check(*library, {data, size});
  }
  return 0;
}
