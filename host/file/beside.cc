#include "host/file/beside.h"

namespace airlock::file {

Path beside_this_program(std::string_view name) {
  std::error_code error;
  const Path self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? Path() : self.parent_path() / name;
}

}  // namespace airlock::file
