// The package that was linked into this program: cmake -DAIRLOCK_BUILT_IN=update.o.
#pragma once

#include <optional>

#include "core/carton/carton.h"

namespace airlock::app {

// built_in_package is nothing where none was linked in. Errors: those of Carton::open.
Result<std::optional<carton::Carton>> built_in_package();

}  // namespace airlock::app
