#include "engine/abi/solana/names.h"

#include "core/crypto/sha256.h"

namespace airlock::abi::solana {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char to_lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
char to_upper(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }

// A word begins at a capital after a small letter or digit, and at the last capital of several that
// a small letter follows.
bool begins_word(std::string_view name, std::size_t at) {
  if (at == 0 || !is_upper(name[at])) return false;
  if (is_lower(name[at - 1]) || is_digit(name[at - 1])) return true;
  return is_upper(name[at - 1]) && at + 1 < name.size() && is_lower(name[at + 1]);
}

}  // namespace

std::string snake_case(std::string_view name) {
  std::string made;
  bool gap = false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (!is_upper(c) && !is_lower(c) && !is_digit(c)) {
      gap = true;
      continue;
    }
    if ((gap || begins_word(name, i)) && !made.empty()) made += '_';
    gap = false;
    made += to_lower(c);
  }
  return made;
}

std::string pascal_case(std::string_view name) {
  if (!name.empty() && is_upper(name[0])) return std::string(name);
  std::string made;
  bool begins = true;
  for (char c : name) {
    if (c == '_' || c == '-' || c == ' ') {
      begins = true;
      continue;
    }
    made += begins ? to_upper(c) : c;
    begins = false;
  }
  return made;
}

Discriminator discriminator(std::string_view space, std::string_view name) {
  crypto::Sha256 hash;
  hash.update(bytes_of(space));
  hash.update(bytes_of(":"));
  hash.update(bytes_of(name));
  const crypto::Digest digest = hash.finish();
  Discriminator made;
  copy_into(made, Bytes(digest.bytes).first(kDiscriminatorSize));
  return made;
}

}  // namespace airlock::abi::solana
