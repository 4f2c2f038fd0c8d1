// A byte that chooses the framing, and a message: refused, or every index in it leads somewhere.
#include "engine/abi/solana/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace airlock;
  using abi::solana::Framing;
  using abi::solana::Message;
  if (size == 0) return 0;
  const Bytes bytes(data + 1, size - 1);
  (void)Message::read_any(bytes);
  const auto message =
      Message::read(bytes, (data[0] & 1) != 0 ? Framing::transaction : Framing::message);
  if (!message) return 0;
  for (std::size_t i = 0; i < message->key_count(); ++i) {
    const abi::solana::MessageKey key = message->key(i);
    AIRLOCK_CHECK(key.is_known() != (key.table.size() == abi::solana::kKeySize));
  }
  std::size_t count = 0;
  for (const abi::solana::Instruction instruction : *message) {
    AIRLOCK_CHECK(message->key(instruction.program).is_known());
    for (const std::uint8_t place : instruction.accounts) (void)message->key(place);
    ++count;
  }
  AIRLOCK_CHECK(count == message->instruction_count());
  return 0;
}
