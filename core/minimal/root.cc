#include "core/minimal/internal.h"

namespace airlock::minimal {
namespace {

Result<crypto::PublicKey> take_key(Cursor& cursor) {
  std::array<std::uint8_t, crypto::kEd25519KeySize> raw{};
  AIRLOCK_TRY(cursor.take("\""));
  AIRLOCK_TRY(cursor.take_hex(raw));
  AIRLOCK_TRY(cursor.take("\""));
  return crypto::make_public_key(crypto::Algorithm::eddsa, raw);
}

bool ascends(const Root& root, const crypto::PublicKey& key) {
  if (root.keys.empty()) return true;
  return std::ranges::lexicographical_compare(root.keys.last().view(), key.view());
}

}  // namespace

Result<Root> read_root(std::string_view text) {
  if (text.size() > kRootSizeMax) return fail(Code::oversized, text.size());
  Root root;
  Cursor cursor(text);
  AIRLOCK_TRY(cursor.take("{\"keys\":["));
  do {
    AIRLOCK_ASSIGN(const crypto::PublicKey key, take_key(cursor));
    if (!ascends(root, key) || !root.keys.add(key)) return cursor.here();
  } while (cursor.skip(","));
  AIRLOCK_TRY(cursor.take("],\"threshold\":"));
  AIRLOCK_ASSIGN(const std::uint64_t threshold, cursor.take_number());
  AIRLOCK_TRY(cursor.take("}"));
  if (!cursor.is_done() || threshold < 1 || threshold > root.keys.size()) return cursor.here();
  root.threshold = static_cast<std::size_t>(threshold);
  return root;
}

}  // namespace airlock::minimal
