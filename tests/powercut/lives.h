// The paths that the sweep goes: what happens to a device, chapter by chapter, and how each must
// end.
#pragma once

#include <string>
#include <vector>

#include "tests/powercut/machine.h"
#include "tests/powercut/world.h"

namespace airlock::powercut {

enum class Owner : std::uint8_t { agrees, refuses };
enum class Health : std::uint8_t { good, bad, hangs };

struct Chapter {
  enum class Deed : std::uint8_t { update, restore, rot } deed = Deed::update;
  const Package* package = nullptr;  // what is installed, or restored to
  Owner owner = Owner::agrees;
  Health health = Health::good;
  const Package* runs_after = nullptr;  // firmware that must run at the chapter's end
  Code reason = Code::ok;               // that the last session must have ended with
};

struct Life {
  std::string name;
  const Package* factory = nullptr;  // what runs at first; nullptr: an empty device
  std::size_t parts = kPartsMax;
  std::size_t capacity = 4096;  // of an image
  std::vector<Chapter> chapters;
};

// Every path, each short enough to be cut everywhere.
const std::vector<Life>& lives();
// rescue_of is a further life of a device that lived another one: a release that is newer than all
// of that one's, by signers of either keyring.
const Life& rescue_of(const Life& life);
// The same paths on an image of at most four erase units, for pairs of cuts.
const std::vector<Life>& small_lives();
// lives_for_flips are those of this machine in which bits flip: where images are large, the small
// ones.
std::vector<const Life*> lives_for_flips(const Machine& machine);
// fits says whether a life can be lived on a machine in reasonable time: large images on large
// sectors only.
bool fits(const Machine& machine, const Life& life);

}  // namespace airlock::powercut
