// abi decode, encode, inspect, diff: what a contract's calls say, and what became of its ABI.
#include <cstdio>

#include "apps/airlock/commands.h"
#include "apps/airlock/contracts.h"
#include "apps/airlock/show.h"
#include "engine/abi/carried.h"
#include "engine/abi/compare.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"

namespace airlock::app {
namespace {

using abi::type::Entry;
using abi::type::Map;

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

std::string title_of(const Map& map, const Entry& entry) {
  return text::visible_line(abi::title_of(map, entry));
}

struct DecodeOptions {
  ContractOptions contract;
  std::string data;
  std::string as = "call";
  std::string function;
  std::vector<std::string> topics;
  bool positional = false;
  bool json = false;
};

std::expected<abi::Subject, Refusal> subject_named(const std::string& name) {
  if (name == "output") return abi::Subject::output;
  if (name == "error") return abi::Subject::error;
  if (name == "event") return abi::Subject::event;
  if (name == "account") return abi::Subject::account;
  return refuse(Code::usage, "--as takes call, output, error, event or account; found " + name);
}

std::expected<std::vector<std::uint8_t>, Refusal> read_bytes(const DecodeOptions& options) {
  std::vector<std::uint8_t> bytes;
  for (const std::string& topic : options.topics) {
    AIRLOCK_ASSIGN(const std::vector<std::uint8_t> word, read_data(topic));
    if (word.size() != 32) return refuse(Code::usage, "--topic takes 32 bytes; found " + topic);
    bytes.insert(bytes.end(), word.begin(), word.end());
  }
  AIRLOCK_ASSIGN(const std::vector<std::uint8_t> data, read_data(options.data));
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

std::expected<abi::Reading, Refusal> read(const DecodeOptions& options, const Contract& contract,
                                          Bytes bytes, abi::type::Tape& tape) {
  if (options.as == "call") {
    AIRLOCK_ANSWER_ASSIGN(abi::Reading read, contract.loader().read(contract.map(), bytes, tape),
                          options.contract.sources[0]);
    return read;
  }
  AIRLOCK_ASSIGN(const abi::Subject subject, subject_named(options.as));
  const abi::Question question{subject, bytes, options.topics.size(), options.function};
  AIRLOCK_ANSWER_ASSIGN(abi::Reading read,
                        contract.loader().read_other(contract.map(), question, tape),
                        options.contract.sources[0]);
  return read;
}

// Sui has no calls by themselves: each is a command of a transaction, whose inputs it uses.
Answer check_has_calls(const Contract& contract) {
  if (contract.loader().chains().front() != "sui") return {};
  return refuse(Code::usage,
                "a call of Sui is a command of its transaction, and only that is read: airlock abi "
                "transaction --chain sui:mainnet --pack PACK 0x..");
}

Answer decode(const DecodeOptions& options) {
  AIRLOCK_ASSIGN(const Contract contract, Contract::open(options.contract));
  AIRLOCK_TRY(check_has_calls(contract));
  AIRLOCK_ASSIGN(const std::vector<std::uint8_t> bytes, read_bytes(options));
  std::vector<abi::type::Node> room(abi::type::kTapeNodes);
  abi::type::Tape tape(room);
  AIRLOCK_ASSIGN(const abi::Reading found, read(options, contract, bytes, tape));
  const abi::type::Value value(contract.map(), tape.nodes(), bytes, found.node);
  const abi::Decoded decoded{&contract.map(), found.entry, value, found.is_canonical, true};
  const abi::Call call{.chain = options.contract.chain, .data = bytes};
  const auto carried = options.as == "call"
                           ? abi::Carried::of(contract.explaining(room), call, decoded)
                           : abi::Carried();
  std::string shown;
  if (options.json) {
    const auto shape = options.positional ? abi::type::Shape::positional : abi::type::Shape::named;
    AIRLOCK_ANSWER_TRY(abi::append_json(shown, decoded, carried, "", shape), options.data);
    print(shown + "\n");
    return {};
  }
  shown = title_of(contract.map(), *found.entry) + "\n";
  AIRLOCK_ANSWER_TRY(abi::type::append_outline(shown, value), options.data);
  AIRLOCK_ANSWER_TRY(carried.append_outline(shown), options.data);
  if (!found.is_canonical)
    shown += "note: the chain takes these bytes, but its own encoder would write them otherwise\n";
  print(shown);
  return {};
}

struct EncodeOptions {
  ContractOptions contract;
  std::string function;
  std::string arguments;
};

// Names what there is to choose from, as far as a line holds it.
std::string functions_of(const Map& map) {
  constexpr int kNamedMax = 8;
  std::string named;
  int count = 0;
  for (const Entry& entry : map.entries()) {
    if (entry.kind != abi::type::EntryKind::function) continue;
    if (++count > kNamedMax) return named + ", .. (airlock abi inspect lists all)";
    named += (named.empty() ? "" : ", ") + title_of(map, entry);
  }
  return named.empty() ? "none" : named;
}

std::expected<const Entry*, Refusal> function_named(const Map& map, const std::string& name) {
  const auto found = map.find_named(abi::type::EntryKind::function, name);
  if (found) return *found;
  if (found.error().code != Code::unknown_call) return refuse(found.error(), name);
  return refuse(Code::not_found, "function " + name + "; the contract has " + functions_of(map));
}

Answer encode(const EncodeOptions& options) {
  constexpr std::size_t kArgumentsMax = 16 << 20;
  AIRLOCK_ASSIGN(const Contract contract, Contract::open(options.contract));
  AIRLOCK_TRY(check_has_calls(contract));
  AIRLOCK_ASSIGN(const Entry* entry, function_named(contract.map(), options.function));
  AIRLOCK_ASSIGN(const std::string typed, read_typed(options.arguments));
  const auto arguments = json::Tree::parse(typed, kArgumentsMax, json::Nul::in_texts);
  if (!arguments)
    return refuse(arguments.error(), about_json("the arguments", arguments.error().code));
  AIRLOCK_ANSWER_ASSIGN(const std::vector<std::uint8_t> data,
                        contract.loader().write(contract.map(), *entry, arguments->root()),
                        title_of(contract.map(), *entry));
  print("0x" + text::to_hex(data) + "\n");
  return {};
}

std::string_view word_of(abi::type::EntryKind kind) {
  switch (kind) {
    case abi::type::EntryKind::function: return "function";
    case abi::type::EntryKind::constructor: return "constructor";
    case abi::type::EntryKind::fallback: return "fallback";
    case abi::type::EntryKind::receive: return "receive";
    case abi::type::EntryKind::event: return "event";
    case abi::type::EntryKind::error: return "error";
    case abi::type::EntryKind::account: return "account";
    case abi::type::EntryKind::record: return "record";
  }
  return "";
}

struct InspectOptions {
  ContractOptions contract;
  bool json = false;
};

std::string describe(const Map& map, const Entry& entry) {
  std::string line(word_of(entry.kind));
  line.resize(13, ' ');
  line += title_of(map, entry);
  if (entry.key.size != 0) line += "  0x" + text::to_hex(map.bytes(entry.key));
  return line + "\n";
}

json::Value to_json(const Map& map, const Entry& entry) {
  json::Value value = {{"kind", word_of(entry.kind)},
                       {"name", text::visible_line(map.text(entry.name))},
                       {"signature", title_of(map, entry)},
                       {"key", "0x" + text::to_hex(map.bytes(entry.key))}};
  json::Value fields = json::Value::array();
  if (entry.input != abi::type::kNone) {
    for (const abi::type::Field& field : map.fields_of(map.types()[entry.input]))
      fields.push_back(text::visible_line(map.text(field.name)));
  }
  value["fields"] = std::move(fields);
  json::Value accounts = json::Value::array();
  for (const abi::type::Account& account : map.accounts_of(entry))
    accounts.push_back(text::visible_line(map.text(account.name)));
  if (!accounts.empty()) value["accounts"] = std::move(accounts);
  return value;
}

Answer inspect(const InspectOptions& options) {
  AIRLOCK_ASSIGN(const Contract contract, Contract::open(options.contract));
  const Map& map = contract.map();
  if (options.json) {
    json::Value entries = json::Value::array();
    for (const Entry& entry : map.entries()) entries.push_back(to_json(map, entry));
    const json::Value value = {{"loader", map.loader()},
                               {"name", text::visible_line(map.name())},
                               {"types", map.types().size()},
                               {"entries", std::move(entries)}};
    print(text::visible_json(json::write(value)) + "\n");
    return {};
  }
  const std::string name =
      map.name().empty() ? options.contract.sources[0] : std::string(map.name());
  std::string shown = text::visible_line(name) + " (" + std::string(map.loader()) + "), " +
                      std::to_string(map.entries().size()) + " entries, " +
                      std::to_string(map.types().size()) + " types\n";
  for (const Entry& entry : map.entries()) shown += describe(map, entry);
  print(shown);
  return {};
}

struct DiffOptions {
  std::string before;
  std::string after;
  std::string chain;
  bool json = false;
};

bool is_pack(const std::string& path) {
  const auto opened = file::File::open(path, file::Access::read);
  std::array<std::uint8_t, 4> magic{};
  return opened && opened->read_at(0, magic) && text_of(magic) == "ALPK";
}

std::expected<std::vector<abi::Change>, Refusal> changes_of(const DiffOptions& options) {
  if (is_pack(options.before) && is_pack(options.after)) {
    AIRLOCK_ASSIGN(const auto before, open_pack(options.before));
    AIRLOCK_ASSIGN(const auto after, open_pack(options.after));
    AIRLOCK_ANSWER_ASSIGN(std::vector<abi::Change> changes,
                          abi::compare(before->pack(), after->pack()), options.after);
    return changes;
  }
  const auto open = [&](const std::string& path) {
    ContractOptions contract;
    contract.sources = {path};
    contract.chain = options.chain;
    return Contract::open(contract);
  };
  AIRLOCK_ASSIGN(const Contract before, open(options.before));
  AIRLOCK_ASSIGN(const Contract after, open(options.after));
  AIRLOCK_ANSWER_ASSIGN(std::vector<abi::Change> changes, abi::compare(before.map(), after.map()),
                        options.after);
  return changes;
}

std::string line_of(const abi::Change& change) {
  std::string line = change.is_breaking ? "breaks   " : "         ";
  line += std::string(name_of(change.what)) + "  ";
  if (!change.key.empty()) line += change.key + "  ";
  line += change.entry;
  if (!change.place.empty()) line += "  " + change.place;
  if (!change.before.empty() || !change.after.empty())
    line += ": " + change.before + " -> " + change.after;
  return text::visible_line(line) + "\n";
}

// Answers 3 where something breaks, so that a script need not read the lines.
Answer diff(const DiffOptions& options) {
  AIRLOCK_ASSIGN(const std::vector<abi::Change> changes, changes_of(options));
  bool breaks = false;
  json::Value listed = json::Value::array();
  std::string shown;
  for (const abi::Change& change : changes) {
    breaks = breaks || change.is_breaking;
    shown += line_of(change);
    listed.push_back({{"what", name_of(change.what)},
                      {"breaking", change.is_breaking},
                      {"key", change.key},
                      {"entry", text::visible_line(change.entry)},
                      {"place", text::visible_line(change.place)},
                      {"before", text::visible_line(change.before)},
                      {"after", text::visible_line(change.after)}});
  }
  if (options.json) {
    shown =
        text::visible_json(json::write({{"breaking", breaks}, {"changes", std::move(listed)}})) +
        "\n";
  } else if (changes.empty()) {
    shown = "nothing changed\n";
  }
  print(shown);
  return Done{breaks ? kStatusWarned : 0};
}

}  // namespace

void add_abi_commands(CLI::App& app, Outcome& outcome) {
  CLI::App& family =
      add_family(app, "abi", "Read and write calls of contracts, and the packs that explain them.");
  auto decoded = add_command<DecodeOptions>(
      family, outcome, "decode", "Say what the bytes of a call mean, as the chain reads them.",
      &decode);
  add_contract_options(decoded.command, decoded.options.contract);
  decoded.command
      .add_option("data", decoded.options.data,
                  "0x.., @FILE that holds it, or - for standard input")
      ->required();
  decoded.command.add_option("--as", decoded.options.as, "call, output, error, event or account")
      ->capture_default_str();
  decoded.command.add_option("--function", decoded.options.function,
                             "of an output: what was called");
  decoded.command.add_option("--topic", decoded.options.topics, "of an event: 0x..; repeat")
      ->allow_extra_args(false);
  decoded.command.add_flag("--positional", decoded.options.positional,
                           "in JSON: values by place, without names");
  decoded.command.add_flag("--json", decoded.options.json, "answer as JSON");
  decoded.command.footer(
      "Example:\n  airlock abi decode --abi erc20.json 0xa9059cbb0000..\n"
      "  airlock abi decode --abi wallet.pack --chain eip155:1 --to 0xA0b8.. 0xa9059cbb0000..");

  auto encoded = add_command<EncodeOptions>(family, outcome, "encode",
                                            "Make the bytes of a call from values.", &encode);
  add_contract_options(encoded.command, encoded.options.contract);
  encoded.command
      .add_option("function", encoded.options.function,
                  "its name, or its signature where several have the name")
      ->required();
  encoded.command
      .add_option(
          "arguments", encoded.options.arguments,
          "JSON: a list by place, or an object by name; as decode --json writes them; @FILE "
          "that holds it, or - for standard input")
      ->required();
  encoded.command.footer(
      "Example:\n  airlock abi encode --abi erc20.json transfer '[\"0x5aAe..\", \"1000\"]'");

  auto inspected = add_command<InspectOptions>(
      family, outcome, "inspect", "List what a contract can be called with.", &inspect);
  add_contract_options(inspected.command, inspected.options.contract);
  inspected.command.add_flag("--json", inspected.options.json, "answer as JSON");
  inspected.command.footer("Example:\n  airlock abi inspect --abi erc20.json");

  auto compared = add_command<DiffOptions>(
      family, outcome, "diff",
      "Say what changed between two ABIs or two packs. Answers 3 where something breaks.", &diff);
  compared.command.add_option("before", compared.options.before, "the older one")->required();
  compared.command.add_option("after", compared.options.after, "the newer one")->required();
  compared.command.add_option("--chain", compared.options.chain,
                              "whose format the files are, where they do not tell");
  compared.command.add_flag("--json", compared.options.json, "answer as JSON");
  compared.command.footer("Example:\n  airlock abi diff old.pack new.pack");
  add_pack_commands(family, outcome);
  add_transaction_command(family, outcome);
  add_message_command(family, outcome);
}

}  // namespace airlock::app
