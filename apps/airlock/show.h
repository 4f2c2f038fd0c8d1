// What files say, for people and for scripts. Nothing shown here was proven.
#pragma once

#include <string>

#include "core/package/package.h"
#include "host/file/file.h"
#include "host/json/json.h"

namespace airlock::app {

// What one file says: lines for people, members for scripts.
struct Shown {
  std::string text;
  json::Value value;
};

// line is one indented line, its value in a column; digest_hex is a digest in full.
std::string line(std::string_view label, const std::string& value);
std::string digest_hex(const crypto::Digest& digest);

std::string manifest_text(const package::Manifest& manifest);
json::Value manifest_json(const package::Manifest& manifest);

std::string keyring_text(const package::Keyring& keyring);
json::Value keyring_json(const package::Keyring& keyring);

// algorithm_name returns "ed25519", "secp256k1", ..; the number where it is not known.
std::string algorithm_name(std::int64_t algorithm);

// about_package is what a refusal of an envelope is about: its path, and the field that is wrong.
std::string about_package(const std::string& path, Bytes envelope);

// show_metadata explains a file of TUF metadata.
Result<Shown> show_metadata(Bytes file);

// show_bundle explains the certificates that travel with a package: wrong_magic where the bytes are
// of another kind.
Result<Shown> show_bundle(Bytes bundle);

// ---- what a device stores (show_device.cc)

// show_envelope explains a package's envelope.
Result<Shown> show_envelope(Bytes envelope);
// Each of these is wrong_magic where the bytes are of another kind, and says what is damaged where
// they are of its own.
Result<Shown> show_record(Bytes copy);
Result<Shown> show_journal(Bytes journal);
Result<Shown> show_envelope_area(Bytes area);

// is_device says whether a folder is a device's; show_device explains the whole of it, the damaged
// parts too.
bool is_device(const file::Path& folder);
Shown show_device(const file::Path& folder);

}  // namespace airlock::app
