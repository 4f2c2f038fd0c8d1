// What chance decides: numbers that follow from a seed and from nothing else.
#pragma once

#include <cstdint>

namespace airlock::fleet {

// splitmix64 (Steele, Lea, Flood 2014).
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  // A series of its own for each part of a simulation.
  Dice(std::uint64_t seed, std::uint64_t part, std::uint64_t of = 0)
      : state_(Dice(Dice(seed).roll() ^ part).roll() ^ of) {}

  std::uint64_t roll() {
    std::uint64_t mixed = (state_ += 0x9e3779b97f4a7c15ULL);
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
    return mixed ^ (mixed >> 31);
  }
  // below is one of 0..end - 1.
  std::uint64_t below(std::uint64_t end) { return roll() % end; }
  std::int64_t between(std::int64_t first, std::int64_t last) {
    return first + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(last - first) + 1));
  }
  bool falls(double share) {
    constexpr double kWhole = 18446744073709551616.0;  // 2^64
    return static_cast<double>(roll()) < share * kWhole;
  }

 private:
  std::uint64_t state_;
};

}  // namespace airlock::fleet
