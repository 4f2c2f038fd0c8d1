// Approximate matching as bsdiff does it (Colin Percival, "Naive differences of executable code"):
// exact matches by a suffix array of the base, then each grown in both directions for as long as at
// least half of the bytes agree.
#include "publish/diff/internal/match.h"

#include <divsufsort.h>

#include "host/parallel/parallel.h"
#include "publish/diff/internal/common_prefix.h"

namespace airlock::diff {
namespace {

// Comparing longer than this in one search gains nothing; it bounds the time on runs of one byte.
constexpr std::int64_t kCompareMax = 4 << 10;
// Parts of a large image are looked for side by side. The size is fixed, so that the copies do not
// depend on how many look.
constexpr std::size_t kPartSize = 8 << 20;

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
    if (match_.size > agreed + advantage_) break;
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
  return index;
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
  std::size_t low = 0;
  std::size_t high = suffixes_.size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const std::int64_t base_at = suffixes_[middle];
    const std::int64_t size = common(image, at, base_at);
    if (size > best.size) best = {size, base_at};
    if (at + size == static_cast<std::int64_t>(image.size()) || size == kCompareMax) return best;
    const bool base_first = base_at + size == static_cast<std::int64_t>(base_.size()) ||
                            base_[static_cast<std::size_t>(base_at + size)] <
                                image[static_cast<std::size_t>(at + size)];
    (base_first ? low : high) = base_first ? middle + 1 : middle;
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
