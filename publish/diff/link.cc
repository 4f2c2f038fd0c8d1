// Where the base was linked to: found in the two images, without being told.
//
// A word of the base that differs in the image by as much as a segment moved is a pointer into that
// segment, if the base was linked to where the segment would then be. Each such word votes for the
// range of addresses that would make it one; the address with the most votes is taken. Where the
// image was linked to another slot than the base, all of them differ by that too.
#include <algorithm>
#include <limits>
#include <map>
#include <unordered_map>

#include "core/base/bytes_source.h"
#include "core/delta/facts_coding.h"
#include "host/parallel/parallel.h"
#include "publish/diff/internal/link.h"
#include "publish/diff/internal/relocation.h"

namespace airlock::diff {

using delta::Region;
using delta::Segment;

namespace {

constexpr std::size_t kRoundsMax = 3;
constexpr std::size_t kVotesMin = 20;
constexpr std::size_t kSegmentSizeMin = 16;   // of those that are voted for
constexpr std::size_t kSameShiftMax = 200;    // segments that one word may vote for
constexpr std::size_t kVotesMax = 1 << 20;    // of a round; where there are more, some words vote
constexpr std::int64_t kChangeMax = 1 << 20;  // of a word
constexpr std::int64_t kMargin = 4096;        // around the targets that were seen

std::uint32_t word_at(Bytes bytes, std::size_t at) {
  return bytes[at] | std::uint32_t{bytes[at + 1]} << 8 | std::uint32_t{bytes[at + 2]} << 16 |
         std::uint32_t{bytes[at + 3]} << 24;
}

struct Word {
  std::uint32_t before;
  std::uint32_t after;

  std::int64_t change() const { return std::int64_t{after} - std::int64_t{before}; }
  Word without(std::uint32_t relocation) const { return {before, after - relocation}; }
};

// each_word calls `use` with each aligned word that a segment copies.
template <class Use>
void each_word(const LinkInput& input, unsigned phase, const Use& use) {
  for (const Segment& segment : input.segments) {
    const std::uint32_t skip = (phase - segment.base) & 3;
    for (std::uint32_t i = skip; i + 4 <= segment.size; i += 4) {
      use(Word{word_at(input.base, segment.base + i), word_at(input.image, segment.image + i)});
    }
  }
}

struct Votes {
  std::int64_t begin = 0;  // addresses of the base's first byte that have them
  std::int64_t end = 0;
  std::int64_t count = 0;
};

// The segments that one word may vote for, by how far they moved.
class ByShift {
 public:
  explicit ByShift(const std::vector<Segment>& segments) {
    for (const Segment& each : segments) {
      if (each.size < kSegmentSizeMin) continue;
      all_[std::int64_t{each.image} - std::int64_t{each.base}].push_back(each);
    }
    order_shifts();
    std::erase_if(all_, [](const auto& each) { return each.second.size() > kSameShiftMax; });
  }

  std::span<const Segment> of(const Word& word) const {
    const auto found = all_.find(word.change());
    return found != all_.end() ? std::span<const Segment>(found->second)
                               : std::span<const Segment>{};
  }
  // By how much segments moved, modulo 2^32, those of most bytes first.
  std::span<const std::uint32_t> shifts() const { return shifts_; }

 private:
  void order_shifts() {
    std::vector<std::pair<std::uint64_t, std::uint32_t>> by_size;
    for (const auto& [shift, segments] : all_) {
      std::uint64_t size = 0;
      for (const Segment& each : segments) size += each.size;
      by_size.emplace_back(size, static_cast<std::uint32_t>(shift));
    }
    std::sort(by_size.rbegin(), by_size.rend());
    for (const auto& each : by_size) shifts_.push_back(each.second);
  }

  std::unordered_map<std::int64_t, std::vector<Segment>> all_;
  std::vector<std::uint32_t> shifts_;
};

// Of some words in a row one votes, by chance: what they stand in may repeat itself.
bool votes(std::size_t word, std::size_t some) {
  constexpr std::uint64_t kScatter = 0x9E3779B97F4A7C15;
  return (word * kScatter >> 32) % some == 0;
}

Votes most_votes(const std::vector<Word>& words, const ByShift& by_shift) {
  std::size_t count_all = 0;
  for (const Word& word : words) count_all += by_shift.of(word).size();
  std::vector<std::pair<std::int64_t, std::int64_t>> edges;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!votes(i, count_all / kVotesMax + 1)) continue;
    for (const Segment& each : by_shift.of(words[i])) {
      const std::int64_t high = std::int64_t{words[i].before} - std::int64_t{each.base};
      edges.emplace_back(high - std::int64_t{each.size} + 1, 1);
      edges.emplace_back(high + 1, -1);
    }
  }
  std::sort(edges.begin(), edges.end());
  Votes best;
  std::int64_t count = 0;
  for (std::size_t i = 0; i < edges.size();) {
    const std::int64_t at = edges[i].first;
    for (; i < edges.size() && edges[i].first == at; ++i) count += edges[i].second;
    if (count > best.count) best = {at, i < edges.size() ? edges[i].first : at + 1, count};
  }
  return best;
}

// The roundest of the addresses that have the same votes.
std::int64_t roundest(const Votes& votes) {
  for (unsigned bits = 31; bits > 0; --bits) {
    const std::int64_t rounded = (votes.end - 1) >> bits << bits;
    if (rounded >= votes.begin) return rounded;
  }
  return votes.begin;
}

// How far places of the base went. One thread's: a reader keeps what it read last.
class Moves {
 public:
  explicit Moves(Bytes scratch) : source_(scratch) {
    constexpr std::array<std::uint8_t, 32> kNoRoot{};
    AIRLOCK_CHECK(reader_.open(source_, kNoRoot));
  }
  Moves(const Moves&) = delete;
  Moves& operator=(const Moves&) = delete;

  std::int64_t of(std::int64_t place) { return reader_.moved(place); }

 private:
  BytesSource source_;
  delta::FactsReader reader_;
};

// The targets of pointers that the address explains, and the words that are left.
struct Explained {
  std::vector<std::int64_t> targets;
  std::vector<Word> rest;
};
Explained explain(std::int64_t size, Moves& moves, const std::vector<Word>& words,
                  std::int64_t zero) {
  Explained made;
  for (const Word& word : words) {
    const std::int64_t target = std::int64_t{word.before} - zero;
    if (target >= 0 && target < size && moves.of(target) == word.change()) {
      made.targets.push_back(target);
    } else {
      made.rest.push_back(word);
    }
  }
  std::sort(made.targets.begin(), made.targets.end());
  return made;
}

Region region_of(const std::vector<std::int64_t>& targets, std::int64_t zero,
                 std::uint32_t relocation) {
  // A few words look like pointers and are none: the outermost ones do not count.
  const std::size_t outside = targets.size() / 200;
  const std::int64_t low = targets[outside] - kMargin;
  const std::int64_t high = targets[targets.size() - 1 - outside] + kMargin;
  Region region;
  region.linked = true;
  region.first = static_cast<std::uint32_t>(zero + std::max<std::int64_t>(low, 0));
  region.size = static_cast<std::uint32_t>(high - std::max<std::int64_t>(low, 0));
  region.zero = static_cast<std::uint32_t>(zero);
  region.relocation = relocation;
  return region;
}

struct Linked {
  unsigned phase = 0;
  std::size_t explained = 0;
  std::vector<Region> regions;
};

// A region pays where it makes more words right than it makes wrong.
bool pays(const LinkInput& input, Moves& moves, const Linked& linked, const Region& region) {
  std::size_t right = 0;
  std::size_t wrong = 0;
  each_word(input, linked.phase, [&](const Word& word) {
    if (!region.holds(word.before)) return;
    for (const Region& other : linked.regions) {
      if (other.holds(word.before)) return;
    }
    const std::int64_t target = static_cast<std::uint32_t>(word.before - region.zero);
    const std::int64_t moved = moves.of(target);
    if (moved == 0 && region.relocation == 0) return;
    if (word.without(region.relocation).change() == moved) {
      ++right;
    } else if (word.change() == 0) {
      ++wrong;
    }
  });
  return right > 2 * wrong + kVotesMin / 2;
}

// Words that changed, and by how little if the image was linked so far away.
std::vector<Word> changed_words(const LinkInput& input, unsigned phase, std::uint32_t relocation) {
  std::vector<Word> words;
  each_word(input, phase, [&](const Word& word) {
    const Word here = word.without(relocation);
    if (word.change() != 0 && here.change() < kChangeMax && here.change() > -kChangeMax) {
      words.push_back(here);
    }
  });
  return words;
}

Linked find_regions(const LinkInput& input, const ByShift& by_shift, unsigned phase,
                    std::uint32_t relocation) {
  std::vector<Word> words = changed_words(input, phase, relocation);
  Moves moves(input.scratch);
  const auto base_size = static_cast<std::int64_t>(input.base.size());
  Linked made;
  made.phase = phase;
  for (std::size_t round = 0; round < kRoundsMax; ++round) {
    const Votes votes = most_votes(words, by_shift);
    if (votes.count < static_cast<std::int64_t>(kVotesMin)) break;
    const std::int64_t zero = roundest(votes);
    Explained explained = explain(base_size, moves, words, zero);
    if (explained.targets.size() < kVotesMin) break;
    const Region region = region_of(explained.targets, zero, relocation);
    if (pays(input, moves, made, region)) {
      made.regions.push_back(region);
      made.explained += explained.targets.size();
    }
    words = std::move(explained.rest);
  }
  return made;
}

// Of some words, by how much they changed.
std::vector<std::uint32_t> changes_of(const LinkInput& input, unsigned phase) {
  std::vector<std::uint32_t> made;
  const std::size_t some = input.base.size() / 4 / kVotesMax + 1;
  std::size_t number = 0;
  each_word(input, phase, [&](const Word& word) {
    if (votes(number++, some)) made.push_back(word.after - word.before);
  });
  return made;
}

// Where the base was linked to, if the image was linked there too, and if it was linked elsewhere.
struct Ways {
  Linked as_base;
  Linked relocated;
};
Ways find_ways(const LinkInput& input, unsigned phase) {
  const ByShift by_shift(input.segments);
  Ways made;
  made.as_base = find_regions(input, by_shift, phase, 0);
  const std::uint32_t relocation = relocation_of(changes_of(input, phase), by_shift.shifts());
  if (relocation != 0) made.relocated = find_regions(input, by_shift, phase, relocation);
  return made;
}

// RAM stands where words of no region have one upper part very often, and change there.
std::vector<Region> find_data(const LinkInput& input, const Linked& linked) {
  constexpr unsigned kPartBits = 20;
  constexpr std::size_t kDataRegionsMax = 1;
  std::map<std::uint32_t, std::size_t> changes;
  each_word(input, linked.phase, [&](const Word& word) {
    for (const Region& region : linked.regions) {
      if (region.holds(word.before)) return;
    }
    const bool is_near = word.before >> kPartBits == word.after >> kPartBits;
    if (is_near && word.before != word.after && word.change() % 4 == 0) {
      ++changes[word.before >> kPartBits];
    }
  });
  std::vector<Region> found;
  // 0x10000000 and 0x20000000 are where microcontrollers of Arm's architecture have their RAM.
  for (const std::uint32_t part : {0x200U, 0x100U}) {
    const auto each = changes.find(part);
    if (each == changes.end() || each->second < kVotesMin / 2) continue;
    if (found.size() == kDataRegionsMax) break;
    found.push_back({part << kPartBits, 1U << kPartBits, 0, false});
  }
  return found;
}

// Without a pointer that moved, code tells at least where its halves stand: by BX LR, which nearly
// every function of Thumb code ends with.
unsigned phase_of_returns(Bytes base) {
  constexpr std::uint32_t kReturn = 0x4770;
  std::array<std::size_t, 2> found{};
  for (std::size_t i = 0; i + 2 <= base.size(); ++i) {
    if ((base[i] | std::uint32_t{base[i + 1]} << 8) == kReturn) ++found[i % 2];
  }
  return found[1] > 2 * found[0] + kVotesMin / 2 ? 1 : 0;
}

}  // namespace

std::vector<LinkFacts> find_links(const LinkInput& input) {
  constexpr std::size_t kRelocatedMax = 2;
  std::array<Ways, 4> by_phase;
  const Status found = parallel::for_each(
      {0, by_phase.size()}, input.workers, [&](std::size_t, std::size_t phase) -> Status {
        by_phase[phase] = find_ways(input, static_cast<unsigned>(phase));
        return {};
      });
  AIRLOCK_CHECK(found);
  std::vector<Linked> all(1);
  all.front().phase = phase_of_returns(input.base);
  for (Ways& each : by_phase) {
    if (each.as_base.explained > all.front().explained) all.front() = std::move(each.as_base);
    if (!each.relocated.regions.empty()) all.push_back(std::move(each.relocated));
  }
  std::sort(all.begin() + 1, all.end(), [](const Linked& a, const Linked& b) {
    return a.explained != b.explained ? a.explained > b.explained : a.phase < b.phase;
  });
  all.resize(std::min(all.size(), 1 + kRelocatedMax));
  std::vector<LinkFacts> made;
  for (const Linked& each : all) {
    made.push_back({each.phase, each.regions});
    for (const Region& region : find_data(input, each)) made.back().regions.push_back(region);
  }
  return made;
}

}  // namespace airlock::diff
