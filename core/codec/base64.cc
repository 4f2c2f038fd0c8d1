#include "core/codec/base64.h"

namespace airlock::codec {
namespace {

constexpr std::size_t kQuad = 4;    // letters that are read at once ..
constexpr std::size_t kTriple = 3;  // .. and the bytes that they make
constexpr std::uint32_t kNoLetter = 64;

constexpr std::uint32_t value_of(char letter) {
  if (letter >= 'A' && letter <= 'Z') return static_cast<std::uint32_t>(letter - 'A');
  if (letter >= 'a' && letter <= 'z') return static_cast<std::uint32_t>(letter - 'a') + 26;
  if (letter >= '0' && letter <= '9') return static_cast<std::uint32_t>(letter - '0') + 52;
  if (letter == '+') return 62;
  return letter == '/' ? 63 : kNoLetter;
}

// Four letters as bytes; `size` of them count, the others were padding.
struct Triple {
  std::array<std::uint8_t, kTriple> bytes{};
  std::size_t size = kTriple;
};

Result<Triple> read_quad(std::string_view quad, bool is_last) {
  Triple triple;
  while (is_last && triple.size > 1 && quad.ends_with('=')) {
    quad.remove_suffix(1);
    --triple.size;
  }
  std::uint32_t bits = 0;
  for (const char letter : quad) {
    const std::uint32_t value = value_of(letter);
    if (value == kNoLetter) return fail(Code::bad_text);
    bits = bits << 6 | value;
  }
  bits <<= 6 * (kQuad - quad.size());
  triple.bytes = {static_cast<std::uint8_t>(bits >> 16), static_cast<std::uint8_t>(bits >> 8),
                  static_cast<std::uint8_t>(bits)};
  for (std::size_t i = triple.size; i < kTriple; ++i) {
    if (triple.bytes[i] != 0) return fail(Code::bad_text);
  }
  return triple;
}

template <class Take>
Status read_all(std::string_view text, Take take) {
  if (text.size() % kQuad != 0) return fail(Code::bad_text, text.size());
  for (std::size_t at = 0; at < text.size(); at += kQuad) {
    const Result<Triple> triple =
        read_quad(text_of(bytes_of(text).subspan(at, kQuad)), at + kQuad == text.size());
    if (!triple) return fail(Code::bad_text, at);
    AIRLOCK_TRY(take(Bytes(triple->bytes).first(triple->size)));
  }
  return {};
}

}  // namespace

Result<Bytes> read_base64(std::string_view text, MutableBytes room) {
  std::size_t size = 0;
  AIRLOCK_TRY(read_all(text, [&](Bytes bytes) -> Status {
    if (bytes.size() > room.size() - size) return fail(Code::no_room, size + bytes.size());
    copy_into(room.subspan(size), bytes);
    size += bytes.size();
    return {};
  }));
  return Bytes(room.first(size));
}

Status check_base64(std::string_view text) {
  return read_all(text, [](Bytes) -> Status { return {}; });
}

}  // namespace airlock::codec
