// publish/packs: from what the makers of contracts publish to one pack.
//
// It is for the publisher's half of an ABI pack: a list (docs/formats/abi-pack.md, "The list")
// names ABIs, IDLs, modules and golden cases beside it; gather loads each by its chain's loader,
// joins them, and judges the whole as every wallet will. It promises the same bytes from the same
// files, whatever their order and wherever they lie, and that a pack which a wallet would refuse is
// not made. It signs nothing and changes none of what it reads.
#pragma once

#include <string>

#include "engine/abi/abi.h"
#include "publish/packs/sources.h"

namespace airlock::packs {

inline constexpr std::size_t kListSizeMax = 16 << 20;
inline constexpr std::size_t kFilesMax = 100'000;

struct Gathered {
  file::Buffer file;  // the pack
  package::Entries entries;
  std::size_t maps = 0;
  std::size_t golden_cases = 0;
};

// gather makes a pack by a list. Errors name the file, or the place in the list: those of reading
// files and JSON, of loaders, of pack::build and of judge.
Answer<Gathered> gather(const Path& list);

// examine judges a pack that is there already and says what it holds.
Answer<Gathered> examine(file::Buffer pack, const std::string& about);

}  // namespace airlock::packs
