#include "engine/swap/swap.h"

#include <gtest/gtest.h>

#include <thread>

namespace airlock::swap {
namespace {

// Both halves are the same number, unless a reader sees half of a swap or what was freed.
struct Twins {
  explicit Twins(int number) : one(number), other(number) { ++alive; }
  ~Twins() {
    one = -1;
    --alive;
  }
  int one, other;
  static inline std::atomic<int> alive = 0;
};

TEST(Swap, ShowsTheNextValueToWhoeverPinsAfterIt) {
  Current<Twins> current(std::make_unique<Twins>(1));
  auto reader = *current.reader();
  EXPECT_EQ(reader.pin()->one, 1);
  current.replace(std::make_unique<Twins>(2));
  EXPECT_EQ(reader.pin()->one, 2);
}

TEST(Swap, KeepsWhatIsPinnedAndFreesItWithItsLastReader) {
  Current<Twins> current(std::make_unique<Twins>(1));
  auto one = *current.reader(), other = *current.reader();
  {
    const auto pinned = one.pin();
    {
      const auto also = other.pin();
      current.replace(std::make_unique<Twins>(2));
      EXPECT_EQ(also->other, 1);
    }
    EXPECT_EQ(pinned->one, 1);
    EXPECT_EQ(Twins::alive, 2);
    EXPECT_EQ(current.held(), 1U);
  }
  EXPECT_EQ(Twins::alive, 1);
  EXPECT_EQ(current.held(), 0U);
}

TEST(Swap, FreesAtOnceWhatNobodyHolds) {
  Current<Twins> current(std::make_unique<Twins>(1));
  for (int i = 0; i < 100; ++i) {
    current.replace(std::make_unique<Twins>(i));
    EXPECT_EQ(Twins::alive, 1);
  }
}

TEST(Swap, HasSeatsForSoManyAndTakesThemBack) {
  Current<Twins> current(std::make_unique<Twins>(1));
  {
    std::vector<Current<Twins>::Reader> readers;
    for (std::size_t i = 0; i < kReadersMax; ++i) readers.push_back(*current.reader());
    EXPECT_EQ(current.reader().error().code, Code::too_many);
  }
  EXPECT_TRUE(current.reader());
}

TEST(Swap, NeverShowsHalfOfASwapToReadersBesideIt) {
  Current<Twins> current(std::make_unique<Twins>(0));
  std::atomic<bool> stop = false;
  std::atomic<int> torn = 0, reads = 0;
  const auto read = [&] {
    auto reader = *current.reader();
    while (!stop) {
      const auto pinned = reader.pin();
      if (pinned->one != pinned->other || pinned->one < 0) ++torn;
      ++reads;
    }
  };
  std::thread first(read), second(read);
  for (int i = 1; i <= 20'000; ++i) current.replace(std::make_unique<Twins>(i));
  while (reads < 1000) std::this_thread::yield();
  stop = true;
  first.join();
  second.join();
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(Twins::alive, 1);
}

}  // namespace
}  // namespace airlock::swap
