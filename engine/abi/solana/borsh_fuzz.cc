// An IDL, two bytes of length before it, and data: what decodes as canonical is, encoded again, the
// same bytes.
#include "engine/abi/solana/solana.h"
#include "engine/abi/type/spelling.h"

namespace {

using namespace airlock;
using abi::solana::Decoded;

void hold(const abi::type::Map& map, Bytes data, const Result<Decoded>& read,
          const abi::type::Tape& tape) {
  if (!read || !read->canonical) return;
  AIRLOCK_CHECK(read->used == data.size());
  std::string json;
  if (!abi::type::append_json(json, abi::type::Value(map, tape.nodes(), data),
                              abi::type::Shape::positional))
    return;
  const auto tree = json::Tree::parse(json, json.size(), json::Nul::in_texts);
  if (!tree) return;  // nested deeper than JSON may be
  const auto again = abi::solana::encode(map, *read->entry, tree->root());
  AIRLOCK_CHECK(again.has_value());
  AIRLOCK_CHECK(data.size() >= again->size());
  AIRLOCK_CHECK(equal(data.last(again->size()), *again));  // an event by call has more before it
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static std::vector<abi::type::Node> room(4096);
  if (size < 2) return 0;
  const std::size_t length = std::size_t{data[0]} << 8 | data[1];
  if (length > size - 2) return 0;
  const auto map = abi::solana::load(text_of({data + 2, length}));
  if (!map) return 0;
  const Bytes call(data + 2 + length, size - 2 - length);
  abi::type::Tape tape(room);
  hold(map->map(), call, abi::solana::decode_instruction(map->map(), call, tape), tape);
  hold(map->map(), call, abi::solana::decode_event(map->map(), call, tape), tape);
  hold(map->map(), call, abi::solana::decode_account(map->map(), call, tape), tape);
  return 0;
}
