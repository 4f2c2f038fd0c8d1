// publish/object: a package as a part of a program.
//
// It is for teams whose device has no file system where a package lies, or whose factory image
// brings the first update along: a signed package is put into a carton (core/carton), and the
// carton into an object file that any linker takes, or into C source for a compiler that takes no
// objects. It promises that the same package gives the same bytes on every machine, that what it
// puts in is what the manifest names, digest for digest, and that the bytes are constant data: on a
// microcontroller they stay in flash. It signs nothing and judges no signature: who links a package
// in gives it no rights, the device proves it as any other.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/base.h"
#include "core/carton/carton.h"
#include "host/file/file.h"
#include "publish/release/release.h"

namespace airlock::object {

using crypto::Digest;
using file::Buffer;
using file::Path;

// Which payloads travel.
struct Wanted {
  bool all = false;
  bool full = false;            // every full image
  std::vector<Digest> digests;  // of payloads, or of the bases that patches are for
};

// make_carton reads a package folder (or a .cose file, which has no payloads) and what lies beside
// the envelope. Every component must get a payload. Errors: no_usable_payload (a digest that
// nothing has, or a component without a payload), target_mismatch (an artifact that is not what the
// manifest names), oversized, and those of reading and parsing; each names the file.
release::Answer<Buffer> make_carton(const Path& package, const Wanted& wanted);

// ---- the program's side

inline constexpr std::size_t kSymbolMax = 64;
// is_symbol says whether both C and C++ leave this name to a program: letters, digits, underscores,
// no keyword, and nothing that <stddef.h> or a compiler's GNU mode has defined.
bool is_symbol(std::string_view text);

enum class Target : std::uint8_t { x86_64, aarch64, arm };
// target_named returns a target by its name on the command line: "x86-64", "aarch64", "arm".
Result<Target> target_named(std::string_view name);

// What both forms define:
//   const unsigned char SYMBOL[];  the carton, aligned as core/carton says
//   const size_t SYMBOL_size;      its size
// write_object makes a relocatable ELF file whose section .rodata.SYMBOL holds them.
Buffer write_object(Target target, std::string_view symbol, Bytes content);
// write_c makes a source file that is C and C++ alike; write_header what declares the two.
std::string write_c(std::string_view symbol, Bytes content);
std::string write_header(std::string_view symbol);

}  // namespace airlock::object
