// The text of the PEM file that was compiled in; empty without one (cmake/roots.cmake).
#pragma once

#include <string_view>

namespace airlock::x509::internal {

std::string_view embedded_pem();

}  // namespace airlock::x509::internal
