// The tree of a log as files: hashes in tiles of 256, entries in bundles of 256 (C2SP tlog-tiles).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/base.h"
#include "core/package/package.h"
#include "host/file/file.h"

namespace airlock::translog {

using crypto::Digest;
using file::Buffer;
using package::TreeHead;

inline constexpr std::uint64_t kTileWidth = 256;
inline constexpr unsigned kTileHeight = 8;
inline constexpr std::size_t kTileSizeMax = kTileWidth * Digest::kSize;
inline constexpr std::size_t kEntrySize = 2 + Digest::kSize;  // its length, big-endian; the digest
inline constexpr std::size_t kBundleSizeMax = kTileWidth * kEntrySize;
inline constexpr std::size_t kTilesCached = 64;

inline constexpr std::string_view kCheckpointFile = "checkpoint";

// Where a log's files come from. `path` is relative to the log: "checkpoint", "tile/0/000.p/5".
// not_found is an answer; everything longer than `size_max` is oversized.
class Fetcher {
 public:
  virtual Result<Buffer> fetch(std::string_view path, std::size_t size_max) = 0;

 protected:
  ~Fetcher() = default;
};

// A log's folder.
class FolderFetcher final : public Fetcher {
 public:
  explicit FolderFetcher(file::Path folder) : folder_(std::move(folder)) {}
  Result<Buffer> fetch(std::string_view path, std::size_t size_max) override;

 private:
  file::Path folder_;
};

// One tile or bundle: which of its level, and how much of it there is (kTileWidth: all).
struct Place {
  std::uint64_t index = 0;
  std::uint64_t width = kTileWidth;
};
std::string tile_path(unsigned level, Place place);
std::string bundle_path(Place place);
// proof_path is where the log keeps the proof of a release: "proof/<64 hex>.tlog-proof".
std::string proof_path(const Digest& manifest);
// is_log_path says whether a path is one of a log's files, so that it may be served: the
// checkpoint, a tile, a bundle, a proof, each in its one spelling. is_immutable_path says that a
// served file never changes: a tile or bundle.
bool is_log_path(std::string_view path);
bool is_immutable_path(std::string_view path);

// The tree of the first `size` entries, read as it is needed. Nothing that it returns is proven:
// whoever uses a proof verifies it. Errors of all: those of the fetcher; log_damaged (a tile of
// another size).
class Tree {
 public:
  // `fetcher` must outlive it.
  Tree(Fetcher& fetcher, std::uint64_t size) : fetcher_(fetcher), size_(size) {}

  std::uint64_t size() const { return size_; }
  Result<Digest> leaf(std::uint64_t index) { return node(0, index); }
  // root is that of the first `size` leaves, at most the tree's own.
  Result<Digest> root(std::uint64_t size);
  // inclusion is the path of a leaf of the tree (RFC 9162, section 2.1.3.1).
  Result<std::vector<Digest>> inclusion(std::uint64_t index);
  // growth proves that the first `old_size` leaves are the beginning of the tree (RFC 9162, section
  // 2.1.4.1). Empty from size 0 and to the tree's own size.
  Result<std::vector<Digest>> growth(std::uint64_t old_size);
  // find returns the place of a leaf, the first one where it stands twice; nothing where it does
  // not stand in the tree.
  Result<std::optional<std::uint64_t>> find(const Digest& leaf);

 private:
  // The leaves from `begin` on, before `end`. `begin` is a multiple of the smallest power of two
  // that is not below their number.
  struct Range {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };
  Result<Digest> node(unsigned height, std::uint64_t index);
  Result<Digest> root_of(Range range);
  Result<Bytes> tile(unsigned level, std::uint64_t index);

  Fetcher& fetcher_;
  std::uint64_t size_;
  std::map<std::pair<unsigned, std::uint64_t>, Buffer> tiles_;
};

// read_entries returns the entries from `first` on, before `end`, both within a log of `end`
// entries or more. Errors: those of the fetcher; log_damaged (an entry that is no digest).
Result<std::vector<Digest>> read_entries(Fetcher& fetcher, std::uint64_t first, std::uint64_t end);

}  // namespace airlock::translog
