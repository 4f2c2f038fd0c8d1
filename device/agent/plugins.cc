#include "device/agent/plugins.h"

#include <algorithm>

#include "device/agent/incoming.h"
#include "device/apply/apply.h"

namespace airlock::agent {
namespace {

using package::Keyring;
using package::Kind;

bool is_same(const package::Clause& a, const package::Clause& b) {
  return a.group == b.group && a.threshold == b.threshold && a.algorithms == b.algorithms &&
         a.certified == b.certified;
}

// Certificates were judged as the release came in, by the policy of its own kind.
bool were_certificates_judged(const Keyring& keyring) {
  if (!package::wants_certificates(keyring, Kind::firmware)) return true;
  const auto& firmware = keyring.policies[package::index_of(Kind::firmware)].clauses;
  const auto& plugins = keyring.policies[package::index_of(Kind::fee_plugin)].clauses;
  return std::equal(firmware.begin(), firmware.end(), plugins.begin(), plugins.end(), is_same);
}

}  // namespace

Result<Digest> signed_as_firmware(const platform::Device& device, const apply::Edition& edition) {
  const file::Path path = apply::edition_envelope_path(device, apply::kPlugins, edition.manifest);
  AIRLOCK_ASSIGN(file::Buffer bytes, platform::read_envelope(path));
  AIRLOCK_ASSIGN(const apply::TrustedKeyring trusted, apply::trusted_keyring(device));
  AIRLOCK_ASSIGN(const Release release, prove_envelope(std::move(bytes), trusted.keyring));
  if (release.proven.digest() != edition.manifest) return fail(Code::image_rejected);
  AIRLOCK_ASSIGN(const package::Envelope envelope, package::Envelope::parse(release.envelope));
  AIRLOCK_ASSIGN(const package::Tally tally,
                 package::tally(envelope, trusted.keyring, Kind::firmware));
  if (!tally.complete()) return fail(Code::quorum_missing);
  if (!were_certificates_judged(trusted.keyring)) return fail(Code::certificates_unjudged);
  return release.proven.manifest().component(0).image(0).digest;
}

Result<Digest> consented_by_owner(const apply::Shelf& shelf, const apply::Edition& edition) {
  if (std::ranges::find(shelf.consents, edition.manifest) == shelf.consents.end())
    return fail(Code::consent_missing);
  return edition.image;
}

}  // namespace airlock::agent
