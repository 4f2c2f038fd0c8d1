// The context and the metadata of a descriptor.
#include <algorithm>

#include "engine/abi/clear/author_text.h"
#include "engine/abi/clear/internal/compiler.h"

namespace airlock::abi::clear::internal {

using json::Value;

namespace {

Result<std::vector<Deployment>> deployments_of(const File& file, const Value& list) {
  if (list.size() > kDeploymentsMax) return fail(Code::too_many, list.size());
  std::vector<Deployment> made;
  for (const Value& one : list) {
    if (!one.is_object()) return fail(Code::bad_descriptor);
    AIRLOCK_TRY(file.only(one, {"chainId", "address"}));
    const auto chain = one.find("chainId"), address = one.find("address");
    if (chain == one.end() || !chain->is_number_unsigned() || address == one.end())
      return fail(Code::bad_descriptor);
    const auto bytes = address_of(*address);
    if (!bytes) return fail(Code::bad_descriptor);
    made.push_back({chain->get<std::uint64_t>(), *bytes});
  }
  std::sort(made.begin(), made.end());
  return made;
}

Status compile_contract(const File& file, const Value& contract, Compiled& made) {
  AIRLOCK_TRY(file.only(contract, {"abi", "deployments", "factory"}));
  AIRLOCK_ASSIGN(const Value* deployments, File::array(contract, "deployments"));
  if (deployments != nullptr) {
    AIRLOCK_ASSIGN(made.deployments, deployments_of(file, *deployments));
    made.has_deployments = true;
  }
  AIRLOCK_ASSIGN(const Value* factory, File::object(contract, "factory"));
  if (factory == nullptr) return {};
  AIRLOCK_TRY(file.only(*factory, {"deployments", "deployEvent"}));
  AIRLOCK_ASSIGN(const Value* from, File::array(*factory, "deployments"));
  AIRLOCK_ASSIGN(const std::string_view event, File::text(*factory, "deployEvent"));
  if (from == nullptr || event.empty()) return fail(Code::bad_descriptor);
  AIRLOCK_ASSIGN(made.factories, deployments_of(file, *from));
  if (made.factories.empty()) return fail(Code::bad_descriptor);
  made.factory_event = event;
  return {};
}

Status compile_domain(const Value& domain, Compiled& made) {
  for (const auto& [key, value] : domain.items()) {
    if (key == "name" && value.is_string()) {
      made.domain_name = value.get<std::string>();
    } else if (key == "version" && value.is_string()) {
      made.domain_version = value.get<std::string>();
    } else if (key == "chainId" && value.is_number_unsigned()) {
      made.domain_chain = value.get<std::uint64_t>();
    } else if (key == "verifyingContract") {
      made.domain_contract = address_of(value);
      if (!made.domain_contract) return fail(Code::bad_descriptor);
    } else {
      // A constraint that is not understood cannot hold.
      return fail(Code::bad_descriptor);
    }
  }
  return {};
}

Status compile_message(const File& file, const Value& message, Compiled& made) {
  made.is_for_calls = false;
  AIRLOCK_TRY(file.only(message, {"schemas", "domain", "domainSeparator", "deployments"}));
  AIRLOCK_ASSIGN(const Value* deployments, File::array(message, "deployments"));
  if (deployments != nullptr) {
    AIRLOCK_ASSIGN(made.deployments, deployments_of(file, *deployments));
    made.has_deployments = true;
  }
  AIRLOCK_ASSIGN(const Value* domain, File::object(message, "domain"));
  if (domain != nullptr) AIRLOCK_TRY(compile_domain(*domain, made));
  // A domain that names both is one deployment.
  if (!made.has_deployments && made.domain_chain && made.domain_contract) {
    made.deployments.push_back({*made.domain_chain, *made.domain_contract});
    made.has_deployments = true;
  }
  AIRLOCK_ASSIGN(const std::string_view separator, File::text(message, "domainSeparator"));
  if (separator.empty()) return {};
  const auto bytes = type::read_hex(separator);
  if (!bytes) return fail(Code::bad_descriptor);
  const auto digest = crypto::Digest::from(*bytes);
  if (!digest) return fail(Code::bad_descriptor);
  made.domain_separator = *digest;
  return {};
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

// Enumerations keep their names' order, so that a name can be found by its place.
Status compile_enums(const Value& enums, Compiled& made) {
  std::size_t entries = 0;
  for (const auto& [name, values] : enums.items()) {
    if (!values.is_object()) return fail(Code::bad_descriptor);
    Table table;
    for (const auto& [key, text] : values.items()) {
      if (!text.is_string() || ++entries > kEntriesMax) return fail(Code::bad_descriptor);
      table.emplace_back(lower(key), kept(&text, kLabelMax, made.warnings));
    }
    std::sort(table.begin(), table.end());
    made.enums.push_back(std::move(table));
  }
  return {};
}

Status compile_maps(const File& file, const Value& maps, Compiled& made) {
  std::size_t entries = 0;
  for (const auto& [name, map] : maps.items()) {
    if (!map.is_object()) return fail(Code::bad_descriptor);
    AIRLOCK_TRY(file.only(map, {"$keyType", "values"}));
    AIRLOCK_ASSIGN(const Value* values, File::object(map, "values"));
    made.maps.emplace_back();
    if (values == nullptr) continue;
    for (const auto& [key, value] : values->items()) {
      if (++entries > kEntriesMax) return fail(Code::too_many);
      made.maps.back().emplace(lower(key), literal_of(value));
    }
  }
  return {};
}

Status compile_token(const Value& token, Compiled& made) {
  const auto ticker = token.find("ticker"), decimals = token.find("decimals");
  if (ticker == token.end() || !ticker->is_string() || decimals == token.end() ||
      !decimals->is_number_unsigned() || decimals->get<std::uint64_t>() > number::kDecimalsMax)
    return fail(Code::bad_descriptor);
  made.token_symbol = kept(&*ticker, kWordMax, made.warnings);
  made.token_decimals = decimals->get<unsigned>();
  return {};
}

}  // namespace

Status compile_bindings(const File& file, Compiled& made) {
  AIRLOCK_ASSIGN(const Value* context, File::object(file.root(), "context"));
  if (context == nullptr) return fail(Code::bad_descriptor);
  AIRLOCK_TRY(file.only(*context, {"$id", "contract", "eip712"}));
  AIRLOCK_ASSIGN(const Value* contract, File::object(*context, "contract"));
  AIRLOCK_ASSIGN(const Value* message, File::object(*context, "eip712"));
  if ((contract == nullptr) == (message == nullptr)) return fail(Code::bad_descriptor);
  return contract != nullptr ? compile_contract(file, *contract, made)
                             : compile_message(file, *message, made);
}

Status compile_metadata(const File& file, Compiled& made) {
  AIRLOCK_ASSIGN(const Value* metadata, File::object(file.root(), "metadata"));
  if (metadata == nullptr) return {};
  AIRLOCK_ASSIGN(const Value* owner, json::optional(*metadata, "owner"));
  AIRLOCK_ASSIGN(const Value* contract, json::optional(*metadata, "contractName"));
  made.owner = kept(owner, kLabelMax, made.warnings);
  made.contract = kept(contract, kLabelMax, made.warnings);
  AIRLOCK_ASSIGN(const Value* token, File::object(*metadata, "token"));
  if (token != nullptr) AIRLOCK_TRY(compile_token(*token, made));
  AIRLOCK_ASSIGN(const Value* enums, File::object(*metadata, "enums"));
  if (enums != nullptr) AIRLOCK_TRY(compile_enums(*enums, made));
  AIRLOCK_ASSIGN(const Value* maps, File::object(*metadata, "maps"));
  if (maps != nullptr) AIRLOCK_TRY(compile_maps(file, *maps, made));
  return {};
}

}  // namespace airlock::abi::clear::internal
