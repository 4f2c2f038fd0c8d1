// What describes one contract, from where its maker keeps it: a file, several modules, a folder of
// them, or a Move package as its compiler leaves it (docs/formats/move.md, "Packages").
#pragma once

#include <span>
#include <string>
#include <vector>

#include "host/file/file.h"
#include "publish/release/release.h"

namespace airlock::packs {

using file::Path;
using release::Answer;
using release::Refusal;

inline constexpr std::size_t kSourceSizeMax = 32 << 20;  // of one file

struct Sources {
  std::string name;  // of a Move package, where that is all there is; else empty
  std::vector<file::Buffer> files;
};

// read_sources reads what the paths stand for, a folder's modules in the order of their names. Of a
// Move package (a folder with a Move.toml, or that file) they are its own compiled modules; of
// another folder every .mv file in it, but for those of packages that a compiler left beside it.
// Errors name the file: those of reading, of move::Module::read and of read_package_name; not_found
// (no module, or a package that is not built), too_many, duplicate_key (a module twice).
Answer<Sources> read_sources(std::span<const Path> named);

}  // namespace airlock::packs
