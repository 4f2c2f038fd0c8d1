// engine/elf: what a shared library would do to the process that loads it, read without running it.
//
// It is for judging a plugin before the system's loader sees it, since its constructors run first
// and cannot be taken back. read follows what the loader follows (program headers, the dynamic
// section, symbols by the hash table, relocations) and never section headers, which the loader
// ignores and anybody can write. It promises that a Library which exists runs nothing when it is
// loaded or unloaded, keeps nothing in a thread, can be unloaded, starts no other program, names no
// place to look for libraries, and changes by its relocations nothing that was judged here; and
// that reading ends within limits, without heap, whatever the bytes. It knows nothing of what a
// plugin is for: which libraries and symbols it must have is its judge's.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "core/base/base.h"

namespace airlock::elf {

inline constexpr std::size_t kFileSizeMax = 4 << 20;
inline constexpr std::size_t kSegmentsMax = 16;
inline constexpr std::size_t kDynamicMax = 96;  // entries
inline constexpr std::size_t kNeededMax = 8;
inline constexpr std::size_t kSymbolsMax = 16'384;
inline constexpr std::size_t kRelocationsMax = 65'536;
inline constexpr std::uint64_t kSpanMax = 64 << 20;  // of addresses

// The processors whose relocations are known here, by their numbers in ELF.
enum class Machine : std::uint16_t { x86_64 = 62, aarch64 = 183 };

// A part of the file that is mapped.
struct Segment {
  std::uint64_t address = 0;  // relative to where the library will lie
  std::uint64_t size_memory = 0;
  std::uint64_t offset = 0;  // in the file
  std::uint64_t size_file = 0;
  std::uint64_t alignment = 0;
  bool readable = false, writable = false, executable = false;
};

struct Symbol {
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  bool is_function = false;
  bool is_object = false;
};

// A run of the library's addresses.
struct Range {
  std::uint64_t address = 0;
  std::uint64_t size = 0;
};

class Library {
 public:
  // read judges a whole file, which must outlive what is returned. Errors: truncated, oversized,
  // wrong_magic, plugin_wrong_machine, plugin_malformed, plugin_constructor, plugin_ifunc,
  // plugin_tls, plugin_unique_symbol, plugin_never_unloads, plugin_executable_stack,
  // plugin_writable_code, plugin_text_relocations, plugin_interpreter, plugin_search_path,
  // plugin_needs_library (by another way than by needing it); at = the offset in the file, the tag
  // of the dynamic section, or the index of the symbol or relocation.
  static Result<Library> read(Bytes file, Machine machine);

  std::span<const Segment> segments() const { return segments_; }
  // needed returns the names of the libraries that the loader would load along.
  std::span<const std::string_view> needed() const { return needed_; }
  std::size_t symbol_count() const { return symbol_count_; }
  std::size_t relocation_count() const { return relocation_count_; }

  // find returns what the library defines and shows under a name. Errors: plugin_symbol_missing.
  Result<Symbol> find(std::string_view name) const;
  // constant returns the bytes of an object that nothing can change. Errors: plugin_symbol_missing
  // (it is no object, or lies where it can be written).
  Result<Bytes> constant(const Symbol& symbol) const;
  // is_code says whether a symbol is a function in memory that is executable.
  bool is_code(const Symbol& symbol) const;

 private:
  friend class Reader;
  Library() = default;
  // The segment that holds a whole range of addresses as bytes of the file, or nullptr.
  const Segment* holding(Range range) const;

  Bytes file_;
  FixedList<Segment, kSegmentsMax> segments_;
  FixedList<std::string_view, kNeededMax> needed_;
  Bytes symbols_;
  Bytes names_;
  std::size_t symbol_count_ = 0;
  std::size_t relocation_count_ = 0;
};

}  // namespace airlock::elf
