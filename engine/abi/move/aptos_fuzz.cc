// Any bytes as a payload and as a transaction of Aptos: refused, or each type argument that was
// read is written and read again alike. Two bytes of length, a module, a payload: decoded within
// limits.
#include <vector>

#include "engine/abi/move/move.h"

using namespace airlock;
using namespace airlock::abi;

namespace {

void check_tags(std::span<const Bytes> tags) {
  for (const Bytes tag : tags) {
    std::string text;
    move::append_tag(text, tag);
    const auto again = move::read_tag(text);
    AIRLOCK_CHECK(again && equal(*again, tag));
  }
}

void show(const type::Map& map, const type::Tape& tape, Bytes data) {
  std::string json;
  (void)append_json(json, type::Value(map, tape.nodes(), data), type::Shape::named);
}

void check(const move::Payload& payload, Bytes data, std::span<type::Node> room) {
  check_tags(std::span(payload.call.tags).first(payload.call.tag_count));
  check_tags(std::span(payload.script.tags).first(payload.script.tag_count));
  if (payload.kind != move::PayloadKind::script) return;
  const auto map = move::load_script(payload.script.code);
  type::Tape tape(room);
  if (map && move::decode_script(map->map(), payload.script, data, tape))
    show(map->map(), tape, data);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static std::vector<type::Node> room(4096);
  const Bytes input(data, size);
  if (const auto payload = move::read_payload(input)) check(*payload, input, room);
  if (const auto transaction = move::read_transaction(input))
    check(transaction->payload, input, room);
  (void)move::read_tag(text_of(input));
  (void)move::Names::read(text_of(input));
  if (size < 2) return 0;
  const std::size_t module_size = std::size_t{data[0]} << 8 | data[1];
  if (module_size > size - 2) return 0;
  const Bytes module = input.subspan(2, module_size), payload = input.subspan(2 + module_size);
  const auto map = move::load({&module, 1});
  const auto read = move::read_payload(payload);
  if (!map || !read) return 0;
  type::Tape tape(room);
  if (move::decode_call(map->map(), read->call, payload, tape)) show(map->map(), tape, payload);
  return 0;
}
