// The packages that wallets of the sweep are given.
#include "tests/powercut/wallet.h"

namespace airlock::powercut {
namespace {

constexpr std::int64_t kFirstCreated = 1'700'000'000;

// Bytes that look like nothing else: a small generator, the same in every run.
Buffer image_bytes(std::string_view text, std::size_t size) {
  Buffer bytes;
  Digest digest = crypto::sha256(bytes_of(text));
  while (bytes.size() < size) {
    bytes.insert(bytes.end(), digest.bytes.begin(), digest.bytes.end());
    digest = crypto::sha256(digest.bytes);
  }
  bytes.resize(size);
  return bytes;
}

fakes::Release::Component component_of(std::string_view id, Bytes image) {
  fakes::Release::Component component = fakes::Release::component(std::string(id), image.size());
  AIRLOCK_CHECK(image.size() <= package::kBlockSize);
  component.images[0].digest = crypto::sha256(image);
  component.images[0].block_digests = {crypto::sha256(image)};
  return component;
}

void seal_package(Package& made, Bytes manifest, Buffer envelope) {
  made.envelope = std::move(envelope);
  made.digest = crypto::sha256(manifest);
}

fakes::Release release_of(Package& made, std::size_t size) {
  fakes::Release release;
  release.version = made.version;
  release.security_version = made.security_version;
  release.created = made.created;
  release.components.clear();
  for (std::size_t i = 0; i < kComponents; ++i) {
    made.images[i] = image_bytes(made.version + std::string(kComponentIds[i]), size / (i + 1));
    release.components.push_back(component_of(kComponentIds[i], made.images[i]));
  }
  return release;
}

}  // namespace

Package World::firmware(std::string version, std::uint32_t security_version,
                        std::size_t size) const {
  Package made;
  made.version = std::move(version);
  made.security_version = security_version;
  made.created = kFirstCreated + static_cast<std::int64_t>(size);
  const Buffer manifest = release_of(made, size).encode();
  seal_package(made, manifest, signers.sign_complete(manifest, package::Kind::firmware));
  return made;
}

World::World()
    : anchor(signers.anchor()),
      v1(firmware("1.0.0", 1, 3000)),
      v2(firmware("1.1.0", 1, 3100)),
      v3(firmware("2.0.0", 2, 3203)) {
  const fakes::Signer newcomer("committee-1b", crypto::Algorithm::eddsa);
  fakes::KeyringPlan plan = signers.plan();
  plan.version = 2;
  plan.remove("committee-1");
  plan.add(newcomer, "committee");
  fakes::Release change = fakes::Release::of_content(package::Kind::keyring, *plan.encode());
  change.security_version = 3;
  change.created = kFirstCreated + 5000;
  rotated.kind = package::Kind::keyring;
  rotated.version = change.version;
  rotated.security_version = change.security_version;
  rotated.created = change.created;
  const Buffer keyring = change.encode();
  seal_package(rotated, keyring, signers.sign_complete(keyring, package::Kind::keyring));

  after_rotation.version = "2.1.0";
  after_rotation.security_version = 2;
  after_rotation.created = kFirstCreated + 6000;
  const Buffer manifest = release_of(after_rotation, 2900).encode();
  seal_package(after_rotation, manifest,
               fakes::sign(manifest, {&signers["vendor"], &newcomer, &signers["committee-3"]}));
}

const Package* World::find(const Digest& manifest) const {
  for (const Package* package : {&v1, &v2, &v3, &after_rotation, &rotated}) {
    if (package->digest == manifest) return package;
  }
  return nullptr;
}

const World& world() {
  static const World made;
  return made;
}

}  // namespace airlock::powercut
