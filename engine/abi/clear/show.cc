#include "engine/abi/clear/show.h"

#include <algorithm>

#include "engine/abi/clear/internal/bound.h"
#include "engine/abi/clear/internal/words.h"
#include "engine/abi/evm/decode.h"

namespace airlock::abi::clear {

using internal::Around;
using internal::Compiled;
using internal::Datum;
using internal::Item;
using internal::Operand;
using internal::Resolver;
using internal::Rule;
using internal::Visible;
using internal::Written;

namespace {

// A call inside a call, until it has its screen.
struct Inner {
  std::size_t screen = 0;  // and the field of it that the call is in
  std::size_t field = 0;
  std::size_t depth = 0;
  std::uint64_t chain_id = 0;
  internal::Address to{};
  std::optional<internal::Address> from{};
  number::U256 value{};
  Bytes data{};                      // inside of what is signed
  std::vector<std::uint8_t> made{};  // or with a selector put before it

  Bytes bytes() const { return made.empty() ? data : Bytes(made); }
};

// What all screens of one request share.
struct Budget {
  std::size_t fields = 0;
  std::size_t bytes = 0;
};

// Makes one screen by one format.
class ScreenMaker {
 public:
  ScreenMaker(const Compiled& file, const internal::CallFormat& format, type::Value root,
              const Around& around, const Source& source, Budget& budget)
      : file_(file),
        format_(format),
        around_(around),
        source_(source),
        budget_(budget),
        resolver_(file, root, around) {}

  // make returns the screen; what is inside of it waits in inner(). Errors: bad_descriptor,
  // bad_path, value_forbidden, over_budget.
  Result<Screen> make() {
    if (format_.is_broken) return fail(Code::bad_path);
    AIRLOCK_TRY(walk());
    screen_.is_clear = true;
    screen_.intent = format_.intent;
    screen_.owner = file_.owner;
    screen_.contract = file_.contract;
    screen_.warnings.add(file_.warnings);
    screen_.warnings.add(format_.warnings);
    if (!around_.value.is_zero() && !format_.shows_value)
      screen_.warnings.add(Warning::value_unseen);
    sentence();
    return std::move(screen_);
  }
  std::vector<Inner>& inner() { return inner_; }

 private:
  // A group whose fields are being shown.
  struct Open {
    std::uint32_t item;
    std::uint32_t next;
    std::uint32_t end;
    std::uint32_t first;  // its own loops: from
    std::uint32_t last;   // and up to
    bool is_bundled;      // the loop is that of the fields
  };

  Status walk() {
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
  Result<bool> begin(const Item& item, Open& group) {
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

  Result<bool> on(const Open& group) {
    if (!group.is_bundled)
      return resolver_.turn(file_.items[group.item].path, group.first, group.last,
                            Resolver::Turn::on);
    const std::uint32_t next = resolver_.at(group.first) + 1;
    AIRLOCK_ASSIGN(const std::uint32_t length, bundled_length(group));
    resolver_.set(group.first, next, length);
    return next < length;
  }

  Result<std::uint32_t> bundled_length(const Open& group) const {
    for (std::uint32_t i = group.item + 1; i < group.end; i = file_.items[i].end) {
      const Item& child = file_.items[i];
      const Path& path = child.rule ? file_.rules[*child.rule].value.path : child.path;
      if (path.loops > group.first) return resolver_.length(path, group.first);
    }
    return fail(Code::bad_path);
  }

  // Shows a field once, or once for each element of its lists.
  Status field(std::uint32_t index, std::uint32_t bound) {
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

  Status element(std::uint32_t index, const Rule& rule, std::uint32_t loops) {
    AIRLOCK_ASSIGN(const auto datum, resolver_.resolve(rule.value));
    if (!datum || datum->kind == Datum::Kind::none) return fail(Code::bad_path);
    const auto is_value = [&](const internal::Literal& one) { return equals(*datum, one); };
    const bool is_listed = std::any_of(rule.among.begin(), rule.among.end(), is_value);
    if (rule.visible == Visible::must_match) {
      if (!is_listed) return fail(Code::value_forbidden);
      return {};
    }
    if (rule.visible == Visible::if_not_in && is_listed) return {};
    AIRLOCK_ASSIGN(Written made, internal::write(rule, *datum, file_, resolver_, around_, source_));
    if (loops > 0 && !rule.separator.empty())
      made.field.separator = separator(rule.separator, resolver_.at(loops - 1));
    if (!rule.is_encrypted && rule.format == internal::Format::calldata)
      AIRLOCK_TRY(call(rule, *datum, made.field));
    budget_.bytes += made.field.label.size() + made.field.value.size() + made.field.detail.size();
    if (++budget_.fields > kFieldsMax || budget_.bytes > kShownMax) return fail(Code::over_budget);
    shown_.push_back({index, made.fits_sentence});
    screen_.fields.push_back(std::move(made.field));
    return {};
  }

  static std::string separator(const std::string& text, std::uint32_t at) {
    constexpr std::string_view kIndex = "{index}";
    std::string made = text;
    if (const std::size_t found = made.find(kIndex); found != std::string::npos)
      made.replace(found, kIndex.size(), std::to_string(at));
    return made;
  }

  // Notes the call that a field holds.
  Status call(const Rule& rule, const Datum& datum, Field& field) {
    Inner inner{.screen = 0, .field = screen_.fields.size(), .chain_id = around_.chain_id};
    AIRLOCK_ASSIGN(const auto callee, resolver_.resolve(rule.callee));
    const auto to = callee ? as_address(*callee) : std::nullopt;
    if (datum.kind != Datum::Kind::bytes) {
      field.warnings.add(Warning::wrong_kind);
      return {};
    }
    bool is_known = to.has_value();
    if (rule.chain.kind != Operand::Kind::none) {
      AIRLOCK_ASSIGN(const auto chain, resolver_.resolve(rule.chain));
      const auto id = chain ? as_number(*chain) : std::nullopt;
      is_known = is_known && id && !id->negative && id->magnitude.fits(64);
      if (is_known) inner.chain_id = id->magnitude.limbs[0];
    }
    AIRLOCK_ASSIGN(const auto amount, resolver_.resolve(rule.amount));
    const auto value = amount ? as_number(*amount) : std::nullopt;
    if (value && !value->negative) inner.value = value->magnitude;
    is_known = is_known && (rule.amount.kind == Operand::Kind::none || value);
    AIRLOCK_ASSIGN(const auto spender, resolver_.resolve(rule.spender));
    if (spender) inner.from = as_address(*spender);
    if (rule.selector.kind != Operand::Kind::none) {
      AIRLOCK_ASSIGN(const auto selector, resolver_.resolve(rule.selector));
      const bool is_whole = selector && selector->bytes().size() >= evm::kSelectorSize;
      is_known = is_known && is_whole;
      if (is_whole) {
        const Bytes front = selector->bytes().first(evm::kSelectorSize);
        inner.made.assign(front.begin(), front.end());
        inner.made.insert(inner.made.end(), datum.bytes().begin(), datum.bytes().end());
      }
    }
    if (!is_known) {
      field.warnings.add(Warning::no_parameter);
      return {};
    }
    inner.to = *to;
    inner.data = datum.bytes();
    if (datum.is_copy() && inner.made.empty())
      inner.made.assign(inner.data.begin(), inner.data.end());
    inner_.push_back(std::move(inner));
    return {};
  }

  // The values of a rule in a sentence: one, or those of a list. False where one does not fit.
  bool append_values(std::string& text, std::uint32_t rule) const {
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

  void sentence() {
    if (!format_.has_sentence) return;
    std::string text;
    bool is_whole = !format_.sentence.empty();
    for (const internal::Piece& piece : format_.sentence) {
      if (!is_whole) break;
      text += piece.text;
      if (piece.rule) is_whole = append_values(text, *piece.rule);
    }
    if (is_whole)
      screen_.sentence = std::move(text);
    else
      screen_.warnings.add(Warning::no_sentence);
  }

  struct Told {
    std::uint32_t rule;
    bool fits_sentence;
  };

  const Compiled& file_;
  const internal::CallFormat& format_;
  const Around& around_;
  const Source& source_;
  Budget& budget_;
  Resolver resolver_;
  Screen screen_;
  std::vector<Told> shown_;  // one a field
  std::vector<Inner> inner_;
};

Warning warning_of(Code code) {
  if (code == Code::value_forbidden) return Warning::forbidden_value;
  if (code == Code::over_budget) return Warning::over_budget;
  if (code == Code::chain_refuses) return Warning::undecodable;
  if (code == Code::descriptor_unbound) return Warning::not_bound;
  if (code == Code::unknown_call) return Warning::unknown_call;
  return Warning::bad_descriptor;
}

// Shows a request: the call or message itself, and then whatever waits inside of it.
class Request {
 public:
  Request(const Source& source, type::Tape& tape) : source_(source), tape_(tape) {}

  Shown call(const Descriptor* descriptor, const Call& call) {
    const Around around{call.chain_id, call.to, call.from, call.value};
    Warnings why;
    if (descriptor == nullptr) {
      why.add(Warning::no_descriptor);
    } else {
      auto made = by(descriptor->compiled(), around, call.data);
      if (made) return finish(std::move(*made));
      why.add(warning_of(made.error().code));
    }
    return {.screens = {internal::show_raw(call, source_, why)}};
  }

  Shown message(const Descriptor* descriptor, const TypedData& message, std::optional<Bytes> from) {
    Warnings why;
    if (descriptor == nullptr) {
      why.add(Warning::no_descriptor);
    } else {
      auto made = by(descriptor->compiled(), message, from);
      if (made) return finish(std::move(*made));
      why.add(warning_of(made.error().code));
    }
    return {.screens = {internal::show_raw(message, why)}};
  }

 private:
  Result<Screen> by(const Compiled& file, const Around& around, Bytes data) {
    if (!internal::is_bound(file, around.chain_id, around.to, source_))
      return fail(Code::descriptor_unbound);
    tape_.clear();
    const type::Map& map = file.calls->map();
    AIRLOCK_ASSIGN(const evm::Decoded decoded, evm::decode_call(map, data, tape_));
    const internal::CallFormat* const format =
        decoded.entry == nullptr ? nullptr : internal::format_of(file, *decoded.entry);
    if (format == nullptr) return fail(Code::unknown_call);
    const type::Value root(map, tape_.nodes(), data, decoded.node);
    AIRLOCK_ASSIGN(Screen screen, make(file, *format, root, around));
    if (!decoded.is_canonical) screen.warnings.add(Warning::not_canonical);
    return screen;
  }

  Result<Screen> by(const Compiled& file, const TypedData& message, std::optional<Bytes> from) {
    if (!internal::is_bound(file, message)) return fail(Code::descriptor_unbound);
    const internal::CallFormat* const format = internal::format_of(file, message);
    if (format == nullptr) return fail(Code::unknown_call);
    const Domain& domain = message.domain();
    const Around around{domain.chain_id->limbs[0], *domain.verifying_contract, from, {}};
    AIRLOCK_ASSIGN(Screen screen, make(file, *format, message.message(), around));
    if (!message.has_whole_domain()) screen.warnings.add(Warning::partial_domain);
    return screen;
  }

  Result<Screen> make(const Compiled& file, const internal::CallFormat& format,
                      const type::Value& root, const Around& around) {
    ScreenMaker maker(file, format, root, around, source_, budget_);
    AIRLOCK_ASSIGN(Screen screen, maker.make());
    found_ = std::move(maker.inner());
    return screen;
  }

  // Shows the calls inside: each gets a screen, or stays raw with a warning.
  Shown finish(Screen first) {
    Shown shown;
    shown.screens.push_back(std::move(first));
    std::vector<Inner> waiting;
    take_found(waiting, 0, 1);
    for (std::size_t next = 0; next < waiting.size(); ++next) {
      Inner& inner = waiting[next];
      auto made = by(inner, shown.screens.size());
      Field& field = shown.screens[inner.screen].fields[inner.field];
      if (!made) {
        field.warnings.add(made.error().code == Code::unknown_call ? Warning::nested_unknown
                                                                   : Warning::nested_refused);
        if (made.error().code == Code::value_forbidden)
          field.warnings.add(Warning::forbidden_value);
        continue;
      }
      const std::size_t place = shown.screens.size(), depth = inner.depth;
      field.nested = static_cast<std::uint32_t>(place);
      shown.screens.push_back(std::move(*made));
      take_found(waiting, place, depth + 1);
    }
    return shown;
  }

  Result<Screen> by(const Inner& inner, std::size_t screens) {
    if (inner.depth > kCallsDeepMax || screens == kCallsMax) return fail(Code::over_budget);
    const Bytes data = inner.bytes();
    if (data.size() < evm::kSelectorSize) return fail(Code::unknown_call);
    const Descriptor* const descriptor =
        source_.descriptor(inner.chain_id, inner.to, data.first(evm::kSelectorSize));
    if (descriptor == nullptr) return fail(Code::unknown_call);
    std::optional<Bytes> from;
    if (inner.from) from = Bytes(*inner.from);
    const Around around{inner.chain_id, inner.to, from, inner.value};
    const Budget before = budget_;
    auto made = by(descriptor->compiled(), around, data);
    // Bytes behind the arguments are part of what is signed, and nobody would see them.
    if (made && made->warnings.has(Warning::not_canonical)) made = fail(Code::chain_refuses);
    if (!made) {
      budget_ = before;
      found_.clear();
    }
    return made;
  }

  void take_found(std::vector<Inner>& waiting, std::size_t screen, std::size_t depth) {
    for (Inner& inner : found_) {
      inner.screen = screen;
      inner.depth = depth;
      waiting.push_back(std::move(inner));
    }
    found_.clear();
  }

  const Source& source_;
  type::Tape& tape_;
  Budget budget_;
  std::vector<Inner> found_;
};

}  // namespace

Shown show_call(const Descriptor* descriptor, const Call& call, const Source& source,
                type::Tape& tape) {
  return Request(source, tape).call(descriptor, call);
}

Shown show_message(const Descriptor* descriptor, const TypedData& message,
                   std::optional<Bytes> from, const Source& source, type::Tape& tape) {
  return Request(source, tape).message(descriptor, message, from);
}

}  // namespace airlock::abi::clear
