#include "engine/abi/undescribed.h"

#include "engine/abi/clear/author_text.h"
#include "host/text/text.h"

namespace airlock::abi {
namespace {

using clear::Warning;

std::string target_in(const Explaining& by, const Call& call) {
  const auto loader = loader_of(by.loaders, call.chain);
  const auto named = loader ? (*loader)->target_of(call.data) : Result<std::string>("");
  return named ? *named : "";
}

bool has_own_map(const Explaining& by, const Call& call) {
  const auto loader = loader_of(by.loaders, call.chain);
  if (!loader) return false;
  const auto address = (*loader)->address(call.target);
  return address &&
         by.snapshot.pack().find("abi/" + std::string(call.chain) + "/" + *address).has_value();
}

void add_member(std::string& json, std::string_view name, std::string_view text) {
  json.append("\"").append(name).append("\":");
  type::append_quoted(json, text);
}

}  // namespace

Undescribed Undescribed::of(const Explaining& by, const Asked& asked) {
  Undescribed made(by, asked);
  if (made.target_.empty()) made.target_ = target_in(by, asked.call);
  made.decoded_ = decode(by.snapshot, by.loaders, asked.call, by.room);
  const bool is_bound = made.decoded_ && made.decoded_->is_bound;
  // Whoever has no code of its own in the pack is paid; nobody has to describe that.
  made.is_payment_ =
      made.chain_id_ && asked.call.data.empty() && !is_bound && !has_own_map(by, asked.call);
  if (made.is_payment_) {
    made.decoded_ = fail(Code::unknown_call);
  } else if (made.decoded_) {
    made.carried_ = Carried::of(by, asked.call, *made.decoded_);
  } else if (made.decoded_.error().code == Code::not_found) {
    // That the pack has no such entry says to its owner: nothing explains this call.
    made.decoded_ = fail(Code::unknown_call);
  }
  return made;
}

clear::Warnings Undescribed::warnings() const {
  if (is_payment_) return {};
  clear::Warnings found = asked_.why;
  if (found.empty()) found.add(Warning::no_descriptor);
  if (!decoded_) {
    if (decoded_.error().code == Code::chain_refuses) found.add(Warning::undecodable);
    return found;
  }
  if (!decoded_->is_bound) found.add(Warning::guessed);
  if (!decoded_->is_canonical) found.add(Warning::not_canonical);
  return found;
}

clear::Field Undescribed::paying() const {
  return clear::paying_field(asked_.value, chain_id_, Known(snapshot_));
}

std::string Undescribed::title() const {
  if (is_payment_) return "Send";
  if (!decoded_) return "Sign an unreadable call";
  const std::string call(title_of(*decoded_->map, *decoded_->entry));
  return call + ", pack " + std::string(snapshot_.version());
}

void Undescribed::add_asked(std::string& json) const {
  json += ',';
  add_member(json, "chain", asked_.call.chain);
  json += ',';
  add_member(json, "to", target_);
  if (has_payment()) {
    std::string value;
    number::append(value, asked_.value);
    json += ',';
    add_member(json, "value", value);
  }
  if (!decoded_) {
    json += R"(,"data":")";
    type::append_hex(json, asked_.call.data);
    json += '"';
  }
  json += R"(,"warnings":[)";
  for (const Warning warning : clear::all(warnings())) {
    if (json.back() != '[') json += ',';
    type::append_quoted(json, clear::name(warning));
  }
  json += "]}";
}

std::string Undescribed::raw_json(Code why) const {
  Undescribed raw = *this;
  raw.decoded_ = fail(why);
  return raw.json();
}

std::string Undescribed::json() const {
  std::string json;
  if (decoded_) {
    const Status written = append_json(json, *decoded_, carried_, snapshot_.version());
    if (!written) return raw_json(written.error().code);
    json.pop_back();
  } else {
    json = '{';
    if (is_payment_)
      add_member(json, "intent", title());
    else
      add_member(json, "warning", name(decoded_.error().code));
  }
  add_asked(json);
  return json;
}

// What stands above the call's own lines, so that no name in the call passes for it.
std::string Undescribed::head() const {
  std::string lines;
  for (const Warning warning : clear::all(warnings()))
    lines.append("warning: ").append(clear::explain(warning)) += '\n';
  lines += "chain: " + text::visible_line(asked_.call.chain) + '\n';
  lines += (is_payment_ ? "to: " : "contract: ") + text::visible_line(target_) + '\n';
  if (!has_payment()) return lines;
  const clear::Field pays = paying();
  lines += "pays: " + (asked_.value.is_zero() ? "nothing" : pays.value) + '\n';
  if (asked_.value.is_zero()) return lines;
  for (const Warning warning : clear::all(pays.warnings))
    lines.append("warning: ").append(clear::explain(warning)) += '\n';
  return lines;
}

std::string Undescribed::raw_lines(Code why) const {
  Undescribed raw = *this;
  raw.decoded_ = fail(why);
  return raw.lines();
}

std::string Undescribed::lines() const {
  std::string lines = head();
  if (decoded_) {
    lines += text::visible_line(title()) + '\n';
    Status written = type::append_outline(lines, decoded_->arguments);
    if (written) written = carried_.append_outline(lines);
    return written ? lines : raw_lines(written.error().code);
  }
  if (is_payment_) return lines + title() + '\n';
  lines.append("warning: ").append(explain(decoded_.error().code)) += '\n';
  lines += title() + "\n  data: ";
  type::append_hex(lines, asked_.call.data);
  return lines + '\n';
}

clear::Shown Undescribed::shown() const {
  clear::Screen screen{.warnings = warnings()};
  screen.warnings.add(clear::append_harmless(screen.intent, title(), clear::kLabelMax));
  const auto add = [&screen](std::string_view label, std::string_view value) {
    clear::Field field{.label = std::string(label)};
    field.warnings.add(clear::append_harmless(field.value, value, clear::kLabelMax));
    screen.fields.push_back(std::move(field));
  };
  add("Chain", asked_.call.chain);
  add(is_payment_ ? "To" : "Contract", target_);
  if (is_payment_ || !asked_.value.is_zero()) screen.fields.push_back(paying());
  if (decoded_) {
    clear::add_values(screen, decoded_->arguments);
  } else if (!is_payment_) {
    add("Why", explain(decoded_.error().code));
    clear::add_data(screen, asked_.call.data);
  }
  clear::Shown shown{.screens = {std::move(screen)}};
  carried_.append_screens(shown, chain_id_, Known(snapshot_));
  return shown;
}

}  // namespace airlock::abi
