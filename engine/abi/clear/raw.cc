// What is shown where nothing can be shown clearly.
#include "core/crypto/keccak.h"
#include "engine/abi/clear/author_text.h"
#include "engine/abi/clear/internal/bound.h"
#include "engine/abi/clear/internal/words.h"
#include "engine/abi/type/spelling.h"

namespace airlock::abi::clear::internal {

namespace {

constexpr std::size_t kRawBytesMax = 16 << 10;  // of the data; the rest has its hash
constexpr std::size_t kRawValuesMax = 256;
constexpr std::string_view kMore = "[..]";

Field field(std::string_view label, std::string value) {
  return {.label = std::string(label), .value = std::move(value)};
}

std::string hex(Bytes bytes) {
  std::string text;
  type::append_hex(text, bytes);
  return text;
}

std::string address(Bytes bytes) {
  std::string text;
  type::append_eip55(text, bytes);
  return text;
}

std::string decimal(const number::U256& number) {
  std::string text;
  number::append(text, number);
  return text;
}

// The names that lead to a node, for values of a message.
struct Open {
  type::Value value;
  std::string path;
};

// What a part is called, if it has a name.
std::string_view name_of(const type::Value& whole, std::uint32_t place) {
  if (whole.form() == type::Form::choice) return whole.map().text(whole.variant().name);
  if (whole.form() != type::Form::tuple) return {};
  return whole.map().text(whole.field_of(place).name);
}

}  // namespace

// A plain payment has no call that anybody would have to describe.
Screen show_raw(const Call& call, const Source& source, Warnings why) {
  const bool is_call = !call.data.empty();
  Screen screen{.intent = is_call ? "Sign an unreadable call" : "Send",
                .warnings = is_call ? why : Warnings()};
  screen.fields.push_back(field("Chain", std::to_string(call.chain_id)));
  screen.fields.push_back(field(is_call ? "Contract" : "To",
                                call.to.size() == kAddressSize ? address(call.to) : hex(call.to)));
  if (!is_call || !call.value.is_zero())
    screen.fields.push_back(paying_field(call.value, call.chain_id, source));
  if (is_call) add_data(screen, call.data);
  return screen;
}

Screen show_raw(const TypedData& message, Warnings why) {
  Screen screen{.intent = "Sign an unreadable message", .warnings = why};
  const Domain& domain = message.domain();
  Field type = field("Type", "");
  type.warnings.add(append_harmless(type.value, message.primary_type(), kLabelMax));
  screen.fields.push_back(std::move(type));
  if (domain.name) {
    Field name = field("Domain", "");
    name.warnings.add(append_harmless(name.value, *domain.name, kLabelMax));
    screen.fields.push_back(std::move(name));
  }
  if (domain.chain_id) screen.fields.push_back(field("Chain", decimal(*domain.chain_id)));
  if (domain.verifying_contract)
    screen.fields.push_back(field("Contract", address(*domain.verifying_contract)));
  clear::add_values(screen, message.message());
  screen.fields.push_back(field("Domain hash", hex(message.domain_separator().bytes)));
  screen.fields.push_back(field("Message hash", hex(message.message_hash().bytes)));
  return screen;
}

}  // namespace airlock::abi::clear::internal

namespace airlock::abi::clear {

using internal::field, internal::hex, internal::name_of, internal::kMore, internal::kRawBytesMax,
    internal::kRawValuesMax, internal::Open;

Field paying_field(const number::U256& value, std::optional<std::uint64_t> chain_id,
                   const Source& source) {
  Field pays{.label = "Pays"};
  if (chain_id && internal::append_native(pays.value, {value, false}, *chain_id, source))
    return pays;
  pays.warnings.add(Warning::unknown_chain);
  number::append(pays.value, value);
  return pays;
}

void add_data(Screen& screen, Bytes data) {
  const bool is_whole = data.size() <= kRawBytesMax;
  Field bytes = field("Data", hex(is_whole ? data : data.first(kRawBytesMax)));
  if (is_whole) {
    screen.fields.push_back(std::move(bytes));
    return;
  }
  bytes.value += kMore;
  bytes.warnings.add(Warning::shortened);
  screen.fields.push_back(std::move(bytes));
  screen.fields.push_back(field("Keccak-256 of the data", hex(crypto::keccak256(data).bytes)));
}

void add_values(Screen& screen, const type::Value& root) {
  std::vector<Open> open{{root, ""}};
  while (!open.empty()) {
    const Open top = std::move(open.back());
    open.pop_back();
    if (screen.fields.size() == kRawValuesMax) {
      screen.fields.push_back(field(kMore, std::string(kMore)));
      screen.warnings.add(Warning::shortened);
      return;
    }
    const std::uint32_t count = top.value.count();
    if (count == 0) {
      Field made;
      made.warnings.add(append_harmless(made.label, top.path, kLabelMax));
      std::string plain;
      if (!type::append_plain(plain, top.value, kRawBytesMax))
        made.warnings.add(Warning::shortened);
      made.warnings.add(append_harmless(made.value, plain, kRawBytesMax));
      screen.fields.push_back(std::move(made));
      continue;
    }
    const std::size_t first = open.size();
    std::uint32_t place = 0;
    for (const type::Value part : top.value.parts()) {
      if (place == kRawValuesMax) break;
      std::string path = top.path.empty() ? "" : top.path + '.';
      const std::string_view name = name_of(top.value, place);
      path += name.empty() ? '[' + std::to_string(place) + ']' : std::string(name);
      open.push_back({part, path.substr(0, kPathSizeMax)});
      ++place;
    }
    std::reverse(open.begin() + static_cast<std::ptrdiff_t>(first), open.end());
  }
}

}  // namespace airlock::abi::clear
