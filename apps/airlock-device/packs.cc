#include "apps/airlock-device/packs.h"

#include <iostream>

#include "core/entry/entry.h"
#include "engine/abi/carried.h"
#include "engine/abi/transaction.h"
#include "host/terminal/terminal.h"
#include "host/text/text.h"

namespace airlock::app {
namespace {

using apply::KeptPack;
using apply::Shelf;
using platform::located;

constexpr std::size_t kLineMax = 1 << 20;

json::Value to_json(const KeptPack& pack) {
  return {{"version", std::string(pack.version.view())},
          {"manifest", text::to_hex(pack.manifest.bytes)},
          {"security_version", pack.security_version},
          {"root", text::to_hex(pack.entries.root.bytes)},
          {"entries", pack.entries.count},
          {"size", pack.size}};
}

const KeptPack* find(const Shelf& shelf, std::string_view named) {
  for (const KeptPack& pack : shelf.packs) {
    if (pack.version.view() == named || text::to_hex(pack.manifest.bytes) == named) return &pack;
  }
  return nullptr;
}

void print(const json::Value& packs, Output output) {
  if (output == Output::json) {
    std::cout << json::write(packs) << "\n";
    return;
  }
  std::cout << packs_text(packs) << "\n";
}

// A wallet's engine, kept at the pack that is in use.
class Wallet {
 public:
  static platform::Located<std::unique_ptr<Wallet>> open(const file::Path& dir) {
    AIRLOCK_ASSIGN(platform::Device device, platform::Device::open(dir, platform::Opening::look));
    auto wallet = std::make_unique<Wallet>(std::move(device));
    AIRLOCK_TRY(wallet->keep_up());
    return wallet;
  }
  explicit Wallet(platform::Device device) : device_(std::move(device)) {}

  // keep_up swaps when another pack came into use.
  platform::Located<void> keep_up() {
    AIRLOCK_ASSIGN(const Shelf shelf,
                   located(device_.path("packs/shelf"), apply::read_shelf(device_)));
    const KeptPack* const in_use = shelf.in_use();
    if (in_use == nullptr || in_use->manifest == serving_) return {};
    const file::Path path = apply::pack_path(device_, in_use->manifest);
    AIRLOCK_ASSIGN(file::Mapping mapped, located(path, apply::map_pack(device_, *in_use)));
    AIRLOCK_ASSIGN(auto snapshot,
                   located(path, abi::Snapshot::open(std::move(mapped), in_use->entries,
                                                     std::string(in_use->version.view()))));
    engine_.swap(std::move(snapshot));
    serving_ = in_use->manifest;
    return {};
  }
  abi::Engine& engine() { return engine_; }

 private:
  platform::Device device_;
  abi::Engine engine_;
  crypto::Digest serving_;
};

// The raw view of a call that nothing explains.
std::string raw(const abi::Call& call, Code why) {
  std::string shown = "warning: " + std::string(explain(why)) +
                      "\n  to: " + text::visible_line(call.target) + "\n  data: ";
  abi::type::append_hex(shown, call.data);
  return shown + "\n";
}

std::string raw_json(const abi::Call& call, Code why) {
  std::string data;
  abi::type::append_hex(data, call.data);
  return json::write({{"warning", name(why)}, {"to", call.target}, {"data", data}}) + "\n";
}

// The number of a chain of the EVM, "eip155:1".
std::optional<std::uint64_t> chain_id_of(std::string_view chain) {
  constexpr std::string_view kSpace = "eip155:";
  if (!chain.starts_with(kSpace)) return std::nullopt;
  const auto id = number::read(chain.substr(kSpace.size()));
  if (!id || !id->fits(64)) return std::nullopt;
  return id->limbs[0];
}

// The screen on which a transaction is signed, where a descriptor speaks of it; else nothing.
std::optional<std::string> screen(const abi::Engine::View& view, const abi::Call& call,
                                  const number::U256& value, Output output) {
  const auto chain = chain_id_of(call.chain);
  const auto to = abi::type::read_address(call.target, abi::type::AddressForm::eip55, 20);
  if (!chain || !to) return std::nullopt;
  const abi::clear::Shown shown =
      view.show({.chain_id = *chain, .to = *to, .value = value, .data = call.data});
  if (!shown.front().is_clear) return std::nullopt;
  if (output == Output::json) return abi::clear::json_of(shown) + "\n";
  return abi::clear::lines_of(shown, terminal::columns(terminal::Stream::out));
}

std::string shown(const abi::Engine::View& view, const abi::Call& call, Output output) {
  const auto decoded = view.decode(call);
  const bool as_json = output == Output::json;
  if (!decoded) {
    // That the pack has no such entry says to its owner: nothing explains this call.
    const Code found = decoded.error().code;
    const Code why = found == Code::not_found ? Code::unknown_call : found;
    return as_json ? raw_json(call, why) : raw(call, why);
  }
  const auto carried = abi::Carried::of(view.explaining(), call, *decoded);
  std::string text;
  if (as_json) {
    const Status written = abi::append_json(text, *decoded, carried, view.version());
    return written ? text + "\n" : raw_json(call, written.error().code);
  }
  const abi::type::Map& map = *decoded->map;
  if (!decoded->is_bound)
    text += "warning: the pack does not know this contract; this is only a guess\n";
  text += text::visible_line(map.text(decoded->entry->signature)) + " of " +
          text::visible_line(call.target) + ", pack " + std::string(view.version()) + "\n";
  Status written = abi::type::append_outline(text, decoded->arguments);
  if (written) written = carried.append_outline(text);
  return written ? text : raw(call, written.error().code);
}

platform::Located<void> read_one(Wallet& wallet, abi::Engine::Reader& reader, const abi::Call& call,
                                 const number::U256& value, Output output) {
  AIRLOCK_TRY(wallet.keep_up());
  const abi::Engine::View view = reader.view();
  const auto signing = screen(view, call, value, output);
  std::cout << (signing ? *signing : shown(view, call, output)) << std::flush;
  return {};
}

platform::Located<void> read_whole(Wallet& wallet, abi::Engine::Reader& reader,
                                   const json::Tree& line, Output output) {
  AIRLOCK_ASSIGN(const std::string_view chain,
                 located("chain", json::text(line.root(), "chain", 128)));
  AIRLOCK_ASSIGN(const std::string_view hex,
                 located("transaction", json::text(line.root(), "transaction", kLineMax)));
  AIRLOCK_ASSIGN(const std::vector<std::uint8_t> data,
                 located("transaction", abi::type::read_hex(hex)));
  AIRLOCK_TRY(wallet.keep_up());
  const abi::Engine::View view = reader.view();
  const auto read = abi::read_transaction(view.explaining(), chain, data);
  const json::Value said =
      read ? *read : json::Value{{"warning", name(read.error().code)}, {"data", hex}};
  std::cout << (output == Output::json ? json::write(said) : said.dump(2)) << "\n" << std::flush;
  return {};
}

// {"chain","to","data"} or {"chain","transaction"} a line.
platform::Located<void> read_lines(Wallet& wallet, abi::Engine::Reader& reader, Output output) {
  std::string line;
  while (std::getline(std::cin, line)) {
    AIRLOCK_ASSIGN(const json::Tree tree, located("the line", json::Tree::parse(line, kLineMax)));
    if (tree.root().member("transaction")) {
      AIRLOCK_TRY(read_whole(wallet, reader, tree, output));
      continue;
    }
    abi::Call call;
    AIRLOCK_ASSIGN(call.chain, located("chain", json::text(tree.root(), "chain", 128)));
    AIRLOCK_ASSIGN(call.target, located("to", json::text(tree.root(), "to", 128)));
    AIRLOCK_ASSIGN(const std::string_view hex,
                   located("data", json::text(tree.root(), "data", kLineMax)));
    AIRLOCK_ASSIGN(const std::vector<std::uint8_t> data, located("data", abi::type::read_hex(hex)));
    call.data = data;
    AIRLOCK_TRY(read_one(wallet, reader, call, 0, output));
  }
  return {};
}

}  // namespace

Status judge_pack(Bytes pack, const package::Entries& committed) {
  AIRLOCK_ASSIGN(const auto snapshot, abi::Snapshot::view(pack, committed));
  const auto loaders = abi::standard_loaders();
  const auto judged = abi::judge(*snapshot, loaders);
  if (!judged) return std::unexpected(judged.error().error);
  return {};
}

json::Value packs_json(const Shelf& shelf) {
  if (shelf.packs.empty() && shelf.reason == Code::ok) return nullptr;
  json::Value kept = json::Value::array();
  for (std::size_t i = 1; i < shelf.packs.size(); ++i) kept.push_back(to_json(shelf.packs[i]));
  json::Value value = {
      {"in_use", nullptr}, {"on_trial", shelf.on_trial}, {"kept", std::move(kept)}};
  if (shelf.in_use() != nullptr) value["in_use"] = to_json(*shelf.in_use());
  value["went_back"] = nullptr;
  if (shelf.reason != Code::ok) {
    value["went_back"] = {{"reason", name(shelf.reason)},
                          {"manifest", text::to_hex(shelf.given_up.bytes)}};
  }
  return value;
}

std::string packs_text(const json::Value& packs) {
  if (packs.is_null()) return "none yet";
  std::string made =
      packs["in_use"].is_null() ? "none" : packs["in_use"]["version"].get<std::string>();
  if (packs["on_trial"].get<bool>()) made += " (on trial)";
  for (std::size_t i = 0; i < packs["kept"].size(); ++i)
    made += (i == 0 ? ", kept: " : ", ") + packs["kept"][i]["version"].get<std::string>();
  if (!packs["went_back"].is_null())
    made += "; went back last: " + packs["went_back"]["reason"].get<std::string>();
  return made;
}

Answer packs(const PacksOptions& options) {
  if (options.restore.empty()) {
    AIRLOCK_ASSIGN(const platform::Device device,
                   platform::Device::open(options.dir, platform::Opening::look));
    AIRLOCK_ASSIGN(const Shelf shelf,
                   located(device.path("packs/shelf"), apply::read_shelf(device)));
    print(packs_json(shelf), options.output);
    return {};
  }
  AIRLOCK_ASSIGN(platform::Device device,
                 platform::Device::open(options.dir, platform::Opening::drive));
  AIRLOCK_ASSIGN(const Shelf shelf, located(device.path("packs/shelf"), apply::read_shelf(device)));
  const KeptPack* const wanted = find(shelf, options.restore);
  if (wanted == nullptr) {
    return std::unexpected(platform::Fault(
        Error{Code::not_found}, options.restore + ", among " + packs_text(packs_json(shelf))));
  }
  if (shelf.on_trial)
    return std::unexpected(platform::Fault(Error{Code::slot_busy}, options.restore));
  AIRLOCK_TRY(located(options.restore, apply::restore_pack(device, wanted->manifest, judge_pack)));
  AIRLOCK_ASSIGN(const Shelf now, located(device.path("packs/shelf"), apply::read_shelf(device)));
  print(packs_json(now), options.output);
  return {};
}

Answer read_call(const ReadOptions& options) {
  AIRLOCK_ASSIGN(const auto wallet, Wallet::open(options.dir));
  AIRLOCK_ASSIGN(abi::Engine::Reader reader, located(options.dir, wallet->engine().reader()));
  if (options.follow) return read_lines(*wallet, reader, options.output);
  AIRLOCK_ASSIGN(const std::vector<std::uint8_t> data,
                 located("the data", abi::type::read_hex(options.data)));
  AIRLOCK_ASSIGN(const number::U256 value, located("--value", number::read(options.value)));
  return read_one(*wallet, reader, {.chain = options.chain, .target = options.to, .data = data},
                  value, options.output);
}

Answer verify_entry(const EntryOptions& options) {
  AIRLOCK_ASSIGN(const platform::Device device,
                 platform::Device::open(options.dir, platform::Opening::look));
  AIRLOCK_ASSIGN(const Shelf shelf, located(device.path("packs/shelf"), apply::read_shelf(device)));
  if (shelf.in_use() == nullptr || shelf.on_trial)
    return std::unexpected(platform::Fault(Error{Code::not_found}, "no pack is committed"));
  const package::Entries& committed = shelf.in_use()->entries;
  AIRLOCK_ASSIGN(const file::Buffer proof,
                 located(options.proof, file::read(options.proof, entry::kProofSizeMax)));
  if (options.entry.empty()) {
    AIRLOCK_TRY(located(options.proof, entry::check_absent(proof, options.key, committed)));
    std::cout << "proven: the pack has no entry " << text::visible_line(options.key) << "\n";
    return {};
  }
  AIRLOCK_ASSIGN(const file::Buffer content,
                 located(options.entry, file::read(options.entry, abi::pack::kContentSizeMax)));
  AIRLOCK_TRY(located(options.proof, entry::check_present(proof, options.key, content, committed)));
  std::cout << "proven: " << options.entry << " is the entry " << text::visible_line(options.key)
            << " of pack " << shelf.in_use()->version.view() << "\n";
  return {};
}

}  // namespace airlock::app
