#include <poll.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>

#include "host/terminal/terminal.h"

namespace airlock::terminal {

namespace {

constexpr std::array kEndingSignals = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
constexpr char kControlC = '\x03';
constexpr char kControlD = '\x04';
constexpr char kControlU = '\x15';
constexpr char kBackspace = '\x08';
constexpr char kDelete = '\x7f';

// What an ending signal must restore. Only one key is waited for at a time; the atomic tells the
// signal's code whether the rest is complete.
termios former_settings;
int raw_descriptor = -1;
std::atomic<bool> is_raw = false;

extern "C" void give_back_and_end(int signal_number) {
  // tcsetattr, signal and raise may be called from a signal's code (POSIX).
  if (is_raw.load()) (void)tcsetattr(raw_descriptor, TCSANOW, &former_settings);
  (void)signal(signal_number, SIG_DFL);
  (void)raise(signal_number);
}

// The terminal without echo and line editing, for as long as the object lives.
class RawTerminal {
 public:
  explicit RawTerminal(int descriptor) : descriptor_(descriptor) {
    AIRLOCK_CHECK(!is_raw.load());
    if (tcgetattr(descriptor_, &former_settings) != 0) return;
    raw_descriptor = descriptor_;
    struct sigaction ending = {};
    ending.sa_handler = give_back_and_end;
    for (std::size_t i = 0; i < kEndingSignals.size(); ++i) {
      (void)sigaction(kEndingSignals[i], &ending, &former_actions_[i]);
    }
    is_raw.store(true);
    termios raw = former_settings;
    // ISIG off: Ctrl-C comes as a key and ends the question, not the program behind our back.
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG | IEXTEN);
    raw.c_iflag &= ~static_cast<tcflag_t>(ICRNL | INLCR | IXON);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    // What was typed before anybody asked is thrown away: TCSAFLUSH does it with lines that were
    // read, TCIFLUSH also with what the driver still holds.
    ready_ = tcsetattr(descriptor_, TCSAFLUSH, &raw) == 0 && tcflush(descriptor_, TCIFLUSH) == 0;
  }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

  ~RawTerminal() {
    if (!is_raw.load()) return;
    (void)tcsetattr(descriptor_, TCSAFLUSH, &former_settings);
    is_raw.store(false);
    for (std::size_t i = 0; i < kEndingSignals.size(); ++i) {
      (void)sigaction(kEndingSignals[i], &former_actions_[i], nullptr);
    }
  }

  bool ready() const { return ready_; }

 private:
  int descriptor_;
  bool ready_ = false;
  std::array<struct sigaction, kEndingSignals.size()> former_actions_{};
};

// wait_for_input waits until a key is there or the moment has come.
Status wait_for_input(int descriptor, std::chrono::steady_clock::time_point until) {
  while (true) {  // ends at the moment at the latest
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return fail(Code::timed_out);
    constexpr std::chrono::milliseconds kPollMax{60'000};
    pollfd wanted{descriptor, POLLIN, 0};
    const int ready = poll(&wanted, 1, static_cast<int>(std::min(left, kPollMax).count()));
    if (ready < 0 && errno != EINTR) return fail(Code::io_failed);
    if (ready > 0) return {};
  }
}

char key_of(std::string_view bytes) {
  if (bytes.size() != 1 || static_cast<unsigned char>(bytes[0]) > 0x7f) return kOtherKey;
  return bytes[0] == '\n' ? kEnter : bytes[0];
}

// A line that grows and shrinks as it is typed, in the caller's memory.
class HiddenLine {
 public:
  explicit HiddenLine(MutableBytes room) : room_(room) {}
  bool is_full() const { return size_ == room_.size(); }
  std::size_t size() const { return size_; }
  // next is where the next byte goes before it is known what it means.
  std::uint8_t& next() { return room_[size_]; }
  void keep() { ++size_; }
  void clear() {
    while (size_ > 0) room_[--size_] = 0;
  }
  // One character of UTF-8: its last bytes and its first one.
  void take_back() {
    constexpr std::uint8_t kFollowsMask = 0xc0;
    constexpr std::uint8_t kFollows = 0x80;
    while (size_ > 0) {
      const bool follows = (room_[size_ - 1] & kFollowsMask) == kFollows;
      room_[--size_] = 0;
      if (!follows) return;
    }
  }

 private:
  MutableBytes room_;
  std::size_t size_ = 0;
};

}  // namespace

Result<std::size_t> read_hidden_line(int descriptor, std::string_view prompt, MutableBytes room,
                                     std::chrono::milliseconds timeout) {
  if (isatty(descriptor) != 1) return fail(Code::not_interactive);
  const auto until = std::chrono::steady_clock::now() + timeout;
  const RawTerminal raw(descriptor);
  if (!raw.ready()) return fail(Code::io_failed);
  const auto say = [&](std::string_view text) {
    return ::write(descriptor, text.data(), text.size()) >= 0;
  };
  if (!say(prompt)) return fail(Code::io_failed);
  HiddenLine line(room);
  while (!line.is_full()) {
    AIRLOCK_TRY(wait_for_input(descriptor, until));
    if (::read(descriptor, &line.next(), 1) != 1) return fail(Code::io_failed);
    switch (static_cast<char>(line.next())) {
      case kControlC:
      case kControlD: say("\n"); return fail(Code::interrupted);
      case '\n':
      case kEnter: say("\n"); return line.size();
      case kBackspace:
      case kDelete: line.take_back(); break;
      case kControlU: line.clear(); break;
      default: line.keep();
    }
  }
  say("\n");
  return fail(Code::oversized, room.size());
}

Result<char> read_key_from(int descriptor, std::chrono::milliseconds timeout) {
  if (isatty(descriptor) != 1) return fail(Code::not_interactive);
  const auto until = std::chrono::steady_clock::now() + timeout;
  const RawTerminal raw(descriptor);
  if (!raw.ready()) return fail(Code::io_failed);
  AIRLOCK_TRY(wait_for_input(descriptor, until));
  std::array<char, 16> bytes;  // a key of several bytes comes at once
  const ssize_t size = ::read(descriptor, bytes.data(), bytes.size());
  if (size <= 0) return fail(Code::io_failed);
  const std::string_view typed(bytes.data(), static_cast<std::size_t>(size));
  for (const char c : {kControlC, kControlD}) {
    if (typed.find(c) != std::string_view::npos) return fail(Code::interrupted);
  }
  return key_of(typed);
}

Result<char> read_key(std::chrono::milliseconds timeout) {
  return read_key_from(STDIN_FILENO, timeout);
}

}  // namespace airlock::terminal
