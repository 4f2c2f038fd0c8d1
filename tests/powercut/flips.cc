// Bits that flip while the power is off, one at a time.
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

std::vector<Place> places_of(Wallet& wallet) {
  constexpr std::size_t kRecordUsed = 300;
  constexpr std::size_t kManifestUsed = 900;
  constexpr std::size_t kJournalUsed = 150;
  constexpr std::size_t kExchangeUsed = 320;
  constexpr std::size_t kKeyringUsed = 600;
  constexpr std::size_t kScratchUsed = 220;
  constexpr std::size_t kImageUsed = 3000;
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
  const auto image = [&](std::size_t i) -> fakes::Flash& { return board.image(0, slot_of(i)); };
  both("image", image, kImageUsed, Rot::slot);
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

// An update that is to succeed can be tried again.
bool is_repeatable(const Wallet& wallet) {
  if (wallet.chapter() >= wallet.life().chapters.size()) return false;
  const Chapter& chapter = wallet.life().chapters[wallet.chapter()];
  return chapter.deed == Chapter::Deed::update && chapter.package == chapter.runs_after;
}

// A flipped bit may cost the update that runs, never the device; the next one must succeed.
void finish_flipped(Wallet& wallet, Rot rot) {
  const bool may_be_repeated = is_repeatable(wallet);
  wallet.observer.rotted(rot);
  finish(wallet);
  if (!may_be_repeated) return;
  if (!wallet.observer.is_content() || wallet.runs_what_it_should()) return;
  wallet.again();
  finish(wallet);
}

}  // namespace

void sweep_flips(const Machine& machine, const Life& life, const Share& share, Tally& tally) {
  const std::string name = name_of(machine, life);
  std::minstd_rand random(static_cast<unsigned>(share.seed));
  Wallet whole(machine, life);
  const auto is_stop = [](std::uint64_t, Cut cut) { return cut == Cut::before; };
  Branches branches(whole, is_stop, [&](Wallet& stopped, std::uint64_t operation, Cut) {
    if (!is_repeatable(stopped)) return;
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
