// Swaps two ABI packs under two threads that decode all the time, as an update does in a wallet
// that is in use.
//
// Usage: swaps COUNT PACK ROOT COUNT VERSION PACK ROOT COUNT VERSION
#include <atomic>
#include <thread>
#include <vector>

#include "pack.h"

using namespace example;

namespace {

// Decodes until it is over. Each answer is by one pack or by the other one, never by both.
void follow(Engine& engine, const std::vector<std::string>& answers, const std::atomic<bool>& over,
            std::atomic<int>& failed) {
  auto reader = engine.reader();
  if (!reader) {
    ++failed;
    return;
  }
  const Call call = transfer();
  do {
    const auto json = reader->decode(call);
    if (!json || (*json != answers[0] && *json != answers[1])) ++failed;
  } while (!over);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 10) {
    std::cerr << "usage: swaps COUNT PACK ROOT COUNT VERSION PACK ROOT COUNT VERSION\n";
    return 2;
  }
  const int count = std::atoi(argv[1]);
  const std::vector<Pack> packs = {Pack(argv + 2), Pack(argv + 6)};
  auto engine = Engine::make();
  if (!engine) return complain("engine", engine.error());
  auto reader = engine->reader();
  if (!reader) return complain("reader", reader.error());

  std::vector<std::string> answers;
  for (const Pack& pack : packs) {
    if (const auto loaded = engine->load_file(pack.path, pack.committed); !loaded)
      return complain(pack.path, loaded.error());
    const auto json = reader->decode(transfer());
    if (!json) return complain(pack.path, json.error());
    answers.push_back(*json);
  }

  std::atomic<bool> over = false;
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) threads.emplace_back([&] { follow(*engine, answers, over, failed); });
  int swapped = 0;
  for (int i = 0; i < count; ++i) {
    const Pack& pack = packs[static_cast<std::size_t>(i) % packs.size()];
    if (engine->load_file(pack.path, pack.committed)) ++swapped;
  }
  over = true;
  for (std::thread& thread : threads) thread.join();
  std::cout << "swapped " << swapped << ", failed " << failed << '\n';
  return swapped == count && failed == 0 ? 0 : 1;
}
