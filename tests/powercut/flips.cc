// Bits that flip while the power is off: one at a time, at every operation of every chapter.
#include <algorithm>
#include <random>
#include <unordered_set>

#include "tests/powercut/branches.h"
#include "tests/powercut/sweep.h"

namespace airlock::powercut {
namespace {

using fakes::Cut;
using Rot = Observer::Rot;

// What rots. Bits are those that hold something.
struct Place {
  std::string_view name;
  fakes::Flash* area = nullptr;
  std::size_t used = 0;
  Rot rot = Rot::bookkeeping;
};

// As far as the images of a part reach in a life.
std::size_t image_used(const Life& life, std::size_t part) {
  std::size_t used = 0;
  const auto note = [&](const Package* package) {
    if (package == nullptr || package->parts.empty()) return;
    used = std::max(used, package->parts[part].image.size());
  };
  note(life.factory);
  for (const Chapter& chapter : life.chapters) note(chapter.package);
  return used;
}

std::vector<Place> places_of(Wallet& wallet) {
  constexpr std::size_t kRecordUsed = 300;
  constexpr std::size_t kManifestUsed = 900;
  constexpr std::size_t kJournalUsed = 150;
  constexpr std::size_t kExchangeUsed = 320;
  constexpr std::size_t kKeyringUsed = 600;
  constexpr std::size_t kScratchUsed = 220;
  Board& board = wallet.board;
  std::vector<Place> places;
  const auto both = [&](std::string_view name, auto area, std::size_t used, Rot rot) {
    for (std::size_t i = 0; i < 2; ++i) places.push_back({name, &area(i), used, rot});
  };
  const auto slot_of = [](std::size_t i) { return i == 0 ? SlotId::a : SlotId::b; };
  const auto manifest = [&](std::size_t i) -> fakes::Flash& { return board.manifest(slot_of(i)); };
  const auto record = [&](std::size_t i) -> fakes::Flash& { return board.record(i); };
  const auto journal = [&](std::size_t i) -> fakes::Flash& { return board.journal(i); };
  const auto exchange = [&](std::size_t i) -> fakes::Flash& { return board.exchange(i); };
  const auto keyring = [&](std::size_t i) -> fakes::Flash& { return board.keyring(i); };
  for (std::size_t part = 0; part < board.parts(); ++part) {
    const auto image = [&](std::size_t i) -> fakes::Flash& {
      return board.image(part, slot_of(i));
    };
    both("image", image, image_used(wallet.life(), part), Rot::slot);
  }
  both("manifest", manifest, kManifestUsed, Rot::slot);
  both("record", record, kRecordUsed, Rot::bookkeeping);
  places.push_back({"scratch", &board.scratch(), kScratchUsed, Rot::bookkeeping});
  both("journal", journal, kJournalUsed, Rot::bookkeeping);
  both("keyring", keyring, kKeyringUsed, Rot::bookkeeping);
  if (board.machine().layout == Layout::one_slot) {
    both("exchange", exchange, kExchangeUsed, Rot::bookkeeping);
  }
  return places;
}

// Whether a chapter that a flipped bit was in can be asked for once more, and must then end as it
// should. What the bit took, a version that was kept or the one that ran, no second try brings
// back.
bool can_be_done_again(Wallet& wallet, Rot rot) {
  const Chapter& chapter = wallet.life().chapters[wallet.chapter() - 1];
  switch (chapter.deed) {
    case Chapter::Deed::update:
      if (chapter.package == chapter.runs_after) return !wallet.runs_what_it_should();
      if (chapter.package->kind == package::Kind::keyring && wallet.trusts(*chapter.package)) {
        return false;
      }
      return wallet.runs_what_it_should();
    case Chapter::Deed::restore:
      if (chapter.package == chapter.runs_after && wallet.runs_what_it_should()) return false;
      return rot == Rot::bookkeeping;
    case Chapter::Deed::rot: return wallet.runs_what_it_should();
  }
  broken_promise();
}

// A flipped bit may cost the deed at hand, never the device: where the deed can be done again it
// must succeed, and the next release of all must be installed whatever happened.
void finish_flipped(Wallet& wallet, Rot rot) {
  wallet.rots(rot);
  finish(wallet);
  if (!wallet.observer.is_content()) return;
  if (can_be_done_again(wallet, rot)) {
    wallet.again();
    finish(wallet);
    if (!wallet.observer.is_content()) return;
  }
  wallet.begin(rescue_of(wallet.life()));
  finish(wallet);
}

}  // namespace

void sweep_flips(const Machine& machine, const Life& life, const Share& share, Tally& tally) {
  const std::string name = name_of(machine, life);
  std::minstd_rand random(static_cast<unsigned>(share.seed));
  Wallet whole(machine, life);
  const auto is_stop = [](std::uint64_t, Cut cut) { return cut == Cut::before; };
  Branches branches(whole, is_stop, [&](Wallet& stopped, std::uint64_t operation, Cut) {
    const std::size_t count = places_of(stopped).size();
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = random();
      const auto bit = static_cast<std::uint8_t>(1U << random() % 8);
      if (!share.takes(mix(operation, i))) continue;
      Wallet rotten(stopped);
      const Place place = places_of(rotten)[i];
      place.area->damage(at % place.used, bit);
      finish_flipped(rotten, place.rot);
      ++tally.flips;
      tally.count(name + ", a bit of " + std::string(place.name) + " before operation " +
                      std::to_string(operation),
                  rotten);
    }
  });
  AIRLOCK_CHECK(whole.live() == Wallet::End::done);
}

void sweep_lost_exchanges(const Machine& machine, const Life& life, const Share& share,
                          Tally& tally) {
  constexpr std::size_t kInTheHead = 7;
  const std::string name = name_of(machine, life);
  std::unordered_set<std::uint64_t> met;
  Wallet whole(machine, life);
  const auto is_wanted = [&](std::uint64_t operation, Cut cut) {
    return share.takes(operation * 5 + static_cast<std::uint64_t>(cut));
  };
  Branches branches(whole, is_wanted, [&](Wallet& wounded, std::uint64_t operation, Cut cut) {
    for (std::size_t page = 0; page < 2; ++page) wounded.board.exchange(page).damage(kInTheHead, 4);
    ++tally.flips;
    if (!met.insert(wounded.fingerprint()).second) return;
    finish_flipped(wounded, Rot::bookkeeping);
    tally.count(name + ", " + place_of(operation, cut) + " and both pages", wounded);
  });
  AIRLOCK_CHECK(whole.live() == Wallet::End::done);
}

}  // namespace airlock::powercut
