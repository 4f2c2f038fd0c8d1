// Deterministic CBOR, read and written without heap.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "core/base/base.h"

namespace airlock::codec {

enum class CborType : std::uint8_t {
  unsigned_integer = 0,
  negative_integer = 1,
  bytes = 2,
  text = 3,
  array = 4,
  map = 5,
  tag = 6,
  simple = 7,
};

// Items inside items; the limit of skip_item and of every format built on this reader.
inline constexpr std::size_t kCborDepthMax = 16;

// CborReader walks over one CBOR encoding. Each call consumes one head or one item, or fails and
// leaves the position where it was. What it returns points into the input, which must outlive it.
// Errors: truncated, not_canonical, wrong_type, oversized, too_many, too_deep, bad_text.
class CborReader {
 public:
  explicit CborReader(Bytes input) : input_(input) {}

  std::size_t position() const { return position_; }
  bool at_end() const { return position_ == input_.size(); }
  // since is what was read from a position on.
  Bytes since(std::size_t start) const { return input_.subspan(start, position_ - start); }

  Result<CborType> peek() const;
  Result<std::uint64_t> read_unsigned(std::uint64_t max = UINT64_MAX);
  Result<std::int64_t> read_integer();
  Result<bool> read_bool();
  Result<Bytes> read_bytes(std::size_t max);
  // read_text checks that the text is valid UTF-8 without control characters other than newline.
  Result<std::string_view> read_text(std::size_t max);
  Result<std::size_t> read_array(std::size_t max);
  Result<std::size_t> read_map(std::size_t max);
  Result<std::uint64_t> read_tag();
  Status read_null();

  // read_exactly reads a byte string of exactly to.size() bytes into `to`.
  Status read_exactly(MutableBytes to);

  // skip_item steps over one whole item of any type and returns its encoding, checked.
  Result<Bytes> skip_item();

  // finish is an error (trailing_bytes) unless everything was read.
  Status finish() const;

 private:
  struct Head {
    CborType type;
    std::uint64_t value;
    std::size_t size;
  };
  Result<Head> head() const;
  Result<std::uint64_t> take(CborType type, std::uint64_t max);
  Result<Bytes> take_string(CborType type, std::size_t max);

  Bytes input_;
  std::size_t position_ = 0;
};

// Items to where they belong, with the errors of CborReader; what stands there stays where one is
// answered. read_number reads an unsigned integer of at most `max`: what its type holds, where
// nothing else is said. Out of line: most of reading a map is calls of these.
template <class Number>
[[gnu::noinline]] Status read_number(CborReader& reader, Number& to, std::uint64_t max) {
  AIRLOCK_ASSIGN(const std::uint64_t number, reader.read_unsigned(max));
  to = static_cast<Number>(number);
  return {};
}
template <std::integral Number>
[[gnu::noinline]] Status read_number(CborReader& reader, Number& to) {
  return read_number(reader, to, std::uint64_t{std::numeric_limits<Number>::max()});
}
Status read_text(CborReader& reader, std::string_view& to, std::size_t max);
Status read_bytes(CborReader& reader, Bytes& to, std::size_t max);

// read_format reads the version of a format: another one than `known` is unsupported_version (at =
// the version). pass_over reads any item, such as a field of a later version.
Status read_format(CborReader& reader, std::uint64_t known);
Status pass_over(CborReader& reader);

// CborMapReader reads the integer keys of one map in order. Use: read_map's count, then next_key
// until it answers that the map is done; each key's value is read from the same reader between.
// Keys that do not ascend are not_canonical, equal ones duplicate_key.
class CborMapReader {
 public:
  // enter reads the head of the map.
  static Result<CborMapReader> enter(CborReader& reader, std::size_t entries_max);

  bool done() const { return left_ == 0; }
  // next_key reads the next key; the map must not be done.
  Result<std::int64_t> next_key();

 private:
  CborMapReader(CborReader& reader, std::size_t count) : reader_(&reader), left_(count) {}

  CborReader* reader_;
  std::size_t left_;
  bool first_ = true;
  std::int64_t last_ = 0;
};

// The keys of a format's fields are small. Any other key is kFarKey, which is no field's.
using FieldKey = std::int32_t;
inline constexpr FieldKey kFarKey = INT32_MAX;

// CborFields is the loop over one map, all but reading a value, so that each map's own code is
// short:
//
//   CborFields fields(reader, entries_max);
//   while (fields.next()) fields.took(read_value_of(fields.key()));
//   return fields.finish();
class CborFields {
 public:
  CborFields(CborReader& reader, std::size_t entries_max)
      : reader_(reader), map_(CborMapReader::enter(reader, entries_max)) {}

  // next reads the next key; false is the map's end, or an error that finish answers.
  bool next();
  FieldKey key() const { return key_; }
  std::size_t value_at() const { return value_at_; }
  // took is told what reading the key's value answered.
  void took(const Status& value);
  // seen has a bit for each key from 0 to 31 that came.
  std::uint32_t seen() const { return seen_; }
  // finish answers the first error.
  Status finish() const;

 private:
  CborReader& reader_;
  Result<CborMapReader> map_;
  Status value_;
  FieldKey key_ = 0;
  std::size_t value_at_ = 0;
  std::uint32_t seen_ = 0;
};

// CborWriter writes into a buffer that the caller owns. An overflow is remembered and answered by
// finish, so that a sequence of writes needs one check. The caller writes map keys in order
// (0, 1, .. then -1, -2, ..); the reader holds it to that.
class CborWriter {
 public:
  explicit CborWriter(MutableBytes output) : output_(output) {}

  void write_unsigned(std::uint64_t value);
  void write_integer(std::int64_t value);
  void write_bool(bool value);
  void write_null();
  void write_bytes(Bytes bytes);
  void write_text(std::string_view text);
  void write_array(std::size_t count);
  void write_map(std::size_t count);
  void write_tag(std::uint64_t tag);
  // write_raw copies an item that is already encoded.
  void write_raw(Bytes encoded);
  // write_bytes_head begins a byte string whose `size` bytes follow by write_raw.
  void write_bytes_head(std::size_t size);

  // size returns how many bytes the encoding needs, even past the end of the buffer.
  std::size_t size() const { return size_; }

  // finish returns the encoding, or no_room with the size that it needs.
  Result<Bytes> finish() const;

 private:
  friend class CborMapWriter;
  void write_head(CborType type, std::uint64_t value);
  void put(std::uint8_t byte);

  MutableBytes output_;
  std::size_t size_ = 0;
};

// CborMapWriter writes a map of at most kEntriesMax entries, and counts them as their keys come:
// the number is in the map's head when this goes. Nothing else may be written to the writer between
// an entry's value and the next key.
class CborMapWriter {
 public:
  static constexpr std::size_t kEntriesMax = 23;  // a head of one byte

  explicit CborMapWriter(CborWriter& writer) : writer_(writer), head_(writer.size()) {
    writer.write_map(0);
  }
  CborMapWriter(const CborMapWriter&) = delete;
  CborMapWriter& operator=(const CborMapWriter&) = delete;
  ~CborMapWriter();

  // key writes the next key, whose value is written to what it returns.
  CborWriter& key(std::int64_t key);

 private:
  CborWriter& writer_;
  std::size_t head_;
  std::size_t count_ = 0;
};

// valid_text says whether the text is well-formed UTF-8 (RFC 3629) and holds no control character
// except newline, so that it can be shown on a screen.
bool valid_text(std::string_view text);

}  // namespace airlock::codec
