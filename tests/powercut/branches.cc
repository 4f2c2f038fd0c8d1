#include "tests/powercut/branches.h"

namespace airlock::powercut {

using fakes::Cut;
using fakes::kCuts;

std::string name_of(const Machine& machine, const Life& life) {
  return life.name + ", " + std::string(name_of(machine.layout));
}

std::string place_of(std::uint64_t operation, Cut cut) {
  static constexpr std::array<std::string_view, 5> kNames = {"before", "half", "garbage", "erase",
                                                             "after"};
  return "cut " + std::to_string(operation) + " " +
         std::string(kNames[static_cast<std::size_t>(cut)]);
}

Branches::Branches(Wallet& trunk, Wanted wanted, Visit visit)
    : trunk_(trunk), wanted_(std::move(wanted)), visit_(std::move(visit)) {
  trunk.board.power.watch_by(this);
}

Branches::Branches(Wallet& trunk, Visit visit)
    : Branches(trunk, [](std::uint64_t, Cut) { return true; }, std::move(visit)) {}

void Branches::before(const fakes::Operation& operation) {
  static_cast<void>(trunk_.fingerprint());  // its copies take over what it keeps
  for (Cut cut : kCuts) {
    if (!wanted_(operations_, cut)) continue;
    Wallet wounded(trunk_);
    wounded.board.fail_in(operation, cut);
    visit_(wounded, operations_, cut);
  }
  ++operations_;
}

void finish(Wallet& wallet) {
  wallet.board.power.switch_on();
  wallet.board.power.never_cut();
  AIRLOCK_CHECK(wallet.live(wallet.chapter() + 1) == Wallet::End::done);
}

}  // namespace airlock::powercut
