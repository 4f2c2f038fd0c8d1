#include "engine/abi/snapshot.h"

#include <algorithm>

namespace airlock::abi {

// A parsed entry, or why it is none. The view points into the pack.
struct Snapshot::Kept {
  Result<type::Map> map;
};

struct Snapshot::Described {
  Result<clear::Descriptor> descriptor;
};

Snapshot::Snapshot(std::optional<file::Mapping> file, std::vector<std::uint8_t> memory,
                   pack::Pack pack, std::string version)
    : file_(std::move(file)),
      memory_(std::move(memory)),
      pack_(pack),
      version_(std::move(version)),
      kept_(pack.count()),
      described_(pack.count()) {}

Snapshot::~Snapshot() {
  for (const auto& kept : kept_) delete kept.load();
  for (const auto& described : described_) delete described.load();
}

Result<std::unique_ptr<const Snapshot>> Snapshot::make(std::optional<file::Mapping> file,
                                                       std::vector<std::uint8_t> memory,
                                                       const Entries& committed,
                                                       std::string version) {
  // Moving either leaves the bytes where they are.
  const Bytes bytes = file ? file->bytes() : Bytes(memory);
  AIRLOCK_ASSIGN(const pack::Pack pack, pack::Pack::open(bytes));
  AIRLOCK_TRY(pack.check_entries(committed));
  return std::unique_ptr<const Snapshot>(
      new Snapshot(std::move(file), std::move(memory), pack, std::move(version)));
}

Result<std::unique_ptr<const Snapshot>> Snapshot::open(file::Mapping file, const Entries& committed,
                                                       std::string version) {
  return make(std::move(file), {}, committed, std::move(version));
}

Result<std::unique_ptr<const Snapshot>> Snapshot::hold(std::vector<std::uint8_t> file,
                                                       const Entries& committed,
                                                       std::string version) {
  return make(std::nullopt, std::move(file), committed, std::move(version));
}

Result<std::unique_ptr<const Snapshot>> Snapshot::view(Bytes file, const Entries& committed) {
  AIRLOCK_ASSIGN(const pack::Pack pack, pack::Pack::open(file));
  AIRLOCK_TRY(pack.check_entries(committed));
  return std::unique_ptr<const Snapshot>(new Snapshot(std::nullopt, {}, pack, ""));
}

std::unique_ptr<const Snapshot> Snapshot::none() {
  std::vector<std::uint8_t> empty = *pack::build({});
  const Entries entries = pack::Pack::open(empty)->entries();
  return std::move(*hold(std::move(empty), entries, ""));
}

Result<Bytes> Snapshot::content(std::string_view key) const {
  const auto place = pack_.find(key);
  if (!place) return fail(Code::not_found);
  return pack_.content(*place);
}

// Whether a map is good does not change; whether its loader is known does, and is not kept.
Result<const Snapshot::Kept*> Snapshot::parse(std::uint32_t place, Loaders loaders) const {
  auto made = std::make_unique<Kept>(Kept{read(place)});
  if (made->map) {
    const auto loader = std::find_if(loaders.begin(), loaders.end(), [&](const auto& one) {
      return one->name() == made->map->loader();
    });
    if (loader == loaders.end()) return fail(Code::loader_missing);
    if (const Status good = (*loader)->check(*made->map); !good)
      made->map = std::unexpected(good.error());
  }
  const Kept* first = nullptr;
  if (kept_[place].compare_exchange_strong(first, made.get())) return made.release();
  return first;
}

Result<type::Map> Snapshot::read(std::uint32_t place) const {
  AIRLOCK_ASSIGN(const Bytes content, pack_.content(place));
  return type::Map::parse(content);
}

Result<const type::Map*> Snapshot::map(std::string_view key, Loaders loaders) const {
  const auto place = pack_.find(key);
  if (!place) return fail(Code::not_found);
  const Kept* kept = kept_[*place].load(std::memory_order_acquire);
  if (kept == nullptr) {
    AIRLOCK_ASSIGN(kept, parse(*place, loaders));
  }
  if (!kept->map) return std::unexpected(kept->map.error());
  return &*kept->map;
}

Result<const clear::Descriptor*> Snapshot::descriptor(std::string_view name) const {
  const auto place = pack_.find("file/" + std::string(name));
  if (!place) return fail(Code::not_found);
  const Described* found = described_[*place].load(std::memory_order_acquire);
  if (found == nullptr) {
    AIRLOCK_ASSIGN(const Bytes content, pack_.content(*place));
    const auto include = [this](const std::string& file) -> Result<std::string> {
      AIRLOCK_ASSIGN(const Bytes text, this->content("file/" + file));
      return std::string(text_of(text));
    };
    auto made = std::make_unique<Described>(Described{
        clear::Descriptor::read(text_of(content), name, clear::Reading::tolerant, include)});
    if (described_[*place].compare_exchange_strong(found, made.get())) found = made.release();
  }
  if (!found->descriptor) return std::unexpected(found->descriptor.error());
  return &*found->descriptor;
}

}  // namespace airlock::abi
