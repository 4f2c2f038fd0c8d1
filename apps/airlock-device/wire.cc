#include "apps/airlock-device/wire.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
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

using platform::Fault;

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

Code code_of_port(int error_number) {
  if (error_number == EISDIR || error_number == ENOTTY) return Code::usage;
  if (error_number == ENXIO) return Code::unreachable;
  if (error_number == EBUSY) return Code::busy;
  return file::code_of(error_number);
}

// Bytes as they are, and no modem's lines.
Status make_raw(int port, std::uint32_t baud) {
  termios settings{};
  if (tcgetattr(port, &settings) != 0) return fail(code_of_port(errno));
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
  if (port < 0) return fail(code_of_port(errno));
  const Status made = make_raw(port, baud);
  if (made) return port;
  ::close(port);
  return std::unexpected(made.error());
}

bool is_socket(const char* path) {
  struct stat found{};
  return ::stat(path, &found) != 0 || S_ISSOCK(found.st_mode);
}

Result<int> open_socket(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return fail(Code::io_failed);
  // The face of all addresses that the system's call takes.
  const auto* const any = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(socket, any, sizeof(address)) == 0) return socket;
  const int why = errno;
  ::close(socket);
  if (why != ECONNREFUSED) return fail(file::code_of(why));
  return fail(is_socket(address.sun_path) ? Code::unreachable : Code::usage);
}

// What is wrong with the name itself, in words.
std::string_view misnamed(std::string_view name) {
  if (!name.starts_with(kUnix)) return {};
  name.remove_prefix(kUnix.size());
  if (name.empty()) return "it names no socket";
  static_assert(sizeof(sockaddr_un::sun_path) == 108);
  if (name.size() < sizeof(sockaddr_un::sun_path)) return {};
  return "a socket's path has at most 107 bytes";
}

Fault no_line(const std::string& name, std::string_view why) {
  return {Error{Code::usage}, "--serial " + name + ": " + std::string(why) +
                                  "; name a serial port, unix:SOCKET, or - for standard input and "
                                  "output"};
}

// Where the system's word is not one about a line, ours is.
Fault explained(const std::string& name, const Error& error) {
  const bool is_unix = name.starts_with(kUnix);
  if (error.code == Code::usage) {
    return no_line(name, is_unix ? "this is no socket" : "this is no serial port");
  }
  if (error.code == Code::not_found) {
    return {error, name, "there is no such line; plug the device in, or name the line that it has"};
  }
  if (error.code == Code::unreachable) {
    return {error, name,
            is_unix ? "nobody listens there; start what holds this end"
                    : "no device is behind this port; name the one that it has"};
  }
  if (error.code == Code::busy) {
    return {error, name, "another program holds this port; end that, and try again"};
  }
  return {error, name};
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

platform::Located<Wire> Wire::open(const std::string& name, std::uint32_t baud) {
  if (name == kStandard) return Wire(STDIN_FILENO, STDOUT_FILENO);
  const std::string_view wrong = misnamed(name);
  if (!wrong.empty()) return std::unexpected(no_line(name, wrong));
  const Result<int> line = name.starts_with(kUnix)
                               ? open_socket(std::string_view(name).substr(kUnix.size()))
                               : open_port(name, baud);
  if (!line) return std::unexpected(explained(name, line.error()));
  return Wire(*line, *line);
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
