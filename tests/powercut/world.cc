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

// A small keyring, so that a sweep's time goes into cuts: the vendor and both of the committee sign
// firmware (one of them with the other curve), one root key signs keyrings.
fakes::KeyringPlan World::plan() const {
  fakes::KeyringPlan made;
  made.groups = {"vendor", "committee", "root"};
  made.policies = {{package::Kind::firmware, {{0, 1}, {1, 2}}}, {package::Kind::keyring, {{2, 1}}}};
  made.add(signers["vendor"], "vendor");
  made.add(signers["committee-1"], "committee");
  made.add(signers["committee-2"], "committee");
  made.add(signers["root-1"], "root");
  return made;
}

Buffer World::keyring_package(const fakes::KeyringPlan& next, Package* made) const {
  fakes::Release change = fakes::Release::of_content(package::Kind::keyring, *next.encode());
  change.security_version = next.version;
  change.created = kFirstCreated + 5000;
  const Buffer manifest = change.encode();
  Buffer envelope = signers.sign(manifest, {"root-1"});
  if (made != nullptr) {
    made->kind = package::Kind::keyring;
    made->version = change.version;
    made->security_version = change.security_version;
    made->created = change.created;
    seal_package(*made, manifest, envelope);
  }
  return envelope;
}

Package World::firmware(std::string version, std::uint32_t security_version, std::size_t size,
                        std::initializer_list<const fakes::Signer*> by) const {
  Package made;
  made.version = std::move(version);
  made.security_version = security_version;
  made.created = kFirstCreated + static_cast<std::int64_t>(size);
  const Buffer manifest = release_of(made, size).encode();
  seal_package(made, manifest, fakes::sign(manifest, by));
  return made;
}

World::World() : newcomer("committee-1b", crypto::Algorithm::eddsa) {
  const fakes::Signer* vendor = &signers["vendor"];
  const fakes::Signer* first = &signers["committee-1"];
  const fakes::Signer* second = &signers["committee-2"];
  anchor = keyring_package(plan(), nullptr);
  v1 = firmware("1.0.0", 1, 3000, {vendor, first, second});
  v2 = firmware("1.1.0", 1, 3100, {vendor, first, second});
  v3 = firmware("2.0.0", 2, 3203, {vendor, first, second});
  after_rotation = firmware("2.1.0", 2, 2900, {vendor, &newcomer, second});
  fakes::KeyringPlan next = plan();
  next.version = 2;
  next.remove("committee-1");
  next.add(newcomer, "committee");
  keyring_package(next, &rotated);
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
