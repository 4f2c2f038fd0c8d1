#include "engine/elf/reader.h"

namespace airlock::elf {
namespace {

enum Binding : std::uint8_t { kLocal = 0, kGlobal = 1, kWeak = 2, kUnique = 10 };
enum Type : std::uint8_t { kObject = 1, kFunction = 2, kFile = 4, kThreadLocal = 6, kIfunc = 10 };
constexpr std::uint16_t kUndefined = 0, kSectionsEnd = 0xff00;
constexpr std::uint8_t kDefaultVisibility = 0, kProtected = 3;
constexpr std::uint16_t kVersionMask = 0x7fff;
constexpr std::size_t kVersionsMax = 256;

Binding binding_of(const raw::Symbol& symbol) { return static_cast<Binding>(symbol.info >> 4); }
Type type_of(const raw::Symbol& symbol) { return static_cast<Type>(symbol.info & 15); }

// What a relocation may be: an address within the library or of a symbol, and nothing that is
// called or counted for each thread.
enum class Effect : std::uint8_t { address, call, thread_local_place, unknown };

Effect effect_of(Machine machine, std::uint32_t type) {
  const auto within = [type](std::uint32_t first, std::uint32_t last) {
    return type >= first && type <= last;
  };
  switch (machine) {
    case Machine::x86_64:
      if (type == 0 || type == 1 || within(6, 8)) return Effect::address;  // 64, GLOB_DAT, ..
      if (type == 37) return Effect::call;                                 // IRELATIVE
      return within(16, 23) || within(34, 36) ? Effect::thread_local_place : Effect::unknown;
    case Machine::aarch64:
      if (type == 0 || type == 257 || within(1025, 1027)) return Effect::address;
      if (type == 1032) return Effect::call;
      return within(1028, 1031) ? Effect::thread_local_place : Effect::unknown;
  }
  return Effect::unknown;
}

bool is_relative(Machine machine, std::uint32_t type) {
  return type == (machine == Machine::x86_64 ? 8U : 1027U);
}

}  // namespace

// The loader finds symbols by the GNU hash table, whose last chain ends with the last of them.
Result<std::size_t> Reader::count_symbols() const {
  AIRLOCK_ASSIGN(const Bytes head, constant_at({tables_.hash, sizeof(raw::GnuHash)}));
  const auto hash = raw::record<raw::GnuHash>(head, 0);
  if (hash.buckets == 0 || hash.buckets > kSymbolsMax || hash.first_symbol > kSymbolsMax ||
      !std::has_single_bit(hash.bloom_words) || hash.bloom_words > kSymbolsMax ||
      hash.bloom_shift >= 32)
    return fail(Code::plugin_malformed, tables_.hash);
  const std::uint64_t bloom_size = std::uint64_t{hash.bloom_words} * 8;
  const std::uint64_t buckets_at = tables_.hash + sizeof(raw::GnuHash) + bloom_size;
  AIRLOCK_TRY(constant_at({tables_.hash + sizeof(raw::GnuHash), bloom_size}));
  const std::uint64_t buckets_size = std::uint64_t{hash.buckets} * 4;
  AIRLOCK_ASSIGN(const Bytes buckets, constant_at({buckets_at, buckets_size}));
  std::uint32_t last = 0;
  for (std::size_t i = 0; i < hash.buckets; ++i) {
    const auto first = raw::record<std::uint32_t>(buckets, i);
    if (first != 0 && first < hash.first_symbol) return fail(Code::plugin_malformed, tables_.hash);
    last = std::max(last, first);
  }
  if (last == 0) return hash.first_symbol;
  for (; last < kSymbolsMax; ++last) {
    const std::uint64_t at = buckets_at + buckets_size + (last - hash.first_symbol) * 4ULL;
    AIRLOCK_ASSIGN(const Bytes link, constant_at({at, 4}));
    if ((link[0] & 1) != 0) return last + 1;
  }
  return fail(Code::plugin_malformed, tables_.hash);
}

Status Reader::read_symbols() {
  AIRLOCK_ASSIGN(made_.symbol_count_, count_symbols());
  if (tables_.symbol_size != sizeof(raw::Symbol)) return fail(Code::plugin_malformed);
  AIRLOCK_ASSIGN(made_.symbols_,
                 constant_at({tables_.symbols, made_.symbol_count_ * sizeof(raw::Symbol)}));
  AIRLOCK_TRY(check_versions());
  for (std::size_t i = 0; i < made_.symbol_count_; ++i) AIRLOCK_TRY(check_symbol(i));
  return {};
}

// The loader follows the chains until they end, and believes every index and place of a name.
Result<std::uint16_t> Reader::last_version() const {
  std::uint16_t last = 0;
  std::size_t seen = 0;
  for (std::uint64_t at = tables_.versions_needed, next = 1; next != 0; at += next) {
    AIRLOCK_ASSIGN(const Bytes of_bytes, constant_at({at, sizeof(raw::VersionsOf)}));
    const auto of = raw::record<raw::VersionsOf>(of_bytes, 0);
    if (of.file >= made_.names_.size()) return fail(Code::plugin_malformed, at);
    for (std::uint64_t place = at + of.versions, step = 1; step != 0; place += step) {
      AIRLOCK_ASSIGN(const Bytes bytes, constant_at({place, sizeof(raw::Version)}));
      const auto version = raw::record<raw::Version>(bytes, 0);
      if (version.name >= made_.names_.size() || ++seen > kVersionsMax)
        return fail(Code::plugin_malformed, place);
      last = std::max<std::uint16_t>(last, version.index & kVersionMask);
      step = version.next;
    }
    next = of.next;
  }
  return last;
}

Status Reader::check_versions() const {
  if (tables_.versions == 0 && tables_.versions_needed == 0) return {};
  AIRLOCK_ASSIGN(const Bytes table, constant_at({tables_.versions, made_.symbol_count_ * 2}));
  AIRLOCK_ASSIGN(const std::uint16_t last, last_version());
  for (std::size_t i = 0; i < made_.symbol_count_; ++i) {
    const unsigned index = raw::record<std::uint16_t>(table, i) & kVersionMask;
    if (index > std::max<unsigned>(last, 1)) return fail(Code::plugin_malformed, i);
  }
  return last > 1 ? Status() : fail(Code::plugin_malformed, tables_.versions_needed);
}

Status Reader::check_symbol(std::size_t index) const {
  const auto symbol = raw::record<raw::Symbol>(made_.symbols_, index);
  const Binding binding = binding_of(symbol);
  if (binding == kUnique) return fail(Code::plugin_unique_symbol, index);
  if (type_of(symbol) == kThreadLocal) return fail(Code::plugin_tls, index);
  if (type_of(symbol) == kIfunc) return fail(Code::plugin_ifunc, index);
  if (binding > kWeak || type_of(symbol) > kFile || symbol.name >= made_.names_.size())
    return fail(Code::plugin_malformed, index);
  return {};
}

Status Reader::read_relocations(Range range, std::size_t relative_count) {
  if (range.size == 0) return {};
  AIRLOCK_ASSIGN(const Bytes table, constant_at(range));
  const std::size_t count = table.size() / sizeof(raw::Relocation);
  if (table.size() % sizeof(raw::Relocation) != 0 || count > kRelocationsMax)
    return fail(Code::plugin_malformed, range.address);
  for (std::size_t i = 0; i < count; ++i) {
    const auto relocation = raw::record<raw::Relocation>(table, i);
    if (i < relative_count && !is_relative(machine_, static_cast<std::uint32_t>(relocation.info)))
      return fail(Code::plugin_malformed, i);
    AIRLOCK_TRY(check_relocation(relocation, i));
  }
  made_.relocation_count_ += count;
  return {};
}

// Relocations write before anybody can look again, so that they must not reach what was judged.
Status Reader::check_relocation(const raw::Relocation& relocation, std::size_t index) const {
  switch (effect_of(machine_, static_cast<std::uint32_t>(relocation.info))) {
    case Effect::address: break;
    case Effect::call: return fail(Code::plugin_ifunc, index);
    case Effect::thread_local_place: return fail(Code::plugin_tls, index);
    case Effect::unknown: return fail(Code::plugin_malformed, index);
  }
  if (relocation.info >> 32 >= made_.symbol_count_) return fail(Code::plugin_malformed, index);
  constexpr std::uint64_t kSize = 8;
  const std::uint64_t at = relocation.offset;
  if (at + kSize > dynamic_->address && at < dynamic_->address + dynamic_->size)
    return fail(Code::plugin_malformed, index);
  for (const Segment& segment : made_.segments_) {
    if (at < segment.address || segment.size_memory < kSize ||
        at - segment.address > segment.size_memory - kSize)
      continue;
    return segment.writable ? Status() : fail(Code::plugin_text_relocations, index);
  }
  return fail(Code::plugin_malformed, index);
}

Result<Library> Reader::read() {
  AIRLOCK_TRY(read_header());
  AIRLOCK_TRY(read_program_headers());
  AIRLOCK_TRY(read_dynamic());
  AIRLOCK_TRY(read_symbols());
  AIRLOCK_TRY(
      read_relocations({tables_.relocations, tables_.relocations_size}, tables_.relative_count));
  AIRLOCK_TRY(read_relocations({tables_.calls, tables_.calls_size}, 0));
  return made_;
}

Result<Library> Library::read(Bytes file, Machine machine) { return Reader(file, machine).read(); }

Result<Symbol> Library::find(std::string_view name) const {
  for (std::size_t i = 0; i < symbol_count_; ++i) {
    const auto symbol = raw::record<raw::Symbol>(symbols_, i);
    const std::uint8_t visibility = symbol.other & 3;
    const bool is_shown = binding_of(symbol) != kLocal && symbol.section != kUndefined &&
                          symbol.section < kSectionsEnd &&
                          (visibility == kDefaultVisibility || visibility == kProtected);
    const Bytes rest = names_.subspan(symbol.name);
    if (!is_shown || rest.size() <= name.size() || rest[name.size()] != 0 ||
        text_of(rest.first(name.size())) != name)
      continue;
    return Symbol{symbol.value, symbol.size, type_of(symbol) == kFunction,
                  type_of(symbol) == kObject};
  }
  return fail(Code::plugin_symbol_missing);
}

Result<Bytes> Library::constant(const Symbol& symbol) const {
  const Segment* const segment = holding({symbol.address, symbol.size});
  if (!symbol.is_object || segment == nullptr || segment->writable)
    return fail(Code::plugin_symbol_missing, symbol.address);
  return file_.subspan(segment->offset + (symbol.address - segment->address), symbol.size);
}

bool Library::is_code(const Symbol& symbol) const {
  const Segment* const segment = holding({symbol.address, std::max<std::uint64_t>(symbol.size, 1)});
  return symbol.is_function && segment != nullptr && segment->executable;
}

}  // namespace airlock::elf
