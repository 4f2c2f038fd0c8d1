#include "engine/abi/evm/internal/entries.h"

#include "core/crypto/keccak.h"
#include "engine/abi/evm/internal/names.h"
#include "engine/abi/evm/limits.h"

namespace airlock::abi::evm::internal {

using type::EntryKind;

std::size_t key_size(EntryKind kind, std::uint8_t flags) {
  switch (kind) {
    case EntryKind::function:
    case EntryKind::error: return kSelectorSize;
    case EntryKind::event: return (flags & type::kIsAnonymous) != 0 ? 0 : kWordSize;
    case EntryKind::constructor:
    case EntryKind::fallback:
    case EntryKind::receive:
    case EntryKind::account:
    case EntryKind::record: return 0;
  }
  return 0;
}

Result<bool> Entries::add(const Draft& draft) {
  const bool has_name = draft.kind == EntryKind::function || draft.kind == EntryKind::event ||
                        draft.kind == EntryKind::error;
  if (has_name && !is_identifier(draft.name)) return fail(Code::bad_abi);
  const std::string signature = std::string(draft.name) + draft.inputs;
  const crypto::Digest hash = crypto::keccak256(bytes_of(signature));
  const Bytes key = Bytes(hash.bytes).first(key_size(draft.kind, draft.flags));
  // Without a key it is the signature that must not come twice.
  std::string answers_to(text_of(key));
  const bool is_alone = draft.kind == EntryKind::constructor || draft.kind == EntryKind::fallback ||
                        draft.kind == EntryKind::receive;
  if (key.empty() && !is_alone) answers_to = signature;
  const std::string wire = signature + '>' + draft.outputs + draft.indexed;
  const auto [place, is_new] = kept_.try_emplace({draft.kind, std::move(answers_to)}, wire);
  if (!is_new) {
    if (place->second != wire) return fail(Code::ambiguous);
    return false;
  }
  builder_.add({.kind = draft.kind,
                .flags = draft.flags,
                .name = builder_.text(draft.name),
                .key = builder_.bytes(key),
                .signature = builder_.text(signature),
                .input = draft.input,
                .output = draft.output});
  return true;
}

}  // namespace airlock::abi::evm::internal
