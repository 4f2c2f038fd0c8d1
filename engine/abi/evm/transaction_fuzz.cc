// What is read stands inside the bytes, and only the whole of them is a transaction.
#include "engine/abi/evm/transaction.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace airlock;
  const auto read = abi::evm::read_transaction({data, size});
  if (!read) return 0;
  AIRLOCK_CHECK(!read->to || read->to->size() == 20);
  AIRLOCK_CHECK(read->data.empty() || (read->data.data() >= data &&
                                       read->data.data() + read->data.size() <= data + size));
  AIRLOCK_CHECK(!abi::evm::read_transaction({data, size - 1}));
  return 0;
}
