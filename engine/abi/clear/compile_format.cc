// One format: its fields and groups in order, and its sentence.
#include <algorithm>

#include "engine/abi/clear/author_text.h"
#include "engine/abi/clear/internal/compiler.h"
#include "engine/abi/clear/internal/unseen.h"

namespace airlock::abi::clear::internal {

using json::Value;

namespace {

// The field that a reference stands for, with what the field says itself put over it.
Result<Value> resolved(const File& file, const Value& field) {
  constexpr std::string_view kDefinitions = "$.display.definitions.";
  AIRLOCK_ASSIGN(const std::string_view reference, File::text(field, "$ref"));
  if (reference.empty()) return field;
  const Value* const found = reference.starts_with(kDefinitions) ? file.at(reference) : nullptr;
  if (found == nullptr || !found->is_object() || found->contains("$ref"))
    return fail(Code::bad_descriptor);
  Value made = *found;
  for (const auto& [key, value] : field.items()) {
    if (key == "$ref") continue;
    const auto same = made.find(key);
    if (key == "params" && same != made.end() && same->is_object() && value.is_object()) {
      for (const auto& [name, parameter] : value.items()) (*same)[name] = parameter;
    } else {
      made[key] = value;
    }
  }
  return made;
}

class FormatCompiler {
 public:
  FormatCompiler(const File& file, const Scope& scope, Compiled& made)
      : file_(file), scope_(scope), made_(made), rules_(file, made) {}

  Result<CallFormat> compile(const Value& format) {
    AIRLOCK_TRY(file_.only(format, {"$id", "intent", "interpolatedIntent", "fields"}));
    AIRLOCK_TRY(intent(format));
    format_.first_item = static_cast<std::uint32_t>(made_.items.size());
    first_rule_ = made_.rules.size();
    AIRLOCK_ASSIGN(const Value* fields, File::array(format, "fields"));
    if (fields != nullptr) AIRLOCK_TRY(walk(*fields));
    format_.last_item = static_cast<std::uint32_t>(made_.items.size());
    note_unseen(*scope_.map, scope_.type, std::span(made_.rules).subspan(first_rule_), format_);
    if (format_.hides_all && file_.is_strict()) return fail(Code::bad_descriptor);
    AIRLOCK_ASSIGN(const std::string_view sentence, File::text(format, "interpolatedIntent"));
    if (sentence.empty()) return format_;
    format_.has_sentence = true;
    if (const Status read = this->sentence(sentence); !read) {
      if (file_.is_strict()) return std::unexpected(read.error());
      format_.sentence.clear();
    }
    return format_;
  }

 private:
  // A list of fields that is being read.
  struct Open {
    const Value* fields;
    std::size_t next;
    std::vector<WrittenStep> prefix;
    std::optional<std::size_t> group;  // the item that holds them
  };

  Status intent(const Value& format) {
    AIRLOCK_ASSIGN(const Value* intent, json::optional(format, "intent"));
    if (intent == nullptr) {
      format_.warnings.add(Warning::no_intent);
      return {};
    }
    if (!intent->is_object()) {
      if (!intent->is_string()) return fail(Code::bad_descriptor);
      format_.intent = kept(intent, kLabelMax, format_.warnings);
      return {};
    }
    // Labels and their texts, in the order of the labels.
    for (const auto& [label, text] : intent->items()) {
      if (!text.is_string()) return fail(Code::bad_descriptor);
      if (!format_.intent.empty()) format_.intent += "; ";
      format_.warnings.add(append_harmless(format_.intent, label, kLabelMax));
      format_.intent += ": ";
      format_.intent += kept(&text, kLabelMax, format_.warnings);
      if (format_.intent.size() > kSentenceMax) return fail(Code::bad_descriptor);
    }
    return {};
  }

  Status walk(const Value& fields) {
    open_.push_back({&fields, 0, {}, std::nullopt});
    while (!open_.empty()) {
      Open& top = open_.back();
      if (top.next == top.fields->size()) {
        if (top.group) made_.items[*top.group].end = static_cast<std::uint32_t>(made_.items.size());
        open_.pop_back();
        continue;
      }
      const Value& one = (*top.fields)[top.next++];
      if (!one.is_object()) return fail(Code::bad_descriptor);
      if (made_.items.size() == kRulesMax) return fail(Code::too_many, kRulesMax);
      AIRLOCK_TRY(one.contains("fields") ? group(one) : field(one));
    }
    return {};
  }

  Status group(const Value& one) {
    AIRLOCK_TRY(file_.only(one, {"$id", "path", "label", "iteration", "fields"}));
    AIRLOCK_ASSIGN(const Value* fields, File::array(one, "fields"));
    if (fields == nullptr) return fail(Code::bad_descriptor);
    if (open_.size() > kGroupsDeepMax) return fail(Code::too_deep);
    std::vector<WrittenStep> prefix = open_.back().prefix;
    AIRLOCK_ASSIGN(const std::string_view text, File::text(one, "path"));
    if (!text.empty()) {
      AIRLOCK_ASSIGN(const WrittenPath path, read_path(text));
      if (path.root == Root::file || path.root == Root::container)
        return fail(Code::bad_descriptor);
      if (path.root == Root::data) prefix.clear();
      prefix.insert(prefix.end(), path.steps.begin(), path.steps.end());
    }
    Item item;
    auto followed = follow(prefix, *scope_.map, scope_.type, Ends::at_values);
    if (!followed) {
      if (file_.is_strict()) return std::unexpected(followed.error());
      format_.is_broken = true;
      return {};
    }
    // A list that is named without brackets is walked all the same.
    std::size_t loops = 0;
    for (const WrittenStep& step : prefix) loops += step.kind == WrittenStep::Kind::slice ? 1 : 0;
    for (; loops < followed->loops; ++loops) prefix.push_back({.kind = WrittenStep::Kind::slice});
    item.path = std::move(*followed);
    AIRLOCK_ASSIGN(const std::string_view iteration, File::text(one, "iteration"));
    item.is_bundled = iteration == "bundled";
    AIRLOCK_ASSIGN(const Value* label, json::optional(one, "label"));
    item.label = kept(label, kLabelMax, format_.warnings);
    open_.push_back({fields, 0, std::move(prefix), made_.items.size()});
    made_.items.push_back(std::move(item));
    return {};
  }

  Status field(const Value& one) {
    AIRLOCK_ASSIGN(const Value whole, resolved(file_, one));
    Scope scope = scope_;
    scope.prefix = open_.back().prefix;
    AIRLOCK_ASSIGN(Rule rule, rules_.compile(whole, scope));
    // What nobody sees may lead nowhere.
    if (rule.value.kind == Operand::Kind::broken && rule.visible != Visible::never)
      format_.is_broken = true;
    Item item;
    item.rule = static_cast<std::uint32_t>(made_.rules.size());
    item.end = static_cast<std::uint32_t>(made_.items.size() + 1);
    made_.rules.push_back(std::move(rule));
    made_.items.push_back(std::move(item));
    return {};
  }

  // The visible field that a placeholder names. Errors: bad_descriptor.
  Result<std::uint32_t> named(std::string_view text) const {
    const auto path = read_path(text);
    if (!path) return fail(Code::bad_descriptor);
    const std::string key = spell_path(*path), list = key + ".[]";
    for (std::size_t i = first_rule_; i < made_.rules.size(); ++i) {
      const Rule& rule = made_.rules[i];
      if (rule.key != key && rule.key != list) continue;
      if (rule.visible != Visible::always) return fail(Code::bad_descriptor);
      return static_cast<std::uint32_t>(i);
    }
    return fail(Code::bad_descriptor);
  }

  void add(std::string_view text) {
    std::vector<Piece>& pieces = format_.sentence;
    if (pieces.empty() || pieces.back().rule) pieces.emplace_back();
    format_.warnings.add(append_harmless(pieces.back().text, text, kSentenceMax));
  }

  Status sentence(std::string_view text) {
    if (text.size() > kSentenceMax) return fail(Code::bad_descriptor);
    while (!text.empty()) {
      const std::size_t brace = std::min(text.find_first_of("{}"), text.size());
      if (brace > 0) add(text.substr(0, brace));
      text.remove_prefix(brace);
      if (text.empty()) break;
      if (text.size() > 1 && text[0] == text[1]) {
        add(text.substr(0, 1));
        text.remove_prefix(2);
        continue;
      }
      const std::size_t close = text.find('}');
      if (text[0] == '}' || close == std::string_view::npos) return fail(Code::bad_descriptor);
      const std::string_view inside = text.substr(1, close - 1);
      text.remove_prefix(close + 1);
      if (inside.starts_with("$.")) {
        const Value* const constant = file_.at(inside);
        if (constant == nullptr || !constant->is_string()) return fail(Code::bad_descriptor);
        add(constant->get_ref<const std::string&>());
        continue;
      }
      AIRLOCK_ASSIGN(const std::uint32_t rule, named(inside));
      format_.sentence.push_back({.rule = rule});
    }
    return {};
  }

  const File& file_;
  const Scope& scope_;
  Compiled& made_;
  RuleCompiler rules_;
  CallFormat format_;
  std::vector<Open> open_;
  std::size_t first_rule_ = 0;
};

}  // namespace

Result<CallFormat> compile_format(const File& file, const Value& format, const Scope& scope,
                                  Compiled& made) {
  return FormatCompiler(file, scope, made).compile(format);
}

}  // namespace airlock::abi::clear::internal
