#include "host/terminal/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "host/text/text.h"

namespace airlock::terminal {

namespace {

constexpr std::size_t kBarCells = 22;
constexpr std::size_t kWidthMin = 10;  // below it nothing is drawn
constexpr std::chrono::milliseconds kRedrawAfter{1000 / kRedrawsPerSecondMax};
constexpr std::chrono::milliseconds kRateOver{500};  // shorter spans say little

int descriptor_of(Stream stream) { return stream == Stream::out ? STDOUT_FILENO : STDERR_FILENO; }

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

unsigned percent_of(const Progress& progress) {
  const std::uint64_t done = std::min(progress.done, progress.total);
  // done * 100 may not fit where the total is near the top of the range.
  return static_cast<unsigned>(done <= UINT64_MAX / 100 ? done * 100 / progress.total
                                                        : done / (progress.total / 100));
}

std::string bar_of(unsigned percent) {
  const std::size_t full = kBarCells * std::min(percent, 100U) / 100;
  return "[" + std::string(full, '#') + std::string(kBarCells - full, '-') + "]";
}

std::string percent_text(unsigned percent) {
  std::string text = std::to_string(std::min(percent, 100U));
  text.insert(0, 3 - text.size(), ' ');
  return text + " %";
}

std::string amount_of(const Progress& progress) {
  const std::string done = text::human_size(progress.done);
  return progress.total == 0 ? done : done + " of " + text::human_size(progress.total);
}

std::string time_left_of(const Progress& progress) {
  const std::uint64_t left = progress.total - progress.done;
  const std::uint64_t seconds = left / progress.bytes_per_second + 1;
  return text::human_duration(
             static_cast<std::int64_t>(std::min<std::uint64_t>(seconds, INT64_MAX))) +
         " left";
}

}  // namespace

bool is_terminal(Stream stream) { return isatty(descriptor_of(stream)) == 1; }

bool is_terminal_in() { return isatty(STDIN_FILENO) == 1; }

std::size_t columns(Stream stream) {
  winsize size{};
  if (ioctl(descriptor_of(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
    return kColumnsDefault;
  }
  return size.ws_col;
}

Colours colours_for(const Surroundings& surroundings) {
  const bool wanted = surroundings.terminal && surroundings.no_color.empty() &&
                      !surroundings.term.empty() && surroundings.term != "dumb";
  return wanted ? Colours::on : Colours::off;
}

Colours colours_of(Stream stream) {
  return colours_for({is_terminal(stream), environment("NO_COLOR"), environment("TERM")});
}

std::string styled(std::string_view text, Style style, Colours colours) {
  if (colours == Colours::off) return std::string(text);
  std::string_view start;
  switch (style) {
    case Style::plain: return std::string(text);
    case Style::bold: start = "\x1b[1m"; break;
    case Style::dim: start = "\x1b[2m"; break;
    case Style::good: start = "\x1b[32m"; break;
    case Style::warning: start = "\x1b[33m"; break;
    case Style::bad: start = "\x1b[31m"; break;
  }
  return std::string(start).append(text).append("\x1b[0m");
}

std::string progress_line(const Progress& progress, std::size_t width) {
  std::string line(progress.label.substr(0, width));
  const auto add = [&](const std::string& part) {
    if (line.size() + 2 + part.size() > width) return false;
    line += "  " + part;
    return true;
  };
  if (progress.total > 0) {
    const unsigned percent = percent_of(progress);
    if (!add(bar_of(percent) + " " + percent_text(percent))) {
      (void)add(percent_text(percent));
      return line;
    }
  }
  if (progress.total == 0 && progress.done == 0) return line;
  if (!add(amount_of(progress)) || progress.bytes_per_second == 0) return line;
  if (!add(text::human_size(progress.bytes_per_second) + "/s")) return line;
  if (progress.done < progress.total) (void)add(time_left_of(progress));
  return line;
}

void Rate::note(std::uint64_t done, Moment now) {
  if (!begun_ || done < done_) {
    begun_ = true;
    done_ = done;
    at_ = now;
    return;
  }
  const auto span = std::chrono::duration_cast<std::chrono::milliseconds>(now - at_);
  if (span < kRateOver) return;
  const auto span_ms = static_cast<std::uint64_t>(span.count());
  const std::uint64_t gained = std::min(done - done_, UINT64_MAX / 1000);
  const std::uint64_t fresh = gained * 1000 / span_ms;
  // Half of the old rate and half of the new: steady to look at, and forgotten within seconds.
  bytes_per_second_ = bytes_per_second_ == 0 ? fresh : bytes_per_second_ / 2 + fresh / 2;
  done_ = done;
  at_ = now;
}

ProgressBar::ProgressBar(std::string label, Stream stream)
    : label_(std::move(label)), stream_(stream), live_(is_terminal(stream)) {}

ProgressBar::~ProgressBar() { finish(); }

void ProgressBar::show(std::uint64_t done, std::uint64_t total) {
  if (!live_) return;
  const auto now = std::chrono::steady_clock::now();
  rate_.note(done, now);
  last_ = {label_, done, total, rate_.bytes_per_second()};
  if (drawn_ && now - drawn_at_ < kRedrawAfter) return;
  drawn_at_ = now;
  draw();
}

void ProgressBar::finish() {
  if (!drawn_) return;
  draw();
  std::fputc('\n', stream_ == Stream::out ? stdout : stderr);
  drawn_ = false;
  rate_ = {};
}

void ProgressBar::draw() {
  const std::size_t width = columns(stream_);
  if (width < kWidthMin) return;
  FILE* file = stream_ == Stream::out ? stdout : stderr;
  // Back to the first column, the line, and what is left of a longer one before it removed. The
  // last column stays free, so that no terminal wraps.
  std::fprintf(file, "\r%s\x1b[K", progress_line(last_, width - 1).c_str());
  std::fflush(file);
  drawn_ = true;
}

}  // namespace airlock::terminal
