#include "core/bare/pair.h"

#include <algorithm>

#include "core/codec/codec.h"

namespace airlock::bare {
namespace {

// Bytes that are read or written at once.
constexpr std::size_t kStep = 256;
static_assert(kStep % kWordMax == 0);

void put(MutableBytes to, std::uint64_t value) {
  for (std::size_t i = to.size(); i-- > 0; value >>= 8) to[i] = static_cast<std::uint8_t>(value);
}

std::uint64_t number_of(Bytes from) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : from) value = value << 8 | byte;
  return value;
}

// Counter, size and checksum of one copy.
struct Head {
  std::uint64_t counter = 0;
  std::size_t size = 0;
  std::uint32_t checksum = 0;
};

Status read_head(Area& area, Head& head) {
  std::array<std::uint8_t, kPairHead> bytes;
  AIRLOCK_TRY(area.read(0, bytes));
  const Bytes all = bytes;
  const std::uint64_t size = number_of(all.subspan(8, 4));
  if (size > area.size() - kPairHead) return fail(Code::oversized, size);
  head = {number_of(all.first(8)), static_cast<std::size_t>(size),
          static_cast<std::uint32_t>(number_of(all.subspan(12, 4)))};
  return {};
}

std::uint32_t begin_checksum(std::uint64_t counter) {
  std::array<std::uint8_t, 8> bytes;
  put(bytes, counter);
  return codec::crc32c(bytes);
}

}  // namespace

Newest read_copy(const Pair& pair, std::size_t which) {
  Area& area = *pair[which];
  Head head;
  if (!read_head(area, head)) return {};
  std::uint32_t checksum = begin_checksum(head.counter);
  std::array<std::uint8_t, kStep> step;
  for (std::size_t at = 0; at < head.size; at += kStep) {
    const MutableBytes bytes = MutableBytes(step).first(std::min(kStep, head.size - at));
    if (!area.read(kPairHead + at, bytes)) return {};
    checksum = codec::crc32c(bytes, checksum);
  }
  if (checksum != head.checksum) return {};
  return {which, head.size, head.counter};
}

Newest newest(const Pair& pair) {
  const Newest first = read_copy(pair, 0);
  const Newest second = read_copy(pair, 1);
  return first.counter > second.counter ? first : second;
}

Result<Bytes> load(const Pair& pair, MutableBytes to) {
  const Newest found = newest(pair);
  if (found.counter == 0) return Bytes();
  if (found.size > to.size()) return fail(Code::oversized, found.size);
  const MutableBytes content = to.first(found.size);
  AIRLOCK_TRY(pair[found.copy]->read(kPairHead, content));
  return Bytes(content);
}

Status write_padded(Area& area, Bytes head, Bytes bytes) {
  const std::uint64_t whole = std::uint64_t{head.size()} + bytes.size();
  if (whole + kWordMax > area.size()) return fail(Code::oversized, whole);
  AIRLOCK_TRY(area.erase(0, area.size()));
  std::array<std::uint8_t, kStep> step;
  for (std::size_t at = 0; at < whole; at += kStep) {
    const std::size_t size = std::min<std::size_t>(kStep, static_cast<std::size_t>(whole) - at);
    step.fill(0);
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t place = at + i;
      step[i] = place < head.size() ? head[place] : bytes[place - head.size()];
    }
    const std::size_t words = (size + kWordMax - 1) / kWordMax * kWordMax;
    AIRLOCK_TRY(area.write(at, Bytes(step).first(words)));
  }
  return area.sync();
}

Status save(const Pair& pair, Bytes content) {
  const std::uint64_t first = read_copy(pair, 0).counter;
  const std::uint64_t second = read_copy(pair, 1).counter;
  const std::uint64_t counter = std::max(first, second) + 1;
  std::array<std::uint8_t, kPairHead> head;
  put(MutableBytes(head).first(8), counter);
  put(MutableBytes(head).subspan(8, 4), content.size());
  put(MutableBytes(head).subspan(12, 4), codec::crc32c(content, begin_checksum(counter)));
  return write_padded(*pair[first > second ? 1 : 0], head, content);
}

}  // namespace airlock::bare
