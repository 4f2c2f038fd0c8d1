// How a library is read: the file, then its segments, then what the loader would do with it.
#pragma once

#include "engine/elf/elf.h"
#include "engine/elf/raw.h"

namespace airlock::elf {

class Reader {
 public:
  Reader(Bytes file, Machine machine) : machine_(machine) { made_.file_ = file; }
  Result<Library> read();

 private:
  // Values of the dynamic section by what they mean; zero where they are not given.
  struct Tables {
    std::uint64_t names = 0, names_size = 0;
    std::uint64_t symbols = 0, symbol_size = 0;
    std::uint64_t hash = 0;
    std::uint64_t relocations = 0, relocations_size = 0, relocation_size = 0;
    std::uint64_t calls = 0, calls_size = 0, calls_form = 0;
    std::uint64_t relative_count = 0;  // of the first relocations
    std::uint64_t versions = 0, versions_needed = 0;
  };

  // segments.cc
  Status read_header();
  Status read_program_headers();
  Status take_program_header(const raw::ProgramHeader& header, std::uint64_t at);
  Status take_load(const raw::ProgramHeader& header, std::uint64_t at);
  Status check_mapped(const raw::ProgramHeader& header, std::uint64_t at) const;
  Status check_protected();

  // dynamic.cc
  Status read_dynamic();
  Status take_dynamic(const raw::Dynamic& entry);
  Status take_flags(const raw::Dynamic& entry);
  std::uint64_t* place_of(std::uint64_t tag);
  bool is_given(std::uint64_t tag) const;
  Status check_tables() const;
  Status read_needed();
  // Bytes that nothing changes. Errors: plugin_malformed.
  Result<Bytes> constant_at(Range range) const;

  // symbols.cc
  Status read_symbols();
  Result<std::size_t> count_symbols() const;
  Status check_symbol(std::size_t index) const;
  Status check_versions() const;
  Result<std::uint16_t> last_version() const;
  Status read_relocations(Range range, std::size_t relative_count);
  Status check_relocation(const raw::Relocation& relocation, std::size_t index) const;

  Library made_;
  Machine machine_;
  raw::Header header_{};
  std::optional<Range> dynamic_{};
  std::optional<Range> protected_{};  // made read-only after the relocations
  bool has_plain_stack_ = false;
  Tables tables_{};
  FixedList<std::uint64_t, kDynamicMax> tags_;         // that were seen
  FixedList<std::uint64_t, kNeededMax> needed_names_;  // places in the table of names
};

}  // namespace airlock::elf
