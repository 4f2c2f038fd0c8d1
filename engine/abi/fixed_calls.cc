#include "engine/abi/fixed_calls.h"

#include "core/crypto/keccak.h"

namespace airlock::abi {
namespace {

void choose(MutableBytes bytes, std::string_view of, std::size_t at) {
  const crypto::Digest digest =
      crypto::keccak256(bytes_of("airlock fixed case " + std::string(of) + std::to_string(at)));
  copy_into(bytes, Bytes(digest.bytes).last(bytes.size()));
}

}  // namespace

Probe probe(std::size_t n) {
  Probe made;
  choose(made.payer, "payer", n);
  choose(made.recipient, "recipient", n);
  const MutableBytes digits = MutableBytes(made.amount).last(n + 1);
  choose(digits, "amount", n);
  made.amount_size = digits.size();
  digits.front() |= 0x80;
  digits.back() |= 1;
  type::append_eip55(made.payer_text, made.payer);
  type::append_eip55(made.recipient_text, made.recipient);
  number::append(made.amount_text, number::from_big(made.amount));
  return made;
}

std::vector<std::uint8_t> data_of(const Sent& call, const Probe& one) {
  std::vector<std::uint8_t> data = *type::read_hex(call.selector);
  for (std::size_t i = 0; i < call.count; ++i) {
    std::array<std::uint8_t, clear::kWordSize> word{};
    const MutableBytes end = MutableBytes(word).last(clear::kAddressSize);
    switch (call.roles[i]) {
      case Role::payer: copy_into(end, one.payer); break;
      case Role::recipient: copy_into(end, one.recipient); break;
      case Role::amount: word = one.amount; break;
      case Role::nonce: word.back() = kNonce; break;
      case Role::deadline: word.back() = kDeadline; break;
      case Role::parity: word.back() = kParity; break;
      case Role::half: word.fill(kHalf); break;
      case Role::mint:
      case Role::decimals:
      case Role::authority:
      case Role::fee:
      case Role::base:
      case Role::seed:
      case Role::program: break;  // of no call of the EVM
    }
    data.insert(data.end(), word.begin(), word.end());
  }
  return data;
}

std::string lower(std::string_view text) {
  std::string made(text);
  for (char& c : made)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return made;
}

std::string arguments_of(const Sent& call, const Probe& one) {
  std::string json;
  for (std::size_t i = 0; i < call.count; ++i) {
    json += i == 0 ? "[\"" : ",\"";
    switch (call.roles[i]) {
      case Role::payer: json += one.payer_text; break;
      case Role::recipient: json += one.recipient_text; break;
      case Role::amount: json += one.amount_text; break;
      case Role::nonce: json += std::to_string(kNonce); break;
      case Role::deadline: json += std::to_string(kDeadline); break;
      case Role::parity: json += std::to_string(kParity); break;
      case Role::half:
        json += "0x";
        for (std::size_t k = 0; k < clear::kWordSize; ++k) json += "33";
        break;
      case Role::mint:
      case Role::decimals:
      case Role::authority:
      case Role::fee:
      case Role::base:
      case Role::seed:
      case Role::program: break;  // of no call of the EVM
    }
    json += '"';
  }
  return json + ']';
}

}  // namespace airlock::abi
