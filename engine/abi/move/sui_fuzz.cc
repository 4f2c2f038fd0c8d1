// Any bytes as a transaction of Sui: refused, or shown as valid JSON within its limit.
#include "engine/abi/move/move.h"

using namespace airlock;
using namespace airlock::abi;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto transaction = move::read_sui_transaction({data, size});
  if (!transaction) return 0;
  std::string json;
  if (!move::append_sui_json(json, *transaction)) return 0;
  AIRLOCK_CHECK(json::Tree::parse(json, json.size(), json::Nul::in_texts));
  return 0;
}
