// Loads an ABI pack and shows what a message of EIP-712 lets others do, as a small display would.
//
// Usage: message PACK ROOT COUNT VERSION MESSAGE
#include <fstream>
#include <sstream>

#include "pack.h"

using namespace example;

int main(int argc, char** argv) {
  if (argc != 6) {
    std::cerr << "usage: message PACK ROOT COUNT VERSION MESSAGE\n";
    return 2;
  }
  const Pack pack(argv + 1);
  std::ostringstream json;
  json << std::ifstream(argv[5], std::ios::binary).rdbuf();
  auto engine = Engine::make();
  if (!engine) return complain("engine", engine.error());
  if (const auto loaded = engine->load_file(pack.path, pack.committed); !loaded)
    return complain(pack.path, loaded.error());
  auto reader = engine->reader();
  if (!reader) return complain("reader", reader.error());
  const auto shown = reader->show_message({json.str(), ""}, {AIRLOCK_ABI_PAGES});
  if (!shown) return complain("this is nothing to be signed", shown.error());
  std::cout << shown->text << '\n';
  return 0;
}
