// What each map of a manifest and of a keyring must hold: for its reader, and for whoever names the
// field that is wrong.
#pragma once

#include "core/package/internal/fields.h"
#include "core/package/manifest.h"

namespace airlock::package::internal {

inline constexpr MapShape kManifestShape = {
    key_set(ManifestKey::format, ManifestKey::kind, ManifestKey::models, ManifestKey::version,
            ManifestKey::security_version, ManifestKey::created, ManifestKey::not_before,
            ManifestKey::expires, ManifestKey::bootloader_min, ManifestKey::secure_boot_min,
            ManifestKey::data_version, ManifestKey::data_version_min),
    static_cast<std::size_t>(ManifestKey::entries) + kExtensionsMax};
inline constexpr MapShape kEntriesShape = {key_set(EntriesKey::root, EntriesKey::count), 2};
inline constexpr MapShape kRampShape = {key_set(RampKey::start, RampKey::seed, RampKey::stages), 3};
inline constexpr MapShape kComponentShape = {
    key_set(ComponentKey::id, ComponentKey::images, ComponentKey::payloads), 3};
inline constexpr MapShape kImageShape = {
    key_set(ImageKey::size, ImageKey::digest, ImageKey::block_digests), 4};
inline constexpr MapShape kPayloadShape = {
    key_set(PayloadKey::type, PayloadKey::image, PayloadKey::size, PayloadKey::digest,
            PayloadKey::head_size, PayloadKey::root, PayloadKey::piece_size,
            PayloadKey::decoder_memory),
    11};
inline constexpr MapShape kKeyringShape = {
    key_set(KeyringKey::format, KeyringKey::version, KeyringKey::created, KeyringKey::groups,
            KeyringKey::keys, KeyringKey::policies),
    9};
inline constexpr MapShape kLogShape = {
    key_set(LogKey::origin, LogKey::public_key, LogKey::witnesses, LogKey::required), 4};
inline constexpr MapShape kWitnessShape = {key_set(WitnessKey::name, WitnessKey::public_key), 2};
inline constexpr MapShape kSignerShape = {
    key_set(SignerKey::algorithm, SignerKey::public_key, SignerKey::group, SignerKey::name), 4};

}  // namespace airlock::package::internal
