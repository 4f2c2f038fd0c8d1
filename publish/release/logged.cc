// The public log, as far as publishing meets it: a release goes out with the proof that it is
// there.
#include "publish/release/internal.h"

namespace airlock::release {
namespace {

Answer<void> judge(const PublishOrder& order, const package::Manifest& manifest, const Path& path,
                   Bytes proof) {
  const auto policy = package::log_for(order.keyring, manifest.kind);
  AIRLOCK_CHECK(policy.has_value());
  const auto included = package::prove_included(manifest.digest(), text_of(proof), *policy);
  if (!included) return Refusal::of(included.error(), path.string());
  // Devices that saw an earlier tree read here how it grew to this one.
  const Path log = order.repository / kLogFolder;
  translog::FolderFetcher fetcher(log);
  translog::Tree tree(fetcher, included->head().size);
  AIRLOCK_ASSIGN(const Digest root, naming(log, tree.root(tree.size())));
  if (root != included->head().root) return Refusal::of(Code::log_damaged, log.string());
  return {};
}

Answer<Buffer> read_proof_at(const Path& path) {
  Result<Buffer> proof = file::read(path, package::kProofSizeMax);
  const bool is_absent = !proof && proof.error().code == Code::not_found;
  if (is_absent) return Refusal::of(Code::proof_missing, path.string());
  return naming(path, std::move(proof));
}

}  // namespace

Path proof_path(const Path& package) {
  Path path = envelope_path(package);
  return path.replace_extension(".tlog-proof");
}

Answer<Buffer> read_proof(const PublishOrder& order, const package::Manifest& manifest) {
  if (!package::log_for(order.keyring, manifest.kind)) return Buffer{};
  const Path path = proof_path(order.package);
  AIRLOCK_ASSIGN(Buffer proof, read_proof_at(path));
  AIRLOCK_TRY(judge(order, manifest, path, proof));
  return proof;
}

Answer<void> write_proof(const PublishOrder& order, const package::Manifest& manifest,
                         Bytes proof) {
  if (proof.empty()) return {};
  const Path path = order.repository / kLogFolder / translog::proof_path(manifest.digest());
  AIRLOCK_TRY(naming(path.parent_path(), file::make_folders(path.parent_path())));
  return naming(path, file::replace(path, proof));
}

Answer<void> check_logged(const PublishOrder& order, const package::Manifest& manifest) {
  if (!package::log_for(order.keyring, manifest.kind)) return {};
  const Path path = order.repository / kLogFolder / translog::proof_path(manifest.digest());
  AIRLOCK_ASSIGN(const Buffer proof, read_proof_at(path));
  return judge(order, manifest, path, proof);
}

}  // namespace airlock::release
