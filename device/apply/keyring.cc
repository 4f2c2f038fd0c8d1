#include "device/apply/apply.h"

namespace airlock::apply {

Result<TrustedKeyring> trusted_keyring(const platform::Device& device) {
  TrustedKeyring trusted;
  AIRLOCK_ASSIGN(trusted.envelope, device.keyring_envelope());
  AIRLOCK_ASSIGN(trusted.keyring, package::open_keyring_anchor(trusted.envelope));
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  AIRLOCK_TRY(slot::check_keyring(record, trusted.envelope));
  return trusted;
}

Status commit_keyring(platform::Device& device, const package::Proven& release, Bytes envelope) {
  AIRLOCK_CHECK(release.manifest().kind == package::Kind::keyring);
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  if (record.consent != release.digest()) return fail(Code::consent_missing);
  // The keyring first: its own version lets it never go back, whatever the record says.
  AIRLOCK_TRY(device.store_keyring(envelope));
  return finish_keyring(device);
}

Status finish_keyring(platform::Device& device) {
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  AIRLOCK_ASSIGN(const file::Buffer trusted, device.keyring_envelope());
  AIRLOCK_ASSIGN(const package::Manifest manifest, package::read_unproven(trusted));
  const slot::Record raised =
      slot::raise_floor(record, package::Kind::keyring, manifest.security_version);
  AIRLOCK_TRY(device.store_record(slot::raise_time(raised, manifest.created)));
  return {};
}

Result<Digest> keyring_digest(const platform::Device& device) {
  AIRLOCK_ASSIGN(const file::Buffer stored, device.keyring_envelope());
  AIRLOCK_ASSIGN(const package::Envelope envelope, package::Envelope::parse(stored));
  return crypto::sha256(envelope.payload);
}

}  // namespace airlock::apply
