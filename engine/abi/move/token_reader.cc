#include "engine/abi/move/token_reader.h"

namespace airlock::abi::move {
namespace {

constexpr std::uint64_t kIndexMax = 65'535;
constexpr std::uint64_t kArgumentsMax = 255;
constexpr std::uint64_t kAbilitiesAll = 0xf;

bool is_known(const Module& module, std::uint8_t kind) {
  const bool is_aptos = module.flavour() == Flavour::aptos;
  if (kind == 0 || kind > static_cast<std::uint8_t>(TokenKind::i256)) return false;
  if (kind >= static_cast<std::uint8_t>(TokenKind::i8)) return is_aptos && module.version() >= 9;
  if (kind == static_cast<std::uint8_t>(TokenKind::function))
    return is_aptos && module.version() >= 8;
  if (kind >= static_cast<std::uint8_t>(TokenKind::u16)) return module.version() >= 6;
  return true;
}

// Reads one part; returns how many parts it contains.
std::size_t read_part(Cursor& cursor, const Module& module, Token& token) {
  const std::uint8_t kind = cursor.u8();
  if (!is_known(module, kind)) {
    cursor.stop();
    return 0;
  }
  token.kind = static_cast<TokenKind>(kind);
  switch (token.kind) {
    case TokenKind::vector:
    case TokenKind::reference:
    case TokenKind::mutable_reference: return 1;
    case TokenKind::structure:
    case TokenKind::parameter:
      token.index = static_cast<std::uint16_t>(cursor.uleb(kIndexMax));
      return 0;
    case TokenKind::structure_of:
      token.index = static_cast<std::uint16_t>(cursor.uleb(kIndexMax));
      token.count = static_cast<std::uint8_t>(cursor.uleb(kArgumentsMax));
      if (token.count == 0) cursor.stop();
      return token.count;
    case TokenKind::function:
      token.abilities = static_cast<std::uint8_t>(cursor.uleb(kAbilitiesAll));
      token.count = static_cast<std::uint8_t>(cursor.uleb(kArgumentsMax));
      token.results = static_cast<std::uint8_t>(cursor.uleb(kArgumentsMax));
      return std::size_t{token.count} + token.results;
    case TokenKind::boolean:
    case TokenKind::u8:
    case TokenKind::u16:
    case TokenKind::u32:
    case TokenKind::u64:
    case TokenKind::u128:
    case TokenKind::u256:
    case TokenKind::address:
    case TokenKind::signer:
    case TokenKind::i8:
    case TokenKind::i16:
    case TokenKind::i32:
    case TokenKind::i64:
    case TokenKind::i128:
    case TokenKind::i256: break;
  }
  return 0;
}

}  // namespace

std::uint32_t read_token(Cursor& cursor, const Module& module, std::vector<Token>& tokens) {
  struct Open {
    std::uint32_t token, left;  // parts that are still to come
  };
  std::array<Open, kTokenDepthMax> open;  // most types have no parts: not cleared for each
  std::size_t depth = 0;
  const auto first = static_cast<std::uint32_t>(tokens.size());
  while (true) {
    Token token;
    const auto at = static_cast<std::uint32_t>(tokens.size());
    const std::size_t parts = read_part(cursor, module, token);
    token.end = at + 1;
    tokens.push_back(token);
    if (cursor.failed()) return first;
    if (parts > 0) {
      // The type within a deepest one would be deeper than the chain goes.
      if (depth + 1 == kTokenDepthMax) {
        cursor.stop();
        return first;
      }
      open[depth++] = {at, static_cast<std::uint32_t>(parts)};
      continue;
    }
    while (depth > 0 && --open[depth - 1].left == 0)
      tokens[open[--depth].token].end = static_cast<std::uint32_t>(tokens.size());
    if (depth == 0) return first;
  }
}

}  // namespace airlock::abi::move
