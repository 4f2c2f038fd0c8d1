#include <algorithm>
#include <vector>

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

}  // namespace

Status check(const type::Map& map) {
  if (map.loader() != "evm" || map.order() != type::Order::big) return fail(Code::wrong_type);
  AIRLOCK_TRY(Checker(map).check());
  for (const type::Entry& entry : map.entries())
    for (const std::uint32_t tuple : {entry.input, entry.output})
      if (tuple != type::kNone && map.types()[tuple].form != Form::tuple)
        return fail(Code::bad_type, tuple);
  return {};
}

}  // namespace airlock::abi::evm
