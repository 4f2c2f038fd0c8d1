#include <algorithm>
#include <charconv>

#include "engine/abi/evm/internal/names.h"
#include "engine/abi/evm/internal/parameters.h"
#include "engine/abi/evm/limits.h"

namespace airlock::abi::evm::internal {

using type::Field;
using type::Form;
using type::Type;

namespace {

constexpr auto kWordPrefix = static_cast<std::uint16_t>(type::Prefix::evm_word);

// Reads a number without leading zeros that fills the text; 0 where it is none, or is above `max`.
std::uint32_t read_count(std::string_view digits, std::uint32_t max) {
  std::uint32_t count = 0;
  const char* const end = digits.data() + digits.size();
  const auto [at, error] = std::from_chars(digits.data(), end, count);
  if (error != std::errc() || at != end || digits[0] == '0' || count > max) return 0;
  return count;
}

Result<Type> integer(Form form, std::string_view digits) {
  const std::uint32_t bits = digits.empty() ? 256 : read_count(digits, 256);
  if (bits == 0 || bits % 8 != 0) return fail(Code::bad_type);
  return Type{.form = form, .size = static_cast<std::uint16_t>(bits), .extent = kWordSize};
}

// The name of the structure in the compiler's word for a type: "struct Order[]" names "Order".
Result<std::string_view> struct_name(std::string_view note) {
  constexpr std::string_view kStruct = "struct ";
  if (!note.starts_with(kStruct)) return std::string_view();
  note.remove_prefix(kStruct.size());
  const std::string_view name = note.substr(0, note.find('['));
  if (!is_qualified(name)) return fail(Code::bad_abi);
  return name;
}

}  // namespace

Result<Type> leaf_type(std::string_view name) {
  constexpr std::string_view kUint = "uint", kInt = "int", kBytes = "bytes";
  if (name == "address") return Type{.form = Form::address, .size = 20, .extent = kWordSize};
  if (name == "bool") return Type{.form = Form::boolean, .extent = kWordSize};
  if (name == "string") return Type{.form = Form::text, .size = kWordPrefix};
  if (name == kBytes) return Type{.form = Form::bytes, .size = kWordPrefix};
  // An address and a selector, aligned to the left.
  if (name == "function") return Type{.form = Form::fixed_bytes, .size = 24, .extent = kWordSize};
  if (name.starts_with(kUint)) return integer(Form::unsigned_integer, name.substr(kUint.size()));
  if (name.starts_with(kInt)) return integer(Form::signed_integer, name.substr(kInt.size()));
  if (!name.starts_with(kBytes)) return fail(Code::bad_type);
  const std::uint32_t size = read_count(name.substr(kBytes.size()), kWordSize);
  if (size == 0) return fail(Code::bad_type);
  return Type{
      .form = Form::fixed_bytes, .size = static_cast<std::uint16_t>(size), .extent = kWordSize};
}

void Parameters::begin() {
  open_.assign(1, {});
  spelling_.assign(1, '(');
}

Result<std::uint32_t> Parameters::end() {
  AIRLOCK_CHECK(open_.size() == 1);
  spelling_ += ')';
  AIRLOCK_TRY(measure(open_[0]));
  return tuple(open_[0], {});
}

Result<Parameters::Measure> Parameters::measure(std::span<const Field> fields) const {
  Measure all{.depth = 0, .parts = 0};
  for (const Field& field : fields) {
    all.depth = std::max(all.depth, measures_[field.type].depth);
    all.parts += measures_[field.type].parts;
    if (all.parts > type::kArrayCountMax) return fail(Code::bad_type, all.parts);
  }
  ++all.depth;
  return all;
}

void Parameters::spell_comma() {
  if (!open_.back().empty()) spelling_ += ',';
}

Status Parameters::open() {
  if (open_.size() > type::kNestingMax) return fail(Code::too_deep, open_.size());
  spell_comma();
  spelling_ += '(';
  open_.emplace_back();
  return {};
}

Status Parameters::close(std::string_view arrays, const Name& name) {
  AIRLOCK_CHECK(open_.size() > 1);
  const std::vector<Field> fields = std::move(open_.back());
  open_.pop_back();
  // A value that takes no bytes could be repeated without end.
  if (fields.empty()) return fail(Code::bad_type);
  AIRLOCK_ASSIGN(const Measure all, measure(fields));
  if (all.depth > type::kNestingMax) return fail(Code::too_deep, all.depth);
  AIRLOCK_ASSIGN(const std::string_view structure, struct_name(name.note));
  const std::uint32_t made = tuple(fields, structure);
  note_measure(made, all);
  spelling_ += ')';
  return append(made, arrays, name);
}

Status Parameters::add(std::string_view name, std::string_view arrays, const Name& called) {
  AIRLOCK_ASSIGN(const Type leaf, leaf_type(name));
  AIRLOCK_ASSIGN(const std::uint32_t made, keep(leaf, {}));
  spell_comma();
  const bool is_short = name == "uint" || name == "int";
  spelling_ += name;
  if (is_short) spelling_ += "256";
  return append(made, arrays, called);
}

Status Parameters::append(std::uint32_t made, std::string_view arrays, const Name& name) {
  if (!name.name.empty() && !is_identifier(name.name)) return fail(Code::bad_abi);
  spelling_ += arrays;
  while (!arrays.empty()) {
    const std::size_t end = arrays.find(']');
    if (arrays[0] != '[' || end == std::string_view::npos) return fail(Code::bad_type);
    AIRLOCK_ASSIGN(made, wrap(made, arrays.substr(1, end - 1)));
    arrays.remove_prefix(end + 1);
  }
  const Type& type = builder_.at(made);
  // What is indexed and more than a word is in the log as its hash alone.
  const bool is_word = type.form != Form::array && type.form != Form::tuple && type.extent != 0;
  if (name.is_indexed && !is_word) {
    AIRLOCK_ASSIGN(made, keep({.form = Form::hash, .extent = kWordSize}, {}));
  }
  open_.back().push_back({.name = builder_.text(name.name),
                          .type = made,
                          .tag = name.is_indexed ? 1U : 0U,
                          .note = builder_.text(name.note)});
  return {};
}

Result<std::uint32_t> Parameters::wrap(std::uint32_t element, std::string_view count) {
  Measure measure = measures_[element];
  ++measure.depth;
  if (count.empty()) {
    measure.parts = 1;
    return keep({.form = Form::list, .size = kWordPrefix, .first = element}, measure);
  }
  const std::uint32_t times = read_count(count, type::kArrayCountMax);
  if (times == 0) return fail(Code::bad_type);
  measure.parts *= times;
  return keep({.form = Form::array,
               .first = element,
               .count = times,
               .extent = times * builder_.at(element).extent},
              measure);
}

Result<std::uint32_t> Parameters::keep(const Type& type, Measure measure) {
  if (measure.depth > type::kNestingMax) return fail(Code::too_deep, measure.depth);
  if (measure.parts > type::kArrayCountMax) return fail(Code::bad_type, measure.parts);
  const std::uint32_t made = builder_.add(type);
  note_measure(made, measure);
  return made;
}

void Parameters::note_measure(std::uint32_t type, Measure measure) {
  if (type >= measures_.size()) measures_.resize(type + std::size_t{1});
  measures_[type] = measure;
}

// The same fields by the same names are kept once: most contracts repeat their structures.
std::uint32_t Parameters::tuple(std::span<const Field> fields, std::string_view name) {
  Type type{.form = Form::tuple,
            .name = builder_.text(name),
            .count = static_cast<std::uint32_t>(fields.size())};
  std::string key(name);
  key += '\0';
  key.append(reinterpret_cast<const char*>(fields.data()), fields.size_bytes());
  const auto [place, is_new] = tuples_.try_emplace(std::move(key));
  if (!is_new) return place->second;
  for (const Field& field : fields) {
    const std::uint32_t extent = builder_.at(field.type).extent;
    if (extent == 0) {
      type.extent = 0;
      break;
    }
    type.extent += extent;
  }
  type.first = builder_.add_fields(fields);
  place->second = builder_.add(type);
  return place->second;
}

}  // namespace airlock::abi::evm::internal
