#include "apps/airlock-device/packs.h"

#include <iostream>

#include "core/entry/entry.h"
#include "engine/abi/abi.h"
#include "host/text/text.h"

namespace airlock::app {

using platform::located;

Status judge_pack(Bytes pack, const apply::Edition& edition) {
  AIRLOCK_ASSIGN(const auto snapshot, abi::Snapshot::view(pack, edition.entries));
  const auto loaders = abi::standard_loaders();
  const auto judged = abi::judge(*snapshot, loaders);
  if (!judged) return std::unexpected(judged.error().error);
  return {};
}

Answer verify_entry(const EntryOptions& options) {
  AIRLOCK_ASSIGN(const platform::Device device,
                 platform::Device::open(options.dir, platform::Opening::look));
  AIRLOCK_ASSIGN(const apply::Shelf shelf, located(apply::shelf_path(device, apply::kPacks),
                                                   apply::read_shelf(device, apply::kPacks)));
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
