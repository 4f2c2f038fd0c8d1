#include "trust/translog/log.h"

#include "core/package/names.h"

namespace airlock::translog {
namespace {

constexpr std::string_view kLockFile = "log.lock";

bool is_origin(std::string_view name) {
  return package::is_note_name(name) && name.size() <= package::kOriginMax;
}

Status write(const file::Path& folder, const std::string& path, Bytes bytes) {
  const file::Path place = folder / path;
  AIRLOCK_TRY(file::make_folders(place.parent_path()));
  return file::replace(place, bytes);
}

Result<file::File> lock(const file::Path& folder) {
  AIRLOCK_ASSIGN(file::File lock, file::File::open(folder / kLockFile, file::Access::create));
  AIRLOCK_TRY(lock.lock());
  return lock;
}

// What of a tile or bundle there is before one more item comes to it.
Result<Buffer> before(const file::Path& folder, const std::string& path, std::uint64_t width,
                      std::size_t item_size) {
  if (width == 0) return Buffer{};
  const std::size_t size = static_cast<std::size_t>(width) * item_size;
  const Result<Buffer> stored = file::read(folder / path, size);
  if (!stored && stored.error().code != Code::not_found) return stored;
  if (!stored || stored->size() != size) return fail(Code::log_damaged, width);
  return *stored;
}

Status append_entry(const file::Path& folder, std::uint64_t position, const Digest& manifest) {
  const std::uint64_t index = position / kTileWidth;
  const std::uint64_t width = position % kTileWidth;
  AIRLOCK_ASSIGN(Buffer bundle, before(folder, bundle_path({index, width}), width, kEntrySize));
  bundle.push_back(0);
  bundle.push_back(Digest::kSize);
  bundle.insert(bundle.end(), manifest.bytes.begin(), manifest.bytes.end());
  return write(folder, bundle_path({index, width + 1}), bundle);
}

Result<Digest> root_of_tile(Bytes tile) {
  package::TreeHasher hasher;
  for (std::size_t at = 0; at < tile.size(); at += Digest::kSize) {
    AIRLOCK_ASSIGN(const Digest hash, Digest::from(tile.subspan(at, Digest::kSize)));
    hasher.add(hash);
  }
  return hasher.root();
}

// A tile that becomes whole is one more hash in the level above.
Status append_hash(const file::Path& folder, std::uint64_t position, Digest hash) {
  constexpr unsigned kLevelsMax = 8;  // more than kLogSizeMax entries have
  for (unsigned level = 0; level < kLevelsMax; ++level, position /= kTileWidth) {
    const std::uint64_t index = position / kTileWidth;
    const std::uint64_t width = position % kTileWidth;
    AIRLOCK_ASSIGN(Buffer tile,
                   before(folder, tile_path(level, {index, width}), width, Digest::kSize));
    tile.insert(tile.end(), hash.bytes.begin(), hash.bytes.end());
    AIRLOCK_TRY(write(folder, tile_path(level, {index, width + 1}), tile));
    if (width + 1 < kTileWidth) return {};
    AIRLOCK_ASSIGN(hash, root_of_tile(tile));
  }
  broken_promise();
}

// damaged: whatever the files lack or say wrongly, it is the log that is damaged.
template <class T>
Result<T> as_damage(Result<T> read) {
  if (!read && read.error().code == Code::not_found) return fail(Code::log_damaged);
  return read;
}

// The entries of the last bundle are those of the last tile.
Status check_last_bundle(FolderFetcher& fetcher, Tree& tree) {
  const std::uint64_t first = (tree.size() - 1) / kTileWidth * kTileWidth;
  AIRLOCK_ASSIGN(const std::vector<Digest> entries,
                 as_damage(read_entries(fetcher, first, tree.size())));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    AIRLOCK_ASSIGN(const Digest leaf, tree.leaf(first + i));
    if (leaf != package::leaf_hash(entries[i].bytes)) return fail(Code::log_damaged, first + i);
  }
  return {};
}

// The head of the files as they are now, once it is proven to continue the last one.
Result<TreeHead> grown_head(FolderFetcher& fetcher, const TreeHead& last) {
  Tree tree(fetcher, last.size + 1);
  TreeHead head{last.size + 1, {}};
  AIRLOCK_ASSIGN(head.root, as_damage(tree.root(head.size)));
  AIRLOCK_ASSIGN(const std::vector<Digest> path, as_damage(tree.growth(last.size)));
  if (!package::verify_consistency(last, head, path)) return fail(Code::log_damaged, last.size);
  AIRLOCK_TRY(check_last_bundle(fetcher, tree));
  return head;
}

}  // namespace

Result<SignedHead> read_checkpoint(Fetcher& fetcher, const LogIdentity& log) {
  AIRLOCK_ASSIGN(const Buffer bytes, fetcher.fetch(kCheckpointFile, package::kNoteSizeMax));
  SignedHead read{std::string(text_of(bytes)), {}};
  AIRLOCK_ASSIGN(const package::Checkpoint checkpoint, package::Checkpoint::parse(read.note));
  AIRLOCK_TRY(package::check_log_signature(checkpoint, log.origin, log.key));
  read.head = checkpoint.head;
  return read;
}

Status create(const file::Path& folder, const LogIdentity& log, const Sign& sign) {
  if (!is_origin(log.origin)) return fail(Code::bad_text);
  AIRLOCK_TRY(file::make_folders(folder));
  AIRLOCK_ASSIGN(const file::File held, lock(folder));
  AIRLOCK_ASSIGN(const std::string note, sign_checkpoint(log, {0, crypto::sha256({})}, sign));
  return file::create(folder / kCheckpointFile, bytes_of(note));
}

Result<Added> add(const file::Path& folder, const LogIdentity& log, const Digest& manifest,
                  const Sign& sign) {
  AIRLOCK_ASSIGN(const file::File held, lock(folder));
  file::remove_unfinished(folder);
  FolderFetcher fetcher(folder);
  AIRLOCK_ASSIGN(const SignedHead last, read_checkpoint(fetcher, log));
  if (last.head.size >= package::kLogSizeMax) return fail(Code::log_full);
  Tree tree(fetcher, last.head.size);
  AIRLOCK_ASSIGN(const Digest root, as_damage(tree.root(last.head.size)));
  if (root != last.head.root) return fail(Code::log_damaged, last.head.size);
  const Digest leaf = package::leaf_hash(manifest.bytes);
  AIRLOCK_ASSIGN(const auto found, as_damage(tree.find(leaf)));
  if (found) return Added{*found, last.head, false};
  AIRLOCK_TRY(append_entry(folder, last.head.size, manifest));
  AIRLOCK_TRY(append_hash(folder, last.head.size, leaf));
  AIRLOCK_ASSIGN(const TreeHead head, grown_head(fetcher, last.head));
  AIRLOCK_ASSIGN(const std::string note, sign_checkpoint(log, head, sign));
  AIRLOCK_TRY(file::replace(folder / kCheckpointFile, bytes_of(note)));
  return Added{last.head.size, head, true};
}

Status keep_cosignatures(const file::Path& folder, const LogIdentity& log, std::string_view lines) {
  AIRLOCK_ASSIGN(const file::File held, lock(folder));
  FolderFetcher fetcher(folder);
  AIRLOCK_ASSIGN(const SignedHead last, read_checkpoint(fetcher, log));
  AIRLOCK_ASSIGN(const std::string note, with_cosignatures(last.note, lines));
  return file::replace(folder / kCheckpointFile, bytes_of(note));
}

std::string cosignatures_in(std::string_view note, const package::Checkpoint& wanted,
                            const package::LogPolicy& policy) {
  const Result<package::Checkpoint> found = package::Checkpoint::parse(note);
  if (!found || found->note.text != wanted.note.text) return "";
  std::string lines;
  for (const package::Witness& witness : policy.witnesses) {
    package::LogPolicy alone{policy.origin, policy.key, {}, 1};
    AIRLOCK_CHECK(alone.witnesses.add(witness).has_value());
    const auto cosigned = package::find_cosignatures(*found, alone);
    if (!cosigned || cosigned->empty()) continue;
    const std::uint32_t id =
        package::note_key_id(witness.name, package::NoteKeyType::cosignature, witness.key);
    for (const package::NoteSignature& signature : found->note.signatures) {
      if (signature.name == witness.name && signature.key_id == id) {
        lines += signature_line(signature);
      }
    }
  }
  return lines;
}

Result<std::string> make_proof(Fetcher& fetcher, const LogIdentity& log, const Digest& manifest) {
  AIRLOCK_ASSIGN(const SignedHead last, read_checkpoint(fetcher, log));
  Tree tree(fetcher, last.head.size);
  const Digest leaf = package::leaf_hash(manifest.bytes);
  AIRLOCK_ASSIGN(const auto index, as_damage(tree.find(leaf)));
  if (!index) return fail(Code::not_in_log);
  AIRLOCK_ASSIGN(const std::vector<Digest> path, as_damage(tree.inclusion(*index)));
  const Status proven =
      package::verify_inclusion(leaf, *index, last.head.size, path, last.head.root);
  if (!proven) return fail(Code::log_damaged, *index);
  return write_proof(*index, path, last.note);
}

Status copy_tiles(Fetcher& fetcher, std::uint64_t size, const file::Path& to) {
  unsigned level = 0;
  for (std::uint64_t count = size; count != 0; count /= kTileWidth, ++level) {
    for (std::uint64_t index = 0; index * kTileWidth < count; ++index) {
      const std::uint64_t width = std::min(kTileWidth, count - index * kTileWidth);
      const std::string path = tile_path(level, {index, width});
      AIRLOCK_ASSIGN(const Buffer tile, fetcher.fetch(path, kTileSizeMax));
      AIRLOCK_TRY(write(to, path, tile));
    }
  }
  return {};
}

}  // namespace airlock::translog
