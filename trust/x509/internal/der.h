// Strict DER (X.690): the one reader of every structure in this room.
//
// OpenSSL reads BER, so that one certificate has many spellings. This reader knows one: definite
// and shortest lengths, one-byte tags, shortest integers, TRUE as 0xff. It holds views, never
// copies.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/base.h"

namespace airlock::x509::der {

inline constexpr std::uint8_t kBoolean = 0x01;
inline constexpr std::uint8_t kInteger = 0x02;
inline constexpr std::uint8_t kBitString = 0x03;
inline constexpr std::uint8_t kOctetString = 0x04;
inline constexpr std::uint8_t kNull = 0x05;
inline constexpr std::uint8_t kOid = 0x06;
inline constexpr std::uint8_t kEnumerated = 0x0a;
inline constexpr std::uint8_t kSequence = 0x30;
inline constexpr std::uint8_t kSet = 0x31;
inline constexpr std::uint8_t kUtcTime = 0x17;
inline constexpr std::uint8_t kGeneralizedTime = 0x18;

// The tag of a context-specific element: primitive(1) is [1] of a simple type, constructed(1) of a
// structured one or of an explicit tag.
constexpr std::uint8_t primitive(std::uint8_t number) { return 0x80U | number; }
constexpr std::uint8_t constructed(std::uint8_t number) { return 0xa0U | number; }

struct Element {
  std::uint8_t tag = 0;
  Bytes content;
  Bytes whole;  // with tag and length
};

// Reads elements one after the other. Errors: truncated, not_canonical, wrong_type, trailing_bytes.
class Reader {
 public:
  explicit Reader(Bytes bytes) : rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }
  bool next_is(std::uint8_t tag) const { return !rest_.empty() && rest_[0] == tag; }
  Result<Element> next();
  Result<Element> expect(std::uint8_t tag);
  // optional reads an element that may be missing.
  Result<std::optional<Element>> optional(std::uint8_t tag);
  Status end() const;

  // enter reads a structured element and returns a reader of what is in it.
  Result<Reader> enter(std::uint8_t tag);
  // optional_false reads `BOOLEAN DEFAULT FALSE`, which DER leaves out where it is false.
  Result<bool> optional_false(std::uint8_t tag = kBoolean);
  Result<Bytes> oid();
  // integer returns the shortest two's complement content; `small` one that is from 0 to 2^31 - 1.
  Result<Bytes> integer();
  Result<std::uint32_t> small();
  // time reads UTCTime or GeneralizedTime in UTC with seconds (RFC 5280, 4.1.2.5) as Unix seconds.
  Result<std::int64_t> time();
  // bits reads a BIT STRING of whole bytes.
  Result<Bytes> bits();

 private:
  Bytes rest_;
};

// boolean, small and time of an element whose tag was already seen, implicit ones too.
Result<bool> boolean_of(Bytes content);
Result<std::uint32_t> small_of(Bytes content);
Status check_integer(Bytes content);
Result<std::int64_t> generalized_time_of(Bytes content);
// named_bits returns a BIT STRING of at most 16 named bits, bit 0 first (as 1 << 0).
Result<std::uint16_t> named_bits_of(Bytes content);

// open reads the one element that `bytes` must be.
Result<Reader> open(Bytes bytes, std::uint8_t tag);

}  // namespace airlock::x509::der
