// How the keys of a pack are spelled.
#include "core/entry/entry.h"

namespace airlock::entry {
namespace {

constexpr std::string_view kDecimal = "0123456789";
constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::string_view kSpace = "abcdefghijklmnopqrstuvwxyz0123456789-";
constexpr std::string_view kReference =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

struct Sizes {
  std::size_t min, max;
};

// substr can throw, which core/ cannot.
std::string_view first(std::string_view text, std::size_t size) { return {text.data(), size}; }
std::string_view behind(std::string_view text, std::size_t size) {
  text.remove_prefix(size);
  return text;
}

bool is_of(std::string_view text, std::string_view alphabet, Sizes sizes) {
  if (text.size() < sizes.min || text.size() > sizes.max) return false;
  for (const char c : text) {
    bool is_in = false;
    for (const char one : alphabet) is_in = is_in || c == one;
    if (!is_in) return false;
  }
  return true;
}

bool is_hex_address(std::string_view text, std::size_t digits) {
  return text.starts_with("0x") && is_of(behind(text, 2), kHex, {digits, digits});
}

// Takes what stands before the next slash. Without one it takes all, and nothing is left.
std::string_view take_part(std::string_view& rest, bool& has_more) {
  std::size_t size = 0;
  while (size < rest.size() && rest[size] != '/') ++size;
  const std::string_view part = first(rest, size);
  has_more = size < rest.size();
  rest = has_more ? behind(rest, size + 1) : std::string_view();
  return part;
}

struct Chain {
  std::string_view space, reference;
};

Chain chain_of(std::string_view text) {
  std::size_t colon = 0;
  while (colon < text.size() && text[colon] != ':') ++colon;
  if (colon == text.size()) return {};
  return {first(text, colon), behind(text, colon + 1)};
}

// CAIP-2. The chains of the EVM have a number, which has one spelling.
bool is_chain(Chain chain) {
  constexpr Sizes kSpaceSizes{3, 8}, kReferenceSizes{1, 32}, kNumberSizes{1, 20};
  if (!is_of(chain.space, kSpace, kSpaceSizes)) return false;
  if (chain.space != "eip155") return is_of(chain.reference, kReference, kReferenceSizes);
  return is_of(chain.reference, kDecimal, kNumberSizes) &&
         (chain.reference.size() == 1 || chain.reference[0] != '0');
}

bool is_address(std::string_view text, Chain chain) {
  constexpr std::size_t kEvmDigits = 40, kMoveDigits = 64;
  constexpr Sizes kBase58Sizes{32, 44};
  if (chain.space == "eip155") return is_hex_address(text, kEvmDigits);
  if (chain.space == "solana") return is_of(text, kBase58, kBase58Sizes);
  if (chain.space == "aptos" || chain.space == "sui") return is_hex_address(text, kMoveDigits);
  return !text.empty();
}

}  // namespace

bool is_spelled(std::string_view key) {
  if (!is_key(key)) return false;
  bool has_more = false;
  const std::string_view kind = take_part(key, has_more);
  if (!has_more) return false;
  if (kind == "file" || kind == "golden") return !key.empty();
  const Chain chain = chain_of(take_part(key, has_more));
  if (!is_chain(chain)) return false;
  if (kind == "chain") return !has_more;
  if (!has_more) return false;
  const std::string_view address = take_part(key, has_more);
  if (kind == "abi" && address == "any") return !has_more;
  if (!is_address(address, chain)) return false;
  if (kind == "abi" || kind == "code" || kind == "token" || kind == "name") return !has_more;
  const bool is_bound = kind == "clear" || kind == "typed";
  return is_bound && chain.space == "eip155" && !key.empty();
}

}  // namespace airlock::entry
