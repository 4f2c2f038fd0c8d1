// Programs that are installed together.
#pragma once

#include <string_view>

#include "host/file/file.h"

namespace airlock::file {

// beside_this_program is where a program of that name is installed: in the folder of the program
// that asks. Empty where the system does not say which one that is.
Path beside_this_program(std::string_view name);

}  // namespace airlock::file
