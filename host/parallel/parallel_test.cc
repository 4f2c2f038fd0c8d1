#include "host/parallel/parallel.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>

namespace airlock::parallel {
namespace {

TEST(Workers, TellTheFirstFailureAndBeginNothingBehindIt) {
  std::atomic<std::size_t> begun = 0;
  const auto task = [&](std::size_t, std::size_t part) -> Status {
    ++begun;
    if (part >= 10) return fail(Code::block_rejected, part);
    return {};
  };
  for (std::size_t workers : {1U, 2U, 7U}) {
    begun = 0;
    EXPECT_EQ(for_each({0, 1000}, workers, task).error(), (Error{Code::block_rejected, 10}));
    EXPECT_LE(begun, 10 + workers);
  }
}

TEST(Workers, EachHaveANumberOfTheirOwnAndTakeEachPartOnce) {
  std::array<std::atomic<int>, 4> busy{};
  std::array<std::atomic<int>, 500> taken{};
  ASSERT_TRUE(
      for_each({0, taken.size()}, busy.size(), [&](std::size_t worker, std::size_t part) -> Status {
        EXPECT_EQ(++busy[worker], 1);
        ++taken[part];
        --busy[worker];
        return {};
      }));
  for (const auto& times : taken) EXPECT_EQ(times, 1);
}

TEST(Workers, AreOneAtLeastAndNoMoreThanAllowed) {
  EXPECT_EQ(worker_count(1), 1U);
  EXPECT_GE(worker_count(8), 1U);
  EXPECT_LE(worker_count(8), 8U);
}

TEST(Workers, HaveNothingToDoInAnEmptyRange) {
  const auto never = [](std::size_t, std::size_t) -> Status { return fail(Code::block_rejected); };
  EXPECT_TRUE(for_each({7, 7}, 3, never));
}

}  // namespace
}  // namespace airlock::parallel
