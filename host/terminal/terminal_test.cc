#include "host/terminal/terminal.h"

#include <gtest/gtest.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>

namespace airlock::terminal {
namespace {

using std::chrono::milliseconds;

TEST(Colours, AreForAPersonAtATerminalWhoWantsThem) {
  EXPECT_EQ(colours_for({true, "", "xterm"}), Colours::on);
  EXPECT_EQ(colours_for({false, "", "xterm"}), Colours::off);
  EXPECT_EQ(colours_for({true, "1", "xterm"}), Colours::off);
  EXPECT_EQ(colours_for({true, "", "dumb"}), Colours::off);
  EXPECT_EQ(colours_for({true, "", ""}), Colours::off);
}

TEST(Styled, LeavesTheTextAloneWithoutColours) {
  EXPECT_EQ(styled("x", Style::bad, Colours::off), "x");
  EXPECT_EQ(styled("x", Style::plain, Colours::on), "x");
  EXPECT_EQ(styled("x", Style::bad, Colours::on), "\x1b[31mx\x1b[0m");
}

TEST(ProgressLine, ShowsShareAmountRateAndTimeLeft) {
  EXPECT_EQ(progress_line({"fetching", 3 << 20, 6 << 20, 1 << 20}, 100),
            "fetching  [###########-----------]  50 %  3.0 MiB of 6.0 MiB  1.0 MiB/s  4 s left");
  EXPECT_EQ(progress_line({"fetching", 6 << 20, 6 << 20, 1 << 20}, 100),
            "fetching  [######################] 100 %  6.0 MiB of 6.0 MiB  1.0 MiB/s");
}

TEST(ProgressLine, SaysNothingOfAnEndThatIsNotKnown) {
  EXPECT_EQ(progress_line({"fetching", 2048, 0, 0}, 80), "fetching  2.0 KiB");
  EXPECT_EQ(progress_line({"comparing", 0, 0, 0}, 80), "comparing");
}

TEST(ProgressLine, FitsItsWidth) {
  const Progress progress{"fetching", 3 << 20, 6 << 20, 1 << 20};
  for (std::size_t width = 0; width < 120; ++width) {
    EXPECT_LE(progress_line(progress, width).size(), width);
  }
  EXPECT_EQ(progress_line(progress, 20), "fetching   50 %");
  EXPECT_EQ(progress_line(progress, 4), "fetc");
}

TEST(ProgressLine, CountsPastAnyOverflow) {
  EXPECT_NE(progress_line({"x", UINT64_MAX / 2, UINT64_MAX, 1}, 200).find("50 %"),
            std::string::npos);
  EXPECT_NE(progress_line({"x", UINT64_MAX, 10, 1}, 200).find("100 %"), std::string::npos);
}

TEST(Rate, FollowsWhatIsDoneNow) {
  Rate rate;
  const Rate::Moment start{};
  rate.note(0, start);
  EXPECT_EQ(rate.bytes_per_second(), 0U);
  rate.note(100, start + milliseconds(100));  // too early to tell
  EXPECT_EQ(rate.bytes_per_second(), 0U);
  rate.note(1000, start + milliseconds(1000));
  EXPECT_EQ(rate.bytes_per_second(), 1000U);
  rate.note(4000, start + milliseconds(2000));
  EXPECT_EQ(rate.bytes_per_second(), 2000U);
  rate.note(0, start + milliseconds(3000));  // begun again
  EXPECT_EQ(rate.bytes_per_second(), 2000U);
}

// A terminal with a person at the other end.
class Key : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(openpty(&person_, &program_, nullptr, nullptr, nullptr), 0); }
  void TearDown() override {
    close(person_);
    close(program_);
  }
  // Types once the program listens, and again where that was too early and thrown away.
  template <class Ask>
  auto answered(std::string_view keys, Ask ask) {
    std::atomic<bool> is_answered = false;
    std::thread person([&, keys] {
      for (int i = 0; i < 500 && !raw(); ++i) std::this_thread::sleep_for(milliseconds(2));
      std::this_thread::sleep_for(milliseconds(5));
      while (!is_answered) {
        EXPECT_EQ(write(person_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
        for (int i = 0; i < 250 && !is_answered; ++i) std::this_thread::sleep_for(milliseconds(2));
      }
    });
    auto answer = ask();
    is_answered = true;
    person.join();
    return answer;
  }
  Result<char> typed(std::string_view keys) {
    return answered(keys, [this] { return read_key_from(program_, milliseconds(3000)); });
  }
  Result<std::string> hidden(std::string_view keys) {
    std::array<std::uint8_t, 12> room{};
    const auto size = answered(
        keys, [&] { return read_hidden_line(program_, "Word: ", room, milliseconds(3000)); });
    if (!size) return std::unexpected(size.error());
    return std::string(text_of(Bytes(room).first(*size)));
  }
  // What stands on the screen, up to the end of its first line.
  std::string seen() {
    std::string all;
    for (char one = 0; !all.ends_with('\n') && ::read(person_, &one, 1) == 1;) all += one;
    return all;
  }
  bool raw() const {
    termios now{};
    tcgetattr(program_, &now);
    return (now.c_lflag & ICANON) == 0;
  }
  void end_with_a_signal(pid_t child) {
    for (int i = 0; i < 1000 && !raw(); ++i) std::this_thread::sleep_for(milliseconds(2));
    ASSERT_TRUE(raw());
    kill(child, SIGTERM);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    EXPECT_FALSE(raw());
  }
  int person_ = -1;
  int program_ = -1;
};

TEST_F(Key, ComesWithoutEnter) {
  EXPECT_EQ(typed("y").value(), 'y');
  EXPECT_EQ(typed("\r").value(), kEnter);
  EXPECT_EQ(typed("\x1b").value(), kEscape);
  EXPECT_EQ(typed("\x1b[A").value(), kOtherKey);
  EXPECT_EQ(typed("\xc3\xa9").value(), kOtherKey);
  EXPECT_FALSE(raw());
}

TEST_F(Key, MayBeAnEnd) {
  EXPECT_EQ(typed("\x03").error().code, Code::interrupted);
  EXPECT_EQ(typed("\x04").error().code, Code::interrupted);
  EXPECT_FALSE(raw());
}

TEST_F(Key, TypedBeforeTheQuestionAnswersNothing) {
  ASSERT_EQ(write(person_, "y\n", 2), 2);
  EXPECT_EQ(read_key_from(program_, milliseconds(50)).error().code, Code::timed_out);
  EXPECT_FALSE(raw());
}

using HiddenLine = Key;

TEST_F(HiddenLine, IsAskedForAndNotShown) {
  EXPECT_EQ(hidden("horse\r").value(), "horse");
  EXPECT_EQ(seen(), "Word: \r\n");
  EXPECT_FALSE(raw());
}

TEST_F(HiddenLine, CanBeMended) {
  EXPECT_EQ(hidden("horze\x7f\x7fse\n").value(), "horse");
  EXPECT_EQ(hidden("\x08"
                   "caf\xc3\xa9\x7f"
                   "e\n")
                .value(),
            "cafe");
  EXPECT_EQ(hidden("wrong\x15right\n").value(), "right");
}

TEST_F(HiddenLine, CanBeLeft) {
  EXPECT_EQ(hidden("hor\x03").error().code, Code::interrupted);
  EXPECT_EQ(hidden("\x04").error().code, Code::interrupted);
  EXPECT_EQ(read_hidden_line(program_, "", {}, milliseconds(0)).error().code, Code::oversized);
  std::array<std::uint8_t, 4> room{};
  EXPECT_EQ(read_hidden_line(program_, "", room, milliseconds(20)).error().code, Code::timed_out);
  EXPECT_FALSE(raw());
}

TEST_F(HiddenLine, HasALimit) { EXPECT_EQ(hidden("123456789abc\r").error().code, Code::oversized); }

TEST_F(HiddenLine, GivesTheTerminalBackWhenASignalEndsTheProgram) {
  const pid_t child = fork();
  if (child == 0) {
    std::array<std::uint8_t, 12> room{};
    (void)read_hidden_line(program_, "Word: ", room, milliseconds(10'000));
    _exit(0);
  }
  end_with_a_signal(child);
}

TEST_F(Key, IsNotReadFromAFile) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  EXPECT_EQ(read_key_from(ends[0], milliseconds(50)).error().code, Code::not_interactive);
  close(ends[0]);
  close(ends[1]);
}

TEST_F(Key, GivesTheTerminalBackWhenASignalEndsTheProgram) {
  const pid_t child = fork();
  if (child == 0) {
    (void)read_key_from(program_, milliseconds(10'000));
    _exit(0);
  }
  end_with_a_signal(child);
}

}  // namespace
}  // namespace airlock::terminal
