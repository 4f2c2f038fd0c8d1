#include "engine/abi/evm/transaction.h"

#include <array>

namespace airlock::abi::evm {
namespace {

constexpr std::size_t kAddressSize = 20;
constexpr std::size_t kSmallMax = 55;  // bytes whose length stands in the first byte
constexpr std::uint8_t kText = 0x80;   // a text of no bytes
constexpr std::uint8_t kList = 0xc0;   // a list of no bytes
constexpr std::size_t kLengthSizeMax = 8;
constexpr int kSignatureItems = 3;
constexpr std::uint8_t kBlobVersion = 1;  // EIP-4844: of hashes of KZG commitments

// One item: its content, where the next one begins, and whether it is a list.
struct Item {
  Bytes content;
  std::size_t end = 0;
  bool is_list = false;
};

// Reads the item that begins at `at` and ends before `end`.
Result<Item> read_item(Bytes bytes, std::size_t at, std::size_t end) {
  if (at >= end) return fail(Code::chain_refuses, at);
  const std::uint8_t first = bytes[at];
  if (first < kText) return Item{bytes.subspan(at, 1), at + 1, false};
  const bool is_list = first >= kList;
  std::size_t size = first;
  size -= is_list ? kList : kText;
  std::size_t begin = at + 1;
  if (size > kSmallMax) {
    const std::size_t digits = size - kSmallMax;
    if (digits > kLengthSizeMax || digits > end - begin || bytes[begin] == 0)
      return fail(Code::chain_refuses, at);
    std::uint64_t long_size = 0;
    for (std::size_t i = 0; i < digits; ++i) long_size = long_size << 8 | bytes[begin + i];
    begin += digits;
    // A short length in the long form would be a second spelling.
    if (long_size <= kSmallMax || long_size > end - begin) return fail(Code::chain_refuses, at);
    size = static_cast<std::size_t>(long_size);
  }
  if (size > end - begin) return fail(Code::chain_refuses, at);
  if (!is_list && size == 1 && bytes[begin] < kText) return fail(Code::chain_refuses, at);
  return Item{bytes.subspan(begin, size), begin + size, is_list};
}

// Reads the items of the one list that a transaction is.
class Reader {
 public:
  static Result<Reader> open(Bytes bytes, std::size_t at) {
    AIRLOCK_ASSIGN(const Item list, read_item(bytes, at, bytes.size()));
    if (!list.is_list) return fail(Code::chain_refuses, at);
    if (list.end != bytes.size()) return fail(Code::trailing_bytes, list.end);
    return Reader(bytes, bytes.size() - list.content.size());
  }

  bool is_at_end() const { return at_ == bytes_.size(); }
  std::size_t at() const { return at_; }

  Result<Bytes> text() {
    const std::size_t begin = at_;
    AIRLOCK_ASSIGN(const Item item, read_item(bytes_, at_, bytes_.size()));
    if (item.is_list) return fail(Code::chain_refuses, begin);
    at_ = item.end;
    return item.content;
  }
  Result<number::U256> number() {
    const std::size_t begin = at_;
    AIRLOCK_ASSIGN(const Bytes digits, text());
    if (digits.size() > kWordSize || (!digits.empty() && digits[0] == 0))
      return fail(Code::chain_refuses, begin);
    return number::from_big(digits);
  }
  Result<std::uint64_t> small() {
    const std::size_t begin = at_;
    AIRLOCK_ASSIGN(const number::U256 value, number());
    if (!value.fits(64)) return fail(Code::chain_refuses, begin);
    return value.limbs[0];
  }
  Result<std::optional<Bytes>> address() {
    const std::size_t begin = at_;
    AIRLOCK_ASSIGN(const Bytes bytes, text());
    if (bytes.empty()) return std::optional<Bytes>();
    if (bytes.size() != kAddressSize) return fail(Code::chain_refuses, begin);
    return std::optional<Bytes>(bytes);
  }

  // list returns a reader of the items of a list.
  Result<Reader> list() {
    const std::size_t begin = at_;
    AIRLOCK_ASSIGN(const Item item, read_item(bytes_, at_, bytes_.size()));
    if (!item.is_list) return fail(Code::chain_refuses, begin);
    at_ = item.end;
    return Reader(bytes_.first(item.end), item.end - item.content.size());
  }

  // access_list passes over what a transaction says it will touch: [[address, [key ..]] ..].
  Status access_list() {
    constexpr std::size_t kAddressDepth = 2;
    std::array<std::size_t, kRlpNestingMax> ends{};
    std::size_t depth = 0, items = 0;
    do {
      if (depth > 0 && at_ == ends[depth - 1]) {
        --depth;
        continue;
      }
      if (++items > kRlpItemsMax) return fail(Code::too_many, at_);
      const std::size_t begin = at_;
      const std::size_t end = depth == 0 ? bytes_.size() : ends[depth - 1];
      AIRLOCK_ASSIGN(const Item item, read_item(bytes_, at_, end));
      if (item.is_list) {
        if (depth == kRlpNestingMax) return fail(Code::too_deep, begin);
        at_ = item.end - item.content.size();
        ends[depth++] = item.end;
        continue;
      }
      const std::size_t size = depth == kAddressDepth ? kAddressSize : kWordSize;
      if (depth < kAddressDepth || item.content.size() != size)
        return fail(Code::chain_refuses, begin);
      at_ = item.end;
    } while (depth > 0);
    return {};
  }

 private:
  Reader(Bytes bytes, std::size_t at) : bytes_(bytes), at_(at) {}
  Bytes bytes_;
  std::size_t at_;
};

Status read_call(Reader& reader, Transaction& made) {
  AIRLOCK_ASSIGN(made.gas_limit, reader.small());
  AIRLOCK_ASSIGN(made.to, reader.address());
  AIRLOCK_ASSIGN(made.value, reader.number());
  AIRLOCK_ASSIGN(made.data, reader.text());
  if (made.data.size() > kDataSizeMax) return fail(Code::oversized, made.data.size());
  return {};
}

Result<Transaction> read_legacy(Bytes encoded, Signature signature) {
  AIRLOCK_ASSIGN(Reader reader, Reader::open(encoded, 0));
  Transaction made;
  AIRLOCK_ASSIGN(made.nonce, reader.small());
  AIRLOCK_ASSIGN(made.fee_per_gas_max, reader.number());
  AIRLOCK_TRY(read_call(reader, made));
  if (reader.is_at_end()) return made;
  AIRLOCK_ASSIGN(std::uint64_t chain, reader.small());
  AIRLOCK_ASSIGN(const number::U256 r, reader.number());
  AIRLOCK_ASSIGN(const number::U256 s, reader.number());
  if (!r.is_zero() || !s.is_zero()) {
    if (signature == Signature::refused) return fail(Code::chain_refuses, reader.at());
    // EIP-155: twice the chain, and 35 or 36; before it 27 or 28.
    constexpr std::uint64_t kFirst = 35;
    chain = chain < kFirst ? 0 : (chain - kFirst) / 2;
  } else if (chain == 0) {
    return fail(Code::chain_refuses, reader.at());
  }
  if (chain != 0) made.chain_id = chain;
  if (!reader.is_at_end()) return fail(Code::chain_refuses, reader.at());
  return made;
}

Status read_blobs(Reader& reader, Transaction& made) {
  AIRLOCK_ASSIGN(made.blob_fee_max, reader.number());
  AIRLOCK_ASSIGN(Reader hashes, reader.list());
  while (!hashes.is_at_end()) {
    const std::size_t begin = hashes.at();
    AIRLOCK_ASSIGN(const Bytes hash, hashes.text());
    if (hash.size() != kWordSize || hash[0] != kBlobVersion)
      return fail(Code::chain_refuses, begin);
    if (made.blobs.size() == kBlobsMax) return fail(Code::too_many, begin);
    made.blobs.push_back(hash);
  }
  return made.blobs.empty() ? fail(Code::chain_refuses, hashes.at()) : Status();
}

Status read_authorizations(Reader& reader, Transaction& made) {
  AIRLOCK_ASSIGN(Reader listed, reader.list());
  while (!listed.is_at_end()) {
    const std::size_t begin = listed.at();
    AIRLOCK_ASSIGN(Reader one, listed.list());
    Authorization authorization;
    AIRLOCK_ASSIGN(authorization.chain_id, one.number());
    AIRLOCK_ASSIGN(const std::optional<Bytes> address, one.address());
    if (!address) return fail(Code::chain_refuses, begin);
    authorization.address = *address;
    AIRLOCK_ASSIGN(authorization.nonce, one.small());
    for (int i = 0; i < kSignatureItems; ++i) AIRLOCK_TRY(one.number());
    if (!one.is_at_end()) return fail(Code::chain_refuses, one.at());
    if (made.authorizations.size() == kAuthorizationsMax) return fail(Code::too_many, begin);
    made.authorizations.push_back(authorization);
  }
  return made.authorizations.empty() ? fail(Code::chain_refuses, listed.at()) : Status();
}

// Which of two points of the curve it is, and its two numbers.
Status pass_signature(Reader& reader) {
  const std::size_t begin = reader.at();
  AIRLOCK_ASSIGN(const std::uint64_t parity, reader.small());
  if (parity > 1) return fail(Code::chain_refuses, begin);
  AIRLOCK_TRY(reader.number());
  AIRLOCK_TRY(reader.number());
  return {};
}

Result<Transaction> read_typed(Bytes encoded, TransactionKind kind, Signature signature) {
  AIRLOCK_ASSIGN(Reader reader, Reader::open(encoded, 1));
  Transaction made{.kind = kind};
  AIRLOCK_ASSIGN(made.chain_id, reader.small());
  if (made.chain_id == 0) return fail(Code::chain_refuses, reader.at());
  AIRLOCK_ASSIGN(made.nonce, reader.small());
  number::U256 tip;
  if (kind >= TransactionKind::dynamic_fee) {
    AIRLOCK_ASSIGN(tip, reader.number());
  }
  AIRLOCK_ASSIGN(made.fee_per_gas_max, reader.number());
  if (tip > made.fee_per_gas_max) return fail(Code::chain_refuses, reader.at());
  AIRLOCK_TRY(read_call(reader, made));
  // These two make no contracts.
  if (kind >= TransactionKind::blob && !made.to) return fail(Code::chain_refuses, reader.at());
  AIRLOCK_TRY(reader.access_list());
  if (kind == TransactionKind::blob) AIRLOCK_TRY(read_blobs(reader, made));
  if (kind == TransactionKind::set_code) AIRLOCK_TRY(read_authorizations(reader, made));
  if (signature == Signature::passed_over && !reader.is_at_end())
    AIRLOCK_TRY(pass_signature(reader));
  if (!reader.is_at_end()) return fail(Code::chain_refuses, reader.at());
  return made;
}

}  // namespace

Result<Transaction> read_transaction(Bytes encoded, Signature signature) {
  if (encoded.empty()) return fail(Code::chain_refuses);
  if (encoded.size() > kTransactionSizeMax) return fail(Code::oversized, encoded.size());
  if (encoded[0] >= kList) return read_legacy(encoded, signature);
  const bool is_known = encoded[0] >= static_cast<std::uint8_t>(TransactionKind::access_list) &&
                        encoded[0] <= static_cast<std::uint8_t>(TransactionKind::set_code);
  if (!is_known) return fail(Code::unsupported_version, encoded[0]);
  return read_typed(encoded, static_cast<TransactionKind>(encoded[0]), signature);
}

}  // namespace airlock::abi::evm
