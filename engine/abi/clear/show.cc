#include "engine/abi/clear/show.h"

#include "engine/abi/clear/internal/bound.h"
#include "engine/abi/clear/internal/screen_maker.h"
#include "engine/abi/evm/decode.h"

namespace airlock::abi::clear {

using internal::Around;
using internal::Budget;
using internal::Compiled;
using internal::Inner;

namespace {

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
    internal::ScreenMaker maker(file, format, root, around, source_, budget_);
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
