// The records of ELF for 64 bits, least significant byte first, as they lie in a file.
#pragma once

#include <bit>
#include <cstring>

#include "core/base/base.h"

namespace airlock::elf::raw {

static_assert(std::endian::native == std::endian::little, "records are copied as they lie");

struct Header {
  std::array<std::uint8_t, 16> ident;
  std::uint16_t type, machine;
  std::uint32_t version;
  std::uint64_t entry, program_headers, section_headers;
  std::uint32_t flags;
  std::uint16_t size, program_header_size, program_header_count;
  std::uint16_t section_header_size, section_header_count, section_names;
};
static_assert(sizeof(Header) == 64);

struct ProgramHeader {
  std::uint32_t type, flags;
  std::uint64_t offset, address, physical, size_file, size_memory, alignment;
};
static_assert(sizeof(ProgramHeader) == 56);

struct Dynamic {
  std::uint64_t tag, value;
};
static_assert(sizeof(Dynamic) == 16);

struct Symbol {
  std::uint32_t name;
  std::uint8_t info, other;
  std::uint16_t section;
  std::uint64_t value, size;
};
static_assert(sizeof(Symbol) == 24);

struct Relocation {
  std::uint64_t offset, info;
  std::uint64_t addend;
};
static_assert(sizeof(Relocation) == 24);

// Of a library that is needed, and of each version of it.
struct VersionsOf {
  std::uint16_t version, count;
  std::uint32_t file, versions, next;
};
static_assert(sizeof(VersionsOf) == 16);

struct Version {
  std::uint32_t hash;
  std::uint16_t flags, index;
  std::uint32_t name, next;
};
static_assert(sizeof(Version) == 16);

struct GnuHash {
  std::uint32_t buckets, first_symbol, bloom_words, bloom_shift;
};
static_assert(sizeof(GnuHash) == 16);

// record copies the record of that index; it must lie within (a bug otherwise).
template <class T>
T record(Bytes table, std::size_t index) {
  T made;
  AIRLOCK_CHECK(index < table.size() / sizeof(T));
  std::memcpy(&made, table.data() + index * sizeof(T), sizeof(T));
  return made;
}

}  // namespace airlock::elf::raw
