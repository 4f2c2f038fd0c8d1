#include "core/slot/exchange_page.h"

#include "core/codec/codec.h"
#include "core/slot/frame.h"

namespace airlock::slot {
namespace {

using codec::CborMapReader;
using codec::CborReader;
using codec::CborWriter;

constexpr Magic kPageMagic = {'A', 'L', 'X', 'J'};
constexpr Magic kMarkMagic = {'A', 'L', 'X', 'M'};
constexpr std::uint64_t kPageFormat = 1;
constexpr std::uint64_t kSequenceMax = INT64_MAX;
constexpr std::size_t kEntriesMax = 16;  // known fields and those of later versions
constexpr std::size_t kMarkBody = 8;     // step, and the sequence's lower half

enum class Key : std::int64_t { format = 1, sequence = 2, to = 3, steps = 4, step = 5 };
constexpr std::size_t kKeyCount = 5;

void put_number(MutableBytes to, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) to[i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}

Result<std::uint64_t> read_value(CborReader& reader, Key key) {
  switch (key) {
    case Key::format: return reader.read_unsigned();
    case Key::sequence: return reader.read_unsigned(kSequenceMax);
    case Key::to: return reader.read_unsigned(kSlotCount - 1);
    case Key::steps:
    case Key::step: return reader.read_unsigned(kExchangeStepsMax);
  }
  return fail(Code::missing_field);
}

// read_page counts the marks: the first that is not whole ends them.
std::optional<ExchangePage> read_page(Area& area) {
  ExchangeHead head;
  if (!area.read(0, head)) return std::nullopt;
  const Result<ExchangePage> decoded = decode_exchange_page(head);
  if (!decoded) return std::nullopt;
  ExchangePage page = *decoded;
  for (std::uint64_t at = kExchangeHeadSize;
       page.step < page.steps && area.size() - at >= kExchangeMarkSize; at += kExchangeMarkSize) {
    ExchangeMark mark;
    if (!area.read(at, mark) || mark != encode_exchange_mark(page, page.step + 1)) break;
    ++page.step;
  }
  return page;
}

bool says_less(const std::optional<ExchangePage>& page, const std::optional<ExchangePage>& than) {
  if (!page || !than) return !page && than;
  if (page->sequence != than->sequence) return page->sequence < than->sequence;
  return page->step < than->step;
}

}  // namespace

Result<ExchangeHead> encode_exchange_page(const ExchangePage& page) {
  ExchangeHead head{};
  CborWriter writer(body_room(head));
  const auto number = [&](Key key, std::uint64_t value) {
    writer.write_integer(static_cast<std::int64_t>(key));
    writer.write_unsigned(value);
  };
  writer.write_map(kKeyCount);
  number(Key::format, kPageFormat);
  number(Key::sequence, page.sequence);
  number(Key::to, index_of(page.to));
  number(Key::steps, page.steps);
  number(Key::step, page.step);
  AIRLOCK_TRY(writer.finish());
  AIRLOCK_TRY(seal(head, kPageMagic, writer.size()));
  return head;
}

Result<ExchangePage> decode_exchange_page(Bytes encoded) {
  AIRLOCK_ASSIGN(const Bytes body, unseal(encoded, kPageMagic));
  std::array<std::optional<std::uint64_t>, kKeyCount> values;
  CborReader reader(body);
  AIRLOCK_ASSIGN(CborMapReader map, CborMapReader::enter(reader, kEntriesMax));
  while (!map.done()) {
    AIRLOCK_ASSIGN(const std::int64_t key, map.next_key());
    if (key < 1 || key > static_cast<std::int64_t>(kKeyCount)) {
      AIRLOCK_TRY(reader.skip_item());  // of a later version
      continue;
    }
    AIRLOCK_ASSIGN(values[static_cast<std::size_t>(key - 1)],
                   read_value(reader, static_cast<Key>(key)));
  }
  AIRLOCK_TRY(reader.finish());
  for (std::size_t i = 0; i < kKeyCount; ++i) {
    if (!values[i]) return fail(Code::missing_field, i + 1);
  }
  if (*values[0] != kPageFormat) return fail(Code::unsupported_version, *values[0]);
  const ExchangePage page{*values[1], static_cast<SlotId>(*values[2]),
                          static_cast<std::uint32_t>(*values[3]),
                          static_cast<std::uint32_t>(*values[4])};
  if (page.step > page.steps) return fail(Code::out_of_range, page.step);
  return page;
}

ExchangeMark encode_exchange_mark(const ExchangePage& page, std::uint32_t step) {
  ExchangeMark mark{};
  const MutableBytes body = body_room(mark);
  put_number(body, step);
  put_number(body.subspan(4), static_cast<std::uint32_t>(page.sequence));
  const Result<Bytes> sealed = seal(mark, kMarkMagic, kMarkBody);
  AIRLOCK_CHECK(sealed.has_value());
  return mark;
}

Result<ExchangePage> read_newest_page(const std::array<Area*, 2>& journal) {
  const std::optional<ExchangePage> first = read_page(*journal[0]);
  const std::optional<ExchangePage> second = read_page(*journal[1]);
  if (!first && !second) return fail(Code::record_lost);
  return says_less(first, second) ? *second : *first;
}

std::size_t which_says_less(const std::array<Area*, 2>& journal) {
  const std::optional<ExchangePage> first = read_page(*journal[0]);
  const std::optional<ExchangePage> second = read_page(*journal[1]);
  return says_less(second, first) ? 1 : 0;
}

}  // namespace airlock::slot
