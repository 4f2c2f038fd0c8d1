// Copies of a device at each of its storage operations: what every part of the sweep stands on.
#pragma once

#include <functional>
#include <string>

#include "tests/powercut/wallet.h"

namespace airlock::powercut {

// How an example names a life and a cut in it.
std::string name_of(const Machine& machine, const Life& life);
std::string place_of(std::uint64_t operation, fakes::Cut cut);

// A copy of the device for each way in which the next operation may fail; those that are not wanted
// are numbered, and not made.
class Branches final : public fakes::Witness {
 public:
  using Visit = std::function<void(Wallet& wounded, std::uint64_t operation, fakes::Cut cut)>;
  using Wanted = std::function<bool(std::uint64_t operation, fakes::Cut cut)>;
  Branches(Wallet& trunk, Wanted wanted, Visit visit);
  Branches(Wallet& trunk, Visit visit);
  ~Branches() { trunk_.board.power.watch_by(nullptr); }
  Branches(const Branches&) = delete;
  Branches& operator=(const Branches&) = delete;

  void before(const fakes::Operation& operation) override;
  std::uint64_t operations() const { return operations_; }

 private:
  Wallet& trunk_;
  Wanted wanted_;
  Visit visit_;
  std::uint64_t operations_ = 0;
};

// finish gives the power back; the device goes on to the end of its chapter.
void finish(Wallet& wallet);

}  // namespace airlock::powercut
