#include <algorithm>

#include "host/text/text.h"
#include "publish/release/desk.h"
#include "trust/doors/doors.h"

namespace airlock::release {
namespace {

constexpr std::size_t kDigestPartSize = 4;  // bytes of the manifest's digest in a target's name

// A model may hold any printable character; a file name may not.
std::string file_name_of(std::string_view model) {
  if (model == "*") return "every-model";
  std::string made(model);
  std::ranges::replace_if(
      made,
      [](char c) {
        return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '-' || c == '_');
      },
      '_');
  return made;
}

std::string target_path(const package::Manifest& manifest) {
  return std::string(package::name_of(manifest.kind)) + "/" + std::string(manifest.version.text) +
         "/" + file_name_of(manifest.models[0]) + "-" +
         text::to_hex(Bytes(manifest.digest().bytes).first(kDigestPartSize)) + ".cose";
}

tuf::Target target_of(const package::Manifest& manifest, Bytes envelope) {
  return {target_path(manifest), envelope.size(), crypto::sha256(envelope),
          tuf::custom_of(doors::claim_for(manifest))};
}

// Copies one payload file after comparing it with what was signed. Whatever lies there under its
// name already is replaced: only a damaged file could differ.
Answer<void> copy_artifact(const PublishOrder& order, const package::Payload& payload) {
  const std::string file_name = artifact_name(payload.digest);
  const Path from = order.package / kArtifactsFolder / file_name;
  const Result<Buffer> bytes = file::read(from, static_cast<std::size_t>(package::kPayloadSizeMax));
  if (!bytes) return Refusal::of(bytes.error(), from.string());
  if (bytes->size() != payload.size || crypto::sha256(*bytes) != payload.digest) {
    return Refusal::of(Code::digest_mismatch, from.string());
  }
  const Path to = order.repository / kArtifactsFolder / file_name;
  return naming(to, file::replace(to, *bytes));
}

Answer<void> copy_artifacts(const PublishOrder& order, const package::Manifest& manifest) {
  for (std::size_t i = 0; i < manifest.component_count(); ++i) {
    const package::Component component = manifest.component(i);
    for (std::size_t k = 0; k < component.payload_count(); ++k) {
      AIRLOCK_TRY(copy_artifact(order, component.payload(k)));
    }
  }
  return {};
}

Answer<void> write_target(const PublishOrder& order, const tuf::Target& target, Bytes envelope) {
  const Path path = order.repository / kTargetsFolder / tuf::path_of_target(target, true);
  AIRLOCK_TRY(naming(path.parent_path(), file::make_folders(path.parent_path())));
  return naming(path, file::replace(path, envelope));
}

// A keyring that comes into use by this is judged as the one in use is.
Answer<void> check_doors(const PublishOrder& order, const package::Manifest& manifest,
                         RoleSigners signers) {
  std::vector<tuf::PublicKey> others;
  for (const RoleSigner& signer : signers) others.push_back(signer.half);
  AIRLOCK_TRY(check_doors_apart(order.keyring, order.repository, others));
  if (manifest.kind != package::Kind::keyring) return {};
  AIRLOCK_ASSIGN(const package::Keyring next,
                 naming(order.package, package::Keyring::parse(manifest.content)));
  return check_doors_apart(next, order.repository, others);
}

// A device learns the present from `created`, and it never goes back.
Status check_dates(const package::Manifest& manifest, std::int64_t now) {
  if (manifest.created > now + kAheadMax) {
    return fail(Code::not_yet_valid, static_cast<std::uint64_t>(manifest.created));
  }
  if (manifest.expires < now) return fail(Code::expired);
  return {};
}

// A keyring follows the one that signs it, wherever the newest stands.
Answer<void> check_keyring(const PublishOrder& order, package::Kind kind,
                           const std::vector<tuf::Target>& published) {
  if (kind == package::Kind::keyring) return {};
  return check_keyring_is_newest(order.keyring, published);
}

// What lacks signatures is judged when it has them; the package in it now.
struct ReleaseOrder {
  const PublishOrder& order;
  const tuf::Target& target;
  Desk& desk;
  const std::vector<tuf::Target>& published;
};
Answer<Decoded> check_release(const ReleaseOrder& check) {
  const PublishOrder& order = check.order;
  AIRLOCK_ASSIGN(const bool is_signed, check.desk.lists_ready(Rules::newest));
  if (!is_signed) {
    AIRLOCK_ASSIGN(const Newest* newest, check.desk.newest());
    return check_as_device({order, check.target, newest->repository, check.published});
  }
  AIRLOCK_ASSIGN(Newest next, check.desk.rehearse({"targets", "snapshot"}, order.now));
  AIRLOCK_ASSIGN(const tuf::Target target, next.find(check.target.path));
  return check_as_device({order, target, next.repository, check.published});
}

}  // namespace

// What the repository says of its targets is enough to refuse, and proves nothing.
Answer<void> check_keyring_is_newest(const package::Keyring& keyring,
                                     const std::vector<tuf::Target>& targets) {
  for (const tuf::Target& target : targets) {
    const auto claim = tuf::claim_of(target);
    const bool is_keyring = claim && claim->kind == package::name_of(package::Kind::keyring);
    if (is_keyring && claim->security_version > keyring.version) {
      return Refusal::of(Code::keyring_not_newest, target.path);
    }
  }
  return {};
}

Answer<Published> publish(const PublishOrder& order, RoleSigners signers) {
  AIRLOCK_ASSIGN(const Buffer envelope, read_envelope(order.package));
  AIRLOCK_ASSIGN(const package::Proven proven, prove_package(envelope, order.keyring));
  if (const Status dates = check_dates(proven.manifest(), order.now); !dates) {
    return Refusal::of(dates.error(), order.package.string());
  }
  AIRLOCK_TRY(check_doors(order, proven.manifest(), signers));
  AIRLOCK_ASSIGN(const Buffer proof, read_proof(order, proven.manifest()));
  AIRLOCK_ASSIGN(const Buffer bundle, read_bundle(order, envelope));
  AIRLOCK_ASSIGN(const file::File lock, lock_repository(order.repository));
  file::remove_unfinished(order.repository);
  AIRLOCK_ASSIGN(Desk desk, Desk::open(order.repository));
  AIRLOCK_TRY(check_signers(desk, signers));
  AIRLOCK_ASSIGN(Newest* const newest, desk.newest());
  const std::vector<tuf::Target> published = newest->list().targets;
  AIRLOCK_TRY(check_keyring(order, proven.manifest().kind, published));
  const tuf::Target target = target_of(proven.manifest(), envelope);
  AIRLOCK_TRY(draft_targets(desk, {{target}}, order.now + kTargetsValid, order.role));
  const std::uint64_t version =
      desk.version(order.role.empty() ? newest->repository.home_of(target.path) : order.role);
  AIRLOCK_TRY(copy_artifacts(order, proven.manifest()));
  AIRLOCK_TRY(write_target(order, target, envelope));
  AIRLOCK_TRY(write_proof(order, proven.manifest(), proof));
  AIRLOCK_TRY(write_bundle(order, proven.manifest(), bundle));
  AIRLOCK_TRY(desk.complete(signers, Rules::newest));
  const Answer<Decoded> checked = check_release({order, target, desk, published});
  if (!checked) return refused_by_the_device(checked.error());
  AIRLOCK_TRY(settle_lists(desk, Rules::newest, order.now));
  AIRLOCK_ASSIGN(Settled settled, answer_of(desk, OldKeys::at_hand, order.now));
  return Published{target.path,
                   version,
                   checked->decoded,
                   checked->without_base,
                   without_clock(order, envelope, bundle),
                   std::move(settled)};
}

}  // namespace airlock::release
