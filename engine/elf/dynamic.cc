#include "engine/elf/reader.h"

namespace airlock::elf {
namespace {

enum Tag : std::uint64_t {
  kEnd = 0,
  kNeeded = 1,
  kCallsSize = 2,
  kCallsTable = 3,
  kHash = 4,  // which the loader ignores where there is a GNU hash table
  kNames = 5,
  kSymbols = 6,
  kRelocations = 7,
  kRelocationsSize = 8,
  kRelocationSize = 9,
  kNamesSize = 10,
  kSymbolSize = 11,
  kInit = 12,
  kFini = 13,
  kOwnName = 14,
  kSearchPathOld = 15,
  kSymbolic = 16,
  kCallsForm = 20,
  kTextRelocations = 22,
  kCalls = 23,
  kBindNow = 24,
  kInitArray = 25,
  kFiniArray = 26,
  kInitArraySize = 27,
  kFiniArraySize = 28,
  kSearchPath = 29,
  kFlags = 30,
  kPreinitArray = 32,
  kPreinitArraySize = 33,
  kGnuHash = 0x6ffffef5,
  kThreadDescriptorCalls = 0x6ffffef6,
  kThreadDescriptorTable = 0x6ffffef7,
  kConfiguration = 0x6ffffefa,
  kAuditOfNeeded = 0x6ffffefb,
  kAudit = 0x6ffffefc,
  kVersions = 0x6ffffff0,
  kRelocationCount = 0x6ffffff9,
  kFlagsMore = 0x6ffffffb,
  kVersionsNeeded = 0x6ffffffe,
  kVersionsNeededCount = 0x6fffffff,
  kBranchTargets = 0x70000001,   // of AArch64
  kSignedPointers = 0x70000003,  // of AArch64
  kAuxiliary = 0x7ffffffd,
  kFilter = 0x7fffffff,
};

constexpr std::uint64_t kFlagOrigin = 1, kFlagSymbolic = 2, kFlagText = 4, kFlagNow = 8,
                        kFlagStaticTls = 16;
constexpr std::uint64_t kMoreNow = 1, kMoreNoDelete = 8, kMoreInitFirst = 32, kMoreOrigin = 128;

}  // namespace

Status Reader::read_dynamic() {
  if (!dynamic_) return fail(Code::plugin_malformed);
  const Segment* const segment = made_.holding(*dynamic_);
  if (segment == nullptr || dynamic_->address % sizeof(std::uint64_t) != 0)
    return fail(Code::plugin_malformed, dynamic_->address);
  const Bytes table =
      made_.file_.subspan(segment->offset + (dynamic_->address - segment->address), dynamic_->size);
  for (std::size_t i = 0; i < table.size() / sizeof(raw::Dynamic); ++i) {
    const auto entry = raw::record<raw::Dynamic>(table, i);
    if (entry.tag == kEnd) {
      AIRLOCK_TRY(check_tables());
      return read_needed();
    }
    AIRLOCK_TRY(take_dynamic(entry));
  }
  return fail(Code::plugin_malformed, dynamic_->address);
}

// What is on no list here is refused: a loader that is newer may do by it what nobody judged.
Status Reader::take_dynamic(const raw::Dynamic& entry) {
  switch (entry.tag) {
    case kNeeded:
      if (needed_names_.full()) return fail(Code::plugin_needs_library, entry.tag);
      return needed_names_.add(entry.value);
    case kInit:
    case kFini:
    case kInitArray:
    case kFiniArray:
    case kInitArraySize:
    case kFiniArraySize:
    case kPreinitArray:
    case kPreinitArraySize: return fail(Code::plugin_constructor, entry.tag);
    case kSearchPathOld:
    case kSearchPath: return fail(Code::plugin_search_path, entry.tag);
    // The loader would take this library for whatever is asked for by that name.
    case kOwnName: return fail(Code::plugin_malformed, entry.tag);
    case kTextRelocations: return fail(Code::plugin_text_relocations, entry.tag);
    case kThreadDescriptorCalls:
    case kThreadDescriptorTable: return fail(Code::plugin_tls, entry.tag);
    case kConfiguration:
    case kAuditOfNeeded:
    case kAudit:
    case kAuxiliary:
    case kFilter: return fail(Code::plugin_needs_library, entry.tag);
    default: break;
  }
  // Of two entries the loader would take the last, and a reader perhaps the first.
  for (const std::uint64_t seen : tags_) {
    if (seen == entry.tag) return fail(Code::plugin_malformed, entry.tag);
  }
  AIRLOCK_TRY(tags_.add(entry.tag));
  return take_flags(entry);
}

Status Reader::take_flags(const raw::Dynamic& entry) {
  if (std::uint64_t* const place = place_of(entry.tag)) {
    *place = entry.value;
    return {};
  }
  std::uint64_t allowed = 0;
  switch (entry.tag) {
    case kFlags:
      if ((entry.value & kFlagText) != 0) return fail(Code::plugin_text_relocations, entry.tag);
      if ((entry.value & kFlagOrigin) != 0) return fail(Code::plugin_search_path, entry.tag);
      if ((entry.value & kFlagStaticTls) != 0) return fail(Code::plugin_tls, entry.tag);
      allowed = kFlagSymbolic | kFlagNow;
      break;
    case kFlagsMore:
      if ((entry.value & kMoreNoDelete) != 0) return fail(Code::plugin_never_unloads, entry.tag);
      if ((entry.value & kMoreInitFirst) != 0) return fail(Code::plugin_constructor, entry.tag);
      if ((entry.value & kMoreOrigin) != 0) return fail(Code::plugin_search_path, entry.tag);
      allowed = kMoreNow;
      break;
    case kCallsTable:
    case kHash:
    case kSymbolic:
    case kBindNow:
    case kVersionsNeededCount:
    case kBranchTargets:
    case kSignedPointers: return {};
    default: return fail(Code::plugin_malformed, entry.tag);
  }
  return (entry.value & ~allowed) == 0 ? Status() : fail(Code::plugin_malformed, entry.tag);
}

std::uint64_t* Reader::place_of(std::uint64_t tag) {
  switch (tag) {
    case kNames: return &tables_.names;
    case kNamesSize: return &tables_.names_size;
    case kSymbols: return &tables_.symbols;
    case kSymbolSize: return &tables_.symbol_size;
    case kGnuHash: return &tables_.hash;
    case kRelocations: return &tables_.relocations;
    case kRelocationsSize: return &tables_.relocations_size;
    case kRelocationSize: return &tables_.relocation_size;
    case kCalls: return &tables_.calls;
    case kCallsSize: return &tables_.calls_size;
    case kCallsForm: return &tables_.calls_form;
    case kVersions: return &tables_.versions;
    case kVersionsNeeded: return &tables_.versions_needed;
    case kRelocationCount: return &tables_.relative_count;
    default: return nullptr;
  }
}

bool Reader::is_given(std::uint64_t tag) const {
  return std::ranges::find(tags_, tag) != tags_.end();
}

// The loader takes what belongs together from entries of which each may be missing, and what is
// missing for zero or for nothing to check.
Status Reader::check_tables() const {
  const auto are_together = [&](std::uint64_t one, std::uint64_t other) {
    return is_given(one) == is_given(other);
  };
  const bool is_whole = are_together(kRelocations, kRelocationsSize) &&
                        are_together(kRelocations, kRelocationSize) &&
                        are_together(kCalls, kCallsSize) && are_together(kCalls, kCallsForm) &&
                        are_together(kVersionsNeeded, kVersions) &&
                        are_together(kVersionsNeeded, kVersionsNeededCount) &&
                        (is_given(kRelocations) || !is_given(kRelocationCount));
  if (!is_whole) return fail(Code::plugin_malformed, dynamic_->address);
  constexpr std::uint64_t kCallsWithAddend = 7;
  if (is_given(kRelocations) && tables_.relocation_size != sizeof(raw::Relocation))
    return fail(Code::plugin_malformed, kRelocationSize);
  if (is_given(kCalls) && tables_.calls_form != kCallsWithAddend)
    return fail(Code::plugin_malformed, kCallsForm);
  // The loader applies so many as relative ones, without a look at their kind or at the size.
  if (tables_.relative_count > tables_.relocations_size / sizeof(raw::Relocation))
    return fail(Code::plugin_malformed, kRelocationCount);
  return {};
}

Result<Bytes> Reader::constant_at(Range range) const {
  const Segment* const segment = made_.holding(range);
  if (segment == nullptr || segment->writable) return fail(Code::plugin_malformed, range.address);
  return made_.file_.subspan(segment->offset + (range.address - segment->address), range.size);
}

Status Reader::read_needed() {
  AIRLOCK_ASSIGN(made_.names_, constant_at({tables_.names, tables_.names_size}));
  if (made_.names_.empty() || made_.names_.back() != 0)
    return fail(Code::plugin_malformed, tables_.names);
  for (const std::uint64_t place : needed_names_) {
    if (place >= made_.names_.size()) return fail(Code::plugin_malformed, place);
    const auto* const begin = made_.names_.data() + place;
    const std::size_t size = static_cast<std::size_t>(
        std::find(begin, made_.names_.data() + made_.names_.size(), 0) - begin);
    AIRLOCK_TRY(made_.needed_.add(text_of(Bytes(begin, size))));
  }
  return {};
}

}  // namespace airlock::elf
