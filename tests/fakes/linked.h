// Firmware that a small linker makes: functions that call and point to each other, so that one more
// function moves them all. Its encoders are its own: they are what the differ is tried with.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace airlock::fakes {

enum class Target : std::uint8_t { thumb, arm, arm64, x86_64 };

// Where functions have the addresses of others: in words behind their code, or in instructions too
// (MOVW and MOVT, ADRP and ADD, an operand relative to the program counter).
enum class Addresses : std::uint8_t { in_words, in_code };

// Functions by their numbers, in the order in which they are linked.
struct Program {
  Target target = Target::thumb;
  std::uint32_t address = 0x08004000;  // of the first byte behind the header
  std::size_t header_size = 0;         // bytes in front, as a DFU file has them
  std::vector<std::uint32_t> functions;
  Addresses addresses = Addresses::in_words;
};

class Linker {
 public:
  explicit Linker(const Program& program) : program_(program) {}

  std::vector<std::uint8_t> link() {
    places_.assign(1 << 16, 0);
    std::size_t at = 0;
    for (const std::uint32_t each : program_.functions) {
      places_[each] = at;
      at += size_of(each) + (loads() * kLoadSize);
    }
    image_ = bytes_of(program_.header_size, 0xABCD);
    for (const std::uint32_t each : program_.functions) add(each);
    return image_;
  }

 private:
  static constexpr std::size_t kCalls = 4;
  static constexpr std::size_t kPointers = 3;
  static constexpr std::size_t kCallSize = 12;  // a call, and instructions that stay
  static constexpr std::size_t kLoads = 3;
  static constexpr std::size_t kLoadSize = 8;

  static std::vector<std::uint8_t> bytes_of(std::size_t size, std::uint32_t seed) {
    std::mt19937 random(seed);
    std::vector<std::uint8_t> made(size);
    for (auto& byte : made) byte = static_cast<std::uint8_t>(random() & 0x3F);
    return made;
  }
  static std::size_t body_of(std::uint32_t function) { return 16 + function % 7 * 8; }
  static std::size_t size_of(std::uint32_t function) {
    return body_of(function) + kCalls * kCallSize + kPointers * 4;
  }
  // Whom a function calls and points to: whoever is linked in its place, which its number tells.
  std::uint32_t other(std::uint32_t function, std::size_t i) const {
    const std::uint32_t mixed =
        (function * 2654435761U + static_cast<std::uint32_t>(i) * 40503U) >> 7;
    return mixed % 97;
  }

  void add(std::uint32_t function) {
    append(bytes_of(body_of(function), function));
    for (std::size_t i = 0; i < kCalls; ++i) {
      const std::size_t before = image_.size();
      call(places_[other(function, i)]);
      append(bytes_of(kCallSize - (image_.size() - before),
                      function * 31 + static_cast<std::uint32_t>(i)));
    }
    for (std::size_t i = 0; i < loads(); ++i) load(places_[other(function, 20 + i)]);
    for (std::size_t i = 0; i < kPointers; ++i) {
      const auto place = static_cast<std::uint32_t>(places_[other(function, 10 + i)]);
      word(program_.address + place + (program_.target == Target::thumb ? 1 : 0));
    }
  }
  std::size_t loads() const { return program_.addresses == Addresses::in_code ? kLoads : 0; }
  void append(const std::vector<std::uint8_t>& bytes) {
    image_.insert(image_.end(), bytes.begin(), bytes.end());
  }
  void half(std::uint32_t value) {
    image_.push_back(static_cast<std::uint8_t>(value));
    image_.push_back(static_cast<std::uint8_t>(value >> 8));
  }
  void word(std::uint32_t value) {
    half(value);
    half(value >> 16);
  }
  void call(std::size_t to) {
    const auto here = static_cast<std::int64_t>(image_.size() - program_.header_size);
    const auto offset = static_cast<std::int64_t>(to) - here;
    switch (program_.target) {
      case Target::thumb: {
        const auto by = static_cast<std::uint32_t>(offset - 4);
        const std::uint32_t sign = by >> 31;
        half(0xF000 | sign << 10 | (by >> 12 & 0x3FF));
        half(0xD000 | (~(by >> 23 ^ sign) & 1) << 13 | (~(by >> 22 ^ sign) & 1) << 11 |
             (by >> 1 & 0x7FF));
        return;
      }
      case Target::arm:
        word(0xEB000000 | (static_cast<std::uint32_t>((offset - 8) >> 2) & 0xFFFFFF));
        return;
      case Target::arm64:
        word(0x94000000 | (static_cast<std::uint32_t>(offset >> 2) & 0x3FFFFFF));
        return;
      case Target::x86_64:
        image_.push_back(0xE8);
        word(static_cast<std::uint32_t>(offset - 5));
        return;
    }
  }

  void load(std::size_t to) {
    const std::uint32_t address = program_.address + static_cast<std::uint32_t>(to);
    const std::uint32_t here =
        program_.address + static_cast<std::uint32_t>(image_.size() - program_.header_size);
    switch (program_.target) {
      case Target::thumb: {
        const std::uint32_t with_state = address | 1;
        for (const std::uint32_t part : {with_state & 0xFFFF, with_state >> 16 | 1U << 31}) {
          const std::uint32_t opcode = part >> 31 != 0 ? 0xF2C0 : 0xF240;  // MOVT, MOVW
          half(opcode | (part >> 11 & 1) << 10 | (part >> 12 & 15));
          half((part >> 8 & 7) << 12 | 3 << 8 | (part & 0xFF));
        }
        return;
      }
      case Target::arm:
        word(0xE3003000 | (address >> 12 & 15) << 16 | (address & 0xFFF));
        word(0xE3403000 | address >> 28 << 16 | (address >> 16 & 0xFFF));
        return;
      case Target::arm64: {
        const std::uint32_t pages = (address >> 12) - (here >> 12);
        word(0x90000003 | (pages & 3) << 29 | (pages >> 2 & 0x7FFFF) << 5);
        word(0x91000063 | (address & 0xFFF) << 10);
        return;
      }
      case Target::x86_64:
        append({0x48, 0x8D, 0x05});
        word(address - here - 7);
        image_.push_back(0x90);
        return;
    }
  }

  Program program_;
  std::vector<std::size_t> places_;
  std::vector<std::uint8_t> image_;
};

inline std::vector<std::uint8_t> link(const Program& program) { return Linker(program).link(); }

// A program of this many functions, and one of the same in which one more stands near the front.
inline Program program_of(Target target, std::size_t functions, std::size_t header_size,
                          Addresses addresses = Addresses::in_words) {
  Program made;
  made.target = target;
  made.addresses = addresses;
  made.header_size = header_size;
  for (std::size_t i = 0; i < functions; ++i) {
    made.functions.push_back(static_cast<std::uint32_t>(i));
  }
  return made;
}
inline Program with_one_more(Program program) {
  program.functions.insert(program.functions.begin() + 5, 60'000);
  return program;
}

}  // namespace airlock::fakes
