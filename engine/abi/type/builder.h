// Puts a type map together. Loaders use it; everybody else reads maps.
#pragma once

#include <string>
#include <vector>

#include "engine/abi/type/map.h"
#include "engine/abi/type/places.h"

namespace airlock::abi::type {

// A map and the bytes that it lies in. Moves without moving the bytes.
class OwnedMap {
 public:
  static Result<OwnedMap> parse(std::vector<std::uint8_t> encoded);
  OwnedMap(OwnedMap&&) noexcept = default;
  OwnedMap& operator=(OwnedMap&&) noexcept = default;
  const Map& map() const { return map_; }
  const Map* operator->() const { return &map_; }

 private:
  OwnedMap(std::vector<std::uint8_t> bytes, Map map) : bytes_(std::move(bytes)), map_(map) {}
  std::vector<std::uint8_t> bytes_;
  Map map_;
};

// The same additions in the same order make the same bytes.
class Builder {
 public:
  Builder(std::string_view loader, Order order, AddressForm address_form);

  void set_name(std::string_view name) { name_ = text(name); }
  // text keeps a text, each once.
  Text text(std::string_view text);
  Text bytes(Bytes bytes) { return text(text_of(bytes)); }
  // view returns a text that was kept, until the next one is.
  std::string_view view(Text text) const {
    return std::string_view(texts_).substr(text.at, text.size);
  }
  // add returns the index of the type; the same type again is the same index.
  std::uint32_t add(const Type& type);
  // reserve takes an index for a type that contains itself; put says later what stands there.
  std::uint32_t reserve();
  void put(std::uint32_t index, const Type& type);
  const Type& at(std::uint32_t index) const { return types_[index]; }
  // add_fields returns where they begin.
  std::uint32_t add_fields(std::span<const Field> fields);
  std::uint32_t add_accounts(std::span<const Account> accounts);
  void add(const Entry& entry) { entries_.push_back(entry); }
  std::size_t type_count() const { return types_.size(); }

  // finish encodes and checks. Errors: those of Map::parse.
  Result<OwnedMap> finish();

 private:
  void sort_entries();

  Order order_;
  AddressForm address_form_;
  Text loader_;
  Text name_;
  std::vector<Type> types_;
  std::vector<Field> fields_;
  std::vector<Entry> entries_;
  std::vector<Account> accounts_;
  std::string texts_;
  std::vector<Text> kept_;
  Places kept_places_;  // in kept_
  Places type_places_;  // in types_, but for reserved ones
};

}  // namespace airlock::abi::type
