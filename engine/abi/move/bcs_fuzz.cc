// A type map and bytes of one of its types: refused, or written again from its JSON to the very
// same bytes, because BCS has one spelling for a value. The first byte chooses the type.
#include <vector>

#include "engine/abi/move/move.h"

using namespace airlock;
using namespace airlock::abi;

namespace {

constexpr auto kUleb = static_cast<std::uint16_t>(type::Prefix::uleb);

type::OwnedMap make_map() {
  type::Builder builder("move", type::Order::little, type::AddressForm::hex);
  std::vector<std::uint32_t> made;
  const auto add = [&](type::Form form, unsigned size, std::uint32_t first = 0) {
    type::Type one;
    one.form = form;
    one.size = static_cast<std::uint16_t>(size);
    one.first = first;
    made.push_back(builder.add(one));
    return made.back();
  };
  add(type::Form::boolean, 0);
  for (const unsigned bits : {8U, 16U, 32U, 64U, 128U, 256U})
    add(type::Form::unsigned_integer, bits);
  add(type::Form::signed_integer, 64);
  add(type::Form::address, 32);
  add(type::Form::bytes, kUleb);
  add(type::Form::text, kUleb);
  for (std::uint32_t i = 0; i < 11; ++i)
    add(type::Form::option, 1, add(type::Form::list, kUleb, made[i]));
  std::vector<type::Field> fields;
  for (const std::uint32_t inner : made)
    fields.push_back({builder.text("f" + std::to_string(inner)),
                      inner,
                      static_cast<std::uint32_t>(fields.size()),
                      {}});
  type::Type whole;
  whole.form = type::Form::choice;
  whole.size = kUleb;
  whole.count = static_cast<std::uint32_t>(fields.size());
  whole.first = builder.add_fields(fields);
  const std::uint32_t choice = builder.add(whole);
  add(type::Form::list, kUleb, choice);
  whole.form = type::Form::tuple;
  whole.size = 0;
  builder.add(whole);
  return *builder.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const type::OwnedMap map = make_map();
  static std::vector<type::Node> room(4096);
  if (size == 0) return 0;
  const auto root = static_cast<std::uint32_t>(data[0] % map->types().size());
  const Bytes input(data + 1, size - 1);
  type::Tape tape(room);
  if (!move::decode_all(map.map(), root, {}, input, tape)) return 0;
  std::string json;
  AIRLOCK_CHECK(append_json(json, type::Value(map.map(), tape.nodes(), input), type::Shape::named));
  const auto tree = json::Tree::parse(json, json.size(), json::Nul::in_texts);
  if (!tree) return 0;  // too deep for JSON
  std::vector<std::uint8_t> again;
  AIRLOCK_CHECK(move::encode(map.map(), root, {}, tree->root(), again));
  AIRLOCK_CHECK(equal(again, input));
  return 0;
}
