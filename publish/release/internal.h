// What the sources of this room share. Private to the room.
#pragma once

#include <map>
#include <span>
#include <string>

#include "publish/release/repository.h"
#include "trust/translog/translog.h"

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

inline constexpr std::string_view kFirstRoot = "1.root.json";
inline constexpr std::string_view kTimestampFile = "timestamp.json";

// Metadata that is about to be written, before what lies there under its name.
struct Draft {
  std::string name;
  std::string text;
};
using Drafts = std::vector<Draft>;

// A folder of metadata as a device would fetch it, once `drafts` are written.
class FolderFetcher final : public tuf::Fetcher {
 public:
  FolderFetcher(Path folder, const Drafts& drafts)
      : folder_(std::move(folder)), drafts_(drafts), judged_(folder_ / kFirstRoot) {}
  Result<Buffer> fetch(std::string_view name, std::size_t size_max) override;
  // judged is the file that was asked for last: what the client refuses now is wrong with it. A
  // root that is not there is none of them, for that is how the chain of roots ends.
  const Path& judged() const { return judged_; }

 private:
  Result<Buffer> read(std::string_view name, std::size_t size_max) const;

  Path folder_;
  const Drafts& drafts_;
  Path judged_;
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

// The chain of roots, the first one first, each proven by the one before it.
using Roots = std::vector<Buffer>;
// read_roots follows it with the device's own code, expired ones too. Every error is about a file.
Answer<Roots> read_roots(const Path& repository, const Drafts& drafts);

// newest_snapshot is the snapshot with the highest version, of the drafts and of the folder. It is
// the last file that publish writes. Errors: not_found, and those of reading.
Answer<tuf::MetaFile> newest_snapshot(const Path& repository, const Drafts& drafts);

// A repository as the device's own code reads it, and the files that it took.
struct Newest {
  tuf::Repository repository;
  Buffer root, snapshot, targets;
  // Where it was read, for what only a search reads: delegated roles.
  Path folder;
  Drafts drafts;
  MemoryStore store;

  // find searches a target as a device does; its error is about a file. list returns all targets
  // that it would find, and what became of each delegated role; survey the latter alone.
  Answer<tuf::Target> find(const std::string& path);
  tuf::Repository::Listing list();
  std::vector<tuf::Repository::Surveyed> survey();
};
// read_newest runs the device's own code from 1.root.json over the folder's files and the drafts,
// as if a timestamp named the newest snapshot. `now` 0 asks for nothing but signatures and
// consistency: whoever renews metadata may find it expired. Every error is about a file.
Answer<Newest> read_newest(const Path& repository, const Drafts& drafts, std::int64_t now);

// Roots, one of which must name a key for a role so that it may sign there.
using Judges = std::vector<Buffer>;
// sign_as makes a file of a draft, signed by all signers whom a judge names for this role.
Answer<std::string> sign_as(std::string_view role, std::string_view draft, RoleSigners signers,
                            const Judges& judges);
// sign_file adds such signatures to a file that has some already.
Answer<Buffer> sign_file(std::string_view role, Bytes file, RoleSigners signers,
                         const Judges& judges);
// merge_signatures adds to a file those of a copy's signatures that count for the role.
Answer<Buffer> merge_signatures(std::string_view role, Bytes file, Bytes copy,
                                const Judges& judges);
// check_each_signs refuses a signer who may sign for none of these roles, nor for any that targets
// metadata delegates to: no_role_for_key.
Answer<void> check_each_signs(RoleSigners signers, std::span<const std::string_view> roles,
                              const Judges& judges, Bytes delegating = {});

// lock_repository holds the repository for one writer: busy where another has it.
Answer<file::File> lock_repository(const Path& repository);

std::string metadata_name(std::uint64_t version, std::string_view role);
// A file of metadata by the role that its name spells; of no other name, and of the timestamp,
// none.
struct NamedFile {
  std::uint64_t version = 0;
  std::string role;
};
std::optional<NamedFile> read_metadata_name(const std::string& name);
Path metadata_path(const Path& repository, std::uint64_t version, std::string_view role);
// write_draft writes one file of metadata.
Answer<void> write_draft(const Path& repository, const Draft& draft);
tuf::MetaFile meta_of(std::uint64_t version, std::string_view file);

// ---- the public log, where the keyring names one

// read_proof reads and judges the proof that lies beside a package: empty where the keyring demands
// none. Errors: proof_missing, those of package::prove_included, log_damaged (the repository's log
// does not have the tree that the proof is for).
Answer<Buffer> read_proof(const PublishOrder& order, const package::Manifest& manifest);
// write_proof puts it where devices fetch it; check_logged judges it there.
Answer<void> write_proof(const PublishOrder& order, const package::Manifest& manifest, Bytes proof);
Answer<void> check_logged(const PublishOrder& order, const package::Manifest& manifest);

// check_keyring_is_newest: keyring_not_newest where one of these targets is a newer one.
Answer<void> check_keyring_is_newest(const package::Keyring& keyring,
                                     const std::vector<tuf::Target>& targets);

// ---- the certificates of its signers, where the policy demands them

// read_bundle reads and judges what lies beside a package: empty where none is demanded. Errors:
// certificate_missing, and all of prove_certified.
Answer<Buffer> read_bundle(const PublishOrder& order, Bytes envelope);
// write_bundle puts it where devices fetch it; check_certified judges it there.
Answer<void> write_bundle(const PublishOrder& order, const package::Manifest& manifest,
                          Bytes bundle);
Answer<void> check_certified(const PublishOrder& order, Bytes envelope);
// without_clock is what a device without a clock says of it.
std::string without_clock(const PublishOrder& order, Bytes envelope, Bytes bundle);

// ---- a key and its public half

// is_free refuses a name that is taken: exists_already.
Answer<void> is_free(const Path& path);
// with_its_half takes the public half away again where the secret one could not be made: a secret
// key without its public half is of use to nobody, so it is written last.
Answer<void> with_its_half(const Path& open, Answer<void> made);

// ---- the check before publishing

// `known` is the repository with the release in it; without, while its metadata waits for
// signatures. `published` is what was there before.
struct SelfCheck {
  const PublishOrder& order;
  const tuf::Target& target;
  const tuf::Repository& known;
  const std::vector<tuf::Target>& published;
};
struct Decoded {
  std::size_t decoded = 0;
  std::size_t without_base = 0;
};
// refused_by_the_device is self_check_failed about what the device's code said, and of which file.
inline std::unexpected<Refusal> refused_by_the_device(const Refusal& refusal) {
  return Refusal::of(Code::self_check_failed,
                     std::string(name(refusal.error.code)) + " " + refusal.about);
}

// check_as_device does what a device will do with the new release. Errors: whatever the device's
// code says.
Answer<Decoded> check_as_device(const SelfCheck& order);

}  // namespace airlock::release
