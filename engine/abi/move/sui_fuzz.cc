// Any bytes as a transaction of Sui: refused, or shown as valid JSON within its limit, which is
// written again as the same bytes.
#include "engine/abi/move/move.h"

using namespace airlock;
using namespace airlock::abi;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto transaction = move::read_sui_transaction({data, size});
  if (!transaction) return 0;
  std::string json;
  if (!move::append_sui_json(json, *transaction)) return 0;
  const auto tree = json::Tree::parse(json, json.size(), json::Nul::in_texts);
  AIRLOCK_CHECK(tree);
  const auto again = move::encode_sui_transaction(tree->root());
  AIRLOCK_CHECK(again && equal(*again, {data, size}));
  return 0;
}
