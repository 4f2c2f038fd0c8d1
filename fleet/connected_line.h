// The way to a server that runs elsewhere, on which requests and answers are lost at random.
#pragma once

#include "device/fetch/fetch.h"
#include "fleet/dice.h"
#include "fleet/fleet.h"
#include "fleet/line.h"

namespace airlock::fleet {

// One thread. The connection is shared by the devices of a thread, one after the other.
class ConnectedLine final : public Line {
 public:
  ConnectedLine(fetch::Connection& connection, double losses, Dice dice, Tally& tally)
      : connection_(connection), losses_(losses), dice_(dice), tally_(tally) {}

  Result<fetch::Answer> check_in(const std::string& told) override;
  Result<file::Buffer> get(const std::string& path, std::size_t size_max) override;
  Status fetch_rest(const package::Payload& payload, file::Buffer& have) override;
  Result<fetch::Receipt> report(const fetch::SignedReport& report) override;

 private:
  // lost draws, and counts.
  bool lost();

  fetch::Connection& connection_;
  double losses_;
  Dice dice_;
  Tally& tally_;
};

}  // namespace airlock::fleet
