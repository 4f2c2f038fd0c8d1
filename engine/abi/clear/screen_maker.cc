#include "engine/abi/clear/internal/screen_maker.h"

#include <algorithm>

#include "engine/abi/clear/internal/unseen.h"
#include "engine/abi/clear/internal/words.h"

namespace airlock::abi::clear::internal {
namespace {

std::string separator(const std::string& text, std::uint32_t at) {
  constexpr std::string_view kIndex = "{index}";
  std::string made = text;
  if (const std::size_t found = made.find(kIndex); found != std::string::npos)
    made.replace(found, kIndex.size(), std::to_string(at));
  return made;
}

bool is_paid(const Operand& operand) {
  return operand.kind == Operand::Kind::container && operand.container == Container::value;
}

// Whether a field tells what the call pays, so that nobody takes it for something else: in the
// chain's own currency, and not as tokens, a date or a number of the author's own scale.
bool tells_payment(const Rule& rule, const Field& field) {
  if (rule.is_encrypted) return false;
  if (rule.format == Format::calldata) return is_paid(rule.amount);
  return rule.format == Format::amount && is_paid(rule.value) &&
         !field.warnings.has(Warning::unknown_chain);
}

bool is_data(const Operand& operand) { return operand.kind == Operand::Kind::data; }

// Whether a rule speaks of an argument that is there even where its list, or that of its group, has
// no element to show it with.
bool leaves_unseen(const Rule& rule) {
  if (is_data(rule.value) && rule.value.path.loops == 0) return true;
  return std::ranges::any_of(printed_beside(rule),
                             [](const Operand* one) { return is_data(*one); });
}

}  // namespace

Result<Screen> ScreenMaker::make() {
  if (format_.is_broken) return fail(Code::bad_path);
  AIRLOCK_TRY(walk());
  screen_.is_clear = true;
  screen_.intent = format_.intent;
  screen_.owner = file_.owner;
  screen_.contract = file_.contract;
  screen_.warnings.add(file_.warnings);
  screen_.warnings.add(format_.warnings);
  if (!around_.value.is_zero() && !tells_payment_) screen_.warnings.add(Warning::value_unseen);
  if (format_.hides_any || leaves_any_unseen()) screen_.warnings.add(Warning::argument_unseen);
  sentence();
  return std::move(screen_);
}

// Whether a list without elements left a visible field out that has more to tell than that.
bool ScreenMaker::leaves_any_unseen() const {
  std::vector<bool> is_told(file_.rules.size());
  for (const Told& told : shown_) is_told[told.rule] = true;
  for (std::uint32_t i = format_.first_item; i < format_.last_item; ++i) {
    const auto index = file_.items[i].rule;
    if (!index || is_told[*index]) continue;
    const Rule& rule = file_.rules[*index];
    const bool is_visible = rule.visible == Visible::always || rule.visible == Visible::optional;
    if (is_visible && leaves_unseen(rule)) return true;
  }
  return false;
}

Status ScreenMaker::walk() {
  std::array<Open, kGroupsDeepMax + 1> open{};
  std::size_t depth = 0;
  open[0] = {type::kNone, format_.first_item, format_.last_item, 0, 0, false};
  while (true) {
    Open& top = open[depth];
    if (top.next == top.end) {
      if (depth == 0) return {};
      AIRLOCK_ASSIGN(const bool again, on(top));
      if (again)
        top.next = top.item + 1;
      else
        --depth;
      continue;
    }
    const std::uint32_t index = top.next;
    const Item& item = file_.items[index];
    top.next = item.end;
    if (item.rule) {
      AIRLOCK_TRY(field(*item.rule, top.last));
      continue;
    }
    Open group{index, index + 1, item.end, top.last, item.path.loops, false};
    AIRLOCK_ASSIGN(const bool has_any, begin(item, group));
    if (has_any) open[++depth] = group;
  }
}

// Begins a group: at the first elements of its lists, or of those that are bundled in it, whose
// lengths the resolver holds against one another.
Result<bool> ScreenMaker::begin(const Item& item, Open& group) {
  if (group.first < group.last || !item.is_bundled)
    return resolver_.turn(item.path, group.first, group.last, Resolver::Turn::begin);
  std::optional<std::uint32_t> length;
  for (std::uint32_t i = group.next; i < group.end; i = file_.items[i].end) {
    const Item& child = file_.items[i];
    const Path& path = child.rule ? file_.rules[*child.rule].value.path : child.path;
    if (path.loops <= group.first) continue;
    AIRLOCK_ASSIGN(const std::uint32_t own, resolver_.length(path, group.first));
    length = own;
  }
  if (!length) return true;
  group.is_bundled = true;
  group.last = group.first + 1;
  resolver_.set(group.first, 0, *length);
  return *length > 0;
}

Result<bool> ScreenMaker::on(const Open& group) {
  if (!group.is_bundled)
    return resolver_.turn(file_.items[group.item].path, group.first, group.last,
                          Resolver::Turn::on);
  const std::uint32_t next = resolver_.at(group.first) + 1;
  AIRLOCK_ASSIGN(const std::uint32_t length, bundled_length(group));
  resolver_.set(group.first, next, length);
  return next < length;
}

Result<std::uint32_t> ScreenMaker::bundled_length(const Open& group) const {
  for (std::uint32_t i = group.item + 1; i < group.end; i = file_.items[i].end) {
    const Item& child = file_.items[i];
    const Path& path = child.rule ? file_.rules[*child.rule].value.path : child.path;
    if (path.loops > group.first) return resolver_.length(path, group.first);
  }
  return fail(Code::bad_path);
}

// Shows a field once, or once for each element of its lists.
Status ScreenMaker::field(std::uint32_t index, std::uint32_t bound) {
  const Rule& rule = file_.rules[index];
  if (rule.visible == Visible::never) return {};
  const bool is_data = rule.value.kind == Operand::Kind::data;
  const std::uint32_t loops = is_data ? rule.value.path.loops : 0;
  const std::uint32_t first = std::min(bound, loops);
  AIRLOCK_ASSIGN(bool has_one,
                 resolver_.turn(rule.value.path, first, loops, Resolver::Turn::begin));
  while (has_one) {
    AIRLOCK_TRY(element(index, rule, loops));
    AIRLOCK_ASSIGN(has_one, resolver_.turn(rule.value.path, first, loops, Resolver::Turn::on));
  }
  return {};
}

Status ScreenMaker::element(std::uint32_t index, const Rule& rule, std::uint32_t loops) {
  AIRLOCK_ASSIGN(const auto datum, resolver_.resolve(rule.value));
  if (!datum || datum->kind == Datum::Kind::none) return fail(Code::bad_path);
  const auto is_value = [&](const Literal& one) { return equals(*datum, one); };
  const bool is_listed = std::any_of(rule.among.begin(), rule.among.end(), is_value);
  if (rule.visible == Visible::must_match) {
    if (!is_listed) return fail(Code::value_forbidden);
    return {};
  }
  if (rule.visible == Visible::if_not_in && is_listed) {
    if (!is_paid(rule.value)) screen_.warnings.add(Warning::argument_unseen);
    return {};
  }
  AIRLOCK_ASSIGN(Written made, write(rule, *datum, file_, resolver_, around_, source_));
  if (loops > 0 && !rule.separator.empty())
    made.field.separator = separator(rule.separator, resolver_.at(loops - 1));
  if (!rule.is_encrypted && rule.format == Format::calldata)
    AIRLOCK_TRY(call(rule, *datum, made.field));
  if (tells_payment(rule, made.field)) tells_payment_ = true;
  budget_.bytes += made.field.label.size() + made.field.value.size() + made.field.detail.size();
  for (const Note& note : made.field.notes) budget_.bytes += note.value.size() + note.detail.size();
  if (++budget_.fields > kFieldsMax || budget_.bytes > kShownMax) return fail(Code::over_budget);
  shown_.push_back({index, made.fits_sentence});
  screen_.fields.push_back(std::move(made.field));
  return {};
}

// The values of a rule in a sentence: one, or those of a list. False where one does not fit.
bool ScreenMaker::append_values(std::string& text, std::uint32_t rule) const {
  constexpr std::string_view kAnd = " and ";
  bool is_first = true;
  for (std::size_t i = 0; i < shown_.size(); ++i) {
    if (shown_[i].rule != rule) continue;
    if (!shown_[i].fits_sentence) return false;
    if (!is_first) text += kAnd;
    text += screen_.fields[i].value;
    is_first = false;
    if (text.size() > kSentenceMax) return false;
  }
  return !is_first;
}

void ScreenMaker::sentence() {
  if (!format_.has_sentence) return;
  std::string text;
  bool is_whole = !format_.sentence.empty();
  for (const Piece& piece : format_.sentence) {
    if (!is_whole) break;
    text += piece.text;
    if (piece.rule) is_whole = append_values(text, *piece.rule);
  }
  if (is_whole)
    screen_.sentence = std::move(text);
  else
    screen_.warnings.add(Warning::no_sentence);
}

}  // namespace airlock::abi::clear::internal
