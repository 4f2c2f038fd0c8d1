#include "core/entry/entry.h"
#include "engine/embed/handles.h"
#include "engine/swap/swap.h"

namespace {

using namespace airlock;

// The header is plain C and says numbers; here they are held against the lists that they are of.
constexpr bool same(int number, Code code) { return number == static_cast<int>(code); }
static_assert(same(AIRLOCK_ABI_OK, Code::ok));
static_assert(same(AIRLOCK_ABI_OVERSIZED, Code::oversized));
static_assert(same(AIRLOCK_ABI_MISSING_FIELD, Code::missing_field));
static_assert(same(AIRLOCK_ABI_NO_ROOM, Code::no_room));
static_assert(same(AIRLOCK_ABI_BAD_TEXT, Code::bad_text));
static_assert(same(AIRLOCK_ABI_OUT_OF_RANGE, Code::out_of_range));
static_assert(same(AIRLOCK_ABI_TOO_MANY, Code::too_many));
static_assert(same(AIRLOCK_ABI_BAD_JSON, Code::bad_json));
static_assert(same(AIRLOCK_ABI_BAD_SEMVER, Code::bad_semver));
static_assert(same(AIRLOCK_ABI_WRONG_MAGIC, Code::wrong_magic));
static_assert(same(AIRLOCK_ABI_NOT_FOUND, Code::not_found));
static_assert(same(AIRLOCK_ABI_UNKNOWN_CALL, Code::unknown_call));
static_assert(same(AIRLOCK_ABI_CHAIN_REFUSES, Code::chain_refuses));
static_assert(same(AIRLOCK_ABI_OVER_BUDGET, Code::over_budget));
static_assert(same(AIRLOCK_ABI_BAD_TYPE, Code::bad_type));
static_assert(same(AIRLOCK_ABI_AMBIGUOUS, Code::ambiguous));
static_assert(same(AIRLOCK_ABI_BAD_VALUE, Code::bad_value));
static_assert(same(AIRLOCK_ABI_BAD_PACK, Code::bad_pack));
static_assert(same(AIRLOCK_ABI_GOLDEN_CASE_FAILED, Code::golden_case_failed));
static_assert(same(AIRLOCK_ABI_ENTRY_MISMATCH, Code::entry_mismatch));
static_assert(same(AIRLOCK_ABI_LOADER_MISSING, Code::loader_missing));
static_assert(same(AIRLOCK_ABI_EXPECTED_OTHERWISE, Code::expected_otherwise));
static_assert(AIRLOCK_ABI_KEY_SIZE_MAX == entry::kKeyMax);
static_assert(AIRLOCK_ABI_ROOT_SIZE == crypto::Digest::kSize);
static_assert(AIRLOCK_ABI_DIGEST_SIZE == crypto::Digest::kSize);
static_assert(AIRLOCK_ABI_MESSAGE_SIZE_MAX == abi::clear::kMessageSizeMax);
static_assert(AIRLOCK_ABI_READERS_MAX == swap::kReadersMax);

// A number that no code has becomes one that is on no list, so that it is named as unknown.
Code code_of(int error) {
  constexpr auto kNoCode = static_cast<Code>(0xffff);
  const bool fits = error >= 0 && error < 0xffff;
  return fits ? static_cast<Code>(error) : kNoCode;
}

}  // namespace

// Names and texts are literals, so that a NUL stands behind them.
const char* airlock_abi_error_name(int error) { return name(code_of(error)).data(); }
const char* airlock_abi_error_text(int error) { return explain(code_of(error)).data(); }

const char* airlock_abi_library_version(void) { return AIRLOCK_VERSION; }
