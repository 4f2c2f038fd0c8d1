#include "apps/airlock-mcu/semihosting.h"

#include <algorithm>

namespace airlock::mcu {
namespace {

// Operations of ARM's semihosting.
constexpr std::uint32_t kOpen = 0x01;
constexpr std::uint32_t kClose = 0x02;
constexpr std::uint32_t kWriteText = 0x04;
constexpr std::uint32_t kWrite = 0x05;
constexpr std::uint32_t kRead = 0x06;
constexpr std::uint32_t kSeek = 0x0a;
constexpr std::uint32_t kLength = 0x0c;
constexpr std::uint32_t kRemove = 0x0e;
constexpr std::uint32_t kCommandLine = 0x15;
constexpr std::uint32_t kExit = 0x20;
constexpr std::uint32_t kApplicationExit = 0x20026;
constexpr std::uint32_t kFailed = UINT32_MAX;

std::uint32_t semihost(std::uint32_t operation, const void* argument) {
  register std::uint32_t r0 asm("r0") = operation;
  register const void* r1 asm("r1") = argument;
  asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

template <class... Words>
std::uint32_t semihost_words(std::uint32_t operation, Words... words) {
  const std::array<std::uint32_t, sizeof...(Words)> block = {words...};
  return semihost(operation, block.data());
}

std::uint32_t address_of(const void* place) {
  return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(place));
}

}  // namespace

void say(std::string_view text) {
  std::array<char, 64> part;
  while (!text.empty()) {
    const std::size_t size = std::min(text.size(), part.size() - 1);
    std::copy_n(text.begin(), size, part.begin());
    part[size] = '\0';
    semihost(kWriteText, part.data());
    text.remove_prefix(size);
  }
}

void say_number(std::uint64_t number) {
  std::array<char, 20> digits;
  std::size_t at = digits.size();
  do {
    digits[--at] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  say({digits.data() + at, digits.size() - at});
}

std::string_view argument(std::array<char, 64>& buffer) {
  std::array<std::uint32_t, 2> block = {address_of(buffer.data()), buffer.size()};
  if (semihost(kCommandLine, block.data()) != 0 || block[1] == 0) return {};
  std::string_view line(buffer.data(), std::min<std::size_t>(block[1], buffer.size()));
  line.remove_prefix(std::min(line.find(' '), line.size() - 1) + 1);
  return line;
}

void end(int status) {
  semihost_words(kExit, kApplicationExit, static_cast<std::uint32_t>(status));
  while (true) {
  }
}

std::optional<HostFile> HostFile::open(std::string_view name, Mode mode) {
  const std::uint32_t handle =
      semihost_words(kOpen, address_of(name.data()), static_cast<std::uint32_t>(mode),
                     static_cast<std::uint32_t>(name.size()));
  if (handle == kFailed) return std::nullopt;
  return HostFile(handle);
}

Result<std::size_t> HostFile::size() const {
  const std::uint32_t size = semihost_words(kLength, handle_);
  if (size == kFailed) return fail(Code::storage_failed);
  return size;
}

Status HostFile::seek(std::uint64_t offset) const {
  const std::uint32_t moved = semihost_words(kSeek, handle_, static_cast<std::uint32_t>(offset));
  return moved == 0 ? Status() : fail(Code::storage_failed, offset);
}

Status HostFile::read(std::uint64_t offset, MutableBytes to) const {
  AIRLOCK_TRY(seek(offset));
  const std::uint32_t left =
      semihost_words(kRead, handle_, address_of(to.data()), static_cast<std::uint32_t>(to.size()));
  return left == 0 ? Status() : fail(Code::storage_failed, offset);
}

Status HostFile::write(std::uint64_t offset, Bytes bytes) const {
  AIRLOCK_TRY(seek(offset));
  const std::uint32_t left = semihost_words(kWrite, handle_, address_of(bytes.data()),
                                            static_cast<std::uint32_t>(bytes.size()));
  return left == 0 ? Status() : fail(Code::storage_failed, offset);
}

void HostFile::close() const { semihost_words(kClose, handle_); }

void HostFile::remove(std::string_view name) {
  semihost_words(kRemove, address_of(name.data()), static_cast<std::uint32_t>(name.size()));
}

}  // namespace airlock::mcu
