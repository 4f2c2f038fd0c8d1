// Approximate matching as bsdiff does it (Colin Percival, "Naive differences of executable code"):
// exact matches by a suffix array of the base, then each grown in both directions for as long as at
// least half of the bytes agree.
#include "publish/diff/internal/match.h"

#include <divsufsort.h>

#include <numeric>

#include "host/parallel/parallel.h"
#include "publish/diff/internal/common_prefix.h"

namespace airlock::diff {
namespace {

// Comparing longer than this in one search gains nothing; it bounds the time on runs of one byte.
constexpr std::int64_t kCompareMax = 4 << 10;
// Parts of a large image are looked for side by side. The size is fixed, so that the copies do not
// depend on how many look.
constexpr std::size_t kPartSize = 8 << 20;
// Of what is equally long so much is looked at to either side.
constexpr std::size_t kEqualsMax = 64;
// Shelves go by the bits of so many bytes at most.
constexpr std::size_t kShelfBytes = 3;

class Copier {
 public:
  // The copies of what stands in the image from `first` on.
  Copier(Bytes image, std::size_t first, const BaseIndex& index, std::int64_t advantage)
      : image_(image),
        base_(index.base()),
        index_(index),
        advantage_(advantage),
        scan_(static_cast<std::int64_t>(first)),
        last_scan_(scan_),
        last_base_(scan_) {}

  std::vector<delta::Segment> run();

 private:
  std::int64_t image_size() const { return static_cast<std::int64_t>(image_.size()); }
  std::int64_t base_size() const { return static_cast<std::int64_t>(base_.size()); }
  bool agree(std::int64_t image_at, std::int64_t base_at) const {
    return image_[static_cast<std::size_t>(image_at)] == base_[static_cast<std::size_t>(base_at)];
  }
  bool agrees_with_last(std::int64_t at) const {
    const std::int64_t base_at = at + offset_;
    return base_at >= 0 && base_at < base_size() && agree(at, base_at);
  }
  bool find_next();
  std::int64_t grow_forwards() const;
  std::int64_t grow_backwards() const;
  void settle();

  Bytes image_;
  Bytes base_;
  const BaseIndex& index_;
  std::int64_t advantage_;
  std::vector<delta::Segment> copies_;

  std::int64_t scan_;
  Match match_;
  std::int64_t last_scan_;  // where the pending copy begins
  std::int64_t last_base_;
  std::int64_t offset_ = 0;  // of the pending copy: base minus image
};

// find_next moves scan_ to the next match that is clearly better than the pending alignment, or to
// the end. It returns whether the pending copy ends there.
bool Copier::find_next() {
  std::int64_t agreed = 0;
  scan_ += match_.size;
  std::int64_t counted = scan_;
  for (; scan_ < image_size(); ++scan_) {
    match_ = index_.search(image_, scan_);
    for (; counted < scan_ + match_.size; ++counted) agreed += agrees_with_last(counted) ? 1 : 0;
    if (match_.size == agreed && match_.size != 0) break;
    if (match_.size > agreed + advantage_) {
      match_ = index_.nearest(match_, scan_ + offset_);
      break;
    }
    agreed -= agrees_with_last(scan_) ? 1 : 0;
  }
  return match_.size != agreed || scan_ >= image_size();
}

std::int64_t Copier::grow_forwards() const {
  std::int64_t same = 0;
  std::int64_t best = 0;
  std::int64_t size = 0;
  for (std::int64_t i = 0; last_scan_ + i < scan_ && last_base_ + i < base_size();) {
    same += agree(last_scan_ + i, last_base_ + i) ? 1 : 0;
    ++i;
    if (same * 2 - i > best) {
      best = same * 2 - i;
      size = i;
    }
  }
  return size;
}

std::int64_t Copier::grow_backwards() const {
  if (scan_ >= image_size()) return 0;
  std::int64_t same = 0;
  std::int64_t best = 0;
  std::int64_t size = 0;
  for (std::int64_t i = 1; scan_ >= last_scan_ + i && match_.base_at >= i; ++i) {
    same += agree(scan_ - i, match_.base_at - i) ? 1 : 0;
    if (same * 2 - i > best) {
      best = same * 2 - i;
      size = i;
    }
  }
  return size;
}

// settle writes the pending copy down and makes the match the pending one.
void Copier::settle() {
  std::int64_t forwards = grow_forwards();
  std::int64_t backwards = grow_backwards();
  const std::int64_t overlap = last_scan_ + forwards - (scan_ - backwards);
  if (overlap > 0) {
    // Both claim these bytes: cut where the first one has its greatest lead.
    std::int64_t lead = 0;
    std::int64_t best = 0;
    std::int64_t kept = 0;
    for (std::int64_t i = 0; i < overlap; ++i) {
      const std::int64_t back = overlap - i;
      lead += agree(last_scan_ + forwards - back, last_base_ + forwards - back) ? 1 : 0;
      lead -= agree(scan_ - backwards + i, match_.base_at - backwards + i) ? 1 : 0;
      if (lead > best) {
        best = lead;
        kept = i + 1;
      }
    }
    forwards += kept - overlap;
    backwards -= kept;
  }
  if (forwards > 0) {
    copies_.push_back({static_cast<std::uint32_t>(last_scan_), static_cast<std::uint32_t>(forwards),
                       static_cast<std::uint32_t>(last_base_)});
  }
  last_scan_ = scan_ - backwards;
  last_base_ = match_.base_at - backwards;
  offset_ = match_.base_at - scan_;
}

std::vector<delta::Segment> Copier::run() {
  while (scan_ < image_size()) {
    if (find_next()) settle();
  }
  return std::move(copies_);
}

}  // namespace

Result<BaseIndex> BaseIndex::make(Bytes base) {
  BaseIndex index;
  index.base_ = base;
  index.suffixes_.resize(base.size());
  if (!base.empty() && divsufsort(base.data(), index.suffixes_.data(),
                                  static_cast<std::int32_t>(base.size())) != 0) {
    return fail(Code::oversized, base.size());
  }
  index.make_shelves();
  return index;
}

// What stands behind the end of the bytes counts as zeros, which keeps the order.
std::size_t BaseIndex::shelf_of(Bytes bytes, std::size_t at) const {
  std::uint32_t first = 0;
  for (std::size_t i = at; i < at + kShelfBytes; ++i) {
    first = first << 8 | (i < bytes.size() ? bytes[i] : 0U);
  }
  return first >> (8 * kShelfBytes - shelf_bits_);
}

void BaseIndex::make_shelves() {
  shelf_bits_ = std::clamp<unsigned>(static_cast<unsigned>(std::bit_width(base_.size() / 8)), 1,
                                     8 * kShelfBytes);
  shelves_.assign((std::size_t{1} << shelf_bits_) + 1, 0);
  for (std::size_t at = 0; at < base_.size(); ++at) ++shelves_[shelf_of(base_, at) + 1];
  std::partial_sum(shelves_.begin(), shelves_.end(), shelves_.begin());
}

std::int64_t BaseIndex::common(Bytes image, std::int64_t at, std::int64_t base_at) const {
  const std::int64_t limit =
      std::min({static_cast<std::int64_t>(image.size()) - at,
                static_cast<std::int64_t>(base_.size()) - base_at, kCompareMax});
  return static_cast<std::int64_t>(
      common_prefix(image.data() + at, base_.data() + base_at, static_cast<std::size_t>(limit)));
}

// The two suffixes between which the image's bytes would stand hold the longest match.
Match BaseIndex::search(Bytes image, std::int64_t at) const {
  Match best;
  const std::size_t shelf = shelf_of(image, static_cast<std::size_t>(at));
  const bool is_whole =
      at + static_cast<std::int64_t>(kShelfBytes) <= static_cast<std::int64_t>(image.size());
  std::size_t low = is_whole ? shelves_[shelf] : 0;
  std::size_t high = is_whole ? shelves_[shelf + 1] : suffixes_.size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const std::int64_t base_at = suffixes_[middle];
    const std::int64_t size = common(image, at, base_at);
    if (size > best.size) best = {size, base_at, middle};
    if (at + size == static_cast<std::int64_t>(image.size()) || size == kCompareMax) return best;
    const bool base_first = base_at + size == static_cast<std::int64_t>(base_.size()) ||
                            base_[static_cast<std::size_t>(base_at + size)] <
                                image[static_cast<std::size_t>(at + size)];
    (base_first ? low : high) = base_first ? middle + 1 : middle;
  }
  return best;
}

Match BaseIndex::nearest(const Match& match, std::int64_t to) const {
  Match best = match;
  const auto is_as_long = [&](std::size_t rank) {
    const std::int64_t place = suffixes_[rank];
    return place + match.size <= static_cast<std::int64_t>(base_.size()) &&
           std::equal(base_.begin() + place, base_.begin() + place + match.size,
                      base_.begin() + match.base_at);
  };
  const auto look = [&](std::size_t rank) {
    const std::int64_t place = suffixes_[rank];
    if (std::abs(place - to) < std::abs(best.base_at - to)) best = {match.size, place, rank};
  };
  for (std::size_t i = 1; i <= kEqualsMax && i <= match.rank; ++i) {
    if (!is_as_long(match.rank - i)) break;
    look(match.rank - i);
  }
  for (std::size_t i = 1; i <= kEqualsMax && match.rank + i < suffixes_.size(); ++i) {
    if (!is_as_long(match.rank + i)) break;
    look(match.rank + i);
  }
  return best;
}

std::vector<delta::Segment> find_copies(Bytes image, const BaseIndex& index, const Search& search) {
  if (index.base().empty()) return {};
  std::vector<std::vector<delta::Segment>> parts((image.size() + kPartSize - 1) / kPartSize);
  const auto find = [&](std::size_t, std::size_t part) -> Status {
    const std::size_t first = part * kPartSize, end = std::min(first + kPartSize, image.size());
    parts[part] = Copier(image.first(end), first, index, search.advantage).run();
    return {};
  };
  AIRLOCK_CHECK(parallel::for_each({0, parts.size()}, search.workers, find).has_value());
  std::vector<delta::Segment> copies;
  for (const auto& part : parts) copies.insert(copies.end(), part.begin(), part.end());
  return copies;
}

}  // namespace airlock::diff
