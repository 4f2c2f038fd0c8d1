#include "apps/airlock-device/packs.h"

#include <iostream>

#include "core/entry/entry.h"
#include "engine/abi/abi.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"

namespace airlock::app {
namespace {

using apply::KeptPack;
using apply::Shelf;
using platform::located;

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
    std::cout << text::visible_json(json::write(packs)) << "\n";
    return;
  }
  std::cout << packs_text(packs) << "\n";
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
