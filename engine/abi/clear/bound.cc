#include "engine/abi/clear/internal/bound.h"

#include <algorithm>

namespace airlock::abi::clear::internal {

bool is_bound(const Compiled& file, std::uint64_t chain_id, Bytes contract, const Source& source) {
  if (!file.is_for_calls || contract.size() != kAddressSize) return false;
  if (!file.has_deployments && file.factories.empty()) return false;
  if (file.has_deployments) {
    Deployment wanted{chain_id, {}};
    copy_into(wanted.address, contract);
    if (!std::binary_search(file.deployments.begin(), file.deployments.end(), wanted)) return false;
  }
  if (file.factories.empty()) return true;
  return std::any_of(file.factories.begin(), file.factories.end(), [&](const Deployment& factory) {
    return factory.chain_id == chain_id &&
           source.is_deployed_by({chain_id, contract, factory.address, file.factory_event});
  });
}

bool is_bound(const Compiled& file, const TypedData& message) {
  const Domain& domain = message.domain();
  const bool is_constrained = file.has_deployments || file.domain_name || file.domain_version ||
                              file.domain_chain || file.domain_contract || file.domain_separator;
  // Paths can name the contract and the chain, so that both have to be known.
  const bool is_known = domain.chain_id && domain.chain_id->fits(64) && domain.verifying_contract;
  if (file.is_for_calls || !is_constrained || !is_known) return false;
  const std::uint64_t chain = domain.chain_id->limbs[0];
  if (file.has_deployments && !std::binary_search(file.deployments.begin(), file.deployments.end(),
                                                  Deployment{chain, *domain.verifying_contract}))
    return false;
  if (file.domain_name && file.domain_name != domain.name) return false;
  if (file.domain_version && file.domain_version != domain.version) return false;
  if (file.domain_chain && *file.domain_chain != chain) return false;
  if (file.domain_contract && file.domain_contract != domain.verifying_contract) return false;
  return !file.domain_separator ||
         (message.has_whole_domain() && *file.domain_separator == message.domain_separator());
}

const CallFormat* format_of(const Compiled& file, const type::Entry& entry) {
  const auto place = static_cast<std::size_t>(&entry - file.calls->map().entries().data());
  const std::uint32_t format = file.format_of_entry[place];
  return format == type::kNone ? nullptr : &file.formats[format];
}

const CallFormat* format_of(const Compiled& file, const TypedData& message) {
  const auto found = std::find_if(file.messages.begin(), file.messages.end(), [&](const auto& one) {
    return one.first == message.type_hash();
  });
  return found == file.messages.end() ? nullptr : &file.formats[found->second];
}

}  // namespace airlock::abi::clear::internal
