#include "core/codec/cbor.h"

namespace airlock::codec {
namespace {

constexpr std::uint8_t kFalse = 20;
constexpr std::uint8_t kTrue = 21;
constexpr std::uint8_t kNull = 22;

constexpr bool is_simple_known(std::uint64_t value) { return value >= kFalse && value <= kNull; }

// The smallest value that needs the given number of following bytes.
constexpr std::uint64_t smallest_of_width(unsigned width) {
  switch (width) {
    case 1: return 24;
    case 2: return 0x100;
    case 4: return 0x10000;
    default: return 0x100000000;
  }
}

// How many bytes continue a UTF-8 sequence that starts so; -1 where none may.
constexpr int continuation_of(std::uint8_t lead) {
  if (lead < 0x80) return 0;
  if (lead >= 0xc2 && lead <= 0xdf) return 1;
  if (lead >= 0xe0 && lead <= 0xef) return 2;
  if (lead >= 0xf0 && lead <= 0xf4) return 3;
  return -1;
}

// The first continuation byte is narrower after some leads: no surrogates, nothing overlong,
// nothing above U+10FFFF (RFC 3629, section 4).
constexpr bool second_allowed(std::uint8_t lead, std::uint8_t second) {
  if (lead == 0xe0) return second >= 0xa0 && second <= 0xbf;
  if (lead == 0xed) return second >= 0x80 && second <= 0x9f;
  if (lead == 0xf0) return second >= 0x90 && second <= 0xbf;
  if (lead == 0xf4) return second >= 0x80 && second <= 0x8f;
  return second >= 0x80 && second <= 0xbf;
}

}  // namespace

bool valid_text(std::string_view text) {
  const Bytes bytes = bytes_of(text);
  for (std::size_t i = 0; i < bytes.size();) {
    const std::uint8_t lead = bytes[i];
    const int more = continuation_of(lead);
    if (more < 0 || i + static_cast<std::size_t>(more) >= bytes.size()) return false;
    if ((lead < 0x20 && lead != '\n') || lead == 0x7f) return false;
    if (more > 0 && !second_allowed(lead, bytes[i + 1])) return false;
    if (lead == 0xc2 && bytes[i + 1] < 0xa0) return false;  // C1 controls
    for (int k = 2; k <= more; ++k) {
      if ((bytes[i + static_cast<std::size_t>(k)] & 0xc0) != 0x80) return false;
    }
    i += 1 + static_cast<std::size_t>(more);
  }
  return true;
}

Result<CborReader::Head> CborReader::head() const {
  if (position_ >= input_.size()) return fail(Code::truncated, position_);
  const std::uint8_t initial = input_[position_];
  const auto type = static_cast<CborType>(initial >> 5);
  const std::uint8_t low = initial & 0x1f;
  if (low < 24) {
    if (type == CborType::simple && !is_simple_known(low)) return fail(Code::wrong_type, position_);
    return Head{type, low, 1};
  }
  if (low > 27 || type == CborType::simple) return fail(Code::not_canonical, position_);
  const unsigned width = 1U << (low - 24);
  if (input_.size() - position_ - 1 < width) return fail(Code::truncated, position_);
  std::uint64_t value = 0;
  for (unsigned i = 0; i < width; ++i) value = value << 8 | input_[position_ + 1 + i];
  if (value < smallest_of_width(width)) return fail(Code::not_canonical, position_);
  return Head{type, value, 1 + width};
}

Result<CborType> CborReader::peek() const {
  AIRLOCK_ASSIGN(const Head found, head());
  return found.type;
}

Result<std::uint64_t> CborReader::take(CborType type, std::uint64_t max) {
  AIRLOCK_ASSIGN(const Head found, head());
  if (found.type != type) return fail(Code::wrong_type, position_);
  if (found.value > max) {
    const bool counted = type == CborType::array || type == CborType::map;
    return fail(counted ? Code::too_many : Code::out_of_range, position_);
  }
  position_ += found.size;
  return found.value;
}

Result<std::uint64_t> CborReader::read_unsigned(std::uint64_t max) {
  return take(CborType::unsigned_integer, max);
}

Result<std::int64_t> CborReader::read_integer() {
  AIRLOCK_ASSIGN(const Head found, head());
  if (found.type != CborType::unsigned_integer && found.type != CborType::negative_integer) {
    return fail(Code::wrong_type, position_);
  }
  if (found.value > INT64_MAX) return fail(Code::out_of_range, position_);
  position_ += found.size;
  const auto magnitude = static_cast<std::int64_t>(found.value);
  return found.type == CborType::unsigned_integer ? magnitude : -1 - magnitude;
}

Result<bool> CborReader::read_bool() {
  AIRLOCK_ASSIGN(const Head found, head());
  if (found.type != CborType::simple || found.value == kNull) {
    return fail(Code::wrong_type, position_);
  }
  position_ += found.size;
  return found.value == kTrue;
}

Status CborReader::read_null() {
  AIRLOCK_ASSIGN(const Head found, head());
  if (found.type != CborType::simple || found.value != kNull) {
    return fail(Code::wrong_type, position_);
  }
  position_ += found.size;
  return {};
}

Result<Bytes> CborReader::take_string(CborType type, std::size_t max) {
  AIRLOCK_ASSIGN(const Head found, head());
  if (found.type != type) return fail(Code::wrong_type, position_);
  if (found.value > max) return fail(Code::oversized, position_);
  if (input_.size() - position_ - found.size < found.value) {
    return fail(Code::truncated, position_);
  }
  const Bytes content =
      input_.subspan(position_ + found.size, static_cast<std::size_t>(found.value));
  position_ += found.size + content.size();
  return content;
}

Result<Bytes> CborReader::read_bytes(std::size_t max) { return take_string(CborType::bytes, max); }

Result<std::string_view> CborReader::read_text(std::size_t max) {
  const std::size_t start = position_;
  AIRLOCK_ASSIGN(const Bytes content, take_string(CborType::text, max));
  if (!valid_text(text_of(content))) {
    position_ = start;
    return fail(Code::bad_text, start);
  }
  return text_of(content);
}

Status CborReader::read_exactly(MutableBytes to) {
  const std::size_t start = position_;
  AIRLOCK_ASSIGN(const Bytes content, read_bytes(to.size()));
  if (content.size() != to.size()) {
    position_ = start;
    return fail(Code::truncated, start);
  }
  copy_into(to, content);
  return {};
}

Result<std::size_t> CborReader::read_array(std::size_t max) {
  AIRLOCK_ASSIGN(const std::uint64_t count, take(CborType::array, max));
  return static_cast<std::size_t>(count);
}

Result<std::size_t> CborReader::read_map(std::size_t max) {
  AIRLOCK_ASSIGN(const std::uint64_t count, take(CborType::map, max));
  return static_cast<std::size_t>(count);
}

Result<std::uint64_t> CborReader::read_tag() { return take(CborType::tag, UINT64_MAX); }

// Walks with an explicit stack of "items still to come", so that no input makes it recurse.
Result<Bytes> CborReader::skip_item() {
  CborReader ahead = *this;
  FixedList<std::size_t, kCborDepthMax> left;
  AIRLOCK_TRY(left.add(1));
  while (!left.empty()) {
    std::size_t& pending = left[left.size() - 1];
    if (pending == 0) {
      left.drop_last();
      continue;
    }
    --pending;
    AIRLOCK_ASSIGN(const Head found, ahead.head());
    if (found.type == CborType::bytes || found.type == CborType::text) {
      AIRLOCK_TRY(ahead.take_string(found.type, input_.size()));
      continue;
    }
    ahead.position_ += found.size;
    std::size_t inner = found.type == CborType::tag ? 1 : 0;
    if (found.type == CborType::array || found.type == CborType::map) {
      if (found.value > input_.size()) return fail(Code::truncated, ahead.position_);
      inner = static_cast<std::size_t>(found.value);
    }
    if (found.type == CborType::map) inner *= 2;
    if (inner == 0) continue;
    if (!left.add(inner)) return fail(Code::too_deep, ahead.position_);
  }
  const Bytes item = input_.subspan(position_, ahead.position_ - position_);
  position_ = ahead.position_;
  return item;
}

Status CborReader::finish() const {
  if (!at_end()) return fail(Code::trailing_bytes, position_);
  return {};
}

Status read_text(CborReader& reader, std::string_view& to, std::size_t max) {
  AIRLOCK_ASSIGN(to, reader.read_text(max));
  return {};
}

Status read_bytes(CborReader& reader, Bytes& to, std::size_t max) {
  AIRLOCK_ASSIGN(to, reader.read_bytes(max));
  return {};
}

Status read_format(CborReader& reader, std::uint64_t known) {
  AIRLOCK_ASSIGN(const std::uint64_t format, reader.read_unsigned());
  if (format != known) return fail(Code::unsupported_version, format);
  return {};
}

Status pass_over(CborReader& reader) {
  AIRLOCK_TRY(reader.skip_item());
  return {};
}

Result<CborMapReader> CborMapReader::enter(CborReader& reader, std::size_t entries_max) {
  AIRLOCK_ASSIGN(const std::size_t count, reader.read_map(entries_max));
  return CborMapReader(reader, count);
}

Result<std::int64_t> CborMapReader::next_key() {
  AIRLOCK_CHECK(left_ > 0);
  const std::size_t at = reader_->position();
  AIRLOCK_ASSIGN(const std::int64_t key, reader_->read_integer());
  if (!first_ && key == last_) return fail(Code::duplicate_key, at);
  // Bytewise order of the encodings: 0, 1, 2, .. and then -1, -2, ..
  const bool ascends = last_ >= 0 ? key > last_ || key < 0 : key < last_;
  if (!first_ && !ascends) return fail(Code::not_canonical, at);
  first_ = false;
  last_ = key;
  --left_;
  return key;
}

bool CborFields::next() {
  if (!map_ || !value_ || map_->done()) return false;
  const Result<std::int64_t> key = map_->next_key();
  if (!key) {
    map_ = std::unexpected(key.error());
    return false;
  }
  const bool is_near = *key > -kFarKey && *key < kFarKey;
  key_ = is_near ? static_cast<FieldKey>(*key) : kFarKey;
  value_at_ = reader_.position();
  return true;
}

void CborFields::took(const Status& value) {
  value_ = value;
  if (key_ >= 0 && key_ < 32) seen_ |= 1U << key_;
}

Status CborFields::finish() const {
  AIRLOCK_TRY(map_);
  return value_;
}

void CborWriter::put(std::uint8_t byte) {
  if (size_ < output_.size()) output_[size_] = byte;
  ++size_;
}

void CborWriter::write_head(CborType type, std::uint64_t value) {
  const auto major = static_cast<std::uint8_t>(static_cast<unsigned>(type) << 5);
  if (value < 24) return put(static_cast<std::uint8_t>(major | value));
  unsigned log_width = 3;
  if (value < smallest_of_width(2)) {
    log_width = 0;
  } else if (value < smallest_of_width(4)) {
    log_width = 1;
  } else if (value < smallest_of_width(8)) {
    log_width = 2;
  }
  put(static_cast<std::uint8_t>(major | (24 + log_width)));
  for (int shift = (8 << log_width) - 8; shift >= 0; shift -= 8) {
    put(static_cast<std::uint8_t>(value >> shift));
  }
}

void CborWriter::write_unsigned(std::uint64_t value) {
  write_head(CborType::unsigned_integer, value);
}

void CborWriter::write_integer(std::int64_t value) {
  if (value >= 0) return write_unsigned(static_cast<std::uint64_t>(value));
  write_head(CborType::negative_integer, static_cast<std::uint64_t>(-1 - value));
}

void CborWriter::write_bool(bool value) { write_head(CborType::simple, value ? kTrue : kFalse); }
void CborWriter::write_null() { write_head(CborType::simple, kNull); }
void CborWriter::write_array(std::size_t count) { write_head(CborType::array, count); }
void CborWriter::write_map(std::size_t count) { write_head(CborType::map, count); }
void CborWriter::write_tag(std::uint64_t tag) { write_head(CborType::tag, tag); }
void CborWriter::write_bytes_head(std::size_t size) { write_head(CborType::bytes, size); }

void CborWriter::write_raw(Bytes encoded) {
  if (size_ <= output_.size() && output_.size() - size_ >= encoded.size()) {
    copy_into(output_.subspan(size_), encoded);
  }
  size_ += encoded.size();
}

void CborWriter::write_bytes(Bytes bytes) {
  write_bytes_head(bytes.size());
  write_raw(bytes);
}

void CborWriter::write_text(std::string_view text) {
  write_head(CborType::text, text.size());
  write_raw(bytes_of(text));
}

CborWriter& CborMapWriter::key(std::int64_t key) {
  ++count_;
  writer_.write_integer(key);
  return writer_;
}

CborMapWriter::~CborMapWriter() {
  AIRLOCK_CHECK(count_ <= kEntriesMax);
  if (head_ >= writer_.output_.size()) return;
  std::uint8_t& head = writer_.output_[head_];
  head = static_cast<std::uint8_t>(head | count_);
}

Result<Bytes> CborWriter::finish() const {
  if (size_ > output_.size()) return fail(Code::no_room, size_);
  return Bytes(output_.first(size_));
}

}  // namespace airlock::codec
