// What a package says, for people and for scripts. Nothing shown here was proven.
#pragma once

#include <string>

#include "core/package/package.h"
#include "host/json/json.h"

namespace airlock::app {

std::string manifest_text(const package::Manifest& manifest);
json::Value manifest_json(const package::Manifest& manifest);

std::string keyring_text(const package::Keyring& keyring);
json::Value keyring_json(const package::Keyring& keyring);

// name_of returns "EdDSA", "ES256K", ..; the number where the algorithm is not known.
std::string algorithm_name(std::int64_t algorithm);

}  // namespace airlock::app
