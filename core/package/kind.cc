#include "core/package/kind.h"

namespace airlock::package {

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::firmware: return "firmware";
    case Kind::abi_pack: return "abi-pack";
    case Kind::fee_policy: return "fee-policy";
    case Kind::fee_plugin: return "fee-plugin";
    case Kind::advisory: return "advisory";
    case Kind::keyring: return "keyring";
  }
  broken_promise();
}

Result<Kind> kind_named(std::string_view name) {
  for (Kind kind : kKinds) {
    if (name_of(kind) == name) return kind;
  }
  return fail(Code::out_of_range);
}

Result<Kind> known_kind(std::uint64_t number) {
  for (Kind kind : kKinds) {
    if (static_cast<std::uint64_t>(kind) == number) return kind;
  }
  return fail(Code::out_of_range, number);
}

}  // namespace airlock::package
