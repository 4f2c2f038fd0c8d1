// Relocatable ELF (System V ABI, chapter 4): constant data and two symbols, nothing that a linker
// would have to change.
#include <algorithm>
#include <array>

#include "publish/object/object.h"

namespace airlock::object {
namespace {

struct Machine {
  bool is_64;
  std::uint16_t number;  // e_machine
  std::uint32_t flags;   // e_flags
};

constexpr std::uint32_t kArmEabi5 = 0x05000000;

Machine machine_of(Target target) {
  switch (target) {
    case Target::x86_64: return {true, 62, 0};
    case Target::aarch64: return {true, 183, 0};
    case Target::arm: return {false, 40, kArmEabi5};
  }
  broken_promise();
}

// Sections, in this order.
enum Section : std::uint16_t { kNone, kData, kSymbols, kNames, kStack, kSections };

constexpr std::uint32_t kProgbits = 1, kSymtab = 2, kStrtab = 3;
constexpr std::uint32_t kAlloc = 2;
constexpr std::uint8_t kGlobalObject = 0x11;
constexpr std::uint32_t kFirstGlobal = 1;  // symbol 0 is the empty one

class Writer {
 public:
  explicit Writer(bool is_64) : is_64_(is_64) {}

  void put(std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i, value >>= 8) {
      bytes_.push_back(static_cast<std::uint8_t>(value));
    }
  }
  void half(std::uint64_t value) { put(value, 2); }
  void word(std::uint64_t value) { put(value, 4); }
  // address is of the machine's size, as offsets and sizes are.
  void address(std::uint64_t value) { put(value, is_64_ ? 8 : 4); }
  void bytes(Bytes bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  void align(std::size_t to) { bytes_.resize((bytes_.size() + to - 1) / to * to); }
  std::size_t size() const { return bytes_.size(); }
  Buffer take() { return std::move(bytes_); }

 private:
  bool is_64_;
  Buffer bytes_;
};

// Names of sections and symbols, in one table.
class Names {
 public:
  std::uint32_t add(std::string_view name) {
    const std::size_t at = text_.size();
    text_ += name;
    text_ += '\0';
    return static_cast<std::uint32_t>(at);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_ = std::string(1, '\0');
};

struct Header {
  std::uint32_t name = 0;
  std::uint32_t type = 0;
  std::uint32_t flags = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint32_t link = 0;
  std::uint32_t info = 0;
  std::uint64_t alignment = 0;
  std::uint64_t entry_size = 0;
};

struct Symbol {
  std::uint32_t name = 0;
  std::uint64_t value = 0;
  std::uint64_t size = 0;
};

void write_file_header(Writer& to, const Machine& machine, std::uint64_t sections_at) {
  constexpr std::array<std::uint8_t, 4> kElf = {0x7f, 'E', 'L', 'F'};
  to.bytes(kElf);
  to.put(machine.is_64 ? 2 : 1, 1);
  to.put(1, 1);  // little-endian
  to.put(1, 1);  // of the format's first version
  to.put(0, 9);
  to.half(1);  // relocatable
  to.half(machine.number);
  to.word(1);
  to.address(0);  // no entry
  to.address(0);  // no program headers
  to.address(sections_at);
  to.word(machine.flags);
  to.half(machine.is_64 ? 64 : 52);
  to.half(0);
  to.half(0);
  to.half(machine.is_64 ? 64 : 40);
  to.half(kSections);
  to.half(kNames);
}

void write_section(Writer& to, const Header& header) {
  to.word(header.name);
  to.word(header.type);
  to.address(header.flags);
  to.address(0);  // nowhere yet
  to.address(header.offset);
  to.address(header.size);
  to.word(header.link);
  to.word(header.info);
  to.address(header.alignment);
  to.address(header.entry_size);
}

void write_symbol(Writer& to, const Machine& machine, const Symbol& symbol) {
  to.word(symbol.name);
  if (!machine.is_64) {
    to.word(symbol.value);
    to.word(symbol.size);
  }
  to.put(symbol.name == 0 ? 0 : kGlobalObject, 1);
  to.put(0, 1);
  to.half(symbol.name == 0 ? kNone : kData);
  if (machine.is_64) {
    to.put(symbol.value, 8);
    to.put(symbol.size, 8);
  }
}

}  // namespace

Result<Target> target_named(std::string_view name) {
  if (name == "x86-64") return Target::x86_64;
  if (name == "aarch64") return Target::aarch64;
  if (name == "arm") return Target::arm;
  return fail(Code::usage);
}

Buffer write_object(Target target, std::string_view symbol, Bytes content) {
  AIRLOCK_CHECK(is_symbol(symbol));
  const Machine machine = machine_of(target);
  const std::size_t word = machine.is_64 ? 8 : 4;
  const std::size_t header_size = machine.is_64 ? 64 : 52;

  Names names;
  const std::string name(symbol);
  std::array<Header, kSections> sections;
  sections[kData] = {names.add(".rodata." + name), kProgbits, kAlloc, 0, 0, 0, 0,
                     carton::kAlignment,           0};
  sections[kSymbols] = {names.add(".symtab"),     kSymtab, 0, 0, 0, kNames, kFirstGlobal, word,
                        machine.is_64 ? 24U : 16U};
  sections[kNames] = {names.add(".strtab"), kStrtab, 0, 0, 0, 0, 0, 1, 0};
  // Its absence would ask for a stack that can be executed.
  sections[kStack] = {names.add(".note.GNU-stack"), kProgbits, 0, 0, 0, 0, 0, 1, 0};

  Writer body(machine.is_64);
  const auto begin = [&](Section section) {
    body.align(static_cast<std::size_t>(sections[section].alignment));
    sections[section].offset = header_size + body.size();
  };
  const auto end = [&](Section section) {
    sections[section].size = header_size + body.size() - sections[section].offset;
  };
  body.align(carton::kAlignment);
  // The data begins at a multiple of its alignment in the file too.
  body.put(0, static_cast<std::size_t>(carton::aligned(header_size)) - header_size);
  sections[kData].offset = header_size + body.size();
  body.bytes(content);
  body.align(word);
  const std::uint64_t size_at = header_size + body.size() - sections[kData].offset;
  body.address(content.size());
  end(kData);
  begin(kSymbols);
  write_symbol(body, machine, {});
  write_symbol(body, machine, {names.add(name), 0, content.size()});
  write_symbol(body, machine, {names.add(name + "_size"), size_at, word});
  end(kSymbols);
  begin(kNames);
  body.bytes(bytes_of(names.text()));
  end(kNames);
  begin(kStack);
  body.align(word);
  const std::uint64_t sections_at = header_size + body.size();

  Writer file(machine.is_64);
  write_file_header(file, machine, sections_at);
  file.bytes(body.take());
  for (const Header& section : sections) write_section(file, section);
  return file.take();
}

}  // namespace airlock::object
