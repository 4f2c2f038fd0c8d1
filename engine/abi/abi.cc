#include "engine/abi/abi.h"

#include <algorithm>

namespace airlock::abi {
namespace {

// The map that explains a call, and whether it is the contract's own.
struct Found {
  const type::Map* map;
  bool is_bound;
};

Status check_code(const Snapshot& snapshot, const std::string& contract, Bytes code_hash) {
  const auto expected = snapshot.content("code/" + contract);
  if (!expected && expected.error().code == Code::not_found) return {};
  AIRLOCK_TRY(expected);
  if (!code_hash.empty() && !equal(code_hash, *expected)) return fail(Code::expected_otherwise);
  return {};
}

Result<Found> find_map(const Snapshot& snapshot, Loaders loaders, const Loader& loader,
                       const Call& call) {
  std::string contract = std::string(call.chain) + "/";
  if (call.target.empty()) {
    AIRLOCK_ASSIGN(const std::string target, loader.target_of(call.data));
    contract += target;
  } else {
    AIRLOCK_ASSIGN(const std::string target, loader.address(call.target));
    contract += target;
  }
  const auto own = snapshot.map("abi/" + contract, loaders);
  if (own) {
    AIRLOCK_TRY(check_code(snapshot, contract, call.code_hash));
    return Found{*own, true};
  }
  if (own.error().code != Code::not_found) return std::unexpected(own.error());
  AIRLOCK_ASSIGN(const type::Map* any,
                 snapshot.map("abi/" + std::string(call.chain) + "/any", loaders));
  return Found{any, false};
}

}  // namespace

Result<Decoded> decode(const Snapshot& snapshot, Loaders loaders, const Call& call,
                       std::span<type::Node> room) {
  AIRLOCK_ASSIGN(const Loader* loader, loader_of(loaders, call.chain));
  AIRLOCK_ASSIGN(const Found found, find_map(snapshot, loaders, *loader, call));
  if (found.map->loader() != loader->name()) return fail(Code::wrong_type);
  type::Tape tape(room);
  AIRLOCK_ASSIGN(const Reading read, loader->read(*found.map, call.data, tape));
  return Decoded{found.map, read.entry, type::Value(*found.map, tape.nodes(), call.data, read.node),
                 read.is_canonical, found.is_bound};
}

clear::Shown show(const Snapshot& snapshot, const Sending& sending, std::span<type::Node> room) {
  const Known known(snapshot);
  const Bytes selector = sending.data.first(std::min<std::size_t>(4, sending.data.size()));
  type::Tape tape(room);
  clear::Shown shown = clear::show_call(
      known.descriptor(sending.chain_id, sending.to, selector),
      {sending.chain_id, sending.to, sending.from, sending.value, sending.data}, known, tape);
  // How much a call pays is said even where the author of its description left it out.
  if (shown.front().warnings.has(clear::Warning::value_unseen))
    shown.screens.front().fields.push_back(
        clear::paying_field(sending.value, sending.chain_id, known));
  return shown;
}

clear::Shown show(const Snapshot& snapshot, const Signing& signing, std::span<type::Node> room) {
  const Known known(snapshot);
  type::Tape tape(room);
  return clear::show_message(known.descriptor(signing.message), signing.message, signing.from,
                             known, tape);
}

std::string_view title_of(const type::Map& map, const type::Entry& entry) {
  // Of these the EVM's ABI says no name.
  if (entry.kind == type::EntryKind::receive) return "receive()";
  if (entry.kind == type::EntryKind::fallback) return "fallback()";
  return map.text(entry.signature.size != 0 ? entry.signature : entry.name);
}

Status append_json(std::string& json, const Decoded& decoded, std::string_view version,
                   type::Shape shape) {
  json += "{\"call\":";
  type::append_quoted(json, title_of(*decoded.map, *decoded.entry));
  json += decoded.is_bound ? ",\"bound\":true" : ",\"bound\":false";
  json += decoded.is_canonical ? ",\"canonical\":true" : ",\"canonical\":false";
  if (!version.empty()) {
    json += ",\"version\":";
    type::append_quoted(json, version);
  }
  json += ",\"arguments\":";
  AIRLOCK_TRY(type::append_json(json, decoded.arguments, shape));
  json += '}';
  return {};
}

Engine::Engine()
    : latest_{Snapshot::none(), standard_loaders()}, state_(std::make_unique<State>(latest_)) {}

void Engine::swap(std::unique_ptr<const Snapshot> next) {
  const std::lock_guard lock(writers_);
  latest_.snapshot = std::move(next);
  state_.replace(std::make_unique<State>(latest_));
}

Status Engine::add(std::shared_ptr<const Loader> loader) {
  const std::lock_guard lock(writers_);
  for (const auto& known : latest_.loaders) {
    if (known->name() == loader->name()) return fail(Code::exists_already);
  }
  latest_.loaders.push_back(std::move(loader));
  state_.replace(std::make_unique<State>(latest_));
  return {};
}

Result<Engine::Reader> Engine::reader() {
  AIRLOCK_ASSIGN(swap::Current<State>::Reader seat, state_.reader());
  return Reader(std::move(seat));
}

Result<Decoded> Engine::View::decode(const Call& call) const {
  return abi::decode(*pin_->snapshot, pin_->loaders, call, room_);
}

Result<std::vector<std::uint8_t>> Engine::View::encode(const Request& request,
                                                       json::Node arguments) const {
  AIRLOCK_ASSIGN(const Loader* loader, loader_of(pin_->loaders, request.chain));
  const Call call{.chain = request.chain, .target = request.target};
  AIRLOCK_ASSIGN(const Found found, find_map(*pin_->snapshot, pin_->loaders, *loader, call));
  if (found.map->loader() != loader->name()) return fail(Code::wrong_type);
  AIRLOCK_ASSIGN(const type::Entry* entry,
                 found.map->find_named(type::EntryKind::function, request.call));
  return loader->write(*found.map, *entry, arguments);
}

clear::Shown Engine::View::show(const Sending& sending) const {
  return abi::show(*pin_->snapshot, sending, room_);
}

clear::Shown Engine::View::show(const Signing& signing) const {
  return abi::show(*pin_->snapshot, signing, room_);
}

}  // namespace airlock::abi
