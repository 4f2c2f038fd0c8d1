#include "engine/abi/known.h"

#include "host/text/text.h"

namespace airlock::abi {
namespace {

std::string key_of(std::string_view kind, std::uint64_t chain_id, Bytes address) {
  std::string key = std::string(kind) + "/eip155:" + std::to_string(chain_id);
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

const clear::Descriptor* Known::descriptor_of_messages(std::uint64_t chain_id,
                                                       Bytes address) const {
  return find(key_of("typed", chain_id, address) + "/",
              [](const clear::Descriptor& one) { return !one.is_for_calls(); });
}

Status check_known(const Snapshot& snapshot, std::string_view key, Bytes content) {
  if (key.starts_with("file/")) {
    AIRLOCK_TRY(json::Tree::parse(text_of(content), clear::kDescriptorSizeMax));
    return {};
  }
  if (content.size() > kKnownSizeMax) return fail(Code::oversized, content.size());
  if (key.starts_with("name/"))
    return text::is_utf8(text_of(content)) ? Status() : fail(Code::bad_pack);
  if (key.starts_with("clear/") || key.starts_with("typed/")) {
    // clear/CHAIN/ADDRESS/NAME: the name may hold slashes.
    std::size_t at = 0;
    for (int slashes = 0; slashes < 3; ++slashes) {
      at = key.find('/', at);
      if (at == std::string_view::npos) return fail(Code::bad_pack);
      ++at;
    }
    AIRLOCK_ASSIGN(const clear::Descriptor* descriptor, snapshot.descriptor(key.substr(at)));
    if (descriptor->is_for_calls() != key.starts_with("clear/") || !content.empty())
      return fail(Code::bad_pack);
    return {};
  }
  AIRLOCK_ASSIGN(const json::Tree tree, json::Tree::parse(text_of(content), kKnownSizeMax));
  AIRLOCK_TRY(decimals_of(tree.root()));
  AIRLOCK_TRY(json::text(tree.root(), "symbol", clear::kWordMax));
  return {};
}

}  // namespace airlock::abi
