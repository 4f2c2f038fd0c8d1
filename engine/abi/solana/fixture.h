// What the tests of this room share: an IDL from a few lines, bytes from hexadecimal, JSON of a
// call.
#pragma once

#include <fstream>
#include <sstream>

#include "engine/abi/solana/solana.h"
#include "engine/abi/type/spelling.h"
#include "host/text/text.h"

namespace airlock::abi::solana {

using Buffer = std::vector<std::uint8_t>;

inline Buffer hex(std::string_view digits) { return text::from_hex(digits).value(); }

// idl_of makes an IDL with one instruction, "call", whose discriminator is [1].
inline std::string idl_of(std::string_view arguments, std::string_view types = "") {
  return "{\"instructions\":[{\"name\":\"call\",\"discriminator\":[1],\"accounts\":[],\"args\":[" +
         std::string(arguments) + "]}],\"types\":[" + std::string(types) + "]}";
}

inline type::OwnedMap loaded(std::string_view json) {
  auto map = load(json);
  AIRLOCK_CHECK(map.has_value());
  return std::move(*map);
}

inline type::OwnedMap native(const std::string& program) {
  std::ostringstream text;
  text << std::ifstream("engine/abi/solana/native/" + program + ".json").rdbuf();
  return loaded(text.view());
}

// read returns "NAME JSON", with '!' behind it where the data is not canonical, or the code.
inline std::string read(const type::Map& map, Bytes data,
                        Result<Decoded> (*decode)(const type::Map&, Bytes,
                                                  type::Tape&) = decode_instruction) {
  std::vector<type::Node> room(type::kTapeNodes);
  type::Tape tape(room);
  const auto decoded = decode(map, data, tape);
  if (!decoded) return std::string(name(decoded.error().code));
  std::string text(map.text(decoded->entry->name));
  text += ' ';
  const type::Value value(map, tape.nodes(), data);
  AIRLOCK_CHECK(type::append_json(text, value, type::Shape::named).has_value());
  if (!decoded->canonical) text += '!';
  return text;
}

// written returns the data of a call in hexadecimal, or the code.
inline std::string written(const type::Map& map, std::string_view call, std::string_view json) {
  const auto entry = map.find_named(type::EntryKind::function, call);
  if (!entry) return std::string(name(entry.error().code));
  const auto tree = json::Tree::parse(json, json.size());
  AIRLOCK_CHECK(tree.has_value());
  const auto data = encode(map, **entry, tree->root());
  return data ? text::to_hex(*data) : std::string(name(data.error().code));
}

}  // namespace airlock::abi::solana
