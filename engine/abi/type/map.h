// What a contract's calls, events and errors are made of, whatever its chain: the type map.
//
// A map is one run of bytes that is read where it lies (docs/formats/type-map.md): loaders build it
// from their chain's own format, a pack carries it, a wallet maps it into memory. Map::parse checks
// all of it once, in one pass; from then on every index leads somewhere, and a type can contain
// itself only through a list or an option. Texts in it are the author's: attacker text, to be shown
// by spelling.h alone.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/base.h"

namespace airlock::abi::type {

inline constexpr std::uint32_t kMapVersion = 1;
inline constexpr std::size_t kMapSizeMax = 8 << 20;
inline constexpr std::size_t kTypesMax = 65'536;
inline constexpr std::size_t kFieldsMax = 131'072;
inline constexpr std::size_t kEntriesMax = 16'384;
inline constexpr std::size_t kAccountsMax = 131'072;
inline constexpr std::size_t kKeySizeMax = 64;
inline constexpr std::size_t kNameMax = 1024;
inline constexpr std::uint32_t kArrayCountMax = 65'536;  // all fixed counts of one type, multiplied
inline constexpr std::size_t kNestingMax = 32;           // of types within types, loops not counted
inline constexpr std::uint32_t kNone = 0xffff'ffff;      // an index that leads nowhere

// What the values of a type are. Numbers are disk format.
enum class Form : std::uint8_t {
  boolean = 1,
  unsigned_integer = 2,  // size = bits
  signed_integer = 3,    // size = bits
  floating = 4,          // size = bits
  address = 5,           // size = bytes
  fixed_bytes = 6,       // size = bytes
  bytes = 7,             // size = Prefix
  text = 8,              // size = Prefix
  hash = 9,              // 32 bytes in place of a value that only its hash is known of
  list = 10,             // size = Prefix, first = element
  array = 11,            // first = element, count
  tuple = 12,            // first, count: fields
  choice = 13,           // size = Prefix of the tag; first, count: a field each variant
  option = 14,           // size = bytes of the tag, first = element
  parameter = 15,        // a type that the call names: first = which
  instance = 16,         // a type of another map, by name; first, count: fields, its arguments
  reference = 17,        // first = what it refers to
  signer = 18,           // who signs: no bytes in a call
};
inline constexpr std::uint8_t kFormLast = 18;

// How a length or a tag is written before what it counts.
enum class Prefix : std::uint16_t {
  none = 0,  // to the end of the input
  u8 = 1,
  u16 = 2,
  u32 = 4,
  u64 = 8,
  uleb = 16,       // ULEB128, minimal
  short_u16 = 17,  // Solana's compact-u16
  evm_word = 32,   // a word, and the value stands where an offset says
};

// Flags of a type.
inline constexpr std::uint8_t kIsMap = 1;      // a list of pairs, keys ascending
inline constexpr std::uint8_t kIsSet = 2;      // a list, elements ascending
inline constexpr std::uint8_t kFullWidth = 4;  // an option that takes its element's room when empty
inline constexpr std::uint8_t kIsMutable = 8;  // a reference through which may be written
inline constexpr std::uint8_t kIsAscii = 16;   // a text of 7-bit characters

// A place in the map's texts.
struct Text {
  std::uint32_t at = 0;
  std::uint32_t size = 0;
  friend bool operator==(const Text&, const Text&) = default;
};

struct Type {
  Form form = Form::boolean;
  std::uint8_t flags = 0;
  std::uint16_t size = 0;
  Text name{};  // of a struct or enum; empty where it has none
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  std::uint32_t extent = 0;  // bytes that every value takes in place; 0 where values differ
  friend bool operator==(const Type&, const Type&) = default;
};

// A member of a tuple, a variant of a choice, or an argument of an instance.
struct Field {
  Text name{};
  std::uint32_t type = 0;
  std::uint32_t tag = 0;  // of a variant: its tag. Of an event's argument: 1 where it is indexed
  Text note{};            // the author's own word for the type (internalType), or documentation
  friend bool operator==(const Field&, const Field&) = default;
};

enum class EntryKind : std::uint8_t {
  function = 1,  // also an instruction and an entry function
  constructor = 2,
  fallback = 3,
  receive = 4,
  event = 5,
  error = 6,
  account = 7,  // what a program keeps in an account
  record = 8,   // a named struct or enum that nothing calls by bytes
};
inline constexpr std::uint8_t kEntryKindLast = 8;

// Flags of an entry.
inline constexpr std::uint8_t kIsPayable = 1;
inline constexpr std::uint8_t kIsView = 2;
inline constexpr std::uint8_t kIsPure = 4;
inline constexpr std::uint8_t kIsAnonymous = 8;
inline constexpr std::uint8_t kIsPublic = 16;
inline constexpr std::uint8_t kIsFriend = 32;
inline constexpr std::uint8_t kIsEntry = 64;  // a transaction can call it

// Something that bytes can be decoded as.
struct Entry {
  EntryKind kind = EntryKind::function;
  std::uint8_t flags = 0;
  std::uint16_t parameters = 0;  // how many types a call names
  Text name{};
  Text key{};                    // the bytes that choose it: selector, topic, discriminator, name
  Text signature{};              // its canonical spelling
  std::uint32_t input = kNone;   // a tuple; of an account or record its type
  std::uint32_t output = kNone;  // a tuple
  std::uint32_t first_account = 0;
  std::uint32_t account_count = 0;
  Text note{};
  friend bool operator==(const Entry&, const Entry&) = default;
};

// Flags of an account.
inline constexpr std::uint32_t kIsWritable = 1;
inline constexpr std::uint32_t kIsSigner = 2;
inline constexpr std::uint32_t kIsOptional = 4;

// An account that an instruction names by position.
struct Account {
  Text name{};
  std::uint32_t flags = 0;
  Text address{};  // 32 bytes where it is always the same account; else empty
  friend bool operator==(const Account&, const Account&) = default;
};

enum class Order : std::uint8_t { big = 1, little = 2 };
enum class AddressForm : std::uint8_t { eip55 = 1, base58 = 2, hex = 3 };

// A checked map, as a view: the bytes must outlive it. Copied like a pointer.
class Map {
 public:
  // parse checks the bytes, which begin at an address that 8 divides (a bug otherwise). Errors:
  // wrong_magic, unsupported_version, truncated, trailing_bytes, oversized, out_of_range,
  // bad_type (at = the type), not_canonical (keys out of order), ambiguous (at = the entry).
  static Result<Map> parse(Bytes encoded);

  std::string_view loader() const { return text(head_->loader); }  // "evm", "solana", "move", ..
  std::string_view name() const { return text(head_->name); }      // of the contract or program
  Order order() const { return head_->order; }
  AddressForm address_form() const { return head_->address_form; }

  std::span<const Type> types() const { return types_; }
  std::span<const Field> fields() const { return fields_; }
  std::span<const Entry> entries() const { return entries_; }
  std::span<const Account> accounts() const { return accounts_; }
  // fields_of returns the members of a tuple, the variants of a choice, an instance's arguments.
  std::span<const Field> fields_of(const Type& type) const {
    return fields_.subspan(type.first, type.count);
  }
  std::span<const Account> accounts_of(const Entry& entry) const {
    return accounts_.subspan(entry.first_account, entry.account_count);
  }
  std::string_view text(Text text) const { return texts_.substr(text.at, text.size); }
  Bytes bytes(Text text) const { return bytes_of(this->text(text)); }

  // find returns the entry of this kind with exactly this key, or nullptr.
  const Entry* find(EntryKind kind, Bytes key) const;
  // find_at_front returns the entry of this kind whose key `data` begins with, or nullptr. No key
  // of a kind begins with another one of that kind.
  const Entry* find_at_front(EntryKind kind, Bytes data) const;
  // find_named returns the entry by signature, or by its name where one alone has it. Errors:
  // unknown_call, ambiguous.
  Result<const Entry*> find_named(EntryKind kind, std::string_view name) const;

  Bytes encoded() const { return encoded_; }

 private:
  friend class Builder;
  struct Head {
    std::array<char, 4> magic;
    std::uint32_t version;
    Text loader;
    Text name;
    Order order;
    AddressForm address_form;
    std::uint16_t zero;
    std::uint32_t type_count;
    std::uint32_t field_count;
    std::uint32_t entry_count;
    std::uint32_t account_count;
    std::uint32_t text_size;
  };
  static constexpr std::array<char, 4> kMagic = {'A', 'L', 'T', 'M'};

  Status check_types() const;
  Status check_fields() const;
  Status check_entries() const;
  Status check_accounts() const;
  Status check_type(std::uint32_t index) const;
  Status check_text(Text text, std::size_t size_max) const;

  Bytes encoded_;
  const Head* head_ = nullptr;
  std::span<const Type> types_;
  std::span<const Field> fields_;
  std::span<const Entry> entries_;  // ascending by kind, then key
  std::span<const Account> accounts_;
  std::string_view texts_;
};

}  // namespace airlock::abi::type
