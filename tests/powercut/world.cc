#include "tests/powercut/world.h"

#include "publish/diff/diff.h"

namespace airlock::powercut {
namespace {

constexpr std::int64_t kFirstCreated = 1'700'000'000;
constexpr std::size_t kChangedEach = 700;  // bytes of a later version

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

// The base, with a change here and there.
Buffer later_bytes(const Buffer& base, std::string_view text, std::size_t size) {
  Buffer bytes = image_bytes(text, size);
  for (std::size_t i = 0; i < std::min(size, base.size()); ++i) {
    if (i % kChangedEach != 0) bytes[i] = base[i];
  }
  return bytes;
}

void add_payload(Part& part, fakes::Release::Component& component,
                 Result<diff::BuiltPayload> built) {
  AIRLOCK_CHECK(built.has_value());
  component.payloads.push_back(built->payload);
  part.payloads.push_back(std::move(built->bytes));
}

fakes::Release::Component component_of(std::string_view id, Part& part, const Part* base) {
  const diff::BuiltImage described = diff::describe_image(part.image);
  fakes::Release::Component component;
  component.id = std::string(id);
  component.images = {{{}, described.size, described.digest, described.block_digests}};
  const diff::Options options{.workers = 1};
  add_payload(part, component, diff::build_full(part.image, options, {}));
  if (base != nullptr) {
    add_payload(part, component, diff::build_patch(part.image, base->image, options, {}));
  }
  return component;
}

void seal_package(Package& made, Bytes manifest, Buffer envelope) {
  made.envelope = std::move(envelope);
  made.digest = crypto::sha256(manifest);
}

}  // namespace

// A small keyring, so that a sweep's time goes into cuts: the vendor and both of the committee sign
// firmware (one of them with the other curve), one root key signs keyrings.
fakes::KeyringPlan World::keyring_plan() const {
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

Package World::firmware(const Plan& plan, std::initializer_list<const fakes::Signer*> by) const {
  Package made;
  made.version = plan.version;
  made.security_version = plan.security_version;
  fakes::Release release;
  release.version = plan.version;
  release.security_version = plan.security_version;
  release.components.clear();
  made.parts.resize(plan.sizes.size());
  for (std::size_t i = 0; i < plan.sizes.size(); ++i) {
    const std::string text = plan.version + std::string(kPartIds[i]);
    const Part* base = plan.base == nullptr ? nullptr : &plan.base->parts[i];
    made.parts[i].image = base == nullptr ? image_bytes(text, plan.sizes[i])
                                          : later_bytes(base->image, text, plan.sizes[i]);
    release.components.push_back(component_of(kPartIds[i], made.parts[i], base));
  }
  made.created = kFirstCreated + static_cast<std::int64_t>(plan.sizes[0]);
  release.created = made.created;
  const Buffer manifest = release.encode();
  seal_package(made, manifest, fakes::sign(manifest, by));
  return made;
}

World::World() : newcomer("committee-1b", crypto::Algorithm::eddsa) {
  const fakes::Signer* vendor = &signers["vendor"];
  const fakes::Signer* first = &signers["committee-1"];
  const fakes::Signer* second = &signers["committee-2"];
  const auto all = {vendor, first, second};
  anchor = keyring_package(keyring_plan(), nullptr);
  v1 = firmware({"1.0.0", 1, {3000, 1500}}, all);
  v2 = firmware({"1.1.0", 1, {3100, 1550}, &v1}, all);
  v3 = firmware({"2.0.0", 2, {3203, 1601}, &v2}, all);
  tiny0 = firmware({"1.0.0-tiny", 1, {2900}}, all);
  tiny1 = firmware({"1.0.1", 1, {3000}, &tiny0}, all);
  tiny2 = firmware({"1.1.1", 2, {3300}, &tiny1}, all);
  large1 = firmware({"1.0.2", 1, {140'001, 900}}, all);
  large2 = firmware({"1.1.2", 1, {150'007, 1001}, &large1}, all);
  blocks1 = firmware({"1.0.3", 1, {70'001}}, all);
  blocks2 = firmware({"1.1.3", 1, {70'507}, &blocks1}, all);
  tiny_after_rotation = firmware({"2.1.1", 2, {3100}}, {vendor, &newcomer, second});
  after_rotation = firmware({"2.1.0", 2, {2900, 1450}}, {vendor, &newcomer, second});
  const fakes::Signer* third = &newcomer;
  const auto of_both = {vendor, first, second, third};
  rescue = firmware({"3.0.0", 2, {2800, 1400}}, of_both);
  tiny_rescue = firmware({"3.0.1", 2, {2801}}, of_both);
  fakes::KeyringPlan next = keyring_plan();
  next.version = 2;
  next.remove("committee-1");
  next.add(newcomer, "committee");
  keyring_package(next, &rotated);
}

const Package* World::find(const Digest& manifest) const {
  for (const Package* package :
       {&v1, &v2, &v3, &tiny0, &tiny1, &tiny2, &tiny_after_rotation, &large1, &large2, &blocks1,
        &blocks2, &after_rotation, &rescue, &tiny_rescue, &rotated}) {
    if (package->digest == manifest) return package;
  }
  return nullptr;
}

const World& world() {
  static const World made;
  return made;
}

}  // namespace airlock::powercut
