#include "engine/abi/show_transaction.h"

#include "engine/abi/clear/author_text.h"
#include "engine/abi/transaction.h"

namespace airlock::abi {
namespace {

using clear::Field;
using clear::Screen;
using clear::Shown;
using clear::Warning;

constexpr std::size_t kValueMax = 16 << 10;  // bytes of one value; the rest is cut with a mark

void add(Screen& screen, std::string_view label, std::string_view value) {
  if (screen.fields.size() >= clear::kFieldsMax) {
    screen.warnings.add(Warning::shortened);
    return;
  }
  Field field;
  field.warnings.add(clear::append_harmless(field.label, label, clear::kLabelMax));
  field.warnings.add(clear::append_harmless(field.value, value, kValueMax));
  screen.fields.push_back(std::move(field));
}

std::string text_of_leaf(const json::Value& value) {
  return value.is_string() ? value.get<std::string>() : json::write(value);
}

// Adds each value that JSON holds under the names that lead to it.
void add_all(Screen& screen, const std::string& name, const json::Value& root) {
  struct Open {
    const json::Value* value;
    std::string path;
  };
  std::vector<Open> open{{&root, name}};
  while (!open.empty()) {
    const Open top = std::move(open.back());
    open.pop_back();
    if (!top.value->is_structured() || top.value->empty()) {
      add(screen, top.path, text_of_leaf(*top.value));
      continue;
    }
    const std::size_t first = open.size();
    const std::string front = top.path.empty() ? "" : top.path + '.';
    std::size_t place = 0;
    for (const auto& [key, value] : top.value->items()) {
      const std::string part = top.value->is_array() ? '[' + std::to_string(place++) + ']' : key;
      open.push_back({&value, (front + part).substr(0, clear::kPathSizeMax)});
    }
    std::reverse(open.begin() + static_cast<std::ptrdiff_t>(first), open.end());
  }
}

// What the pack made of a call, or the bytes and why it made nothing of them.
void add_call(Screen& screen, const json::Value& call, const json::Value& data) {
  if (const auto why = call.find("warning"); why != call.end()) {
    screen.intent = "An unreadable instruction";
    if (*why == name(Code::chain_refuses)) screen.warnings.add(Warning::undecodable);
    add(screen, "Why", text_of_leaf(*why));
    add(screen, "Data", text_of_leaf(data));
    return;
  }
  screen.warnings.add(
      clear::append_harmless(screen.intent, text_of_leaf(call.at("call")), clear::kLabelMax));
  if (call.at("bound") != true) screen.warnings.add(Warning::guessed);
  if (call.at("canonical") != true) screen.warnings.add(Warning::not_canonical);
  if (const json::Value& arguments = call.at("arguments"); !arguments.empty())
    add_all(screen, "", arguments);
}

// An account under its name, or its place where it has none.
void add_account(Screen& screen, const json::Value& account, std::size_t place) {
  const std::string name = text_of_leaf(account.at("name"));
  add(screen, name.empty() ? "Account " + std::to_string(place) : name,
      text_of_leaf(account.at("key")));
  std::string detail;
  const auto tell = [&](const char* key, std::string_view word) {
    if (account.value(key, false)) detail.append(detail.empty() ? "" : ", ").append(word);
  };
  tell("signer", "signs");
  tell("writable", "may be changed");
  tell("left_out", "left out");
  tell("missing", "missing");
  tell("unexpected", "not expected here");
  if (!screen.fields.empty()) screen.fields.back().detail = std::move(detail);
}

Screen instruction(const json::Value& one) {
  Screen screen;
  add(screen, "Program", text_of_leaf(one.at("program")));
  add_call(screen, one.at("call"), one.at("data"));
  std::size_t place = 0;
  for (const json::Value& account : one.at("accounts")) add_account(screen, account, ++place);
  return screen;
}

Shown of_solana(std::string_view chain, const json::Value& said) {
  Screen front{.intent = "Sign a Solana transaction"};
  add(front, "Chain", chain);
  add(front, "Signers", text_of_leaf(said.at("signers")));
  Shown shown{.screens = {std::move(front)}};
  std::size_t place = 0;
  for (const json::Value& one : said.at("instructions")) {
    shown.screens.front().fields.push_back(
        {.label = "Instruction " + std::to_string(++place),
         .nested = static_cast<std::uint32_t>(shown.screens.size())});
    shown.screens.push_back(instruction(one));
  }
  return shown;
}

Shown of_all(std::string_view chain, const json::Value& said) {
  Screen front{.intent = chain.starts_with("sui") ? "Sign a Sui transaction"
                                                  : "Sign an Aptos transaction"};
  front.warnings.add(Warning::no_descriptor);
  add(front, "Chain", chain);
  add_all(front, "", said);
  return {.screens = {std::move(front)}};
}

}  // namespace

Shown show_unread(std::string_view chain, Bytes data, Code why) {
  Screen screen{.intent = "Sign an unreadable transaction"};
  if (why == Code::chain_refuses) screen.warnings.add(Warning::undecodable);
  add(screen, "Chain", chain);
  add(screen, "Why", explain(why));
  clear::add_data(screen, data);
  return {.screens = {std::move(screen)}};
}

Result<Shown> show_transaction(const Explaining& by, std::string_view chain, Bytes data) {
  AIRLOCK_ASSIGN(const json::Value said, read_transaction(by, chain, data));
  if (chain.starts_with("eip155")) {
    AIRLOCK_ASSIGN(const evm::Transaction read,
                   evm::read_transaction(data, evm::Signature::passed_over));
    return show_evm(by, chain, read);
  }
  return chain.starts_with("solana") ? of_solana(chain, said) : of_all(chain, said);
}

}  // namespace airlock::abi
