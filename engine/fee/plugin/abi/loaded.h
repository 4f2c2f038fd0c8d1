// A plugin that the system's loader has mapped.
//
// Whoever loads one has judged its bytes first, and hands over a descriptor of exactly those: a
// sealed one, which nobody can write any more.
#pragma once

#include <string>
#include <utility>

#include "core/base/base.h"
#include "engine/fee/plugin/abi/airlock_fee_plugin.h"

namespace airlock::fee::plugin {

class Loaded {
 public:
  // open maps the library behind a descriptor, which stays open for as long as this lives: the
  // loader knows libraries by their paths, and would take another one with the same number for this
  // one. `evaluate` is where the judge found that function. Errors: plugin_not_loaded.
  static Result<Loaded> open(int descriptor, std::uint64_t evaluate);
  Loaded(Loaded&& other) noexcept
      : handle_(std::exchange(other.handle_, nullptr)), evaluate_(other.evaluate_) {}
  Loaded& operator=(Loaded&&) = delete;
  // The library is unmapped.
  ~Loaded();

  int evaluate(const airlock_fee_situation& situation, airlock_fee_answer& answer) const {
    return evaluate_(&situation, &answer);
  }

 private:
  using Evaluate = int (*)(const airlock_fee_situation*, airlock_fee_answer*);
  Loaded(void* handle, Evaluate entry) : handle_(handle), evaluate_(entry) {}
  void* handle_;
  Evaluate evaluate_;
};

}  // namespace airlock::fee::plugin
