// One version of a pack, as readers see it: opened, not parsed. Entries are parsed when they are
// first asked for, and then kept for as long as the version serves.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/abi/clear/clear.h"
#include "engine/abi/loader.h"
#include "engine/abi/pack/pack.h"
#include "host/file/mapping.h"

namespace airlock::abi {

using package::Entries;

class Snapshot {
 public:
  // open takes a pack's file. Its index must be that of the committed pack: entry_mismatch
  // otherwise; and the errors of Pack::open.
  static Result<std::unique_ptr<const Snapshot>> open(file::Mapping file, const Entries& committed,
                                                      std::string version);
  // hold takes a pack from memory.
  static Result<std::unique_ptr<const Snapshot>> hold(std::vector<std::uint8_t> file,
                                                      const Entries& committed,
                                                      std::string version);
  // view looks at bytes that outlive it: what is judged before it serves.
  static Result<std::unique_ptr<const Snapshot>> view(Bytes file, const Entries& committed);
  // none is what serves before the first pack: it has nothing.
  static std::unique_ptr<const Snapshot> none();
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  std::string_view version() const { return version_; }
  const pack::Pack& pack() const { return pack_; }

  // content returns the bytes under a key, held against their digest. Errors: not_found,
  // entry_mismatch.
  Result<Bytes> content(std::string_view key) const;
  // map returns the type map under a key; the loader is one of those that are given. Errors: also
  // loader_missing, and those of Map::parse and of the loader's check.
  Result<const type::Map*> map(std::string_view key, Loaders loaders) const;
  // descriptor returns the compiled descriptor of `file/NAME`, with what it includes from the pack.
  // Errors: those of clear::Descriptor::read; not_found.
  Result<const clear::Descriptor*> descriptor(std::string_view name) const;

 private:
  struct Kept;
  struct Described;
  Snapshot(std::optional<file::Mapping> file, std::vector<std::uint8_t> memory, pack::Pack pack,
           std::string version);
  static Result<std::unique_ptr<const Snapshot>> make(std::optional<file::Mapping> file,
                                                      std::vector<std::uint8_t> memory,
                                                      const Entries& committed,
                                                      std::string version);
  Result<type::Map> read(std::uint32_t place) const;
  Result<const Kept*> parse(std::uint32_t place, Loaders loaders) const;

  std::optional<file::Mapping> file_;
  std::vector<std::uint8_t> memory_;
  pack::Pack pack_;
  std::string version_;
  // Filled by whoever asks first; of two at once the second throws its own away.
  mutable std::vector<std::atomic<const Kept*>> kept_;
  mutable std::vector<std::atomic<const Described*>> described_;
};

}  // namespace airlock::abi
