#include "engine/fee/plugin/sealed.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

namespace airlock::fee::plugin {
namespace {

// Newer kernels may demand to be told that a file in memory is to be executed; older ones do not
// know how one says so.
constexpr unsigned kExecutable = 0x10;
constexpr int kSeals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

int make_file(const std::string& name) {
  const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const int made = memfd_create(name.c_str(), flags | kExecutable);
  return made < 0 && errno == EINVAL ? memfd_create(name.c_str(), flags) : made;
}

}  // namespace

Result<Sealed> Sealed::of(Bytes bytes, const std::string& name) {
  const int descriptor = make_file(name);
  if (descriptor < 0) return fail(Code::no_room);
  Sealed made(descriptor);
  AIRLOCK_TRY(made.fill(bytes));
  return made;
}

Status Sealed::fill(Bytes bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t size = write(descriptor_, bytes.data() + at, bytes.size() - at);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return fail(Code::no_room);
    at += static_cast<std::size_t>(size);
  }
  if (fcntl(descriptor_, F_ADD_SEALS, kSeals) != 0) return fail(Code::no_room);
  if (bytes.empty()) return {};
  void* const mapped = mmap(nullptr, bytes.size(), PROT_READ, MAP_SHARED, descriptor_, 0);
  if (mapped == MAP_FAILED) return fail(Code::no_room);
  bytes_ = Bytes(static_cast<const std::uint8_t*>(mapped), bytes.size());
  return {};
}

Sealed::~Sealed() {
  if (!bytes_.empty()) munmap(const_cast<std::uint8_t*>(bytes_.data()), bytes_.size());
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace airlock::fee::plugin
