// One field of a format, with its parameters.
#include <algorithm>

#include "engine/abi/clear/author_text.h"
#include "engine/abi/clear/internal/compiler.h"
#include "engine/abi/clear/source.h"

namespace airlock::abi::clear::internal {

using json::Value;

namespace {

constexpr std::array<std::pair<std::string_view, Format>, 13> kFormats = {
    {{"raw", Format::raw},
     {"amount", Format::amount},
     {"tokenAmount", Format::token_amount},
     {"nftName", Format::nft_name},
     {"date", Format::date},
     {"duration", Format::duration},
     {"unit", Format::unit},
     {"enum", Format::enumeration},
     {"chainId", Format::chain_id},
     {"calldata", Format::calldata},
     {"addressName", Format::address_name},
     {"tokenTicker", Format::token_ticker},
     {"interoperableAddressName", Format::interoperable_name}}};

constexpr std::array<std::pair<std::string_view, std::uint8_t>, 5> kKinds = {
    {{"wallet", kWallet},
     {"eoa", kEoa},
     {"contract", kContract},
     {"token", kTokenContract},
     {"collection", kCollection}}};

constexpr std::array<std::pair<std::string_view, std::uint8_t>, 2> kSources = {
    {{"local", kLocal}, {"ens", kEns}}};

bool is_blank(const Value& label) {
  return label.is_string() &&
         label.get_ref<const std::string&>().find_first_not_of(' ') == std::string::npos;
}

template <class Words>
Result<std::uint8_t> bits_of(const Value* list, const Words& words, std::uint8_t otherwise) {
  std::uint8_t bits = 0;
  if (list == nullptr) return bits;
  for (const Value& one : *list) {
    if (!one.is_string()) return fail(Code::bad_descriptor);
    const auto found = std::find_if(words.begin(), words.end(), [&one](const auto& word) {
      return word.first == one.get_ref<const std::string&>();
    });
    bits = static_cast<std::uint8_t>(bits | (found == words.end() ? otherwise : found->second));
  }
  return bits;
}

// The place of a name in an object of the file, or nothing.
std::optional<std::uint32_t> place_of(const Value* objects, const WrittenPath& path,
                                      std::string_view kind) {
  constexpr std::size_t kSteps = 3;  // metadata, kind, name
  if (objects == nullptr || !objects->is_object() || path.root != Root::file ||
      path.steps.size() != kSteps || path.steps[0].name != "metadata" || path.steps[1].name != kind)
    return std::nullopt;
  std::uint32_t place = 0;
  for (const auto& [name, value] : objects->items()) {
    if (name == path.steps[2].name) return place;
    ++place;
  }
  return std::nullopt;
}

std::vector<WrittenStep> absolute(const WrittenPath& path, const Scope& scope) {
  if (path.root == Root::data) return path.steps;
  std::vector<WrittenStep> steps = scope.prefix;
  steps.insert(steps.end(), path.steps.begin(), path.steps.end());
  return steps;
}

std::optional<Container> container_of(const WrittenPath& path) {
  if (path.steps.size() != 1) return std::nullopt;
  const std::string& name = path.steps[0].name;
  if (name == "from") return Container::from;
  if (name == "value") return Container::value;
  if (name == "to") return Container::to;
  if (name == "chainId") return Container::chain_id;
  return std::nullopt;
}

Operand literal(const Value& value) {
  Operand made;
  made.literal = literal_of(value);
  made.kind =
      made.literal.kind == Literal::Kind::none ? Operand::Kind::broken : Operand::Kind::literal;
  return made;
}

}  // namespace

Result<Operand> RuleCompiler::path(std::string_view text, const Scope& scope) const {
  const Operand broken{.kind = Operand::Kind::broken};
  const auto path = read_path(text);
  if (!path) return file_.is_strict() ? Result<Operand>(fail(Code::bad_path)) : broken;
  if (path->root == Root::file) {
    if (text == "$.metadata.token" && made_.token_symbol)
      return Operand{.kind = Operand::Kind::file_token};
    const Value* const found = file_.at(text);
    const Operand made = found == nullptr ? broken : literal(*found);
    if (made.kind == Operand::Kind::broken && file_.is_strict()) return fail(Code::bad_path);
    return made;
  }
  if (path->root == Root::container) {
    const auto container = container_of(*path);
    if (!container) return file_.is_strict() ? Result<Operand>(fail(Code::bad_path)) : broken;
    return Operand{.kind = Operand::Kind::container, .container = *container};
  }
  auto followed = follow(absolute(*path, scope), *scope.map, scope.type, Ends::at_values);
  if (!followed) return file_.is_strict() ? Result<Operand>(fail(Code::bad_path)) : broken;
  return Operand{.kind = Operand::Kind::data, .path = std::move(*followed)};
}

Result<Operand> RuleCompiler::table(const Value& spec, const Scope& scope) const {
  AIRLOCK_TRY(file_.only(spec, {"map", "keyPath"}));
  AIRLOCK_ASSIGN(const std::string_view map, File::text(spec, "map"));
  AIRLOCK_ASSIGN(const std::string_view key, File::text(spec, "keyPath"));
  const auto pointer = read_path(map);
  if (!pointer) return fail(Code::bad_descriptor);
  const auto place = place_of(file_.at("$.metadata.maps"), *pointer, "maps");
  if (!place) return fail(Code::bad_descriptor);
  AIRLOCK_ASSIGN(Operand made, path(key, scope));
  made.key = made.kind;
  made.kind = made.kind == Operand::Kind::broken ? made.kind : Operand::Kind::table;
  made.table = *place;
  return made;
}

Result<Operand> RuleCompiler::operand(const Value& spec, const Scope& scope) const {
  if (spec.is_object()) return table(spec, scope);
  if (!spec.is_string()) return literal(spec);
  const Operand made = literal(spec);
  if (made.literal.kind != Literal::Kind::text) return made;
  return path(made.literal.text, scope);
}

Result<Operand> RuleCompiler::either(const Value& params, const char* constant, const char* path,
                                     const Scope& scope) const {
  const auto one = params.find(constant), other = params.find(path);
  if (one != params.end() && other != params.end() && file_.is_strict())
    return fail(Code::bad_descriptor);
  if (one != params.end() && !one->is_null()) return operand(*one, scope);
  if (other != params.end() && !other->is_null()) return operand(*other, scope);
  return Operand{};
}

Result<std::vector<Operand>> RuleCompiler::list(const Value& params, const char* key,
                                                const Scope& scope) const {
  std::vector<Operand> made;
  const auto found = params.find(key);
  if (found == params.end()) return made;
  const Value* values = &*found;
  // A constant of the file may be a list itself.
  if (values->is_string() && values->get_ref<const std::string&>().starts_with("$."))
    if (const Value* pointed = file_.at(values->get_ref<const std::string&>())) values = pointed;
  if (!values->is_array()) {
    AIRLOCK_ASSIGN(Operand one, operand(*values, scope));
    made.push_back(std::move(one));
    return made;
  }
  if (values->size() > kChoicesMax) return fail(Code::too_many);
  for (const Value& value : *values) {
    AIRLOCK_ASSIGN(Operand one, operand(value, scope));
    made.push_back(std::move(one));
  }
  return made;
}

// The parameters that are words of the file.
Status RuleCompiler::words(Rule& rule, const Value& params) const {
  AIRLOCK_ASSIGN(const Value* message, json::optional(params, "message"));
  rule.message = message == nullptr ? "Unlimited" : kept(message, kWordMax, rule.warnings);
  AIRLOCK_ASSIGN(const Value* base, json::optional(params, "base"));
  if (base != nullptr && base->is_string()) {
    const std::string& text = base->get_ref<const std::string&>();
    rule.base = kept(text.starts_with("$.") ? file_.at(text) : base, kWordMax, rule.warnings);
  }
  AIRLOCK_ASSIGN(const Value* decimals, json::optional(params, "decimals"));
  if (decimals != nullptr) {
    if (!decimals->is_number_unsigned() || decimals->get<std::uint64_t>() > number::kDecimalsMax)
      return fail(Code::bad_descriptor);
    rule.decimals = decimals->get<unsigned>();
  }
  AIRLOCK_ASSIGN(const Value* prefix, json::optional(params, "prefix"));
  rule.has_prefix = prefix != nullptr && prefix->is_boolean() && prefix->get<bool>();
  AIRLOCK_ASSIGN(const std::string_view encoding, File::text(params, "encoding"));
  if (encoding == "timestamp") rule.encoding = Encoding::timestamp;
  if (encoding == "blockheight") rule.encoding = Encoding::blockheight;
  AIRLOCK_ASSIGN(const std::string_view reference, File::text(params, "$ref"));
  if (const auto pointer = read_path(reference))
    rule.table = place_of(file_.at("$.metadata.enums"), *pointer, "enums");
  if (rule.format == Format::enumeration && !rule.table && file_.is_strict())
    return fail(Code::bad_descriptor);
  return {};
}

Status RuleCompiler::parameters(Rule& rule, const Value& params, const Scope& scope) const {
  AIRLOCK_TRY(file_.only(params, {"token",        "tokenPath",  "nativeCurrencyAddress",
                                  "threshold",    "message",    "chainId",
                                  "chainIdPath",  "collection", "collectionPath",
                                  "encoding",     "base",       "decimals",
                                  "prefix",       "$ref",       "callee",
                                  "calleePath",   "selector",   "selectorPath",
                                  "amount",       "amountPath", "spender",
                                  "spenderPath",  "types",      "sources",
                                  "senderAddress"}));
  AIRLOCK_ASSIGN(rule.token, either(params, "token", "tokenPath", scope));
  AIRLOCK_ASSIGN(rule.chain, either(params, "chainId", "chainIdPath", scope));
  AIRLOCK_ASSIGN(rule.callee, either(params, "callee", "calleePath", scope));
  AIRLOCK_ASSIGN(rule.selector, either(params, "selector", "selectorPath", scope));
  AIRLOCK_ASSIGN(rule.amount, either(params, "amount", "amountPath", scope));
  AIRLOCK_ASSIGN(rule.spender, either(params, "spender", "spenderPath", scope));
  AIRLOCK_ASSIGN(rule.collection, either(params, "collection", "collectionPath", scope));
  AIRLOCK_ASSIGN(rule.threshold, either(params, "threshold", "thresholdPath", scope));
  AIRLOCK_ASSIGN(rule.natives, list(params, "nativeCurrencyAddress", scope));
  AIRLOCK_ASSIGN(rule.senders, list(params, "senderAddress", scope));
  AIRLOCK_ASSIGN(const Value* kinds, File::array(params, "types"));
  AIRLOCK_ASSIGN(rule.kinds, bits_of(kinds, kKinds, 0));
  AIRLOCK_ASSIGN(const Value* sources, File::array(params, "sources"));
  AIRLOCK_ASSIGN(rule.sources, bits_of(sources, kSources, kOtherSource));
  return words(rule, params);
}

Status RuleCompiler::visibility(Rule& rule, const Value& field) const {
  AIRLOCK_ASSIGN(const Value* visible, json::optional(field, "visible"));
  if (visible == nullptr) return {};
  if (visible->is_string()) {
    const std::string& word = visible->get_ref<const std::string&>();
    if (word == "never") rule.visible = Visible::never;
    if (word == "optional") rule.visible = Visible::optional;
    const bool is_known = word == "never" || word == "optional" || word == "always";
    // What a newer version means by another word cannot be known, so the field is shown.
    if (!is_known && file_.is_strict()) return fail(Code::bad_descriptor);
    return {};
  }
  if (!visible->is_object()) return fail(Code::bad_descriptor);
  AIRLOCK_TRY(file_.only(*visible, {"ifNotIn", "mustMatch"}));
  AIRLOCK_ASSIGN(const Value* out, File::array(*visible, "ifNotIn"));
  AIRLOCK_ASSIGN(const Value* in, File::array(*visible, "mustMatch"));
  if ((out == nullptr) == (in == nullptr)) return fail(Code::bad_descriptor);
  rule.visible = out != nullptr ? Visible::if_not_in : Visible::must_match;
  const Value& values = out != nullptr ? *out : *in;
  if (values.empty() || values.size() > kChoicesMax) return fail(Code::bad_descriptor);
  for (const Value& value : values) rule.among.push_back(literal_of(value));
  return {};
}

Status RuleCompiler::encryption(Rule& rule, const Value& field) const {
  AIRLOCK_ASSIGN(const Value* encryption, File::object(field, "encryption"));
  if (encryption == nullptr) return {};
  AIRLOCK_TRY(file_.only(*encryption, {"scheme", "plaintextType", "fallbackLabel"}));
  AIRLOCK_ASSIGN(const std::string_view scheme, File::text(*encryption, "scheme"));
  if (scheme.empty()) return fail(Code::bad_descriptor);
  AIRLOCK_ASSIGN(const Value* label, json::optional(*encryption, "fallbackLabel"));
  rule.is_encrypted = true;
  rule.encrypted_text = label == nullptr ? "[Encrypted]" : kept(label, kLabelMax, rule.warnings);
  return {};
}

Result<Rule> RuleCompiler::compile(const Value& field, const Scope& scope) const {
  AIRLOCK_TRY(file_.only(field, {"$id", "$ref", "path", "value", "label", "format", "params",
                                 "visible", "separator", "encryption"}));
  Rule rule;
  AIRLOCK_TRY(visibility(rule, field));
  AIRLOCK_ASSIGN(const std::string_view path_text, File::text(field, "path"));
  const auto value = field.find("value");
  if (path_text.empty() == (value == field.end())) return fail(Code::bad_descriptor);
  if (!path_text.empty()) {
    AIRLOCK_ASSIGN(rule.value, path(path_text, scope));
    if (auto written = read_path(path_text)) {
      if (written->root == Root::relative) written->steps = absolute(*written, scope);
      rule.key = spell_path(*written);
    }
  } else {
    const bool is_pointer =
        value->is_string() && value->get_ref<const std::string&>().starts_with("$.");
    AIRLOCK_ASSIGN(rule.value, is_pointer ? path(value->get_ref<const std::string&>(), scope)
                                          : Result<Operand>(literal(*value)));
  }
  AIRLOCK_ASSIGN(const Value* label, json::optional(field, "label"));
  const Value key = rule.key;
  // A field without a name, or with a blank one, has that of what it shows.
  rule.label = kept(label == nullptr || is_blank(*label) ? &key : label, kLabelMax, rule.warnings);
  AIRLOCK_ASSIGN(const std::string_view format, File::text(field, "format"));
  if (!format.empty()) {
    const auto found = std::find_if(kFormats.begin(), kFormats.end(),
                                    [format](const auto& one) { return one.first == format; });
    rule.format = found == kFormats.end() ? Format::unknown : found->second;
    if (rule.format == Format::unknown && file_.is_strict()) return fail(Code::bad_descriptor);
  }
  AIRLOCK_ASSIGN(const Value* separator, json::optional(field, "separator"));
  rule.separator = kept(separator, kLabelMax, rule.warnings);
  AIRLOCK_TRY(encryption(rule, field));
  AIRLOCK_ASSIGN(const Value* params, File::object(field, "params"));
  AIRLOCK_TRY(parameters(rule, params == nullptr ? Value::object() : *params, scope));
  return rule;
}

}  // namespace airlock::abi::clear::internal
