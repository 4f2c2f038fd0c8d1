// What a descriptor says, as the formatter needs it.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/crypto/sha256.h"
#include "engine/abi/clear/path.h"
#include "engine/abi/clear/screen.h"
#include "engine/abi/type/builder.h"

namespace airlock::abi::clear::internal {

using Address = std::array<std::uint8_t, kAddressSize>;

struct Deployment {
  std::uint64_t chain_id = 0;
  Address address{};
  friend auto operator<=>(const Deployment&, const Deployment&) = default;
};

// A constant of the file.
struct Literal {
  enum class Kind : std::uint8_t { none, integer, boolean, bytes, text } kind = Kind::none;
  number::Signed integer{};
  bool boolean = false;
  std::vector<std::uint8_t> bytes{};
  std::string text{};
};

enum class Container : std::uint8_t { from, value, to, chain_id };

// Where a value comes from.
struct Operand {
  enum class Kind : std::uint8_t {
    none,
    literal,
    data,
    container,
    table,       // of the file, by a key that is data, container or literal
    file_token,  // $.metadata.token
    broken       // a path that leads nowhere
  } kind = Kind::none;
  Kind key = Kind::none;  // of a table
  Container container = Container::to;
  std::uint32_t table = 0;
  Literal literal{};
  Path path{};
};

enum class Format : std::uint8_t {
  raw,
  amount,
  token_amount,
  nft_name,
  date,
  duration,
  unit,
  enumeration,
  chain_id,
  calldata,
  address_name,
  token_ticker,
  interoperable_name,
  unknown  // of a newer minor version: shown raw
};

enum class Visible : std::uint8_t { always, never, optional, if_not_in, must_match };
enum class Encoding : std::uint8_t { none, timestamp, blockheight };

// How one field is shown.
struct Rule {
  Operand value{};
  std::string key{};  // the path as a sentence names it
  std::string label{};
  Warnings warnings{};  // of the texts of the file
  Format format = Format::raw;
  Visible visible = Visible::always;
  std::vector<Literal> among{};
  std::string separator{};
  bool is_encrypted = false;
  std::string encrypted_text{};
  // Parameters.
  Operand token{}, chain{}, callee{}, amount{}, spender{}, selector{}, threshold{}, collection{};
  std::vector<Operand> natives{}, senders{};
  std::string message{}, base{};
  unsigned decimals = 0;
  bool has_prefix = false;
  Encoding encoding = Encoding::none;
  std::optional<std::uint32_t> table{};  // of an enumeration
  std::uint8_t kinds = 0, sources = 0;
};

// A field or a group. Groups are followed by what they hold.
struct Item {
  std::optional<std::uint32_t> rule{};
  std::uint32_t end = 0;  // the item after the last one that this one holds
  Path path{};            // of a group, from the root
  bool is_bundled = false;
  std::string label{};
};

// A piece of a sentence: a text, or the value of a field.
struct Piece {
  std::string text{};
  std::optional<std::uint32_t> rule{};
};

struct CallFormat {
  std::string intent{};
  Warnings warnings{};
  std::uint32_t first_item = 0, last_item = 0;
  std::vector<Piece> sentence{};
  bool has_sentence = false;  // it was written, whether or not it may be used
  bool is_broken = false;
  bool hides_all = false;               // it has arguments, and no field is ever visible
  bool hides_any = false;               // something in them is never seen whole
  std::vector<std::uint32_t> always{};  // the arguments that a visible field shows whole
};

using Table = std::vector<std::pair<std::string, std::string>>;  // ascending by key

struct Compiled {
  std::string owner{}, contract{};
  Warnings warnings{};
  bool is_for_calls = true;
  // Bindings.
  std::vector<Deployment> deployments{};  // ascending
  bool has_deployments = false;
  std::vector<Deployment> factories{};
  std::string factory_event{};
  std::optional<std::string> domain_name{}, domain_version{};
  std::optional<std::uint64_t> domain_chain{};
  std::optional<Address> domain_contract{};
  std::optional<crypto::Digest> domain_separator{};
  // The file's own token.
  std::optional<std::string> token_symbol{};
  unsigned token_decimals = 0;
  std::vector<Table> enums{};
  std::vector<std::map<std::string, Literal, std::less<>>> maps{};
  // Formats: of calls by the entry of the map, of messages by the hash of their type.
  std::optional<type::OwnedMap> calls{};
  std::vector<std::uint32_t> format_of_entry{};
  std::vector<std::pair<crypto::Digest, std::uint32_t>> messages{};
  std::vector<CallFormat> formats{};
  std::vector<Item> items{};
  std::vector<Rule> rules{};
};

}  // namespace airlock::abi::clear::internal
