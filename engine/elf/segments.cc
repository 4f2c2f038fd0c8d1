#include "engine/elf/reader.h"

namespace airlock::elf {
namespace {

constexpr std::uint8_t kClass64 = 2, kLeastFirst = 1, kVersion = 1;
constexpr std::uint16_t kSharedLibrary = 3;
constexpr std::uint32_t kExecutable = 1, kWritable = 2, kReadable = 4;
constexpr std::uint64_t kPage = 4096, kAlignmentMax = 2 << 20;

enum SegmentType : std::uint32_t {
  kLoad = 1,
  kDynamic = 2,
  kInterpreter = 3,
  kNote = 4,
  kHeaders = 6,
  kThreadLocal = 7,
  kUnwinding = 0x6474e550,
  kStack = 0x6474e551,
  kReadOnlyAfter = 0x6474e552,
  kProperties = 0x6474e553,
};

std::uint64_t rounded_down(std::uint64_t value, std::uint64_t unit) { return value & ~(unit - 1); }
std::uint64_t rounded_up(std::uint64_t value, std::uint64_t unit) {
  return rounded_down(value + unit - 1, unit);
}

}  // namespace

Status Reader::read_header() {
  const Bytes file = made_.file_;
  constexpr std::array<std::uint8_t, 4> kMagic = {0x7f, 'E', 'L', 'F'};
  const std::size_t seen = std::min(file.size(), kMagic.size());
  if (!equal(file.first(seen), Bytes(kMagic).first(seen))) return fail(Code::wrong_magic);
  if (file.size() < sizeof(raw::Header)) return fail(Code::truncated, file.size());
  if (file.size() > kFileSizeMax) return fail(Code::oversized, file.size());
  header_ = raw::record<raw::Header>(file, 0);
  const bool is_ours = header_.ident[4] == kClass64 && header_.ident[5] == kLeastFirst &&
                       header_.machine == static_cast<std::uint16_t>(machine_) &&
                       header_.type == kSharedLibrary;
  if (!is_ours) return fail(Code::plugin_wrong_machine, header_.machine);
  const bool is_known = header_.ident[6] == kVersion && header_.version == kVersion &&
                        header_.program_header_size == sizeof(raw::ProgramHeader) &&
                        header_.program_header_count > 0 &&
                        header_.program_header_count <= kSegmentsMax;
  return is_known ? Status() : fail(Code::plugin_malformed, header_.program_header_count);
}

Status Reader::read_program_headers() {
  const std::uint64_t size = header_.program_header_count * sizeof(raw::ProgramHeader);
  const Bytes file = made_.file_;
  if (header_.program_headers > file.size() || file.size() - header_.program_headers < size)
    return fail(Code::truncated, header_.program_headers);
  const Bytes table = file.subspan(header_.program_headers, size);
  // First what is mapped, so that the rest can be held against it.
  for (const bool is_mapped : {true, false}) {
    for (std::size_t i = 0; i < header_.program_header_count; ++i) {
      const auto header = raw::record<raw::ProgramHeader>(table, i);
      if ((header.type == kLoad) != is_mapped) continue;
      AIRLOCK_TRY(take_program_header(header, header_.program_headers + i * sizeof(header)));
    }
  }
  // Where none is named, the loader takes it that the stack is to be executable.
  if (!has_plain_stack_) return fail(Code::plugin_executable_stack);
  return check_protected();
}

Status Reader::take_program_header(const raw::ProgramHeader& header, std::uint64_t at) {
  switch (header.type) {
    case kLoad: return take_load(header, at);
    case kInterpreter: return fail(Code::plugin_interpreter, at);
    case kThreadLocal: return fail(Code::plugin_tls, at);
    case kStack:
      if ((header.flags & kExecutable) != 0) return fail(Code::plugin_executable_stack, at);
      has_plain_stack_ = true;
      return {};
    case kDynamic:
      if (dynamic_) return fail(Code::plugin_malformed, at);
      dynamic_ = Range{header.address, header.size_file};
      return {};
    case kReadOnlyAfter:
      if (protected_) return fail(Code::plugin_malformed, at);
      protected_ = Range{header.address, header.size_memory};
      return {};
    case kNote:
    case kHeaders:
    case kUnwinding:
    case kProperties: return check_mapped(header, at);
    default: return fail(Code::plugin_malformed, at);
  }
}

// Segments that shared a page would be mapped over each other: the process would then have other
// bytes than those judged.
Status Reader::take_load(const raw::ProgramHeader& header, std::uint64_t at) {
  const Segment made{header.address,
                     header.size_memory,
                     header.offset,
                     header.size_file,
                     header.alignment,
                     (header.flags & kReadable) != 0,
                     (header.flags & kWritable) != 0,
                     (header.flags & kExecutable) != 0};
  if (made.writable && made.executable) return fail(Code::plugin_writable_code, at);
  const std::uint64_t file_size = made_.file_.size();
  if (made.offset > file_size || file_size - made.offset < made.size_file)
    return fail(Code::truncated, at);
  const bool is_aligned = std::has_single_bit(made.alignment) && made.alignment >= kPage &&
                          made.alignment <= kAlignmentMax &&
                          (made.address - made.offset) % made.alignment == 0;
  const bool is_sized = made.size_memory >= made.size_file && made.size_memory <= kSpanMax &&
                        made.address <= kSpanMax - made.size_memory && made.size_memory > 0 &&
                        (made.writable || made.size_memory == made.size_file);
  if (!made.readable || !is_aligned || !is_sized) return fail(Code::plugin_malformed, at);
  if (!made_.segments_.empty()) {
    const Segment& before = made_.segments_.last();
    const std::uint64_t unit = std::max(made.alignment, before.alignment);
    if (rounded_down(made.address, unit) < rounded_up(before.address + before.size_memory, unit))
      return fail(Code::plugin_malformed, at);
  }
  return made_.segments_.add(made);
}

// The loader reads these where they are mapped, if at all: they must be the same bytes there. By
// its own headers it maps and protects memory again and again, and unloads it.
Status Reader::check_mapped(const raw::ProgramHeader& header, std::uint64_t at) const {
  const Range range{header.address, std::max(header.size_file, header.size_memory)};
  const Segment* const segment = made_.holding(range);
  if (segment == nullptr || header.address - segment->address != header.offset - segment->offset)
    return fail(Code::plugin_malformed, at);
  if (header.type != kHeaders) return {};
  const std::uint64_t size = header_.program_header_count * sizeof(raw::ProgramHeader);
  const bool is_the_table = header.offset == header_.program_headers && header.size_file == size &&
                            header.size_memory == size && !segment->writable;
  return is_the_table ? Status() : fail(Code::plugin_malformed, at);
}

// The loader protects this range, which must be none of another's memory.
Status Reader::check_protected() {
  if (!protected_) return {};
  for (const Segment& segment : made_.segments_) {
    if (segment.writable && protected_->address >= segment.address &&
        protected_->size <= segment.size_memory &&
        protected_->address - segment.address <=
            rounded_up(segment.size_memory, segment.alignment) - protected_->size)
      return {};
  }
  return fail(Code::plugin_malformed, protected_->address);
}

const Segment* Library::holding(Range range) const {
  for (const Segment& segment : segments_) {
    if (range.address >= segment.address && range.size <= segment.size_file &&
        range.address - segment.address <= segment.size_file - range.size)
      return &segment;
  }
  return nullptr;
}

}  // namespace airlock::elf
