#include <algorithm>
#include <vector>

#include "core/crypto/keccak.h"
#include "engine/abi/evm/internal/entries.h"
#include "engine/abi/evm/internal/names.h"
#include "engine/abi/evm/internal/signature.h"
#include "engine/abi/evm/limits.h"
#include "engine/abi/evm/load.h"

namespace airlock::abi::evm {

using type::Form;
using type::Type;

namespace {

constexpr auto kWordPrefix = static_cast<std::uint16_t>(type::Prefix::evm_word);

// Measures each type of a map by those before it.
class Checker {
 public:
  explicit Checker(const type::Map& map) : map_(map), measures_(map.types().size()) {}

  Status check() {
    for (std::uint32_t i = 0; i < map_.types().size(); ++i) AIRLOCK_TRY(check(i));
    return {};
  }

 private:
  struct Measure {
    std::uint32_t depth = 0;  // of types within it
    std::uint64_t parts = 1;
    std::uint64_t extent = kWordSize;
  };

  Status check(std::uint32_t index) {
    const Type& type = map_.types()[index];
    Measure measure;
    switch (type.form) {
      case Form::boolean:
      case Form::unsigned_integer:
      case Form::signed_integer:
      case Form::hash: break;
      case Form::address:
        if (type.size != 20) return fail(Code::bad_type, index);
        break;
      case Form::fixed_bytes:
        if (type.size > kWordSize) return fail(Code::bad_type, index);
        break;
      case Form::list:
        if (type.first >= index) return fail(Code::bad_type, index);
        measure.depth = measures_[type.first].depth + 1;
        [[fallthrough]];
      case Form::bytes:
      case Form::text:
        if (type.size != kWordPrefix) return fail(Code::bad_type, index);
        measure.extent = 0;
        break;
      case Form::array:
        measure = measures_[type.first];
        ++measure.depth;
        measure.parts *= type.count;
        measure.extent *= type.count;
        if (type.count == 0) return fail(Code::bad_type, index);
        break;
      case Form::tuple: measure = of_fields(type); break;
      case Form::floating:
      case Form::choice:
      case Form::option:
      case Form::parameter:
      case Form::instance:
      case Form::reference:
      case Form::signer: return fail(Code::bad_type, index);
    }
    // The list of parameters itself is one more than a type may have.
    if (measure.depth > type::kNestingMax) return fail(Code::too_deep, index);
    if (measure.parts > type::kArrayCountMax || measure.extent != type.extent)
      return fail(Code::bad_type, index);
    measures_[index] = measure;
    return {};
  }

  Measure of_fields(const Type& type) const {
    Measure all{.depth = 0, .parts = 0, .extent = 0};
    bool is_dynamic = false;
    for (const type::Field& field : map_.fields_of(type)) {
      const Measure& one = measures_[field.type];
      all.depth = std::max(all.depth, one.depth + 1);
      all.parts = std::min<std::uint64_t>(all.parts + one.parts, type::kArrayCountMax + 1);
      all.extent += one.extent;
      is_dynamic = is_dynamic || one.extent == 0;
    }
    if (is_dynamic) all.extent = 0;
    return all;
  }

  const type::Map& map_;
  std::vector<Measure> measures_;
};

Status check_names(const type::Map& map) {
  for (std::size_t i = 0; i < map.types().size(); ++i) {
    const std::string_view name = map.text(map.types()[i].name);
    if (!name.empty() && !internal::is_qualified(name)) return fail(Code::bad_abi, i);
  }
  for (std::size_t i = 0; i < map.fields().size(); ++i) {
    const std::string_view name = map.text(map.fields()[i].name);
    if (!name.empty() && !internal::is_identifier(name)) return fail(Code::bad_abi, i);
  }
  return {};
}

// The signature is that of the types, and the key that of the signature: a contract acts by the
// key and a person reads the signature, while what is decoded are the types.
bool is_spelled(const type::Map& map, const type::Entry& entry) {
  const std::string_view name = map.text(entry.name), signature = map.text(entry.signature);
  const std::size_t key_size = internal::key_size(entry.kind, entry.flags);
  const bool has_name = key_size > 0 || entry.kind == type::EntryKind::event;
  if (has_name ? !internal::is_identifier(name) : !name.empty() && !internal::is_identifier(name))
    return false;
  const auto hashes =
      entry.kind == type::EntryKind::event ? internal::Hashes::allowed : internal::Hashes::none;
  if (!signature.starts_with(name) ||
      !internal::spells(signature.substr(name.size()), map, entry.input, hashes))
    return false;
  const crypto::Digest hash = crypto::keccak256(bytes_of(signature));
  return equal(map.bytes(entry.key), Bytes(hash.bytes).first(key_size));
}

}  // namespace

Status check(const type::Map& map) {
  if (map.loader() != "evm" || map.order() != type::Order::big) return fail(Code::wrong_type);
  AIRLOCK_TRY(Checker(map).check());
  AIRLOCK_TRY(check_names(map));
  for (std::size_t i = 0; i < map.entries().size(); ++i) {
    const type::Entry& entry = map.entries()[i];
    for (const std::uint32_t tuple : {entry.input, entry.output})
      if (tuple != type::kNone && map.types()[tuple].form != Form::tuple)
        return fail(Code::bad_type, tuple);
    if (!is_spelled(map, entry)) return fail(Code::bad_abi, i);
  }
  return {};
}

}  // namespace airlock::abi::evm
