#include "tests/powercut/pair.h"

#include <algorithm>

#include "core/codec/codec.h"

namespace airlock::powercut {
namespace {

using fakes::Buffer;

constexpr std::size_t kHead = 16;
constexpr std::size_t kWordMax = 32;

void put_number(Buffer& to, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8)
    to.push_back(static_cast<std::uint8_t>(value >> shift));
}

std::uint64_t number_at(Bytes from, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value = value << 8 | from[at + i];
  return value;
}

struct Copy {
  std::uint64_t counter = 0;  // 0: it does not read
  Buffer content;
};

Copy read_copy(fakes::Flash& area) {
  std::array<std::uint8_t, kHead> head;
  if (!area.read(0, head)) return {};
  const std::uint64_t size = number_at(head, 8) >> 32;
  if (size > area.size() - kHead) return {};
  Buffer checked(head.begin(), head.begin() + 8);
  checked.resize(8 + static_cast<std::size_t>(size));
  if (!area.read(kHead, MutableBytes(checked).subspan(8))) return {};
  if (codec::crc32c(checked) != static_cast<std::uint32_t>(number_at(head, 8))) return {};
  return {number_at(head, 0), Buffer(checked.begin() + 8, checked.end())};
}

}  // namespace

Buffer padded(Bytes bytes) {
  Buffer made(bytes.begin(), bytes.end());
  made.resize((made.size() + kWordMax - 1) / kWordMax * kWordMax);
  return made;
}

Buffer load_newest(const Copies& copies) {
  Copy first = read_copy(*copies[0]);
  Copy second = read_copy(*copies[1]);
  return first.counter > second.counter ? first.content : second.content;
}

Status save_newest(const Copies& copies, Bytes content) {
  const std::array<std::uint64_t, 2> counters = {read_copy(*copies[0]).counter,
                                                 read_copy(*copies[1]).counter};
  Buffer bytes;
  put_number(bytes, std::max(counters[0], counters[1]) + 1);
  Buffer checked = bytes;
  checked.insert(checked.end(), content.begin(), content.end());
  put_number(bytes, std::uint64_t{content.size()} << 32 | codec::crc32c(checked));
  bytes.insert(bytes.end(), content.begin(), content.end());
  fakes::Flash& older = *copies[counters[0] > counters[1] ? 1 : 0];
  AIRLOCK_TRY(older.erase(0, older.size()));
  AIRLOCK_TRY(older.write(0, padded(bytes)));
  return older.sync();
}

}  // namespace airlock::powercut
