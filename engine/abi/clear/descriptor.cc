#include "engine/abi/clear/descriptor.h"

#include <algorithm>

#include "core/crypto/keccak.h"
#include "engine/abi/clear/internal/bound.h"
#include "engine/abi/clear/internal/compiler.h"
#include "engine/abi/clear/internal/merge.h"
#include "engine/abi/clear/structs.h"
#include "engine/abi/evm/load.h"
#include "engine/abi/type/spelling.h"

namespace airlock::abi::clear {

using internal::Compiled;
using internal::File;
using internal::Scope;
using json::Value;

namespace {

Status compile_calls(const File& file, const Value& formats, Compiled& made) {
  std::vector<std::string_view> signatures;
  for (const auto& [key, format] : formats.items()) signatures.push_back(key);
  auto map = evm::load_signatures(signatures, "erc7730");
  if (!map) return std::unexpected(map.error());
  made.calls = std::move(*map);
  const type::Map& calls = made.calls->map();
  made.format_of_entry.assign(calls.entries().size(), type::kNone);
  std::size_t at = 0;
  for (const auto& [key, format] : formats.items()) {
    const std::string_view signature = signatures[at];
    AIRLOCK_ASSIGN(const type::OwnedMap one, evm::load_signatures({&signature, 1}, ""));
    const type::Entry& entry = one->entries()[0];
    if (entry.kind != type::EntryKind::function || !format.is_object())
      return fail(Code::bad_descriptor, at);
    AIRLOCK_ASSIGN(const type::Entry* found,
                   calls.find_named(entry.kind, one->text(entry.signature)));
    auto compiled =
        internal::compile_format(file, format, {.map = &calls, .type = found->input}, made);
    if (!compiled) return fail(compiled.error().code, at);
    made.format_of_entry[static_cast<std::size_t>(found - calls.entries().data())] =
        static_cast<std::uint32_t>(made.formats.size());
    made.formats.push_back(std::move(*compiled));
    ++at;
  }
  return {};
}

Status compile_message(const File& file, std::string_view key, const Value& format,
                       Compiled& made) {
  if (!format.is_object()) return fail(Code::bad_descriptor);
  AIRLOCK_ASSIGN(const Structs structs, Structs::read_spelling(key));
  AIRLOCK_ASSIGN(const std::string spelling, structs.spell(structs.all()[0].name));
  // Another spelling has another hash, which no message has.
  if (spelling != key && file.is_strict()) return fail(Code::bad_descriptor);
  type::Builder builder("eip712", type::Order::big, type::AddressForm::eip55);
  AIRLOCK_ASSIGN(const std::uint32_t type, structs.build(structs.all()[0].name, builder));
  AIRLOCK_ASSIGN(const type::OwnedMap map, builder.finish());
  AIRLOCK_ASSIGN(internal::CallFormat compiled,
                 internal::compile_format(file, format, {.map = &map.map(), .type = type}, made));
  made.messages.emplace_back(crypto::keccak256(bytes_of(key)),
                             static_cast<std::uint32_t>(made.formats.size()));
  made.formats.push_back(std::move(compiled));
  return {};
}

Status compile_formats(const File& file, Compiled& made) {
  AIRLOCK_ASSIGN(const Value* display, File::object(file.root(), "display"));
  if (display == nullptr) return fail(Code::bad_descriptor);
  AIRLOCK_TRY(file.only(*display, {"definitions", "formats"}));
  AIRLOCK_ASSIGN(const Value* formats, File::object(*display, "formats"));
  if (formats == nullptr || formats->size() > kFormatsMax) return fail(Code::bad_descriptor);
  if (made.is_for_calls) return compile_calls(file, *formats, made);
  std::size_t at = 0;
  for (const auto& [key, format] : formats->items()) {
    if (const Status compiled = compile_message(file, key, format, made); !compiled)
      return fail(compiled.error().code, at);
    ++at;
  }
  std::sort(made.messages.begin(), made.messages.end());
  return {};
}

}  // namespace

Descriptor::Descriptor(std::unique_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
Descriptor::~Descriptor() = default;
Descriptor::Descriptor(Descriptor&&) noexcept = default;
Descriptor& Descriptor::operator=(Descriptor&&) noexcept = default;

bool Descriptor::describes(Bytes selector) const {
  return compiled_->calls &&
         compiled_->calls->map().find(type::EntryKind::function, selector) != nullptr;
}

bool Descriptor::describes(const TypedData& message) const {
  return internal::format_of(*compiled_, message) != nullptr;
}

bool Descriptor::always_shows(Bytes selector, std::uint32_t argument) const {
  if (!compiled_->calls) return false;
  const type::Entry* const entry =
      compiled_->calls->map().find(type::EntryKind::function, selector);
  const internal::CallFormat* const format =
      entry == nullptr ? nullptr : internal::format_of(*compiled_, *entry);
  return format != nullptr && std::ranges::binary_search(format->always, argument);
}

bool Descriptor::always_shows(const TypedData& message, std::uint32_t member) const {
  const internal::CallFormat* const format = internal::format_of(*compiled_, message);
  return format != nullptr && std::ranges::binary_search(format->always, member);
}

std::vector<Bytes> Descriptor::selectors() const {
  std::vector<Bytes> made;
  if (!compiled_->calls) return made;
  const type::Map& map = compiled_->calls->map();
  for (const type::Entry& entry : map.entries()) made.push_back(map.bytes(entry.key));
  return made;
}

std::vector<Bytes> Descriptor::keys() const {
  std::vector<Bytes> made = selectors();
  for (const auto& [hash, format] : compiled_->messages) made.emplace_back(hash.bytes);
  return made;
}

std::vector<std::string> Descriptor::places() const {
  std::vector<std::string> made;
  for (const internal::Deployment& one : compiled_->deployments) {
    std::string place = "eip155:" + std::to_string(one.chain_id) + "/";
    type::append_hex(place, one.address);
    made.push_back(std::move(place));
  }
  return made;
}

bool Descriptor::is_for(std::uint64_t chain_id, Bytes address) const {
  if (address.size() != kAddressSize) return false;
  internal::Deployment wanted{chain_id, {}};
  copy_into(wanted.address, address);
  return std::binary_search(compiled_->deployments.begin(), compiled_->deployments.end(), wanted);
}

Domain Descriptor::domain() const {
  Domain asked;
  asked.name = compiled_->domain_name;
  asked.version = compiled_->domain_version;
  if (compiled_->domain_chain) asked.chain_id = *compiled_->domain_chain;
  asked.verifying_contract = compiled_->domain_contract;
  return asked;
}

bool Descriptor::is_for_calls() const { return compiled_->is_for_calls; }
std::size_t Descriptor::format_count() const { return compiled_->formats.size(); }
std::string_view Descriptor::owner() const { return compiled_->owner; }

Result<Descriptor> Descriptor::read(std::string_view json, std::string_view name, Reading reading,
                                    const Include& include) {
  AIRLOCK_ASSIGN(const Value root, internal::merged(json, name, include));
  const File file(root, reading);
  AIRLOCK_TRY(file.only(root, {"$schema", "$comment", "context", "metadata", "display"}));
  auto made = std::make_unique<Compiled>();
  AIRLOCK_TRY(internal::compile_bindings(file, *made));
  AIRLOCK_TRY(internal::compile_metadata(file, *made));
  AIRLOCK_TRY(compile_formats(file, *made));
  return Descriptor(std::move(made));
}

}  // namespace airlock::abi::clear
