#include "engine/abi/carried.h"

#include "engine/abi/clear/author_text.h"
#include "host/text/text.h"

namespace airlock::abi {
namespace {

constexpr std::string_view kLimitReached = R"({"warning":"over_budget"})";

std::string_view word_of(evm::CallKind kind) {
  switch (kind) {
    case evm::CallKind::call: return "call";
    case evm::CallKind::delegate_call: return "delegate_call";
    case evm::CallKind::self: return "self";
    case evm::CallKind::command: return "command";
  }
  return "";
}

// The map of a contract, or one for whatever has none.
struct Finder {
  const Snapshot& snapshot;
  Loaders loaders;
  std::string prefix;  // "abi/eip155:1/"

  const type::Map* own(Bytes address) const {
    std::string key = prefix;
    type::append_hex(key, address);
    return map(key);
  }
  const type::Map* any() const { return map(prefix + "any"); }

 private:
  const type::Map* map(const std::string& key) const {
    const auto found = snapshot.map(key, loaders);
    return found && (*found)->loader() == "evm" ? *found : nullptr;
  }
};

std::string value_of(Bytes value) {
  std::string text;
  number::append(text, number::from_big(value));
  return text;
}

// Lines as they stand below a call at this depth.
void append_indented(std::string& text, std::string_view lines, std::size_t depth) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size() - 1) + 1;
    text.append(2 * depth, ' ').append(lines.substr(0, end));
    lines.remove_prefix(end);
  }
}

}  // namespace

Carried Carried::of(const Explaining& by, const Call& call, const Decoded& decoded) {
  Carried made;
  made.room_ = by.room;
  if (decoded.map->loader() != "evm" || decoded.entry->kind != type::EntryKind::function)
    return made;
  const Finder finder{by.snapshot, by.loaders, "abi/" + std::string(call.chain) + "/"};
  const evm::FindMap find = [&finder](Bytes address) {
    const type::Map* const own = finder.own(address);
    return own != nullptr ? own : finder.any();
  };
  made.calls_.resize(evm::kCallsMax);
  type::Tape tape(by.room);
  const auto found = evm::decode_nested(*decoded.map, call.data, find, tape, made.calls_);
  made.calls_.resize(found ? found->all.size() : 0);
  made.is_whole_ = !found || found->is_whole;
  for (const evm::Call& one : made.calls_) {
    const bool is_bound = one.parent == type::kNone ? decoded.is_bound
                          : one.target.empty()      ? made.is_bound_[one.parent]
                                                    : finder.own(one.target) != nullptr;
    made.is_bound_.push_back(is_bound);
  }
  return made;
}

Decoded Carried::decoded_at(std::size_t place) const {
  const evm::Call& call = calls_[place];
  return {call.map, call.decoded.entry, type::Value(*call.map, room_, call.data, call.decoded.node),
          call.decoded.is_canonical, is_bound_[place]};
}

Status Carried::append_one(std::string& json, std::size_t place, type::Shape shape) const {
  const evm::Call& call = calls_[place];
  json += R"({"within":)" + (call.parent == 0 ? "null" : std::to_string(call.parent - 1));
  json.append(R"(,"kind":")").append(word_of(call.kind)) += '"';
  if (!call.target.empty()) {
    json += R"(,"to":")";
    type::append_eip55(json, call.target);
    json += '"';
  }
  if (!call.value.empty()) json += R"(,"value":")" + value_of(call.value) + '"';
  if (call.may_fail) json += R"(,"may_fail":true)";
  if (call.status == Code::ok) {
    std::string said;
    AIRLOCK_TRY(abi::append_json(said, decoded_at(place), "", shape));
    json.append(",").append(said, 1);
    return {};
  }
  json.append(R"(,"warning":")").append(name(call.status)).append(R"(","data":")");
  type::append_hex(json, call.data);
  json += "\"}";
  return {};
}

Status Carried::append_json(std::string& json, type::Shape shape) const {
  json += '[';
  for (std::size_t i = 1; i < calls_.size(); ++i) {
    if (i > 1) json += ',';
    AIRLOCK_TRY(append_one(json, i, shape));
    if (json.size() > type::kOutputMax) return fail(Code::over_budget);
  }
  if (!is_whole_) json.append(count() > 0 ? "," : "").append(kLimitReached);
  json += ']';
  return {};
}

Status Carried::outline_one(std::string& text, std::size_t place) const {
  const evm::Call& call = calls_[place];
  std::string lines = "carries ";
  if (call.kind != evm::CallKind::call) lines.append("a ").append(word_of(call.kind)) += ": ";
  std::string body;
  if (call.status == Code::ok) {
    const Decoded decoded = decoded_at(place);
    lines += text::visible_line(title_of(*decoded.map, *decoded.entry));
    AIRLOCK_TRY(type::append_outline(body, decoded.arguments));
  } else {
    lines.append("raw bytes (").append(name(call.status)) += ')';
    body = "  data: ";
    type::append_hex(body, call.data);
    body += '\n';
  }
  if (!call.target.empty()) {
    lines += " of ";
    type::append_eip55(lines, call.target);
  }
  if (!call.value.empty()) lines += ", value " + value_of(call.value);
  if (call.may_fail) lines += ", may fail";
  if (call.status == Code::ok && !is_bound_[place])
    lines += " (a guess: the pack does not know it)";
  append_indented(text, lines + "\n" + body, call.depth);
  return text.size() > type::kOutlineMax ? fail(Code::over_budget) : Status();
}

Status Carried::append_outline(std::string& text) const {
  // Each below its parent: those that are still to be told, the next one last.
  std::vector<std::size_t> waiting(calls_.empty() ? 0 : 1, 0);
  while (!waiting.empty()) {
    const std::size_t place = waiting.back();
    waiting.pop_back();
    if (place > 0) AIRLOCK_TRY(outline_one(text, place));
    for (std::size_t i = calls_.size(); i-- > place + 1;) {
      if (calls_[i].parent == place) waiting.push_back(i);
    }
  }
  if (!is_whole_) text += "warning: a limit ended this; there may be more calls in it\n";
  return {};
}

clear::Screen Carried::screen_at(std::size_t place, std::optional<std::uint64_t> chain_id,
                                 const clear::Source& source) const {
  const evm::Call& call = calls_[place];
  clear::Screen screen{.intent = "An unreadable call"};
  const bool is_read = call.status == Code::ok;
  if (is_read) {
    const Decoded decoded = decoded_at(place);
    screen.intent.clear();
    screen.warnings.add(clear::append_harmless(
        screen.intent, title_of(*decoded.map, *decoded.entry), clear::kLabelMax));
    if (!decoded.is_canonical) screen.warnings.add(clear::Warning::not_canonical);
    if (!decoded.is_bound) screen.warnings.add(clear::Warning::guessed);
  }
  std::string contract = "the one that carries it";
  if (!call.target.empty()) {
    contract.clear();
    type::append_eip55(contract, call.target);
  }
  screen.fields.push_back({.label = "Contract", .value = std::move(contract)});
  if (call.kind == evm::CallKind::delegate_call)
    screen.fields.push_back(
        {.label = "Kind", .value = "delegate call: with all rights of the contract above"});
  if (call.may_fail) screen.fields.push_back({.label = "May fail", .value = "yes"});
  const number::U256 value = call.value.empty() ? number::U256() : number::from_big(call.value);
  if (!value.is_zero()) screen.fields.push_back(clear::paying_field(value, chain_id, source));
  if (is_read) {
    clear::add_values(screen, decoded_at(place).arguments);
    return screen;
  }
  if (call.status == Code::chain_refuses) screen.warnings.add(clear::Warning::undecodable);
  screen.fields.push_back({.label = "Why", .value = std::string(explain(call.status))});
  clear::add_data(screen, call.data);
  return screen;
}

void Carried::append_screens(clear::Shown& shown, std::optional<std::uint64_t> chain_id,
                             const clear::Source& source) const {
  for (std::size_t i = 1; i < calls_.size(); ++i) {
    // Each stands after its parent, so that its place is the same in both lists.
    shown.screens[calls_[i].parent].fields.push_back(
        {.label = "Carries", .nested = static_cast<std::uint32_t>(i)});
    shown.screens.push_back(screen_at(i, chain_id, source));
  }
  if (!is_whole_) shown.screens.front().warnings.add(clear::Warning::calls_missing);
}

Status append_json(std::string& json, const Decoded& decoded, const Carried& carried,
                   std::string_view version, type::Shape shape) {
  AIRLOCK_TRY(append_json(json, decoded, version, shape));
  if (carried.count() == 0) return {};
  json.back() = ',';
  json += R"("calls":)";
  AIRLOCK_TRY(carried.append_json(json, shape));
  json += '}';
  return {};
}

}  // namespace airlock::abi
