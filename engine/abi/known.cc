#include "engine/abi/known.h"

#include "engine/abi/clear/author_text.h"

namespace airlock::abi {
namespace {

constexpr std::string_view kEvm = "eip155:";

std::string key_of(std::string_view kind, std::uint64_t chain_id, Bytes address) {
  std::string key = std::string(kind) + '/' + std::string(kEvm) + std::to_string(chain_id);
  if (address.empty()) return key;
  key += '/';
  type::append_hex(key, address);
  return key;
}

Result<unsigned> decimals_of(json::Node object) {
  AIRLOCK_ASSIGN(const std::int64_t decimals,
                 json::integer(object, "decimals", 0, number::kDecimalsMax));
  return static_cast<unsigned>(decimals);
}

}  // namespace

std::optional<json::Node> Known::object_at(const std::string& key) const {
  const auto content = snapshot_.content(key);
  if (!content) return std::nullopt;
  auto tree = json::Tree::parse(text_of(*content), kKnownSizeMax);
  if (!tree) return std::nullopt;
  read_.push_back(std::make_unique<json::Tree>(std::move(*tree)));
  return read_.back()->root();
}

std::optional<clear::Token> Known::token(std::uint64_t chain_id, Bytes address) const {
  const auto object = object_at(key_of("token", chain_id, address));
  if (!object) return std::nullopt;
  const auto symbol = json::text(*object, "symbol", clear::kWordMax);
  const auto decimals = decimals_of(*object);
  if (!symbol || !decimals) return std::nullopt;
  return clear::Token{*symbol, *decimals};
}

std::optional<clear::Chain> Known::chain(std::uint64_t chain_id) const {
  const auto object = object_at(key_of("chain", chain_id, {}));
  if (!object) return std::nullopt;
  const auto name = json::text(*object, "name", clear::kWordMax);
  const auto symbol = json::text(*object, "symbol", clear::kWordMax);
  const auto decimals = decimals_of(*object);
  if (!name || !symbol || !decimals) return std::nullopt;
  return clear::Chain{*name, *symbol, *decimals};
}

std::optional<clear::Name> Known::name(const clear::NameQuery& query) const {
  const auto content = snapshot_.content(key_of("name", query.chain_id, query.address));
  if (!content) return std::nullopt;
  return clear::Name{text_of(*content), true, false};
}

std::optional<std::string_view> Known::collection(std::uint64_t chain_id, Bytes address) const {
  const auto object = object_at(key_of("token", chain_id, address));
  if (!object) return std::nullopt;
  const auto name = json::text(*object, "collection", clear::kWordMax);
  if (!name) return std::nullopt;
  return *name;
}

template <class Fits>
const clear::Descriptor* Known::find(const std::string& prefix, Fits fits) const {
  const pack::Pack& pack = snapshot_.pack();
  for (std::uint32_t i = pack.first_from(prefix); i < pack.count(); ++i) {
    const std::string_view key = pack.key(i);
    if (!key.starts_with(prefix)) break;
    const auto descriptor = snapshot_.descriptor(key.substr(prefix.size()));
    if (descriptor && fits(**descriptor)) return *descriptor;
  }
  return nullptr;
}

const clear::Descriptor* Known::descriptor(std::uint64_t chain_id, Bytes address,
                                           Bytes selector) const {
  return find(key_of("clear", chain_id, address) + "/",
              [&](const clear::Descriptor& one) { return one.describes(selector); });
}

const clear::Descriptor* Known::descriptor(const clear::TypedData& message) const {
  const clear::Domain& domain = message.domain();
  if (!domain.chain_id || !domain.chain_id->fits(64) || !domain.verifying_contract) return nullptr;
  return find(key_of("typed", domain.chain_id->limbs[0], *domain.verifying_contract) + "/",
              [&](const clear::Descriptor& one) { return one.describes(message); });
}

std::optional<std::uint64_t> chain_id_of(std::string_view chain) {
  if (!chain.starts_with(kEvm)) return std::nullopt;
  const auto id = number::read(chain.substr(kEvm.size()));
  if (!id || !id->fits(64)) return std::nullopt;
  return id->limbs[0];
}

Result<Binding> read_binding(std::string_view key) {
  constexpr std::size_t kSlashes = 3;
  std::array<std::size_t, kSlashes> after{};  // where each part but the first begins
  std::size_t at = 0;
  for (std::size_t& begin : after) {
    at = key.find('/', at);
    if (at == std::string_view::npos) return fail(Code::bad_pack);
    begin = ++at;
  }
  Binding made{.is_for_calls = key.starts_with("clear/")};
  made.place = key.substr(after[0], after[2] - 1 - after[0]);
  made.name = key.substr(after[2]);
  const auto chain = chain_id_of(key.substr(after[0], after[1] - 1 - after[0]));
  const auto address = type::read_hex(key.substr(after[1], after[2] - 1 - after[1]));
  if (!chain || !address || address->size() != made.address.size()) return fail(Code::bad_pack);
  made.chain_id = *chain;
  copy_into(made.address, *address);
  // Another spelling of the same place would never be found.
  const std::string spelled = key_of(made.is_for_calls ? "clear" : "typed", *chain, *address);
  if (key.substr(0, after[2] - 1) != spelled) return fail(Code::bad_pack);
  return made;
}

namespace {

Status check_binding(const Snapshot& snapshot, std::string_view key, Bytes content) {
  AIRLOCK_ASSIGN(const Binding binding, read_binding(key));
  AIRLOCK_ASSIGN(const clear::Descriptor* descriptor, snapshot.descriptor(binding.name));
  if (descriptor->is_for_calls() != binding.is_for_calls || !content.empty())
    return fail(Code::bad_pack);
  if (!descriptor->is_for(binding.chain_id, binding.address)) return fail(Code::descriptor_unbound);
  return {};
}

}  // namespace

Status check_known(const Snapshot& snapshot, std::string_view key, Bytes content) {
  if (is_binding(key)) return check_binding(snapshot, key, content);
  if (key.starts_with("file/")) {
    AIRLOCK_TRY(json::Tree::parse(text_of(content), clear::kDescriptorSizeMax));
    return {};
  }
  if (!entry::is_spelled(key)) return fail(Code::bad_pack);
  if (content.size() > kKnownSizeMax) return fail(Code::oversized, content.size());
  if (key.starts_with("name/"))
    return clear::is_name(text_of(content)) ? Status() : fail(Code::bad_pack);
  AIRLOCK_ASSIGN(const json::Tree tree, json::Tree::parse(text_of(content), kKnownSizeMax));
  AIRLOCK_TRY(decimals_of(tree.root()));
  AIRLOCK_ASSIGN(const auto symbol, json::text(tree.root(), "symbol", clear::kWordMax));
  if (!clear::is_symbol(symbol)) return fail(Code::bad_pack);
  for (const std::string_view also : {"name", "collection"}) {
    if (!tree.root().member(also)) continue;
    AIRLOCK_ASSIGN(const auto text, json::text(tree.root(), also, clear::kWordMax));
    if (!clear::is_name(text)) return fail(Code::bad_pack);
  }
  return {};
}

}  // namespace airlock::abi
