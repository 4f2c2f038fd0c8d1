// A wire for tests, whose calls end when and how the test says.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "server/dependency/wire.h"

namespace airlock::dependency {

// What a test makes of the network: each call waits until the test ends it.
struct FakeNetwork {
  struct Sent {
    Ask ask;
    Wire::Done done;
  };
  std::deque<Sent> sent;
  std::vector<std::string> urls;  // of all that was ever sent

  void end(Heard heard) {
    AIRLOCK_CHECK(!sent.empty());
    Sent first = std::move(sent.front());
    sent.pop_front();
    first.done(std::move(heard));
  }
};

class FakeWire final : public Wire {
 public:
  explicit FakeWire(FakeNetwork& network) : network_(network) {}
  void start(Ask ask, Done done) override {
    network_.urls.push_back(ask.url);
    network_.sent.push_back({std::move(ask), std::move(done)});
  }
  void end_all() override {
    while (!network_.sent.empty()) network_.end({.code = Code::interrupted});
  }

 private:
  FakeNetwork& network_;
};

}  // namespace airlock::dependency
