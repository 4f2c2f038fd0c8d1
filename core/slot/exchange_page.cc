#include "core/slot/exchange_page.h"

#include "core/codec/codec.h"
#include "core/slot/frame.h"

namespace airlock::slot {
namespace {

using codec::CborFields;
using codec::CborReader;
using codec::CborWriter;
using codec::FieldKey;
using codec::read_number;

constexpr Magic kPageMagic = {'A', 'L', 'X', 'J'};
constexpr Magic kMarkMagic = {'A', 'L', 'X', 'M'};
constexpr std::uint64_t kPageFormat = 1;
constexpr std::uint64_t kSequenceMax = INT64_MAX;
constexpr std::size_t kEntriesMax = 16;  // known fields and those of later versions
constexpr std::size_t kMarkBody = 8;     // step, and the sequence's lower half

enum class Key : FieldKey { format = 1, sequence = 2, to = 3, steps = 4, step = 5 };
constexpr std::size_t kKeyCount = 5;

void put_number(MutableBytes to, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) to[i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}

struct Stored {
  std::uint64_t format = 0;
  ExchangePage page;
};

Status read_field(CborReader& reader, FieldKey key, Stored& stored) {
  switch (static_cast<Key>(key)) {
    case Key::format: return read_number(reader, stored.format);
    case Key::sequence: return read_number(reader, stored.page.sequence, kSequenceMax);
    case Key::to: return read_number(reader, stored.page.to, kSlotCount - 1);
    case Key::steps: return read_number(reader, stored.page.steps, kExchangeStepsMax);
    case Key::step: return read_number(reader, stored.page.step, kExchangeStepsMax);
  }
  return codec::pass_over(reader);  // of a later version
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
  Stored stored;
  CborReader reader(body);
  CborFields fields(reader, kEntriesMax);
  while (fields.next()) fields.took(read_field(reader, fields.key(), stored));
  AIRLOCK_TRY(fields.finish());
  AIRLOCK_TRY(reader.finish());
  for (std::size_t key = 1; key <= kKeyCount; ++key) {
    if ((fields.seen() >> key & 1) == 0) return fail(Code::missing_field, key);
  }
  if (stored.format != kPageFormat) return fail(Code::unsupported_version, stored.format);
  const ExchangePage& page = stored.page;
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
