#include "engine/abi/clear/typed_data.h"

#include <map>

#include "core/crypto/keccak.h"
#include "engine/abi/clear/structs.h"

namespace airlock::abi::clear {

using json::Node;
using type::Form;
using type::Type;

namespace {

constexpr std::string_view kDomain = "EIP712Domain";

using Word = std::array<std::uint8_t, kWordSize>;

// The members that a domain has where nobody lists them, in the order of the standard.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kDomainMembers = {
    {{"name", "string"},
     {"version", "string"},
     {"chainId", "uint256"},
     {"verifyingContract", "address"},
     {"salt", "bytes32"}}};

Result<number::U256> hexadecimal(std::string_view digits) {
  if (digits.empty() || digits.size() > 2 * kWordSize) return fail(Code::bad_value);
  std::string even(digits.size() % 2, '0');
  even.insert(0, "0x").append(digits);
  AIRLOCK_ASSIGN(const auto bytes, type::read_hex(even));
  return number::from_big(bytes);
}

Result<number::U256> integer(Node value, const Type& type) {
  constexpr std::string_view kHex = "0x";
  if (value.is_text() && value.as_text().starts_with(kHex)) {
    AIRLOCK_ASSIGN(const number::U256 read, hexadecimal(value.as_text().substr(kHex.size())));
    const bool is_signed = type.form == Form::signed_integer;
    if (!read.fits(type.size - (is_signed ? 1U : 0U))) return fail(Code::bad_value);
    return read;
  }
  if (type.form == Form::unsigned_integer) return type::read_unsigned(value, type.size);
  AIRLOCK_ASSIGN(const number::Signed read, type::read_signed(value, type.size));
  return number::from_signed(read, 256);
}

}  // namespace

// Reads values along their types, notes them, and hashes what is done.
class MessageReader {
 public:
  MessageReader(TypedData& to, const Structs& structs)
      : to_(to), map_(to.map_.map()), structs_(structs) {}

  // read notes a struct and returns its hash.
  Result<crypto::Digest> read(std::uint32_t type, Node value) {
    open_.clear();
    AIRLOCK_TRY(begin(type, value));
    while (true) {
      Open& top = open_.back();
      if (top.next == top.count) {
        const crypto::Digest hash = crypto::keccak256(top.words);
        to_.nodes_[top.node].end = static_cast<std::uint32_t>(to_.nodes_.size());
        open_.pop_back();
        if (open_.empty()) return hash;
        append(hash.bytes);
        continue;
      }
      AIRLOCK_TRY(step(top));
    }
  }

  Result<crypto::Digest> type_hash(const Type& type) {
    const std::string name(map_.text(type.name));
    if (const auto found = hashes_.find(name); found != hashes_.end()) return found->second;
    AIRLOCK_ASSIGN(const std::string spelling, structs_.spell(name));
    return hashes_.emplace(name, crypto::keccak256(bytes_of(spelling))).first->second;
  }

 private:
  struct Open {
    const Type* type;
    Node value;
    std::optional<json::Elements::Iterator> at;  // of a list
    std::uint32_t next;
    std::uint32_t count;
    std::uint32_t node;
    std::vector<std::uint8_t> words;
  };

  Status step(Open& top) {
    const std::uint32_t place = top.next++;
    if (top.type->form != Form::tuple) {
      const Node value = **top.at;
      ++*top.at;
      return begin(top.type->first, value);
    }
    const type::Field& field = map_.fields_of(*top.type)[place];
    const auto value = top.value.member(map_.text(field.name));
    if (!value) return fail(Code::bad_value, to_.nodes_.size());
    return begin(field.type, *value);
  }

  Status begin(std::uint32_t index, Node value) {
    if (to_.nodes_.size() == type::kTapeNodes) return fail(Code::over_budget);
    const Type& type = map_.types()[index];
    const bool is_tuple = type.form == Form::tuple;
    if (!is_tuple && type.form != Form::list && type.form != Form::array)
      return atom(index, type, value);
    if (open_.size() == kMessageDeepMax) return fail(Code::too_deep);
    if (is_tuple ? !value.is_object() : !value.is_array())
      return fail(Code::bad_value, to_.nodes_.size());
    const std::size_t parts = is_tuple ? type.count : value.count();
    if (type.form == Form::array && parts != type.count)
      return fail(Code::bad_value, to_.nodes_.size());
    if (parts > type::kTapeNodes) return fail(Code::over_budget);
    const auto count = static_cast<std::uint32_t>(parts);
    const auto node = static_cast<std::uint32_t>(to_.nodes_.size());
    to_.nodes_.push_back({index, static_cast<std::uint32_t>(to_.bytes_.size()), count, node + 1});
    std::optional<json::Elements::Iterator> first;
    if (!is_tuple) first = value.elements().begin();
    open_.push_back({&type, value, first, 0, count, node, {}});
    if (is_tuple) {
      AIRLOCK_ASSIGN(const crypto::Digest hash, type_hash(type));
      append(hash.bytes);
    }
    return {};
  }

  Status atom(std::uint32_t index, const Type& type, Node value) {
    Word word{};
    std::vector<std::uint8_t> own;
    switch (type.form) {
      case Form::unsigned_integer:
      case Form::signed_integer: {
        AIRLOCK_ASSIGN(const number::U256 read, integer(value, type));
        number::to_big(read, word);
        own.assign(word.begin(), word.end());
        break;
      }
      case Form::boolean: {
        AIRLOCK_ASSIGN(const bool read, type::read_boolean(value));
        own.push_back(read ? 1 : 0);
        word.back() = own[0];
        break;
      }
      case Form::address: {
        AIRLOCK_ASSIGN(own, type::read_bytes(value));
        if (own.size() != kAddressSize) return fail(Code::bad_value, to_.nodes_.size());
        copy_into(MutableBytes(word).last(kAddressSize), own);
        break;
      }
      case Form::fixed_bytes: {
        AIRLOCK_ASSIGN(own, type::read_bytes(value));
        if (own.size() != type.size) return fail(Code::bad_value, to_.nodes_.size());
        copy_into(word, own);
        break;
      }
      case Form::bytes: {
        AIRLOCK_ASSIGN(own, type::read_bytes(value));
        word = crypto::keccak256(own).bytes;
        break;
      }
      case Form::text: {
        AIRLOCK_ASSIGN(const std::string_view text, type::read_text(value));
        const Bytes bytes = bytes_of(text);
        own.assign(bytes.begin(), bytes.end());
        word = crypto::keccak256(bytes).bytes;
        break;
      }
      case Form::floating:
      case Form::hash:
      case Form::list:
      case Form::array:
      case Form::tuple:
      case Form::choice:
      case Form::option:
      case Form::parameter:
      case Form::instance:
      case Form::reference:
      case Form::signer: return fail(Code::bad_type, index);
    }
    const auto node = static_cast<std::uint32_t>(to_.nodes_.size());
    to_.nodes_.push_back({index, static_cast<std::uint32_t>(to_.bytes_.size()),
                          static_cast<std::uint32_t>(own.size()), node + 1});
    to_.bytes_.insert(to_.bytes_.end(), own.begin(), own.end());
    append(word);
    return {};
  }

  void append(Bytes word) {
    std::vector<std::uint8_t>& words = open_.back().words;
    words.insert(words.end(), word.begin(), word.end());
  }

  TypedData& to_;
  const type::Map& map_;
  const Structs& structs_;
  std::vector<Open> open_;
  std::map<std::string, crypto::Digest, std::less<>> hashes_;
};

namespace {

// Makes the domain's type that of its members. Where the types list more than there is, nobody can
// say what will be signed, and the message is marked.
Result<bool> complete_domain(Structs& structs, Node domain) {
  Struct made{std::string(kDomain), {}};
  const Struct* const listed = structs.find(kDomain);
  if (listed == nullptr) {
    for (const auto& [name, type] : kDomainMembers)
      if (domain.member(name)) made.members.push_back({std::string(type), std::string(name)});
    AIRLOCK_TRY(structs.add(std::move(made)));
    return true;
  }
  for (const StructMember& member : listed->members)
    if (domain.member(member.name)) made.members.push_back(member);
  const bool is_whole = made.members.size() == listed->members.size();
  if (!is_whole) structs.replace(std::move(made));
  return is_whole;
}

template <std::size_t kSize>
std::optional<std::array<std::uint8_t, kSize>> bytes_in(const type::Value& domain,
                                                        std::string_view name, Form form) {
  const auto member = domain.member(name);
  if (!member || member->form() != form || member->bytes().size() != kSize) return std::nullopt;
  std::array<std::uint8_t, kSize> bytes{};
  copy_into(bytes, member->bytes());
  return bytes;
}

std::optional<std::string> text_in(const type::Value& domain, std::string_view name) {
  const auto member = domain.member(name);
  if (!member || member->form() != Form::text) return std::nullopt;
  return std::string(member->as_text());
}

Domain domain_of(const type::Value& value) {
  Domain domain;
  domain.name = text_in(value, "name");
  domain.version = text_in(value, "version");
  const auto chain = value.member("chainId");
  if (chain && chain->form() == Form::unsigned_integer) domain.chain_id = chain->as_unsigned();
  domain.verifying_contract = bytes_in<kAddressSize>(value, "verifyingContract", Form::address);
  domain.salt = bytes_in<kWordSize>(value, "salt", Form::fixed_bytes);
  return domain;
}

}  // namespace

Result<TypedData> TypedData::read(std::string_view json) {
  AIRLOCK_ASSIGN(const json::Tree tree, json::Tree::parse(json, kMessageSizeMax));
  const Node root = tree.root();
  AIRLOCK_ASSIGN(const Node types, json::object(root, "types"));
  AIRLOCK_ASSIGN(const Node domain, json::object(root, "domain"));
  AIRLOCK_ASSIGN(const Node message, json::object(root, "message"));
  AIRLOCK_ASSIGN(const std::string_view primary, json::text(root, "primaryType", kTypeSpellingMax));
  AIRLOCK_ASSIGN(Structs structs, Structs::read(types));
  AIRLOCK_ASSIGN(const bool is_whole, complete_domain(structs, domain));
  if (primary == kDomain) return fail(Code::bad_type);
  type::Builder builder("eip712", type::Order::big, type::AddressForm::eip55);
  AIRLOCK_ASSIGN(const std::uint32_t domain_type, structs.build(kDomain, builder));
  AIRLOCK_ASSIGN(const std::uint32_t message_type, structs.build(primary, builder));
  AIRLOCK_ASSIGN(type::OwnedMap map, builder.finish());
  TypedData made(std::move(map));
  made.primary_ = primary;
  AIRLOCK_ASSIGN(made.spelling_, structs.spell(primary));
  made.type_hash_ = crypto::keccak256(bytes_of(made.spelling_));
  MessageReader reader(made, structs);
  AIRLOCK_ASSIGN(made.domain_separator_, reader.read(domain_type, domain));
  made.is_whole_ = is_whole;
  made.domain_ = domain_of({made.map_.map(), made.nodes_, made.bytes_, 0});
  made.message_ = static_cast<std::uint32_t>(made.nodes_.size());
  AIRLOCK_ASSIGN(made.message_hash_, reader.read(message_type, message));
  return made;
}

crypto::Digest TypedData::digest() const {
  std::array<std::uint8_t, 2 + 2 * kWordSize> bytes{0x19, 0x01};
  copy_into(MutableBytes(bytes).subspan(2), domain_separator_.bytes);
  copy_into(MutableBytes(bytes).subspan(2 + kWordSize), message_hash_.bytes);
  return crypto::keccak256(bytes);
}

}  // namespace airlock::abi::clear
