#include "trust/translog/tiles.h"

#include <algorithm>
#include <bit>

#include "host/text/text.h"

namespace airlock::translog {
namespace {

constexpr std::string_view kTileFolder = "tile/";
constexpr std::string_view kBundleFolder = "tile/entries/";
constexpr std::string_view kProofFolder = "proof/";
constexpr std::string_view kProofEnd = ".tlog-proof";
constexpr std::string_view kPartial = ".p/";
constexpr std::uint64_t kThousand = 1000;
constexpr unsigned kLevelsMax = 64;
constexpr std::size_t kIndexPartsMax = 5;  // of three digits: more than kLogSizeMax / kTileWidth

std::string three_digits(std::uint64_t part) { return std::to_string(kThousand + part).substr(1); }

std::string place_text(Place place) {
  std::string text = three_digits(place.index % kThousand);
  for (std::uint64_t rest = place.index / kThousand; rest != 0; rest /= kThousand) {
    text = "x" + three_digits(rest % kThousand) + "/" + text;
  }
  if (place.width != kTileWidth) text += std::string(kPartial) + std::to_string(place.width);
  return text;
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_number(std::string_view text, std::uint64_t min, std::uint64_t max) {
  constexpr std::size_t kDigitsMax = 3;
  if (!is_digits(text) || text.size() > kDigitsMax) return false;
  if (text.size() > 1 && text[0] == '0') return false;
  const std::uint64_t value = std::stoull(std::string(text));
  return value >= min && value <= max;
}

// "x001/x234/067", without a first part of nothing but zeros, and perhaps ".p/W".
bool is_place(std::string_view text) {
  if (const std::size_t at = text.find(kPartial); at != std::string_view::npos) {
    if (!is_number(text.substr(at + kPartial.size()), 1, kTileWidth - 1)) return false;
    text = text.substr(0, at);
  }
  const bool is_padded = text.starts_with("x000/");
  std::size_t parts = 1;
  constexpr std::size_t kPartSize = 5;  // x001/
  while (text.size() > 3 && parts < kIndexPartsMax) {
    if (text.size() < kPartSize || text[0] != 'x' || text[4] != '/') return false;
    if (!is_digits(text.substr(1, 3))) return false;
    text.remove_prefix(kPartSize);
    ++parts;
  }
  return !is_padded && text.size() == 3 && is_digits(text);
}

// How much of a tile there is where its level has `count` hashes in all.
Place place_of(std::uint64_t index, std::uint64_t count) {
  return {index, std::min(kTileWidth, count - index * kTileWidth)};
}

// A log may have removed a partial tile once the whole one is there.
template <class PathOf>
Result<Buffer> fetch_part(Fetcher& fetcher, Place place, std::size_t item_size, PathOf path_of) {
  const std::size_t size = static_cast<std::size_t>(place.width) * item_size;
  Result<Buffer> part = fetcher.fetch(path_of(place), size);
  const bool is_gone = !part && part.error().code == Code::not_found;
  if (is_gone && place.width != kTileWidth) {
    part = fetcher.fetch(path_of(Place{place.index}), kTileWidth * item_size);
    if (part && part->size() == kTileWidth * item_size) part->resize(size);
  }
  if (!part) return part;
  if (part->size() != size) return fail(Code::log_damaged, place.index);
  return part;
}

}  // namespace

Result<Buffer> FolderFetcher::fetch(std::string_view path, std::size_t size_max) {
  return file::read(folder_ / path, size_max);
}

std::string tile_path(unsigned level, Place place) {
  return std::string(kTileFolder) + std::to_string(level) + "/" + place_text(place);
}

std::string bundle_path(Place place) { return std::string(kBundleFolder) + place_text(place); }

std::string proof_path(const Digest& manifest) {
  return std::string(kProofFolder) + text::to_hex(manifest.bytes) + std::string(kProofEnd);
}

bool is_immutable_path(std::string_view path) {
  if (path.starts_with(kBundleFolder)) return is_place(path.substr(kBundleFolder.size()));
  if (!path.starts_with(kTileFolder)) return false;
  path.remove_prefix(kTileFolder.size());
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return false;
  return is_number(path.substr(0, slash), 0, kLevelsMax - 1) && is_place(path.substr(slash + 1));
}

bool is_log_path(std::string_view path) {
  if (path == kCheckpointFile || is_immutable_path(path)) return true;
  if (!path.starts_with(kProofFolder) || !path.ends_with(kProofEnd)) return false;
  path.remove_prefix(kProofFolder.size());
  path.remove_suffix(std::min(path.size(), kProofEnd.size()));
  return text::digest_from_hex(path).has_value();
}

Result<Bytes> Tree::tile(unsigned level, std::uint64_t index) {
  const auto found = tiles_.find({level, index});
  if (found != tiles_.end()) return Bytes(found->second);
  const std::uint64_t count = size_ >> (level * kTileHeight);
  AIRLOCK_CHECK(index * kTileWidth < count);
  AIRLOCK_ASSIGN(Buffer fetched,
                 fetch_part(fetcher_, place_of(index, count), Digest::kSize,
                            [level](Place place) { return tile_path(level, place); }));
  if (tiles_.size() >= kTilesCached) tiles_.clear();
  return Bytes(tiles_.insert_or_assign({level, index}, std::move(fetched)).first->second);
}

// The root of the whole subtree of 2^height leaves at this place.
Result<Digest> Tree::node(unsigned height, std::uint64_t index) {
  const unsigned level = height / kTileHeight;
  const unsigned above = height % kTileHeight;  // how far the node is above the tile's hashes
  const std::uint64_t first = index << above;
  AIRLOCK_ASSIGN(const Bytes hashes, tile(level, first / kTileWidth));
  const std::size_t start = static_cast<std::size_t>(first % kTileWidth) * Digest::kSize;
  const std::size_t count = std::size_t{1} << above;
  AIRLOCK_CHECK(start + count * Digest::kSize <= hashes.size());
  package::TreeHasher hasher;
  for (std::size_t i = 0; i < count; ++i) {
    AIRLOCK_ASSIGN(const Digest hash,
                   Digest::from(hashes.subspan(start + i * Digest::kSize, Digest::kSize)));
    hasher.add(hash);
  }
  return hasher.root();
}

// Whole subtrees from left to right, each smaller than the one before; joined from the right.
Result<Digest> Tree::root_of(Range range) {
  std::vector<Digest> parts;
  for (std::uint64_t at = range.begin; at < range.end;) {
    const std::uint64_t count = std::bit_floor(range.end - at);
    const auto height = static_cast<unsigned>(std::countr_zero(count));
    AIRLOCK_ASSIGN(const Digest part, node(height, at >> height));
    parts.push_back(part);
    at += count;
  }
  if (parts.empty()) return crypto::sha256({});
  Digest root = parts.back();
  for (std::size_t i = parts.size() - 1; i-- > 0;) root = package::node_hash(parts[i], root);
  return root;
}

Result<Digest> Tree::root(std::uint64_t size) {
  AIRLOCK_CHECK(size <= size_);
  return root_of({0, size});
}

Result<std::vector<Digest>> Tree::inclusion(std::uint64_t index) {
  AIRLOCK_CHECK(index < size_);
  std::vector<Digest> path;
  Range whole{0, size_};
  while (whole.end - whole.begin > 1) {
    const std::uint64_t split = whole.begin + std::bit_floor(whole.end - whole.begin - 1);
    const Range left{whole.begin, split};
    const Range right{split, whole.end};
    const bool goes_left = index < split;
    AIRLOCK_ASSIGN(const Digest sibling, root_of(goes_left ? right : left));
    path.push_back(sibling);
    whole = goes_left ? left : right;
  }
  std::ranges::reverse(path);
  return path;
}

Result<std::vector<Digest>> Tree::growth(std::uint64_t old_size) {
  AIRLOCK_CHECK(old_size <= size_);
  std::vector<Digest> path;
  if (old_size == 0 || old_size == size_) return path;
  Range whole{0, size_};
  while (whole.end != old_size) {
    const std::uint64_t split = whole.begin + std::bit_floor(whole.end - whole.begin - 1);
    const Range left{whole.begin, split};
    const Range right{split, whole.end};
    const bool goes_left = old_size <= split;
    AIRLOCK_ASSIGN(const Digest sibling, root_of(goes_left ? right : left));
    path.push_back(sibling);
    whole = goes_left ? left : right;
  }
  // Where the old tree is one whole subtree, whoever verifies has its root already.
  if (whole.begin != 0) {
    AIRLOCK_ASSIGN(const Digest rest, root_of(whole));
    path.push_back(rest);
  }
  std::ranges::reverse(path);
  return path;
}

Result<std::optional<std::uint64_t>> Tree::find(const Digest& wanted) {
  for (std::uint64_t index = 0; index < size_; ++index) {
    AIRLOCK_ASSIGN(const Digest found, leaf(index));
    if (found == wanted) return index;
  }
  return std::nullopt;
}

Result<std::vector<Digest>> read_entries(Fetcher& fetcher, std::uint64_t first, std::uint64_t end) {
  std::vector<Digest> entries;
  while (first < end) {
    const std::uint64_t index = first / kTileWidth;
    const Place place = place_of(index, end);
    AIRLOCK_ASSIGN(const Buffer bundle, fetch_part(fetcher, place, kEntrySize, bundle_path));
    for (std::uint64_t at = first % kTileWidth; at < place.width; ++at) {
      const Bytes entry = Bytes(bundle).subspan(static_cast<std::size_t>(at) * kEntrySize);
      if (entry[0] != 0 || entry[1] != Digest::kSize) return fail(Code::log_damaged, first);
      AIRLOCK_ASSIGN(const Digest digest, Digest::from(entry.subspan(2, Digest::kSize)));
      entries.push_back(digest);
    }
    first = index * kTileWidth + place.width;
  }
  return entries;
}

}  // namespace airlock::translog
