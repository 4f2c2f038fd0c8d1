#include "core/package/package.h"
#include "engine/embed/handles.h"

namespace {

using namespace airlock;
using namespace airlock::embed;
using Opened = Result<std::unique_ptr<const abi::Snapshot>>;

Result<std::string> version_from(const airlock_abi_committed& committed) {
  AIRLOCK_ASSIGN(const std::string_view text,
                 text_from(committed.version, package::kSemverTextMax));
  AIRLOCK_TRY(package::parse_semver(text));
  return std::string(text);
}

// Judges a pack, and only then lets it serve.
Status serve(abi::Engine& engine, Opened opened, airlock_abi_fault& fault) {
  if (!opened) {
    fault.at = opened.error().at;
    return std::unexpected(opened.error());
  }
  if (const auto good = abi::judge(**opened, abi::standard_loaders()); !good) {
    const abi::Fault& why = good.error();
    fault.at = why.error.at;
    why.key.copy(fault.key, AIRLOCK_ABI_KEY_SIZE_MAX);
    return std::unexpected(why.error);
  }
  engine.swap(std::move(*opened));
  return {};
}

// Both ways to load, which differ in how they open.
template <class Open>
int load(airlock_abi_engine* engine, const airlock_abi_committed* committed,
         airlock_abi_fault* fault, Open open) {
  airlock_abi_fault unseen;
  airlock_abi_fault& told = fault != nullptr ? *fault : unseen;
  told = {};
  return guarded([&]() -> Status {
    AIRLOCK_TRY(given(engine));
    AIRLOCK_ASSIGN(const package::Entries entries, committed_from(committed));
    AIRLOCK_ASSIGN(std::string version, version_from(*committed));
    return serve(*engine->engine, open(entries, std::move(version)), told);
  });
}

}  // namespace

int airlock_abi_engine_new(airlock_abi_engine** engine) {
  return guarded([&]() -> Status {
    AIRLOCK_TRY(given(engine));
    *engine = nullptr;
    *engine = new airlock_abi_engine{std::make_shared<abi::Engine>()};
    return {};
  });
}

void airlock_abi_engine_free(airlock_abi_engine* engine) { delete engine; }

int airlock_abi_load_file(airlock_abi_engine* engine, const char* path,
                          const airlock_abi_committed* committed, airlock_abi_fault* fault) {
  return load(engine, committed, fault, [&](const auto& entries, std::string version) -> Opened {
    AIRLOCK_ASSIGN(const std::string_view name, text_from(path, AIRLOCK_ABI_PATH_SIZE_MAX));
    AIRLOCK_ASSIGN(file::Mapping file, file::Mapping::open(name, abi::pack::kPackSizeMax));
    return abi::Snapshot::open(std::move(file), entries, std::move(version));
  });
}

int airlock_abi_load(airlock_abi_engine* engine, const std::uint8_t* pack, std::size_t size,
                     const airlock_abi_committed* committed, airlock_abi_fault* fault) {
  return load(engine, committed, fault, [&](const auto& entries, std::string version) -> Opened {
    AIRLOCK_ASSIGN(const Bytes bytes, bytes_from(pack, size, abi::pack::kPackSizeMax));
    return abi::Snapshot::hold({bytes.begin(), bytes.end()}, entries, std::move(version));
  });
}
