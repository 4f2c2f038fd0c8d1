#include "publish/packs/sources.h"

#include <algorithm>
#include <map>

#include "engine/abi/move/move.h"
#include "publish/packs/move_toml.h"

namespace airlock::packs {
namespace {

constexpr std::string_view kPackageFile = "Move.toml";
constexpr std::string_view kModulesFolder = "bytecode_modules";
constexpr std::string_view kOthersFolder = "dependencies";
constexpr std::string_view kScriptsFolder = "bytecode_scripts";
constexpr std::string_view kModuleMagic = "\xa1\x1c\xeb\x0b";
constexpr std::size_t kPathsMax = abi::move::kModulesMax;

bool is_folder(const Path& path) {
  std::error_code failed;
  return std::filesystem::is_directory(path, failed);
}

// What a compiler leaves beside a package's modules: the packages that it depends on, and scripts.
bool is_beside(const Path& folder) {
  if (folder.filename() == kScriptsFolder) return true;
  if (folder.filename() != kOthersFolder) return false;
  std::error_code failed;
  const Path whole = std::filesystem::canonical(folder, failed);
  return whole.parent_path().filename() == kModulesFolder;
}

// The modules of a folder, sorted: a disk lists them in any order.
enum class Below : std::uint8_t { none, all };
Answer<std::vector<Path>> modules_in(const Path& folder, Below below) {
  std::error_code failed;
  std::vector<Path> found;
  auto entry = std::filesystem::recursive_directory_iterator(folder, failed);
  for (; !failed && entry != std::filesystem::recursive_directory_iterator();
       entry.increment(failed)) {
    std::error_code unknown;
    const bool is_inner = entry->is_directory(unknown);
    if (is_inner && (below == Below::none || is_beside(entry->path())))
      entry.disable_recursion_pending();
    if (!is_inner && entry->path().extension() == ".mv") found.push_back(entry->path());
    if (found.size() > kPathsMax) return Refusal::of(Code::too_many, folder.string());
  }
  if (failed) return Refusal::of(file::code_of(failed.value()), folder.string());
  std::sort(found.begin(), found.end());
  return found;
}

Answer<std::string> package_name(const Path& package_file) {
  AIRLOCK_ASSIGN(const file::Buffer text,
                 release::naming(package_file, file::read(package_file, kMoveTomlSizeMax)));
  auto name = read_package_name(text_of(text));
  if (name) return std::move(*name);
  const Error why = name.error();
  const bool is_no_toml = (why.code == Code::bad_text || why.code == Code::too_deep) && why.at > 0;
  return Refusal::of(why, package_file.string() +
                              (is_no_toml ? ", line " + std::to_string(why.at) : ": package.name"));
}

class Reader {
 public:
  Answer<Sources> read(std::span<const Path> named) {
    for (const Path& path : named) AIRLOCK_TRY(expand(path, named.size() == 1));
    for (const Path& path : paths_) {
      AIRLOCK_ASSIGN(file::Buffer bytes, release::naming(path, file::read(path, kSourceSizeMax)));
      AIRLOCK_TRY(check_module(path, bytes));
      made_.files.push_back(std::move(bytes));
    }
    return std::move(made_);
  }

 private:
  Answer<void> expand(const Path& path, bool is_all) {
    if (path.filename() == kPackageFile) return expand_package(path, is_all);
    if (!is_folder(path)) return add({path}, path);
    std::error_code failed;
    if (std::filesystem::exists(path / kPackageFile, failed))
      return expand_package(path / kPackageFile, is_all);
    AIRLOCK_ASSIGN(std::vector<Path> found, modules_in(path, Below::all));
    if (found.empty())
      return Refusal::of(Code::not_found, path.string() + ": neither a Move.toml nor a .mv file");
    return add(std::move(found), path);
  }

  Answer<void> expand_package(const Path& package_file, bool is_all) {
    AIRLOCK_ASSIGN(std::string name, package_name(package_file));
    const Path modules = package_file.parent_path() / "build" / name / kModulesFolder;
    std::vector<Path> found;
    if (is_folder(modules)) {
      AIRLOCK_ASSIGN(found, modules_in(modules, Below::none));
    }
    if (found.empty())
      return Refusal::of(Code::not_found, modules.string() +
                                              ": the package is not built, which takes "
                                              "`sui move build` or `aptos move compile`");
    if (is_all) made_.name = std::move(name);
    return add(std::move(found), package_file);
  }

  Answer<void> add(std::vector<Path> found, const Path& about) {
    if (paths_.size() + found.size() > kPathsMax)
      return Refusal::of(Code::too_many, about.string());
    std::ranges::move(found, std::back_inserter(paths_));
    return {};
  }

  // What is wrong with one module of many is said of its file; a map could only say of all.
  Answer<void> check_module(const Path& path, Bytes bytes) {
    if (path.extension() == ".mv" && !text_of(bytes).starts_with(kModuleMagic))
      return Refusal::of(Code::bad_module, path.string());
    if (paths_.size() == 1 || !text_of(bytes).starts_with(kModuleMagic)) return {};
    AIRLOCK_ASSIGN(const abi::move::Module module,
                   release::naming(path, abi::move::Module::read(bytes)));
    std::string id;
    append_module_name(id, module, module.modules()[module.self()]);
    const auto [place, is_new] = modules_.try_emplace(id, path);
    if (is_new) return {};
    return Refusal::of(Code::duplicate_key,
                       path.string() + ": " + id + " is in " + place->second.string() + " too");
  }

  Sources made_;
  std::vector<Path> paths_;
  std::map<std::string, Path> modules_;
};

}  // namespace

Answer<Sources> read_sources(std::span<const Path> named) { return Reader().read(named); }

}  // namespace airlock::packs
