// Who watches a device from outside, and remembers what it may not forget.
//
// The observer's notes (what the owner agreed to, what was committed, the highest floor seen,
// reports) do not live in the device. Each power-on and each end of a chapter is held against
// them; what is wrong becomes a violation. It sees flash, boot's answer and the record, and never
// looks into the rooms under test.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/bare/bare.h"
#include "core/slot/slot.h"
#include "tests/powercut/lives.h"
#include "tests/powercut/machine.h"

namespace airlock::powercut {

// Boots that a trial has: the product's own number. Each cut in a trial may cost one, so as many
// cuts may give up a healthy firmware, and fewer may not.
inline constexpr std::uint8_t kTrialBoots = bare::Identity{}.trial_boots;

enum class Harm : std::uint8_t {
  brick,        // it does not come up, or never gets anywhere
  wrong,        // it runs or remembers what it should not, or the update cannot be finished
  unconsented,  // what runs was not agreed to
};
struct Violation {
  Harm harm = Harm::wrong;
  std::string what;
};

class Observer {
 public:
  // What the factory put in was agreed to by whoever bought it.
  void factory(const Package& package);
  void begin_chapter(const Board& board, const Chapter& chapter);

  // The owner said yes to what the screen showed.
  void agreed(const Digest& manifest) { agreed_.insert(manifest); }
  // The server heard how a phase went; the report of one number is one story.
  void reported(std::uint64_t sequence, Code outcome);
  bool heard_an_end() const { return reports_.size() > reports_before_; }
  // A bit was flipped: until the next chapter begins the update may fail and go back. Where it was
  // of a slot, nothing good may be left, and recovery is where the device belongs.
  enum class Rot : std::uint8_t { none, bookkeeping, slot };
  void rotted(Rot rot);
  Rot rot() const { return rot_; }
  // A granule of an image (an erase unit, or a block where that is larger) is made.
  void made_granule() { ++granules_made_; }

  // booted looks at what runs, on a board whose record is whole; `image` returns what executes.
  void booted(Board& board, const slot::Boot& boot);
  // not_booted is the recovery state, with its reason.
  void not_booted(const Error& reason);

  // ended holds the chapter's end against what was to be.
  struct End {
    std::optional<slot::Boot> running;
    std::optional<Code> outcome;  // of the last session; nothing where it is not over
    std::size_t granules = 0;     // that the package's images have
  };
  void ended(Board& board, const Chapter& chapter, const End& end);
  // gave_up says that the chapter's trial was used up by cuts: the old image runs, and the next try
  // must succeed.
  bool gave_up() const { return gave_up_; }

  void violated(Harm harm, const std::string& what);
  const std::vector<Violation>& violations() const { return violations_; }
  bool is_content() const { return violations_.empty(); }
  std::uint64_t fingerprint(const Board& board, std::uint64_t seed) const;

 private:
  std::uint64_t failures(const Board& board) const;  // of the power, in this chapter
  void check_copies(Board& board);
  void check_runs(const Chapter& chapter, const End& end);
  void check_told(Board& board, Code reason, const End& end);

  std::size_t chapter_ = 0;
  std::size_t reports_before_ = 0;  // this chapter
  std::uint64_t failures_before_ = 0;
  bool committed_ = false;  // something was, once: from then on it must boot
  Rot rot_ = Rot::none;
  bool gave_up_ = false;
  std::size_t granules_made_ = 0;  // in this chapter
  std::uint32_t floor_seen_ = 0;
  std::int64_t time_seen_ = 0;
  std::set<Digest> agreed_;
  std::set<Digest> may_run_;  // the old image and the new one
  Digest kept_;               // what ran before the old one, which a rotten one gives way to
  std::map<std::uint64_t, Code> reports_;
  std::vector<Violation> violations_;
};

}  // namespace airlock::powercut
