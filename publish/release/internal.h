// What the sources of this room share. Private to the room.
#pragma once

#include <map>
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

// Metadata that is about to be written, before what lies there under its name.
struct Draft {
  std::string name;
  std::string text;
};
using Drafts = std::vector<Draft>;

// A folder of metadata as a device would fetch it, once `drafts` are written.
class FolderFetcher final : public tuf::Fetcher {
 public:
  FolderFetcher(Path folder, const Drafts& drafts) : folder_(std::move(folder)), drafts_(drafts) {}
  Result<Buffer> fetch(std::string_view name, std::size_t size_max) override;

 private:
  Path folder_;
  const Drafts& drafts_;
};

// What a device keeps, in memory.
class MemoryStore final : public tuf::Store {
 public:
  Result<Buffer> load(std::string_view role) override;
  Status save(std::string_view role, Bytes metadata) override;
  Status remove(std::string_view role) override;

 private:
  std::map<std::string, Buffer, std::less<>> files_;
};

// newest_snapshot is the snapshot with the highest version, of the drafts and of the folder. It is
// the last file that publish writes. Errors: not_found, and those of reading.
Result<tuf::MetaFile> newest_snapshot(const Path& repository, const Drafts& drafts);

// read_newest runs the device's own code from 1.root.json over the folder's files and the drafts,
// as if a timestamp named the newest snapshot. `now` 0 asks for nothing but signatures and
// consistency: whoever renews metadata may find it expired.
Result<tuf::Repository> read_newest(const Path& repository, const Drafts& drafts, std::int64_t now);

// sign_metadata joins a draft with one signature.
Result<std::string> sign_metadata(std::string_view draft, const keys::SigningKey& key);

// lock_repository holds the repository for one writer: busy where another has it.
Result<file::File> lock_repository(const Path& repository);

std::string metadata_name(std::uint64_t version, std::string_view role);
Path metadata_path(const Path& repository, std::uint64_t version, std::string_view role);
// write_draft writes one file of metadata.
Status write_draft(const Path& repository, const Draft& draft);
tuf::MetaFile meta_of(std::uint64_t version, std::string_view file);

// ---- the check before publishing

struct CheckOrder {
  const PublishOrder& order;
  const tuf::Target& target;
  const Drafts& drafts;
};
struct Checked {
  std::size_t decoded = 0;
  std::size_t without_base = 0;
};
// check_as_device does what a device will do with the new release. Errors: whatever the device's
// code says.
Answer<Checked> check_as_device(const CheckOrder& order);

}  // namespace airlock::release
