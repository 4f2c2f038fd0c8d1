// What the sources of this room share. Private to the room.
#pragma once

#include <span>
#include <string>

#include "publish/release/release.h"

namespace airlock::release {

// encode_with runs one of core/package's encoders with as much room as it asks for.
template <class Encode>
Result<Buffer> encode_with(Encode encode) {
  constexpr std::size_t kFirstRoom = 64 << 10;
  Buffer buffer(kFirstRoom);
  Result<Bytes> encoded = encode(MutableBytes(buffer));
  if (!encoded && encoded.error().code == Code::no_room) {
    if (encoded.error().at > package::kEnvelopeSizeMax) return fail(Code::oversized);
    buffer.resize(static_cast<std::size_t>(encoded.error().at));
    encoded = encode(MutableBytes(buffer));
  }
  if (!encoded) return std::unexpected(encoded.error());
  buffer.resize(encoded->size());
  return buffer;
}

// seal joins a manifest and signatures into an envelope.
Result<Buffer> seal(Bytes manifest, std::span<const package::SignatureDraft> signatures);

// artifact_name is the file name of a payload in a package and in a repository.
std::string artifact_name(const Digest& digest);

// ---- the repository's metadata

// Bytes of metadata that are about to be written, by file name, before those that lie there.
struct Overlay {
  std::string_view name;
  Bytes bytes;
};

// read_repository runs the device's own refresh from 1.root.json over the folder's files.
// `now` 0 asks for nothing but signatures and consistency: whoever renews metadata may find it
// expired.
Result<tuf::Repository> read_repository(const Path& repository, const Overlay& overlay,
                                        std::int64_t now);

// sign_metadata joins a draft with one signature.
Result<std::string> sign_metadata(std::string_view draft, const keys::SigningKey& key);

// lock_repository holds the repository for one writer: busy where another has it.
Result<file::File> lock_repository(const Path& repository);

Path metadata_path(const Path& repository, std::uint64_t version, std::string_view role);
tuf::MetaFile meta_of(std::uint64_t version, std::string_view file);

// ---- the check before publishing

struct CheckOrder {
  const PublishOrder& order;
  const tuf::Target& target;
  Bytes timestamp;
};
struct Checked {
  std::size_t decoded = 0;
  std::size_t without_base = 0;
};
// check_as_device does what a device will do with the new release. Errors: whatever the device's
// code says.
Answer<Checked> check_as_device(const CheckOrder& order);

}  // namespace airlock::release
