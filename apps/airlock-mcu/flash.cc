#include "apps/airlock-mcu/flash.h"

#include <algorithm>

namespace airlock::mcu {
namespace {

constexpr std::string_view kFileName = "flash.bin";
constexpr std::size_t kStep = 256;  // programmed at once, so that a kill meets the middle of more

// The chip's memory, and which of its words may be programmed: 1 since their erase, until they are.
[[gnu::section(".flash")]] alignas(kWord) std::array<std::uint8_t, kLayout.size> memory;
[[gnu::section(".flash.words")]] std::array<std::uint8_t, kLayout.size / kWord> writable;
// How often each sector was erased since the reset, by where it begins.
[[gnu::section(".flash.erases")]] std::array<std::uint16_t, kLayout.size / kSmallSector> erases_of;

std::unexpected<Error> breach(std::string_view rule, std::uint64_t at) {
  say("flash: breach: ");
  say(rule);
  say(" at ");
  say_number(at);
  say("\n");
  return fail(Code::storage_failed, at);
}

bool is_inside(const Region& region, std::uint64_t offset, std::uint64_t size) {
  return offset <= region.size && size <= region.size - offset;
}

MutableBytes bytes_at(std::size_t begin, std::size_t size) {
  return MutableBytes(memory).subspan(begin, size);
}
MutableBytes words_at(std::size_t begin, std::size_t size) {
  return MutableBytes(writable).subspan(begin / kWord, size / kWord);
}

}  // namespace

Status Flash::make() {
  std::ranges::fill(memory, kErased);
  std::ranges::fill(writable, std::uint8_t{1});
  file_ = HostFile::open(kFileName, HostFile::Mode::create);
  if (!file_) return fail(Code::storage_failed);
  return file_->write(0, memory);
}

Status Flash::open() {
  std::ranges::fill(writable, std::uint8_t{0});
  std::ranges::fill(erases_of, std::uint16_t{0});
  file_ = HostFile::open(kFileName, HostFile::Mode::update);
  if (!file_) return fail(Code::not_found);
  return file_->read(0, memory);
}

Bytes Flash::mapped(const Region& region) const { return bytes_at(region.begin, region.size); }

Status Flash::erase(const Region& region, std::uint64_t offset, std::uint64_t size) {
  if (!is_inside(region, offset, size)) return breach("an erase beyond the end", offset);
  if (offset % region.sector != 0 || size % region.sector != 0) {
    return breach("an erase of less than sectors", offset);
  }
  for (std::size_t at = 0; at < size; at += kSmallSector) {
    const std::size_t place = region.begin + static_cast<std::size_t>(offset) + at;
    std::ranges::fill(bytes_at(place, kSmallSector), kErased);
    AIRLOCK_TRY(file_->write(place, bytes_at(place, kSmallSector)));
    std::ranges::fill(words_at(place, kSmallSector), std::uint8_t{1});
  }
  for (std::size_t at = 0; at < size; at += region.sector) {
    const std::size_t place = region.begin + static_cast<std::size_t>(offset) + at;
    const std::uint16_t count = ++erases_of[place / kSmallSector];
    most_erases_ = std::max(most_erases_, count);
    ++erases_;
  }
  return {};
}

Status Flash::program(const Region& region, std::uint64_t offset, Bytes bytes) {
  if (!is_inside(region, offset, bytes.size())) return breach("a write beyond the end", offset);
  if (offset % kWord != 0 || bytes.size() % kWord != 0) {
    return breach("a write of less than words", offset);
  }
  const std::size_t begin = region.begin + static_cast<std::size_t>(offset);
  const MutableBytes words = words_at(begin, bytes.size());
  if (std::ranges::find(words, 0) != words.end()) {
    return breach("a write of words that are not erased", offset);
  }
  for (std::size_t at = 0; at < bytes.size(); at += kStep) {
    const Bytes part = bytes.subspan(at, std::min(kStep, bytes.size() - at));
    copy_into(bytes_at(begin + at, part.size()), part);
    AIRLOCK_TRY(file_->write(begin + at, part));
    std::ranges::fill(words_at(begin + at, part.size()), std::uint8_t{0});
  }
  return {};
}

Status FlashArea::read(std::uint64_t offset, MutableBytes to) {
  if (!is_inside(region_, offset, to.size())) return fail(Code::storage_failed, offset);
  copy_into(to, mapped().subspan(static_cast<std::size_t>(offset), to.size()));
  return {};
}

}  // namespace airlock::mcu
