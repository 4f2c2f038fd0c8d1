// The TLS authorities that a device takes the server's certificate from.
#pragma once

#include "core/base/base.h"

namespace airlock::platform {

// check_authorities says whether a PEM file has a certificate that the server could be known by.
// Errors: wrong_magic where it has none, and where one of them does not parse.
Status check_authorities(Bytes pem);

}  // namespace airlock::platform
