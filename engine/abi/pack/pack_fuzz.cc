// A file that opens is the file that its own entries make, once their digests hold.
#include "engine/abi/pack/pack.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace airlock;
  const std::vector<std::uint8_t> file(data, data + size);
  const auto opened = abi::pack::Pack::open(file);
  if (!opened) return 0;
  std::vector<abi::pack::Item> items;
  for (std::uint32_t i = 0; i < opened->count(); ++i) {
    const auto content = opened->content(i);
    if (!content) return 0;
    items.push_back({std::string(opened->key(i)), {content->begin(), content->end()}});
  }
  const auto built = abi::pack::build(items);
  AIRLOCK_CHECK(built.has_value() && *built == file);
  return 0;
}
