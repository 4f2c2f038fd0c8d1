// host/terminal: what a program may do only where a person is watching.
//
// It is for colours, one line of progress, and one key pressed. It promises that nothing but plain
// text goes to a file or a pipe, that NO_COLOR is honoured, that a key typed before the question
// was asked never answers it, and that the terminal is given back as it was on every way out, an
// ending signal included. It keeps no secret: a hidden line goes into the caller's memory and
// nowhere else. It decides nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/base.h"

namespace airlock::terminal {

enum class Stream : std::uint8_t { out, error };  // standard output, standard error

bool is_terminal(Stream stream);
// is_terminal_in says whether standard input is one: whether somebody can press a key.
bool is_terminal_in();
// columns is the width of the line, kColumnsDefault where it is not known.
inline constexpr std::size_t kColumnsDefault = 80;
std::size_t columns(Stream stream);

enum class Colours : std::uint8_t { off, on };
// colours_of says whether colours may be written there: a terminal, not a dumb one, no NO_COLOR.
Colours colours_of(Stream stream);
// colours_for is the rule behind it. `no_color` and `term` are the environment's values, "" where
// they are not set.
struct Surroundings {
  bool terminal = false;
  std::string_view no_color;
  std::string_view term;
};
Colours colours_for(const Surroundings& surroundings);

enum class Style : std::uint8_t { plain, bold, dim, good, warning, bad };
// styled puts the style around the text, or returns the text alone where colours are off.
std::string styled(std::string_view text, Style style, Colours colours);

// What a progress line shows. `total` 0 means that the end is not known.
struct Progress {
  std::string_view label;
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  std::uint64_t bytes_per_second = 0;  // 0: not known yet
};
// progress_line makes the line, at most `width` columns:
//   "fetching  [#########-------------]  41 %  3.1 MiB of 7.5 MiB  1.2 MiB/s  4 s left"
// What does not fit is left out from the right, the label last.
std::string progress_line(const Progress& progress, std::size_t width);

// Rate of the last seconds, from what was done when: smooth, and right again soon after a pause.
class Rate {
 public:
  using Moment = std::chrono::steady_clock::time_point;
  // note takes the work done so far at a moment; both only grow.
  void note(std::uint64_t done, Moment now);
  std::uint64_t bytes_per_second() const { return bytes_per_second_; }

 private:
  bool begun_ = false;
  std::uint64_t done_ = 0;
  Moment at_{};
  std::uint64_t bytes_per_second_ = 0;
};

// One line on a terminal, redrawn in place at most kRedrawsPerSecondMax times a second. Silent
// where the stream is no terminal. The destructor ends the line.
inline constexpr int kRedrawsPerSecondMax = 10;
class ProgressBar {
 public:
  explicit ProgressBar(std::string label, Stream stream = Stream::error);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // show takes how much of how much is done.
  void show(std::uint64_t done, std::uint64_t total);
  // finish draws the last state and ends the line; showing again begins a new one.
  void finish();

 private:
  void draw();

  std::string label_;
  Stream stream_;
  bool live_ = false;   // the stream is a terminal
  bool drawn_ = false;  // there is a line to end
  Progress last_;
  Rate rate_;
  Rate::Moment drawn_at_{};
};

// read_key waits for one key and returns it: an ASCII character, kEnter or kEscape; a key that is
// several bytes long (an arrow) is kOtherKey. What was typed before the call is thrown away.
// Errors: not_interactive (standard input is no terminal), timed_out, interrupted (Ctrl-C, Ctrl-D),
// io_failed.
inline constexpr char kEnter = '\r';
inline constexpr char kEscape = '\x1b';
inline constexpr char kOtherKey = '\0';
Result<char> read_key(std::chrono::milliseconds timeout);
// read_key_from does it with another terminal than standard input.
Result<char> read_key_from(int descriptor, std::chrono::milliseconds timeout);

// read_hidden_line asks for a line that is not shown, into `room`, and returns its size in bytes.
// Backspace takes one character back, Ctrl-U all of them. `room` may be left with what was typed
// on an error too: whoever holds it wipes it. Errors: those of read_key, oversized (the line does
// not fit with one byte left).
Result<std::size_t> read_hidden_line(int descriptor, std::string_view prompt, MutableBytes room,
                                     std::chrono::milliseconds timeout);

}  // namespace airlock::terminal
