#include "apps/airlock-device/wire.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "host/file/file.h"

namespace airlock::app {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kStandard = "-";
constexpr int kWriteMilliseconds = 10'000;  // a frame takes a tenth of a second at 115,200 baud

struct Speed {
  std::uint32_t baud;
  speed_t constant;
};
constexpr std::array kSpeeds = {
    Speed{9600, B9600},     Speed{19200, B19200},   Speed{38400, B38400},   Speed{57600, B57600},
    Speed{115200, B115200}, Speed{230400, B230400}, Speed{460800, B460800}, Speed{921600, B921600}};

std::optional<speed_t> speed_of(std::uint32_t baud) {
  for (const Speed& speed : kSpeeds) {
    if (speed.baud == baud) return speed.constant;
  }
  return std::nullopt;
}

// Bytes as they are, and no modem's lines.
Status make_raw(int port, std::uint32_t baud) {
  termios settings{};
  if (tcgetattr(port, &settings) != 0) return fail(file::code_of(errno));
  cfmakeraw(&settings);
  settings.c_cflag |= CLOCAL | CREAD;
  const std::optional<speed_t> speed = speed_of(baud);
  if (!speed) return fail(Code::out_of_range, baud);
  cfsetispeed(&settings, *speed);
  cfsetospeed(&settings, *speed);
  if (tcsetattr(port, TCSANOW, &settings) != 0) return fail(file::code_of(errno));
  return {};
}

Result<int> open_port(const std::string& path, std::uint32_t baud) {
  const int port = ::open(path.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (port < 0) return fail(errno == ENXIO ? Code::unreachable : file::code_of(errno));
  const Status made = isatty(port) != 0 ? make_raw(port, baud) : fail(Code::usage);
  if (made) return port;
  ::close(port);
  return std::unexpected(made.error());
}

Result<int> open_socket(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) return fail(Code::usage);
  std::memcpy(address.sun_path, path.data(), path.size());
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return fail(Code::io_failed);
  // The face of all addresses that the system's call takes.
  const auto* const any = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(socket, any, sizeof(address)) == 0) return socket;
  const int why = errno;
  ::close(socket);
  return fail(why == ECONNREFUSED ? Code::unreachable : file::code_of(why));
}

// Whether the descriptor is ready in that time; an error of it counts as ready, and is met next.
bool is_ready(int descriptor, short events, int milliseconds) {
  pollfd polled{descriptor, events, 0};
  return ::poll(&polled, 1, milliseconds) > 0;
}

}  // namespace

std::vector<std::uint32_t> bauds() {
  std::vector<std::uint32_t> all;
  for (const Speed& speed : kSpeeds) all.push_back(speed.baud);
  return all;
}

Result<Wire> Wire::open(const std::string& name, std::uint32_t baud) {
  if (name == kStandard) return Wire(STDIN_FILENO, STDOUT_FILENO);
  if (name.starts_with(kUnix)) {
    AIRLOCK_ASSIGN(const int socket, open_socket(std::string_view(name).substr(kUnix.size())));
    return Wire(socket, socket);
  }
  AIRLOCK_ASSIGN(const int port, open_port(name, baud));
  return Wire(port, port);
}

Wire::Wire(Wire&& other) noexcept
    : in_(std::exchange(other.in_, -1)), out_(std::exchange(other.out_, -1)) {}
Wire& Wire::operator=(Wire&& other) noexcept {
  std::swap(in_, other.in_);
  std::swap(out_, other.out_);
  return *this;
}
Wire::~Wire() { close(); }

void Wire::close() {
  if (in_ > STDERR_FILENO) ::close(in_);
  in_ = out_ = -1;
}

Result<std::size_t> Wire::read(MutableBytes to, std::chrono::milliseconds at_most) {
  if (!is_ready(in_, POLLIN, static_cast<int>(at_most.count()))) return std::size_t{0};
  const ssize_t size = ::read(in_, to.data(), to.size());
  if (size > 0) return static_cast<std::size_t>(size);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return std::size_t{0};
  return fail(Code::unreachable);
}

Status Wire::write(Bytes bytes) {
  while (!bytes.empty()) {
    if (!is_ready(out_, POLLOUT, kWriteMilliseconds)) return fail(Code::timed_out);
    const ssize_t size = ::write(out_, bytes.data(), bytes.size());
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (size <= 0) return fail(Code::unreachable);
    bytes = bytes.subspan(static_cast<std::size_t>(size));
  }
  return {};
}

}  // namespace airlock::app
