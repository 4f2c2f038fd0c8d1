// make_release FILE VERSION OUT: a release of an ABI pack, a fee policy (FILE.yaml) or a fee plugin
// (FILE.so) that nobody judged, as a publisher's tool of another kind might make it. What refuses
// it then is the device.
#include <cstdio>
#include <ctime>

#include "engine/abi/pack/pack.h"
#include "host/file/file.h"
#include "publish/release/release.h"

namespace {

using namespace airlock;

constexpr std::int64_t kValidSeconds = 90 * 24 * 3600;

package::Kind kind_of(const file::Path& path) {
  if (path.extension() == ".yaml") return package::Kind::fee_policy;
  return path.extension() == ".so" ? package::Kind::fee_plugin : package::Kind::abi_pack;
}

Status add_content(const char* path, release::Recipe& recipe) {
  AIRLOCK_ASSIGN(file::Buffer bytes, file::read(path, abi::pack::kPackSizeMax));
  const char* component = recipe.kind == package::Kind::fee_policy ? "fees" : "plugin";
  if (recipe.kind == package::Kind::abi_pack) {
    AIRLOCK_ASSIGN(const abi::pack::Pack pack, abi::pack::Pack::open(bytes));
    recipe.entries = pack.entries();
    component = "abi";
  }
  recipe.images.push_back({component, std::move(bytes), std::nullopt});
  return {};
}

Result<release::Recipe> recipe_of(const char* path, const char* version) {
  release::Recipe recipe;
  recipe.kind = kind_of(path);
  recipe.models = {"*"};
  recipe.version = version;
  recipe.security_version = 1;
  recipe.created = std::time(nullptr);
  recipe.not_before = recipe.created;
  recipe.expires = recipe.created + kValidSeconds;
  AIRLOCK_TRY(add_content(path, recipe));
  return recipe;
}

int complain(Code code) {
  std::fprintf(stderr, "error: %s\n", std::string(name(code)).c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const auto recipe = recipe_of(argv[1], argv[2]);
  if (!recipe) return complain(recipe.error().code);
  const auto made = release::make(*recipe, [](std::size_t, std::size_t) {});
  if (!made) return complain(made.error().error.code);
  const Status written = release::write_package(argv[3], *made);
  return written ? 0 : complain(written.error().code);
}
