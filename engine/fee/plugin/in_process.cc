#include "engine/fee/plugin/in_process.h"

namespace airlock::fee::plugin {

Result<PartOfWallet> PartOfWallet::of(const Candidate& plugin, const SignedAsFirmware& is_signed,
                                      const ConsentedByOwner& is_consented) {
  const crypto::Digest& digest = plugin.digest();
  if (is_signed.digest != digest || is_consented.digest != digest)
    return fail(Code::plugin_not_of_the_wallet);
  return PartOfWallet(digest);
}

Result<std::unique_ptr<const InProcess>> InProcess::start(std::shared_ptr<const Candidate> plugin,
                                                          const PartOfWallet& asserted) {
  if (asserted.digest() != plugin->digest()) return fail(Code::plugin_not_of_the_wallet);
  AIRLOCK_ASSIGN(Loaded loaded, Loaded::open(plugin->descriptor(), plugin->evaluate()));
  return std::unique_ptr<const InProcess>(new InProcess(std::move(plugin), std::move(loaded)));
}

}  // namespace airlock::fee::plugin
