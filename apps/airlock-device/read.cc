#include "apps/airlock-device/read.h"

#include <iostream>

#include "device/apply/editions.h"
#include "engine/abi/show_transaction.h"
#include "engine/abi/transaction.h"
#include "engine/abi/undescribed.h"
#include "host/file/file.h"
#include "host/json/json.h"
#include "host/terminal/terminal.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"

namespace airlock::app {
namespace {

using abi::clear::Shown;
using abi::clear::TypedData;
using apply::Edition;
using apply::Shelf;
using platform::located;

constexpr std::size_t kLineMax = 2 << 20;  // of a line with a message, in JSON
constexpr std::size_t kNameMax = 128;      // of a chain or an address

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
    AIRLOCK_ASSIGN(const Shelf shelf, located(apply::shelf_path(device_, apply::kPacks),
                                              apply::read_shelf(device_, apply::kPacks)));
    const Edition* const in_use = shelf.in_use();
    if (in_use == nullptr || in_use->manifest == serving_) return {};
    const file::Path path = apply::edition_path(device_, apply::kPacks, in_use->manifest);
    AIRLOCK_ASSIGN(file::Mapping mapped,
                   located(path, apply::map_edition(device_, apply::kPacks, *in_use)));
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

using Address = std::vector<std::uint8_t>;  // 20 bytes

// What the wallet is asked to sign: a call, or a message in its place.
struct Asked {
  std::string chain{}, to{};
  std::vector<std::uint8_t> data{};
  number::U256 value{};
  std::optional<Address> from{};
  std::optional<TypedData> message{};

  abi::Call call() const { return {.chain = chain, .target = to, .data = data}; }
  std::optional<Bytes> sender() const { return from ? std::optional<Bytes>(*from) : std::nullopt; }
};

Result<Address> read_evm_address(std::string_view text) {
  return abi::type::read_address(text, abi::type::AddressForm::eip55, abi::clear::kAddressSize);
}

// The screen of a call that a chain of the EVM has, or nothing.
std::optional<Shown> shown_by_descriptor(const abi::Engine::View& view, const Asked& asked) {
  const auto chain = abi::chain_id_of(asked.chain);
  const auto to = read_evm_address(asked.to);
  if (!chain || !to) return std::nullopt;
  return view.show(abi::Sending{.chain_id = *chain,
                                .to = *to,
                                .from = asked.sender(),
                                .value = asked.value,
                                .data = asked.data});
}

// Writes what a view says, in the form that was asked for.
class Writer {
 public:
  Writer(const abi::Engine::View& view, const ReadOptions& options)
      : view_(view), options_(options) {}

  // write_whole says a whole transaction, or why it stays raw.
  std::string write_whole(std::string_view chain, Bytes data) const {
    if (is_json()) {
      const auto read = abi::read_transaction(view_.explaining(), chain, data);
      const json::Value said = read ? *read
                                    : json::Value{{"warning", name(read.error().code)},
                                                  {"data", "0x" + text::to_hex(data)}};
      return text::visible_json(json::write(said)) + "\n";
    }
    const auto shown = abi::show_transaction(view_.explaining(), chain, data);
    return drawn(shown ? *shown : abi::show_unread(chain, data, shown.error().code));
  }

  std::string write(const Asked& asked) const {
    if (!asked.message) return call(asked);
    const Shown shown = view_.show(abi::Signing{*asked.message, asked.sender()});
    return is_json() ? abi::clear::json_of(*asked.message, shown) + "\n" : drawn(shown);
  }

 private:
  bool is_json() const { return options_.output == Output::json; }

  std::string drawn(const Shown& shown) const {
    if (options_.display == Display::terminal)
      return abi::clear::lines_of(shown, terminal::columns(terminal::Stream::out));
    const auto pages = abi::clear::pages_of(shown);
    if (pages) return abi::clear::frames_of(*pages);
    return "warning: there is more than this display can show; do not sign it here\n";
  }

  std::string call(const Asked& asked) const {
    abi::Asked told{.call = asked.call(), .value = asked.value};
    if (std::optional<Shown> shown = shown_by_descriptor(view_, asked)) {
      if (shown->front().is_clear)
        return is_json() ? abi::clear::json_of(*shown) + "\n" : drawn(*shown);
      told.why = shown->front().warnings;
    }
    const auto call = abi::Undescribed::of(view_.explaining(), told);
    if (is_json()) return call.json() + "\n";
    return options_.display == Display::terminal ? call.lines() : drawn(call.shown());
  }

  const abi::Engine::View& view_;
  const ReadOptions& options_;
};

platform::Located<void> read_one(Wallet& wallet, abi::Engine::Reader& reader, const Asked& asked,
                                 const ReadOptions& options) {
  AIRLOCK_TRY(wallet.keep_up());
  const abi::Engine::View view = reader.view();
  std::cout << Writer(view, options).write(asked) << std::flush;
  return {};
}

// {"chain","transaction"}.
platform::Located<void> read_whole(Wallet& wallet, abi::Engine::Reader& reader, json::Node line,
                                   const ReadOptions& options) {
  AIRLOCK_ASSIGN(const std::string_view chain,
                 located("chain", json::text(line, "chain", kNameMax)));
  AIRLOCK_ASSIGN(const std::string_view hex,
                 located("transaction", json::text(line, "transaction", kLineMax)));
  AIRLOCK_ASSIGN(const std::vector<std::uint8_t> data,
                 located("transaction", abi::type::read_hex(hex)));
  AIRLOCK_TRY(wallet.keep_up());
  const abi::Engine::View view = reader.view();
  std::cout << Writer(view, options).write_whole(chain, data) << std::flush;
  return {};
}

// {"chain","to","data"}, with "value" and "from", or {"message"}, with "from".
platform::Located<Asked> asked_in(json::Node line) {
  Asked asked;
  if (line.member("from")) {
    AIRLOCK_ASSIGN(const std::string_view from,
                   located("from", json::text(line, "from", kNameMax)));
    AIRLOCK_ASSIGN(asked.from, located("from", read_evm_address(from)));
  }
  if (const auto message = line.member("message")) {
    AIRLOCK_ASSIGN(asked.message,
                   located("message", TypedData::read(json::write(json::value_of(*message)))));
    return asked;
  }
  AIRLOCK_ASSIGN(asked.chain, located("chain", json::text(line, "chain", kNameMax)));
  AIRLOCK_ASSIGN(asked.to, located("to", json::text(line, "to", kNameMax)));
  AIRLOCK_ASSIGN(const std::string_view hex, located("data", json::text(line, "data", kLineMax)));
  AIRLOCK_ASSIGN(asked.data, located("data", abi::type::read_hex(hex)));
  if (const auto value = line.member("value")) {
    AIRLOCK_ASSIGN(asked.value, located("value", abi::type::read_unsigned(*value, 256)));
  }
  return asked;
}

platform::Located<void> read_line(Wallet& wallet, abi::Engine::Reader& reader,
                                  const std::string& line, const ReadOptions& options) {
  AIRLOCK_ASSIGN(const json::Tree tree, located("the line", json::Tree::parse(line, kLineMax)));
  if (tree.root().member("transaction")) return read_whole(wallet, reader, tree.root(), options);
  AIRLOCK_ASSIGN(const Asked asked, asked_in(tree.root()));
  return read_one(wallet, reader, asked, options);
}

// The answer to a line that could not be read: the wallet goes on with the next one.
std::string said(const platform::Fault& fault, const ReadOptions& options) {
  if (options.output == Output::json)
    return text::visible_json(json::write({{"error", name(fault.code)},
                                           {"about", text::visible_line(fault.about)},
                                           {"text", explain(fault.code)}})) +
           "\n";
  return "error: " + std::string(name(fault.code)) + ": " + text::visible_line(fault.about) + ": " +
         std::string(explain(fault.code)) + "\n";
}

platform::Located<Asked> asked_by(const ReadOptions& options) {
  Asked asked;
  if (!options.from.empty()) {
    AIRLOCK_ASSIGN(asked.from, located("--from", read_evm_address(options.from)));
  }
  if (!options.message.empty()) {
    const std::string path = options.message == "-" ? "/dev/stdin" : options.message;
    AIRLOCK_ASSIGN(const file::Buffer text,
                   located(path, file::read_stream(path, abi::clear::kMessageSizeMax)));
    AIRLOCK_ASSIGN(asked.message, located(path, TypedData::read(text_of(text))));
    return asked;
  }
  asked.chain = options.chain;
  asked.to = options.to;
  AIRLOCK_ASSIGN(asked.data, located("the data", abi::type::read_hex(options.data)));
  AIRLOCK_ASSIGN(asked.value, located("--value", number::read(options.value)));
  return asked;
}

}  // namespace

Answer read_call(const ReadOptions& options) {
  AIRLOCK_ASSIGN(const auto wallet, Wallet::open(options.dir));
  AIRLOCK_ASSIGN(abi::Engine::Reader reader, located(options.dir, wallet->engine().reader()));
  if (!options.follow) {
    AIRLOCK_ASSIGN(const Asked asked, asked_by(options));
    return read_one(*wallet, reader, asked, options);
  }
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto done = read_line(*wallet, reader, line, options);
    if (!done) std::cout << said(done.error(), options) << std::flush;
  }
  return {};
}

}  // namespace airlock::app
