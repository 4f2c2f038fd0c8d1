#include "host/file/mapping.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

namespace airlock::file {

Result<Mapping> Mapping::open(const Path& path, std::uint64_t size_max) {
  AIRLOCK_ASSIGN(const File file, File::open(path, Access::read));
  struct stat found{};
  if (::fstat(file.descriptor(), &found) != 0) return fail(code_of(errno));
  if (!S_ISREG(found.st_mode)) return fail(Code::not_a_file);
  const auto size = static_cast<std::uint64_t>(found.st_size);
  if (size > size_max) return fail(Code::oversized, size);
  if (size == 0) return Mapping(Bytes());
  void* const at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.descriptor(), 0);
  if (at == MAP_FAILED) return fail(code_of(errno));
  return Mapping(Bytes(static_cast<const std::uint8_t*>(at), size));
}

Mapping::Mapping(Mapping&& other) noexcept : bytes_(std::exchange(other.bytes_, Bytes())) {}

Mapping::~Mapping() {
  if (!bytes_.empty()) ::munmap(const_cast<std::uint8_t*>(bytes_.data()), bytes_.size());
}

}  // namespace airlock::file
