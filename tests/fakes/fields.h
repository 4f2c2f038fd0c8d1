// CBOR taken apart, so that a test can put it together wrong.
//
// Fields is one map with integer keys, Items one array; both keep the encodings of what they hold
// and write it back in the order in which it stands, however wrong that is:
//
//   fakes::Fields fields(release.encode());
//   fields.at(4) = fakes::cbor_text("not a version");
//   EXPECT_FALSE(Manifest::parse(fields.encode()));
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "core/codec/codec.h"

namespace airlock::fakes {

using Encoding = std::vector<std::uint8_t>;

inline constexpr std::size_t kFieldRoom = 64 << 10;

// cbor returns what `write` writes.
template <class Write>
Encoding cbor(Write write) {
  Encoding buffer(kFieldRoom);
  codec::CborWriter writer{MutableBytes(buffer)};
  write(writer);
  buffer.resize(writer.finish().value().size());
  return buffer;
}

inline Encoding cbor_number(std::uint64_t value) {
  return cbor([&](codec::CborWriter& writer) { writer.write_unsigned(value); });
}
inline Encoding cbor_integer(std::int64_t value) {
  return cbor([&](codec::CborWriter& writer) { writer.write_integer(value); });
}
inline Encoding cbor_text(std::string_view text) {
  return cbor([&](codec::CborWriter& writer) { writer.write_text(text); });
}
inline Encoding cbor_bytes(Bytes bytes) {
  return cbor([&](codec::CborWriter& writer) { writer.write_bytes(bytes); });
}

struct Items {
  std::vector<Encoding> items;

  Items() = default;
  explicit Items(Bytes array) {
    codec::CborReader reader(array);
    const std::size_t count = reader.read_array(SIZE_MAX).value();
    for (std::size_t i = 0; i < count; ++i) {
      const Bytes item = reader.skip_item().value();
      items.emplace_back(item.begin(), item.end());
    }
  }
  Encoding encode() const {
    return cbor([&](codec::CborWriter& writer) {
      writer.write_array(items.size());
      for (const Encoding& item : items) writer.write_raw(item);
    });
  }
};

struct Fields {
  std::vector<std::pair<std::int64_t, Encoding>> entries;

  explicit Fields(Bytes map) {
    codec::CborReader reader(map);
    const std::size_t count = reader.read_map(SIZE_MAX).value();
    for (std::size_t i = 0; i < count; ++i) {
      const std::int64_t key = reader.read_integer().value();
      const Bytes value = reader.skip_item().value();
      entries.emplace_back(key, Encoding(value.begin(), value.end()));
    }
  }
  // at returns the value of a key, which must be there.
  Encoding& at(std::int64_t key) {
    for (auto& [found, value] : entries) {
      if (found == key) return value;
    }
    broken_promise();
  }
  void erase(std::int64_t key) {
    std::erase_if(entries, [&](const auto& entry) { return entry.first == key; });
  }
  void append(std::int64_t key, Encoding value) { entries.emplace_back(key, std::move(value)); }
  Encoding encode() const {
    return cbor([&](codec::CborWriter& writer) {
      writer.write_map(entries.size());
      for (const auto& [key, value] : entries) {
        writer.write_integer(key);
        writer.write_raw(value);
      }
    });
  }
};

}  // namespace airlock::fakes
