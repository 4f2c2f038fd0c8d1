#include <fcntl.h>
#include <openssl/crypto.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "publish/keys/keys.h"

namespace airlock::keys {
namespace {

Result<Secret> not_empty(Secret passphrase) {
  if (passphrase.view().empty()) return fail(Code::no_passphrase);
  return passphrase;
}

// The first line, without its end.
Result<Secret> from_file(const file::Path& path) {
  AIRLOCK_ASSIGN(file::Buffer bytes, file::read(path, kPassphraseMax));
  Secret passphrase = Secret::of(bytes);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  const std::string_view text = text_of(passphrase.view());
  std::size_t end = std::min(text.find('\n'), text.size());
  if (end > 0 && text[end - 1] == '\r') --end;
  passphrase.shorten(end);
  return not_empty(std::move(passphrase));
}

// The terminal that controls the process, silent for as long as this object lives. Signals that
// would end the process wait until the echo is back.
class SilentTerminal {
 public:
  static Result<SilentTerminal> open() {
    const int descriptor = ::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0) return fail(Code::no_passphrase);
    SilentTerminal made(descriptor);
    termios silent{};
    if (::tcgetattr(descriptor, &made.before_) != 0) return fail(Code::no_passphrase);
    sigset_t held;
    ::sigemptyset(&held);
    for (int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP}) ::sigaddset(&held, number);
    ::pthread_sigmask(SIG_BLOCK, &held, &made.signals_before_);
    made.changed_ = true;
    silent = made.before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);  // Ctrl-C arrives as a byte
    if (::tcsetattr(descriptor, TCSAFLUSH, &silent) != 0) return fail(Code::no_passphrase);
    return made;
  }
  SilentTerminal(SilentTerminal&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)),
        changed_(std::exchange(other.changed_, false)),
        before_(other.before_),
        signals_before_(other.signals_before_) {}
  SilentTerminal& operator=(SilentTerminal&&) = delete;
  ~SilentTerminal() {
    if (changed_) {
      ::tcsetattr(descriptor_, TCSAFLUSH, &before_);
      ::pthread_sigmask(SIG_SETMASK, &signals_before_, nullptr);
    }
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  void say(std::string_view text) {
    const ssize_t ignored = ::write(descriptor_, text.data(), text.size());
    static_cast<void>(ignored);  // a terminal that is gone fails at the read
  }

  Result<Secret> read_line(std::string_view prompt) {
    constexpr std::uint8_t kInterrupt = 3;
    say(prompt);
    Secret line(kPassphraseMax);
    for (std::size_t size = 0; size < kPassphraseMax; ++size) {
      std::uint8_t& place = line.room()[size];
      const ssize_t got = ::read(descriptor_, &place, 1);
      if (got < 0 && errno != EINTR) return fail(Code::io_failed);
      if (got < 0 || place == kInterrupt) return fail(Code::interrupted);
      if (got == 0 || place == '\n') {
        say("\n");
        line.shorten(size);
        return not_empty(std::move(line));
      }
    }
    return fail(Code::oversized, kPassphraseMax);
  }

 private:
  explicit SilentTerminal(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
  bool changed_ = false;
  termios before_{};
  sigset_t signals_before_{};
};

Result<Secret> from_terminal(const PassphraseSource& source) {
  AIRLOCK_ASSIGN(SilentTerminal terminal, SilentTerminal::open());
  AIRLOCK_ASSIGN(Secret first, terminal.read_line("Passphrase for " + source.subject + ": "));
  if (source.asking == Asking::once) return first;
  AIRLOCK_ASSIGN(const Secret second, terminal.read_line("The same once more: "));
  if (!equal(first.view(), second.view())) return fail(Code::passphrases_differ);
  return first;
}

}  // namespace

Result<Secret> read_passphrase(const PassphraseSource& source) {
  if (source.file) return from_file(*source.file);
  if (const char* value = std::getenv(kPassphraseVariable); value != nullptr) {
    const Bytes bytes = bytes_of(value);
    if (bytes.size() > kPassphraseMax) return fail(Code::oversized, bytes.size());
    return not_empty(Secret::of(bytes));
  }
  return from_terminal(source);
}

}  // namespace airlock::keys
