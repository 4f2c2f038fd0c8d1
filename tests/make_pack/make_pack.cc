// make_pack FILE KEY=SOURCE ...: writes a pack, and prints what its manifest would say of it. Under
// a key of a contract the source is an ABI as its chain has it; other sources are kept as they are.
#include <cstdio>

#include "engine/abi/abi.h"
#include "host/file/file.h"
#include "host/json/json.h"

namespace {

using namespace airlock;

constexpr std::size_t kSourceSizeMax = 16 << 20;

Result<abi::pack::Item> item_from(std::string_view argument) {
  const std::size_t equals = argument.find('=');
  if (equals == std::string_view::npos) return fail(Code::usage);
  const std::string key(argument.substr(0, equals));
  AIRLOCK_ASSIGN(std::vector<std::uint8_t> content,
                 file::read(argument.substr(equals + 1), kSourceSizeMax));
  if (!key.starts_with("abi/")) return abi::pack::Item{key, std::move(content)};
  const auto loaders = abi::standard_loaders();
  AIRLOCK_ASSIGN(const abi::Loader* loader, abi::loader_of(loaders, key.substr(4)));
  AIRLOCK_ASSIGN(const auto map, loader->load({.name = "Contract", .files = {content}}));
  return abi::pack::Item{key, {map->encoded().begin(), map->encoded().end()}};
}

Result<abi::Entries> make(std::string_view path, std::span<const char* const> arguments) {
  std::vector<abi::pack::Item> items;
  for (const char* argument : arguments) {
    AIRLOCK_ASSIGN(abi::pack::Item item, item_from(argument));
    items.push_back(std::move(item));
  }
  AIRLOCK_ASSIGN(const std::vector<std::uint8_t> pack, abi::pack::build(items));
  AIRLOCK_TRY(file::replace(path, pack));
  return abi::pack::Pack::open(pack)->entries();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::span<const char* const> arguments(argv, static_cast<std::size_t>(argc));
  const auto made = make(arguments[1], arguments.subspan(2));
  if (!made) {
    std::fprintf(stderr, "error: %s\n", std::string(name(made.error().code)).c_str());
    return 1;
  }
  std::string root;
  abi::type::append_hex(root, made->root.bytes);
  std::printf("%s\n", json::write({{"root", root.substr(2)}, {"count", made->count}}).c_str());
  return 0;
}
