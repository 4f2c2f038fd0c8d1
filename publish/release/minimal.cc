#include "publish/release/minimal.h"

#include <algorithm>
#include <map>

#include "host/text/text.h"
#include "publish/release/internal.h"

namespace airlock::release {
namespace {

using Keys = std::vector<Buffer>;  // Ed25519, ascending

// The targets role of the newest root, as far as the small form knows its keys.
struct Rule {
  Keys keys;
  std::uint64_t threshold = 0;
};
Answer<Rule> rule_of(Bytes root) {
  AIRLOCK_ASSIGN(const tuf::Outline outline, tuf::outline(root));
  const auto role = std::ranges::find(outline.roles, "targets", &tuf::OutlinedRole::name);
  Rule rule{{}, role->threshold};
  for (const tuf::OutlinedKey& key : outline.keys) {
    const bool is_of_role = std::ranges::find(role->key_ids, key.id) != role->key_ids.end();
    if (!is_of_role || key.type != "ed25519" || !key.usable) continue;
    AIRLOCK_ASSIGN(Buffer raw, text::from_hex(key.material));
    rule.keys.push_back(std::move(raw));
  }
  std::ranges::sort(rule.keys);
  const auto [from, to] = std::ranges::unique(rule.keys);
  rule.keys.erase(from, to);
  if (rule.keys.size() < rule.threshold) return Refusal::of(Code::key_too_weak, "the targets role");
  if (rule.keys.size() > minimal::kKeysMax) return Refusal::of(Code::too_many, "the targets role");
  return rule;
}

std::string root_text(const Rule& rule) {
  std::string made = "{\"keys\":[";
  for (const Buffer& key : rule.keys) {
    made += (made.back() == '[' ? "\"" : ",\"") + text::to_hex(key) + "\"";
  }
  return made + "],\"threshold\":" + std::to_string(rule.threshold) + "}";
}

using Targets = std::map<std::string, tuf::Target>;
Answer<Targets> targets_of(Newest& newest, const std::string& only) {
  Targets made;
  const tuf::Repository::Listing listing = newest.list();
  for (const tuf::Target& target : listing.targets) {
    if (!target.path.starts_with(only)) continue;
    if (!minimal::is_path(target.path)) return Refusal::of(Code::bad_text, target.path);
    if (!target.sha256) return Refusal::of(Code::unsupported_algorithm, target.path);
    made.emplace(target.path, target);
  }
  return made;
}

std::string metadata_text(const Targets& targets, const tuf::Outline& outline) {
  std::string made = "{\"expires\":\"" + text::to_time(outline.expires) + "\",\"targets\":{";
  for (const auto& [path, target] : targets) {
    made += (made.back() == '{' ? "\"" : ",\"") + path +
            "\":{\"length\":" + std::to_string(target.length) + ",\"sha256\":\"" +
            text::to_hex(target.sha256->bytes) + "\"}";
  }
  return made + "},\"version\":" + std::to_string(outline.version) + "}";
}

Answer<std::string> signatures_of(const std::string& metadata, const Rule& rule,
                                  RoleSigners signers) {
  std::map<Buffer, std::string> lines;  // ascending, each key once
  for (const RoleSigner& signer : signers) {
    if (std::ranges::find(rule.keys, signer.half.material) == rule.keys.end()) {
      return Refusal::of(Code::no_role_for_key, signer.name);
    }
    AIRLOCK_ASSIGN(const keys::Signature signature,
                   naming(signer.name, signer.key.sign(bytes_of(metadata))));
    lines[signer.half.material] =
        text::to_hex(signer.half.material) + " " + text::to_hex(signature) + "\n";
  }
  std::string made;
  for (const auto& [key, line] : lines) made += line;
  return made;
}

Answer<std::string> read_text(const Path& path, std::size_t size_max) {
  AIRLOCK_ASSIGN(const Buffer bytes, naming(path, file::read(path, size_max)));
  return std::string(text_of(bytes));
}

// What readers of the folder have seen, as far as it is an export of ours.
minimal::Seen seen_in(const Path& folder) {
  constexpr std::size_t kSignaturesSizeMax = minimal::kKeysMax * minimal::kSignatureLineSize;
  const auto root_there = read_text(folder / kMinimalRoot, minimal::kRootSizeMax);
  const auto metadata = read_text(folder / kMinimalMetadata, minimal::kMetadataSizeMax);
  const auto signatures = read_text(folder / kMinimalSignatures, kSignaturesSizeMax);
  if (!root_there || !metadata || !signatures) return {};
  const auto root = minimal::read_root(*root_there);
  if (!root) return {};
  const auto proven = minimal::prove({*metadata, *signatures}, *root, {}, 0);
  return proven ? proven->seen() : minimal::Seen{};
}

// What a small reader does with it. Where signatures are still to come, it is read by a root that
// demands as many as there are.
Answer<void> check_as_reader(const ExportOrder& order, const minimal::Given& given,
                             const std::string& root_file) {
  const Path about = order.out / kMinimalMetadata;
  AIRLOCK_ASSIGN(minimal::Root root,
                 naming(order.out / kMinimalRoot, minimal::read_root(root_file)));
  if (order.demand == Signatures::partial) root.threshold = 1;
  AIRLOCK_TRY(naming(about, minimal::prove(given, root, seen_in(order.out), order.now)));
  return {};
}

Answer<void> copy_target(const ExportOrder& order, const tuf::Target& target) {
  const std::string name = tuf::path_of_target(target, true);
  const Path from = order.repository / kTargetsFolder / name;
  const Path to = order.out / kTargetsFolder / name;
  AIRLOCK_ASSIGN(const Buffer bytes, naming(from, file::read(from, kPlainSizeMax)));
  AIRLOCK_TRY(naming(from, tuf::check_target(target, bytes)));
  AIRLOCK_TRY(naming(to.parent_path(), file::make_folders(to.parent_path())));
  return naming(to, file::replace(to, bytes));
}

Answer<void> write_text(const Path& path, const std::string& text) {
  return naming(path, file::replace(path, bytes_of(text)));
}

}  // namespace

Answer<Exported> export_minimal(const ExportOrder& order) {
  AIRLOCK_ASSIGN(Newest newest, read_newest(order.repository, {}, order.now));
  AIRLOCK_ASSIGN(const Rule rule, rule_of(newest.root));
  AIRLOCK_ASSIGN(const Targets targets, targets_of(newest, order.only));
  AIRLOCK_ASSIGN(tuf::Outline outline, tuf::outline(newest.targets));
  // A release in a bin leaves the number of the list above it as it was.
  if (!outline.roles.empty()) {
    outline.version = std::max(outline.version, newest.repository.version_of("snapshot"));
  }
  const std::string root = root_text(rule);
  const std::string metadata = metadata_text(targets, outline);
  AIRLOCK_ASSIGN(const std::string signatures, signatures_of(metadata, rule, order.signers));
  AIRLOCK_TRY(check_as_reader(order, {metadata, signatures}, root));
  // The list is the last: until it is there, readers have the one before it.
  for (const auto& [path, target] : targets) AIRLOCK_TRY(copy_target(order, target));
  AIRLOCK_TRY(naming(order.out, file::make_folders(order.out)));
  AIRLOCK_TRY(write_text(order.out / kMinimalRoot, root));
  AIRLOCK_TRY(write_text(order.out / kMinimalSignatures, signatures));
  AIRLOCK_TRY(write_text(order.out / kMinimalMetadata, metadata));
  return Exported{outline.version, outline.expires, targets.size(),
                  signatures.size() / minimal::kSignatureLineSize};
}

}  // namespace airlock::release
