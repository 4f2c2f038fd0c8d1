// A call that no descriptor shows clearly, as whoever is to sign it is told of it, on any chain.
//
// Chain, contract and what is paid are always told. What the pack's ABI knows of the call follows
// by its names, with the calls that it carries; what nothing explains is told as its bytes, with
// the reason; and a plain payment as that. Why no descriptor speaks of it is told with all of them.
#pragma once

#include "engine/abi/carried.h"

namespace airlock::abi {

// What a call pays, and what the screen warned of that a descriptor made of it, if there is one.
struct Asked {
  Call call{};
  number::U256 value{};
  clear::Warnings why{};
};

// It views what is asked, and the snapshot and room by which it was made.
class Undescribed {
 public:
  // of decodes the call. What was decoded in the room before is gone.
  static Undescribed of(const Explaining& by, const Asked& asked);

  // json returns what append_json of carried.h writes of a decoded call, or {"warning": CODE} of
  // one that nothing explains, or {"intent":"Send"} of a plain payment; with "chain", "to", "value"
  // (on chains of the EVM, and where it is not zero), "data" where nothing is decoded, and
  // "warnings".
  std::string json() const;
  // lines returns it for a terminal: warnings first, then chain, contract and what is paid.
  std::string lines() const;
  // shown returns it as screens; each call that it carries has one of its own.
  clear::Shown shown() const;

 private:
  Undescribed(const Explaining& by, const Asked& asked)
      : snapshot_(by.snapshot),
        asked_(asked),
        target_(asked.call.target),
        chain_id_(chain_id_of(asked.call.chain)) {}
  clear::Warnings warnings() const;
  bool has_payment() const { return is_payment_ || chain_id_ || !asked_.value.is_zero(); }
  clear::Field paying() const;
  std::string title() const;
  std::string raw_lines(Code why) const;
  std::string raw_json(Code why) const;
  std::string head() const;
  void add_asked(std::string& json) const;

  const Snapshot& snapshot_;
  Asked asked_;
  std::string target_;  // that the data names, where nobody else does
  std::optional<std::uint64_t> chain_id_;
  Result<Decoded> decoded_ = fail(Code::unknown_call);
  Carried carried_;
  bool is_payment_ = false;
};

}  // namespace airlock::abi
