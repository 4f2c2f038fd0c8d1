#include <algorithm>
#include <array>

#include "engine/abi/evm/evm.h"
#include "engine/abi/loader.h"

namespace airlock::abi {
namespace {

using type::Map;
using type::OwnedMap;

class EvmLoader final : public Loader {
 public:
  std::string_view name() const override { return "evm"; }
  std::span<const std::string_view> chains() const override {
    static constexpr std::array<std::string_view, 1> kChains = {"eip155"};
    return kChains;
  }
  Result<OwnedMap> load(const Source& source) const override {
    if (source.files.size() != 1) return fail(Code::bad_abi);
    return evm::load(text_of(source.files[0]), source.name);
  }
  Status check(const Map& map) const override { return evm::check(map); }
  Result<Reading> read(const Map& map, Bytes data, type::Tape& tape) const override {
    AIRLOCK_ASSIGN(const evm::Decoded decoded, evm::decode_call(map, data, tape));
    return Reading{decoded.entry, decoded.node, decoded.is_canonical};
  }
  Result<Reading> read_other(const Map& map, const Question& question,
                             type::Tape& tape) const override {
    AIRLOCK_ASSIGN(const evm::Decoded decoded, decode_other(map, question, tape));
    return Reading{decoded.entry, decoded.node, decoded.is_canonical};
  }
  Result<std::vector<std::uint8_t>> write(const Map& map, const type::Entry& entry,
                                          json::Node arguments) const override {
    return evm::encode_call(map, entry, arguments);
  }
  Result<std::string> address(std::string_view text) const override {
    AIRLOCK_ASSIGN(const auto bytes, type::read_address(text, type::AddressForm::eip55, 20));
    std::string key;
    type::append_hex(key, bytes);
    return key;
  }
  Result<std::string> target_of(Bytes) const override { return fail(Code::not_found); }

 private:
  static Result<evm::Decoded> decode_other(const Map& map, const Question& question,
                                           type::Tape& tape) {
    switch (question.subject) {
      case Subject::output: {
        AIRLOCK_ASSIGN(const type::Entry* entry,
                       map.find_named(type::EntryKind::function, question.name));
        AIRLOCK_ASSIGN(evm::Decoded decoded, evm::decode_return(map, *entry, question.data, tape));
        decoded.entry = entry;
        return decoded;
      }
      case Subject::error: return evm::decode_error(map, question.data, tape);
      case Subject::event: return evm::decode_event(map, question.data, question.topics, tape);
      case Subject::account: return fail(Code::unknown_call);
    }
    return fail(Code::unknown_call);
  }
};

}  // namespace

Result<const Loader*> loader_of(Loaders loaders, std::string_view chain) {
  const std::string_view space = chain.substr(0, chain.find(':'));
  for (const auto& loader : loaders) {
    if (std::ranges::find(loader->chains(), space) != loader->chains().end()) return loader.get();
  }
  return fail(Code::loader_missing);
}

std::vector<std::shared_ptr<const Loader>> standard_loaders() {
  return {std::make_shared<const EvmLoader>()};
}

}  // namespace airlock::abi
