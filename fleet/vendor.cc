#include "fleet/vendor.h"

namespace airlock::fleet {
namespace {

enum Role : std::uint8_t { kRoot, kTargets, kSnapshot, kTimestamp };
constexpr std::size_t kRoles = 4;
constexpr std::size_t kSigners = 3;  // of firmware; the root key stands behind them
constexpr std::array<crypto::Algorithm, kSigners + 1> kAlgorithms = {
    crypto::Algorithm::eddsa, crypto::Algorithm::eddsa, crypto::Algorithm::es256k,
    crypto::Algorithm::eddsa};

release::Recipe recipe_of(package::Kind kind, std::uint32_t number, std::int64_t now) {
  release::Recipe recipe;
  recipe.kind = kind;
  recipe.models = {std::string(kModel)};
  recipe.version = "1." + std::to_string(number) + ".0";
  recipe.security_version = number + 1;
  recipe.created = recipe.not_before = now;
  recipe.expires = now + 365 * release::kDay;
  return recipe;
}

}  // namespace

release::Answer<Vendor> Vendor::found(const file::Path& folder, std::int64_t now) {
  Vendor made(folder);
  AIRLOCK_TRY(made.make_keys());
  AIRLOCK_TRY(made.make_keyring(now));
  AIRLOCK_TRY(release::init_repository(made.repository(),
                                       {made.roles_[kRoot], made.roles_[kTargets],
                                        made.roles_[kSnapshot], made.roles_[kTimestamp].half},
                                       now));
  return made;
}

release::Answer<void> Vendor::make_keys() {
  for (std::size_t i = 0; i < kRoles; ++i) {
    AIRLOCK_ASSIGN(auto key, keys::RepositoryKey::generate(keys::RepositoryKey::Type::ed25519));
    AIRLOCK_ASSIGN(auto signer, release::role_signer(std::move(key), "a key of the simulation"));
    roles_.push_back(std::move(signer));
  }
  for (const crypto::Algorithm algorithm : kAlgorithms) {
    AIRLOCK_ASSIGN(auto key, keys::SigningKey::generate(algorithm));
    keys_.push_back(std::move(key));
  }
  return {};
}

release::Answer<void> Vendor::make_keyring(std::int64_t now) {
  const std::vector<std::string_view> groups = {"vendor", "committee", "root"};
  const std::vector<package::KeyDraft> listed = {{keys_[0].public_key(), 0, "vendor"},
                                                 {keys_[1].public_key(), 1, "committee-1"},
                                                 {keys_[2].public_key(), 1, "committee-2"},
                                                 {keys_[3].public_key(), 2, "root-1"}};
  const std::vector<package::Clause> firmware = {{0, 1}, {1, 2}};
  const std::vector<package::Clause> root = {{2, 1}};
  const std::vector<package::PolicyDraft> policies = {{package::Kind::firmware, firmware},
                                                      {package::Kind::keyring, root}};
  Buffer room(package::kKeyringSizeMax);
  AIRLOCK_ASSIGN(const Bytes content,
                 package::encode_keyring({1, now, groups, listed, policies, {}}, room));
  release::Recipe recipe = recipe_of(package::Kind::keyring, 0, now);
  recipe.content.assign(content.begin(), content.end());
  AIRLOCK_ASSIGN(const release::Package made, release::make(recipe, {}));
  AIRLOCK_ASSIGN(const package::Manifest manifest, package::read_unproven(made.envelope));
  AIRLOCK_ASSIGN(anchor_, release::add_signatures(made.envelope, {&keys_[kSigners], 1},
                                                  manifest.digest(), nullptr));
  AIRLOCK_ASSIGN(keyring_, package::open_keyring_anchor(anchor_));
  return {};
}

release::Answer<Buffer> Vendor::sign_complete(Bytes envelope) const {
  AIRLOCK_ASSIGN(const package::Manifest manifest, package::read_unproven(envelope));
  Buffer complete(envelope.begin(), envelope.end());
  for (std::size_t i = 0; i < kSigners; ++i) {
    AIRLOCK_ASSIGN(complete,
                   release::add_signatures(complete, {&keys_[i], 1}, manifest.digest(), &keyring_));
  }
  return complete;
}

release::Answer<void> Vendor::renew_timestamp(std::int64_t now) {
  return release::renew_timestamp(repository(), {&roles_[kTimestamp], 1}, release::kTimestampValid,
                                  now);
}

Result<Buffer> Vendor::first_root() const {
  return file::read(repository() / release::kMetadataFolder / "1.root.json", tuf::kRootSizeMax);
}

release::Answer<Release> Vendor::publish(Buffer image, std::int64_t now) {
  release::Recipe recipe = recipe_of(package::Kind::firmware, releases_, now);
  recipe.images.push_back({std::string(kComponent), image, std::nullopt});
  if (!last_.empty()) recipe.bases.push_back({std::string(kComponent), last_});
  recipe.payloads.workers = 1;
  AIRLOCK_ASSIGN(release::Package package, release::make(recipe, {}));
  AIRLOCK_ASSIGN(package.envelope, sign_complete(package.envelope));
  const file::Path folder = folder_ / ("release-" + recipe.version);
  AIRLOCK_TRY(release::write_package(folder, package));
  const release::RoleSigners signers{&roles_[kTargets], 2};
  AIRLOCK_TRY(release::publish({folder, repository(), keyring_, now}, signers));
  AIRLOCK_TRY(renew_timestamp(now));
  AIRLOCK_ASSIGN(const package::Manifest manifest, package::read_unproven(package.envelope));
  Release made{manifest.digest(),           recipe.version, recipe.security_version, now,
               std::move(package.envelope), image};
  last_ = std::move(image);
  ++releases_;
  return made;
}

}  // namespace airlock::fleet
