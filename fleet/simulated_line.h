// The network of a simulation: a server in the same process, as far away as a link makes it.
#pragma once

#include "fleet/device.h"
#include "fleet/dice.h"
#include "fleet/fleet.h"
#include "fleet/line.h"
#include "fleet/server.h"

namespace airlock::fleet {

struct Link {
  std::int64_t latency_ms = 0;  // each way
  std::uint64_t bytes_per_second = 0;
  double losses = 0;  // of requests and of answers, each
};

class SimulatedLine final : public Line {
 public:
  SimulatedLine(Server& server, Link link, Dice dice, Wait wait, Tally& tally)
      : server_(server), link_(link), dice_(dice), wait_(std::move(wait)), tally_(tally) {}

  Result<fetch::Answer> check_in(const std::string& told) override;
  Result<file::Buffer> get(const std::string& path, std::size_t size_max) override;
  Status fetch_rest(const package::Payload& payload, file::Buffer& have) override;
  Result<fetch::Receipt> report(const fetch::SignedReport& report) override;

 private:
  struct Question {
    http::Method method;
    std::string target;
    std::string range;
    std::string body;
  };
  // exchange answers the body. What is lost on the way there is timed_out; an answer that is lost
  // is interrupted, and the server has done what it was asked.
  Result<file::Buffer> exchange(const Question& question);
  Result<std::string> post(std::string target, std::string json);

  Server& server_;
  Link link_;
  Dice dice_;
  Wait wait_;
  Tally& tally_;
  // The latest answer to a check-in, which mostly is the next one too, and is then not read again.
  std::string heard_;
  fetch::Answer answer_;
};

}  // namespace airlock::fleet
