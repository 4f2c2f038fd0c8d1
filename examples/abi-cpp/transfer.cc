// Loads an ABI pack and shows what an ERC-20 transfer says.
//
// Usage: transfer PACK ROOT COUNT VERSION
#include "pack.h"

using namespace example;

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: transfer PACK ROOT COUNT VERSION\n";
    return 2;
  }
  const Pack pack(argv + 1);
  auto engine = Engine::make();
  if (!engine) return complain("engine", engine.error());
  if (const auto loaded = engine->load_file(pack.path, pack.committed); !loaded)
    return complain(pack.path, loaded.error());
  auto reader = engine->reader();
  if (!reader) return complain("reader", reader.error());
  const auto json = reader->decode(transfer());
  // A wallet shows the bytes themselves now, with a warning, and lets its owner decide.
  if (!json) return complain("this call cannot be shown clearly", json.error());
  std::cout << *json << '\n';
  return 0;
}
