#include "publish/diff/internal/facts.h"

#include <algorithm>

#include "core/base/bytes_source.h"
#include "core/crypto/crypto.h"
#include "core/delta/facts_coding.h"
#include "publish/diff/internal/link.h"
#include "publish/diff/internal/range.h"

namespace airlock::diff {

using delta::Segment;

namespace {

// The heaviest chain of segments that ascend in the base too: for each, the best one that begins
// before it there, found in a tree of prefix maxima over where segments begin.
class ChainFinder {
 public:
  explicit ChainFinder(const std::vector<Segment>& segments) : segments_(segments) {
    for (const Segment& each : segments) begins_.push_back(each.base);
    std::sort(begins_.begin(), begins_.end());
    begins_.erase(std::unique(begins_.begin(), begins_.end()), begins_.end());
    tree_.assign(begins_.size() + 1, Best{});
  }

  std::vector<std::uint8_t> find() {
    constexpr std::size_t kNobody = SIZE_MAX;
    std::vector<std::size_t> before(segments_.size(), kNobody);
    Best best;
    for (std::size_t i = 0; i < segments_.size(); ++i) {
      const Segment& each = segments_[i];
      const Best so_far = best_before(each.base);
      before[i] = so_far.weight > 0 ? so_far.last : kNobody;
      const Best here = {so_far.weight + each.size, i};
      if (here.weight > best.weight) best = here;
      add(each.base, here);
    }
    std::vector<std::uint8_t> chained(segments_.size(), 0);
    if (best.weight == 0) return chained;
    for (std::size_t i = best.last; i != kNobody; i = before[i]) chained[i] = 1;
    return chained;
  }

 private:
  struct Best {
    std::uint64_t weight = 0;
    std::size_t last = 0;
  };

  Best best_before(std::uint32_t begin) const {
    Best best;
    auto at = static_cast<std::size_t>(std::lower_bound(begins_.begin(), begins_.end(), begin) -
                                       begins_.begin());
    for (; at > 0; at -= at & (~at + 1)) {
      if (tree_[at].weight > best.weight) best = tree_[at];
    }
    return best;
  }
  void add(std::uint32_t begin, const Best& here) {
    auto at = static_cast<std::size_t>(std::lower_bound(begins_.begin(), begins_.end(), begin) -
                                       begins_.begin()) +
              1;
    for (; at < tree_.size(); at += at & (~at + 1)) {
      if (here.weight > tree_[at].weight) tree_[at] = here;
    }
  }

  const std::vector<Segment>& segments_;
  std::vector<std::uint32_t> begins_;
  std::vector<Best> tree_;
};

}  // namespace

Facts facts_of(std::vector<Segment> copies, const delta::Profile& profile) {
  Facts facts;
  facts.header.profile = profile.number;
  facts.segments = std::move(copies);
  facts.chained = ChainFinder(facts.segments).find();
  facts.header.segment_count = static_cast<std::uint32_t>(facts.segments.size());
  facts.header.chain_count =
      static_cast<std::uint32_t>(std::count(facts.chained.begin(), facts.chained.end(), 1));
  return facts;
}

std::vector<Facts> linked_facts(const Facts& facts, Bytes image, Bytes base, std::size_t workers) {
  const std::vector<std::uint8_t> scratch = scratch_of(facts);
  std::vector<Facts> made;
  for (const LinkFacts& link : find_links({image, base, facts.segments, scratch, workers})) {
    Facts& linked = made.emplace_back(facts);
    linked.header.word_phase = static_cast<std::uint8_t>(link.phase);
    for (const delta::Region& region : link.regions) {
      AIRLOCK_CHECK(linked.header.regions.add(region));
    }
  }
  return made;
}

std::vector<std::uint8_t> code_facts(const Facts& facts, std::uint64_t image_size,
                                     std::uint64_t base_size) {
  const delta::Profile& profile =
      facts.header.profile == delta::kSmall.number ? delta::kSmall : delta::kLarge;
  std::vector<std::uint8_t> bytes = {delta::kFactsVersion, profile.number};
  for (unsigned shift = 32; shift > 0; shift -= 8) {
    bytes.push_back(static_cast<std::uint8_t>(profile.memory >> (shift - 8)));
  }
  std::vector<std::uint8_t> coded;
  RangeWriter writer(coded);
  delta::FactsModels models;
  models.reset();
  delta::FactsHeader header = facts.header;
  AIRLOCK_CHECK(delta::code_facts_header(writer, models, header));
  delta::SegmentCoding coding(models, {image_size, base_size});
  for (std::size_t i = 0; i < facts.segments.size(); ++i) {
    Segment segment = facts.segments[i];
    bool is_chained = facts.chained[i] != 0;
    AIRLOCK_CHECK(coding.code(writer, segment, is_chained));
  }
  writer.finish();
  bytes.insert(bytes.end(), coded.begin(), coded.end());
  return bytes;
}

std::vector<std::uint8_t> scratch_of(const Facts& facts) {
  std::vector<std::uint8_t> bytes(delta::kScratchHeaderSize);
  const auto append = [&](const Segment& segment) {
    bytes.resize(bytes.size() + delta::kSegmentRecordSize);
    delta::write_segment(segment, MutableBytes(bytes).last(delta::kSegmentRecordSize));
  };
  for (const Segment& segment : facts.segments) append(segment);
  bytes.resize(static_cast<std::size_t>(delta::chain_at(facts.header.segment_count)));
  for (std::size_t i = 0; i < facts.segments.size(); ++i) {
    if (facts.chained[i] != 0) append(facts.segments[i]);
  }
  bytes.resize(static_cast<std::size_t>(
      delta::scratch_size(facts.header.segment_count, facts.header.chain_count)));
  delta::ScratchHeader header;
  header.facts = facts.header;
  header.write(
      std::span<std::uint8_t, delta::kScratchHeaderSize>(bytes.data(), delta::kScratchHeaderSize));
  return bytes;
}

}  // namespace airlock::diff
