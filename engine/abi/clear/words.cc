#include "engine/abi/clear/internal/words.h"

#include <algorithm>

#include "core/crypto/keccak.h"
#include "engine/abi/clear/author_text.h"
#include "engine/abi/clear/internal/notes.h"
#include "engine/abi/type/spelling.h"
#include "host/text/text.h"

namespace airlock::abi::clear::internal {

namespace {

constexpr std::int64_t kTimeMax = 253'402'300'799;  // the end of the year 9999
constexpr std::string_view kSender = "Sender";

void append_scaled(std::string& to, const number::Signed& amount, unsigned decimals) {
  if (amount.negative) to += '-';
  number::append_scaled(to, amount.magnitude, decimals);
}

void append_two(std::string& to, std::uint64_t number) {
  if (number < 10) to += '0';
  to += std::to_string(number);
}

class Writer {
 public:
  Writer(const Rule& rule, const Datum& datum, const Compiled& file, const Resolver& resolver,
         const Around& around, const Source& source)
      : rule_(rule),
        datum_(datum),
        file_(file),
        resolver_(resolver),
        around_(around),
        source_(source) {}

  Result<Written> write() {
    made_.field.label = rule_.label;
    made_.field.warnings = rule_.warnings;
    AIRLOCK_TRY(write_value());
    if (made_.field.value.size() > kShownMax) return fail(Code::over_budget);
    return std::move(made_);
  }

 private:
  std::string& text() { return made_.field.value; }
  void warn(Warning warning) { made_.field.warnings.add(warning); }

  Status write_value() {
    if (rule_.is_encrypted) return encrypted();
    switch (rule_.format) {
      case Format::raw:
      case Format::calldata: return raw();
      case Format::amount: return amount();
      case Format::token_amount: return token_amount();
      case Format::nft_name: return nft_name();
      case Format::date: return date();
      case Format::duration: return duration();
      case Format::unit: return unit();
      case Format::enumeration: return enumeration();
      case Format::chain_id: return chain();
      case Format::address_name: return address_name();
      case Format::token_ticker: return token_ticker();
      case Format::interoperable_name: return interoperable_name();
      case Format::unknown: return raw_with(Warning::wrong_kind);
    }
    return raw();
  }

  Status raw() {
    if (datum_.kind == Datum::Kind::text) made_.fits_sentence = fits_sentence(datum_.text);
    if (datum_.kind == Datum::Kind::parts) made_.fits_sentence = false;
    return append_raw(text(), datum_, made_.field.warnings);
  }
  Status raw_with(Warning warning) {
    warn(warning);
    return raw();
  }

  // The number that a format of numbers speaks of: of bytes only where a path cut them out.
  std::optional<number::Signed> number() const {
    if (datum_.kind == Datum::Kind::integer || datum_.is_slice) return as_number(datum_);
    return std::nullopt;
  }
  std::optional<Address> address() const {
    const bool is_fit = datum_.kind == Datum::Kind::address ||
                        datum_.kind == Datum::Kind::integer || datum_.is_slice;
    return is_fit ? as_address(datum_) : std::nullopt;
  }

  // The chain that the parameters name, which a note tells, or that of the call. Nothing where it
  // cannot be found.
  Result<std::optional<std::uint64_t>> chain_id() {
    if (rule_.chain.kind == Operand::Kind::none) return std::optional(around_.chain_id);
    AIRLOCK_ASSIGN(const auto found, resolver_.resolve(rule_.chain));
    if (!found) return std::nullopt;
    AIRLOCK_ASSIGN(Note note, chain_note(*found, source_));
    made_.field.notes.push_back(std::move(note));
    return small_number(*found);
  }
  Result<std::optional<Address>> address_of(const Operand& operand) const {
    AIRLOCK_ASSIGN(const auto found, resolver_.resolve(operand));
    return found ? as_address(*found) : std::nullopt;
  }
  // The address of a parameter, which stands behind the value.
  Result<std::optional<Address>> address_behind(const Operand& operand) {
    AIRLOCK_ASSIGN(const auto found, resolver_.resolve(operand));
    const auto address = found ? as_address(*found) : std::nullopt;
    if (address) AIRLOCK_TRY(append_address(made_.field.detail, *found));
    return address;
  }
  Result<bool> is_among(const Address& address, const std::vector<Operand>& operands) const {
    for (const Operand& operand : operands) {
      AIRLOCK_ASSIGN(const auto other, address_of(operand));
      if (other == address) return true;
    }
    return false;
  }

  void add_symbol(std::string_view symbol) {
    made_.field.warnings.add(append_harmless(text(), symbol, kWordMax));
    made_.fits_sentence = made_.fits_sentence && fits_sentence(symbol);
  }

  Status encrypted() {
    warn(Warning::encrypted);
    text() = rule_.encrypted_text;
    Warnings ignored;
    return append_raw(made_.field.detail, datum_, ignored);
  }

  Status amount() {
    const auto amount = number();
    if (!amount) return raw_with(Warning::wrong_kind);
    if (append_native(text(), *amount, around_.chain_id, source_)) return {};
    return raw_with(Warning::unknown_chain);
  }

  Status token_amount() {
    const auto amount = number();
    AIRLOCK_ASSIGN(const auto chain, chain_id());
    AIRLOCK_ASSIGN(const auto token, address_behind(rule_.token));
    if (!amount) return raw_with(Warning::wrong_kind);
    if (rule_.token.kind == Operand::Kind::file_token)
      return amount_of(*amount, *file_.token_symbol, file_.token_decimals);
    if (!chain || !token) return raw_with(Warning::no_parameter);
    AIRLOCK_ASSIGN(const bool is_native, is_among(*token, rule_.natives));
    if (is_native) {
      const auto known = source_.chain(*chain);
      if (!known) return raw_with(Warning::unknown_chain);
      return amount_of(*amount, known->symbol, known->decimals);
    }
    const auto known = source_.token(*chain, *token);
    if (!known || known->decimals > number::kDecimalsMax) return raw_with(Warning::unknown_token);
    return amount_of(*amount, known->symbol, known->decimals);
  }

  Status amount_of(const number::Signed& amount, std::string_view symbol, unsigned decimals) {
    AIRLOCK_ASSIGN(const auto found, resolver_.resolve(rule_.threshold));
    const auto threshold = found ? as_number(*found) : std::nullopt;
    if (threshold && !amount.negative && !threshold->negative &&
        amount.magnitude >= threshold->magnitude) {
      text() += rule_.message;
      exactly(amount, decimals);
    } else {
      append_scaled(text(), amount, decimals);
    }
    text() += ' ';
    add_symbol(symbol);
    return {};
  }

  // A word in place of an amount has the amount behind it.
  void exactly(const number::Signed& amount, unsigned decimals) {
    std::string exact;
    append_scaled(exact, amount, decimals);
    if (!made_.field.detail.empty()) exact += " of " + made_.field.detail;
    made_.field.detail = std::move(exact);
  }

  Status nft_name() {
    const auto id = number();
    AIRLOCK_ASSIGN(const auto collection, address_behind(rule_.collection));
    if (!id) return raw_with(Warning::wrong_kind);
    if (!collection) return raw_with(Warning::no_parameter);
    const auto name = source_.collection(around_.chain_id, *collection);
    if (!name) return raw_with(Warning::unknown_collection);
    add_symbol(*name);
    text() += " #";
    number::append(text(), *id);
    return {};
  }

  Status date() {
    const auto number = this->number();
    if (!number) return raw_with(Warning::wrong_kind);
    std::optional<std::int64_t> seconds;
    if (rule_.encoding == Encoding::blockheight && !number->negative) {
      seconds = source_.block_time(around_.chain_id, number->magnitude);
      if (!seconds) return raw_with(Warning::unknown_block);
    } else if (rule_.encoding == Encoding::timestamp && !number->negative &&
               number->magnitude <= number::U256(std::uint64_t{kTimeMax})) {
      seconds = static_cast<std::int64_t>(number->magnitude.limbs[0]);
    }
    if (!seconds || *seconds < 0 || *seconds > kTimeMax) return raw_with(Warning::wrong_kind);
    std::string time = text::to_time(*seconds);
    std::replace(time.begin(), time.end(), 'T', ' ');
    text() += time;
    return {};
  }

  Status duration() {
    const auto number = this->number();
    if (!number || number->negative || !number->magnitude.fits(64))
      return raw_with(Warning::wrong_kind);
    constexpr std::uint64_t kMinute = 60, kHour = 3600;
    const std::uint64_t seconds = number->magnitude.limbs[0];
    append_two(text(), seconds / kHour);
    text() += ':';
    append_two(text(), seconds % kHour / kMinute);
    text() += ':';
    append_two(text(), seconds % kMinute);
    return {};
  }

  Status unit() {
    const auto number = this->number();
    if (!number) return raw_with(Warning::wrong_kind);
    constexpr std::string_view kPrefixes = "kMGTPEZY";
    std::array<char, number::kDigitsMax> digits{};
    const std::size_t size = number::write(number->magnitude, digits);
    std::size_t thousands = 0;
    if (rule_.has_prefix && !number->negative && size > rule_.decimals)
      thousands = std::min<std::size_t>((size - rule_.decimals - 1) / 3, kPrefixes.size());
    const auto decimals = static_cast<unsigned>(rule_.decimals + 3 * thousands);
    if (decimals > number::kDecimalsMax) return raw_with(Warning::wrong_kind);
    append_scaled(text(), *number, decimals);
    if (thousands > 0) text() += kPrefixes[thousands - 1];
    text() += rule_.base;
    // A unit is one word: with more of them it would go on with the sentence that it stands in.
    const std::string_view base = rule_.base;
    made_.fits_sentence = base.find(' ', base.find_first_not_of(' ')) == std::string_view::npos;
    return {};
  }

  Status enumeration() {
    std::string key;
    if (datum_.kind == Datum::Kind::boolean) {
      key = datum_.boolean ? "true" : "false";
    } else if (const auto number = this->number()) {
      number::append(key, *number);
    } else if (datum_.kind == Datum::Kind::bytes) {
      type::append_hex(key, datum_.bytes());
    } else {
      return raw_with(Warning::wrong_kind);
    }
    if (!rule_.table) return raw_with(Warning::no_parameter);
    const Table& table = file_.enums[*rule_.table];
    const auto found = std::lower_bound(
        table.begin(), table.end(), key,
        [](const auto& entry, const std::string& wanted) { return entry.first < wanted; });
    if (found == table.end() || found->first != key) return raw_with(Warning::unknown_value);
    text() += found->second;
    made_.field.detail = std::move(key);
    return {};
  }

  Status chain() {
    const auto id = small_number(datum_);
    const auto known = id && number() ? source_.chain(*id) : std::nullopt;
    if (!known) return raw_with(id ? Warning::unknown_chain : Warning::wrong_kind);
    add_symbol(known->name);
    return {};
  }

  Status address_name() {
    const auto address = this->address();
    if (!address) return raw_with(Warning::wrong_kind);
    AIRLOCK_ASSIGN(const bool is_sender, is_among(*address, rule_.senders));
    if (is_sender) {
      text() += kSender;
      type::append_eip55(made_.field.detail, Bytes(*address));
      return {};
    }
    add_name(around_.chain_id, *address);
    return {};
  }

  void add_name(std::uint64_t chain_id, const Address& address) {
    const auto known = source_.name({chain_id, address, rule_.kinds, rule_.sources});
    if (!known) {
      warn(Warning::unknown_name);
      type::append_eip55(text(), address);
      return;
    }
    if (!known->is_expected_kind) warn(Warning::other_kind_of_address);
    made_.field.warnings.add(append_harmless(text(), known->text, kWordMax));
    // A name that anybody could register must not end the sentence that it stands in.
    made_.fits_sentence = known->is_owners || known->text.find(' ') == std::string_view::npos;
    type::append_eip55(made_.field.detail, address);
  }

  Status token_ticker() {
    const auto address = this->address();
    AIRLOCK_ASSIGN(const auto chain, chain_id());
    if (!address) return raw_with(Warning::wrong_kind);
    if (!chain) return raw_with(Warning::no_parameter);
    const auto known = source_.token(*chain, *address);
    if (!known) return raw_with(Warning::unknown_token);
    type::append_eip55(made_.field.detail, *address);
    add_symbol(known->symbol);
    return {};
  }

  // ERC-7930: version, kind of chain, chain, address, each with its length.
  Status interoperable_name() {
    constexpr std::size_t kHead = 5, kVersion = 2;
    const Bytes bytes = datum_.bytes();
    const bool is_long = datum_.kind == Datum::Kind::bytes && bytes.size() > kHead;
    const std::size_t chain = is_long ? bytes[kHead - 1] : 0;
    // Version 1, and a chain of EIP-155.
    if (!is_long || bytes[0] != 0 || bytes[1] != 1 || bytes[2] != 0 || bytes[3] != 0 ||
        chain == 0 || chain > 8 || bytes.size() != kHead + chain + 1 + kAddressSize ||
        bytes[kHead + chain] != kAddressSize || bytes[kHead] == 0)
      return raw_with(Warning::wrong_kind);
    const number::U256 id = number::from_big(bytes.subspan(kHead, chain));
    Address address{};
    copy_into(address, bytes.last(kAddressSize));
    add_name(id.limbs[0], address);
    text() += "@eip155:";
    number::append(text(), id);
    constexpr std::size_t kChecksum = 4;
    const crypto::Digest digest = crypto::keccak256(bytes.subspan(kVersion));
    std::string checksum = text::to_hex(Bytes(digest.bytes).first(kChecksum));
    for (char& c : checksum)
      if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
    text() += '#' + checksum;
    return {};
  }

  const Rule& rule_;
  const Datum& datum_;
  const Compiled& file_;
  const Resolver& resolver_;
  const Around& around_;
  const Source& source_;
  Written made_;
};

}  // namespace

Status append_raw(std::string& to, const Datum& datum, Warnings& warnings) {
  switch (datum.kind) {
    case Datum::Kind::integer: number::append(to, datum.integer); break;
    case Datum::Kind::boolean: to += datum.boolean ? "true" : "false"; break;
    case Datum::Kind::address: type::append_eip55(to, datum.bytes()); break;
    case Datum::Kind::bytes:
      if (datum.bytes().size() > kShownMax / 2) return fail(Code::over_budget);
      type::append_hex(to, datum.bytes());
      break;
    case Datum::Kind::text:
      if (datum.text.size() > kShownMax) return fail(Code::over_budget);
      warnings.add(append_harmless(to, datum.text, kShownMax));
      break;
    case Datum::Kind::parts:
      if (datum.value) return type::append_plain(to, *datum.value, kShownMax);
      break;
    case Datum::Kind::none: break;
  }
  return {};
}

bool append_native(std::string& to, const number::Signed& amount, std::uint64_t chain_id,
                   const Source& source) {
  const auto known = source.chain(chain_id);
  if (!known || known->decimals > number::kDecimalsMax) return false;
  append_scaled(to, amount, known->decimals);
  to += ' ';
  append_harmless(to, known->symbol, kWordMax);
  return true;
}

Result<Written> write(const Rule& rule, const Datum& datum, const Compiled& file,
                      const Resolver& resolver, const Around& around, const Source& source) {
  return Writer(rule, datum, file, resolver, around, source).write();
}

}  // namespace airlock::abi::clear::internal
