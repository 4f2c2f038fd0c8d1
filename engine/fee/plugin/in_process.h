// A plugin as a part of the wallet. Nothing contains it: a crash of it is the wallet's, it can read
// what the wallet can, and there is no budget, since nothing can take a thread back that does not
// return.
#pragma once

#include <memory>

#include "engine/fee/plugin/abi/loaded.h"
#include "engine/fee/plugin/candidate.h"
#include "engine/fee/plugin/evaluator.h"

namespace airlock::fee::plugin {

// What the caller has proven: that the quorum which signs firmware signed these bytes, and that the
// owner consented to these bytes as a part of the wallet.
struct SignedAsFirmware {
  crypto::Digest digest;
};
struct ConsentedByOwner {
  crypto::Digest digest;
};

// Both, of one and the same plugin: without it nothing runs inside of the wallet.
class PartOfWallet {
 public:
  // of answers plugin_not_of_the_wallet where either is of other bytes.
  static Result<PartOfWallet> of(const Candidate& plugin, const SignedAsFirmware& is_signed,
                                 const ConsentedByOwner& is_consented);
  const crypto::Digest& digest() const { return digest_; }

 private:
  explicit PartOfWallet(const crypto::Digest& digest) : digest_(digest) {}
  crypto::Digest digest_;
};

class InProcess final : public Evaluator {
 public:
  // start maps the plugin here. Errors: plugin_not_of_the_wallet (the assertion is of another one),
  // plugin_not_loaded.
  static Result<std::unique_ptr<const InProcess>> start(std::shared_ptr<const Candidate> plugin,
                                                        const PartOfWallet& asserted);
  Returned evaluate(const airlock_fee_situation& situation, airlock_fee_answer& answer,
                    Clock::time_point) const override {
    return {Code::ok, loaded_.evaluate(situation, answer)};
  }

 private:
  InProcess(std::shared_ptr<const Candidate> plugin, Loaded loaded)
      : plugin_(std::move(plugin)), loaded_(std::move(loaded)) {}
  std::shared_ptr<const Candidate> plugin_;  // its descriptor outlives what is mapped of it
  Loaded loaded_;
};

}  // namespace airlock::fee::plugin
