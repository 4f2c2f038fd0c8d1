// Any bytes as a payload and as a transaction of Aptos: refused, or each type argument that was
// read is written and read again alike. Two bytes of length, a module, a payload: decoded within
// limits.
#include <vector>

#include "engine/abi/move/move.h"

using namespace airlock;
using namespace airlock::abi;

namespace {

void check_tags(const move::EntryCall& call) {
  for (std::size_t i = 0; i < call.tag_count; ++i) {
    std::string text;
    move::append_tag(text, call.tags[i]);
    const auto again = move::read_tag(text);
    AIRLOCK_CHECK(again && equal(*again, call.tags[i]));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static std::vector<type::Node> room(4096);
  const Bytes input(data, size);
  if (const auto call = move::read_payload(input)) check_tags(*call);
  if (const auto transaction = move::read_transaction(input)) check_tags(transaction->call);
  (void)move::read_tag(text_of(input));
  (void)move::Names::read(text_of(input));
  if (size < 2) return 0;
  const std::size_t module_size = std::size_t{data[0]} << 8 | data[1];
  if (module_size > size - 2) return 0;
  const Bytes module = input.subspan(2, module_size), payload = input.subspan(2 + module_size);
  const auto map = move::load({&module, 1});
  const auto call = move::read_payload(payload);
  if (!map || !call) return 0;
  type::Tape tape(room);
  if (!move::decode_call(map->map(), *call, payload, tape)) return 0;
  std::string json;
  (void)append_json(json, type::Value(map->map(), tape.nodes(), payload), type::Shape::named);
  return 0;
}
