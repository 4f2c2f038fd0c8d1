// The keys of this room's CBOR maps, and the one loop that reads such a map.
//
// Numbers are wire format: append, never renumber, never reuse (docs/formats/manifest.md and
// docs/formats/keyring.md list them for people).
#pragma once

#include <cstdint>
#include <limits>

#include "core/base/base.h"
#include "core/codec/codec.h"

namespace airlock::package::internal {

enum class ManifestKey : codec::FieldKey {
  format = 1,
  kind = 2,
  models = 3,
  version = 4,
  security_version = 5,
  created = 6,
  not_before = 7,
  expires = 8,
  from_versions = 9,
  bootloader_min = 10,
  secure_boot_min = 11,
  data_version = 12,
  data_version_min = 13,
  ramp = 14,
  notes = 15,
  content = 16,
  components = 17,
  entries = 18,
};
enum class EntriesKey : codec::FieldKey { root = 1, count = 2 };
enum class RampKey : codec::FieldKey { start = 1, seed = 2, stages = 3 };
enum class ComponentKey : codec::FieldKey { id = 1, images = 2, payloads = 3 };
enum class ImageKey : codec::FieldKey { load_address = 1, size = 2, digest = 3, block_digests = 4 };
enum class PayloadKey : codec::FieldKey {
  type = 1,
  image = 2,
  size = 3,
  digest = 4,
  head_size = 5,
  root = 6,
  piece_size = 7,
  decoder_memory = 8,
  base_size = 9,
  base_digest = 10,
  scratch_size = 11,
};
enum class KeyringKey : codec::FieldKey {
  format = 1,
  version = 2,
  created = 3,
  groups = 4,
  keys = 5,
  policies = 6,
  retained = 7,
  log = 8,
  certificate_roots = 9,
};
enum class LogKey : codec::FieldKey { origin = 1, public_key = 2, witnesses = 3, required = 4 };
enum class WitnessKey : codec::FieldKey { name = 1, public_key = 2 };
enum class SignerKey : codec::FieldKey { algorithm = 1, public_key = 2, group = 3, name = 4 };

// Places of a clause, and what stands in the last one: a signer's key must be certified.
inline constexpr std::size_t kClausePartsMin = 2;  // group, threshold
inline constexpr std::size_t kClausePartsMax = 4;  // algorithms, conditions
inline constexpr std::uint64_t kConditionCertified = 1;

// A set of keys, one bit each.
template <class... Keys>
constexpr std::uint32_t key_set(Keys... keys) {
  return (0U | ... | (1U << static_cast<unsigned>(keys)));
}

// What a map must hold, and how many entries it may have.
struct MapShape {
  std::uint32_t required = 0;
  std::size_t entries_max = 0;
};

// placed makes `at` of an error the offset of the item that was read from `start` on, unless a part
// of that item was named already. So whoever has the bytes can tell the field (fault.h).
Status placed(const Status& read, const codec::CborReader& reader, std::size_t start);

// FieldsOf are those of one map of a shape: an error is placed, and a required key that did not
// come is missing_field (at = the map).
class FieldsOf {
 public:
  FieldsOf(codec::CborReader& reader, const MapShape& shape);

  bool next() { return fields_.next(); }
  codec::FieldKey key() const { return fields_.key(); }
  void took(const Status& value);
  Status finish() const;

 private:
  codec::CborReader& reader_;
  std::size_t start_;
  std::uint32_t required_;
  codec::CborFields fields_;
};

// read_map reads one map: read_one(key) reads the value of each key in turn and refuses the keys
// that it does not know.
template <class ReadOne>
Status read_map(codec::CborReader& reader, const MapShape& shape, ReadOne read_one) {
  FieldsOf fields(reader, shape);
  while (fields.next()) fields.took(read_one(fields.key()));
  return fields.finish();
}

// read_items reads `count` items of an array, one by each call of read_item.
template <class ReadItem>
Status read_items(codec::CborReader& reader, std::size_t count, ReadItem read_item) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t start = reader.position();
    AIRLOCK_TRY(placed(read_item(), reader, start));
  }
  return {};
}

// offset_of finds the value of a key in a map that was read before: 0, the map itself, where the
// key is not in it.
std::size_t offset_of(Bytes map, std::int64_t key);
template <class Field>
std::size_t offset_of(Bytes map, Field field) {
  return offset_of(map, static_cast<std::int64_t>(field));
}

// present refuses an optional list or text that is there but empty: absence is its one encoding.
inline Status present(std::size_t size) {
  if (size == 0) return fail(Code::not_canonical);
  return {};
}

}  // namespace airlock::package::internal
