// A vendor and a device, for the tests of this room.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <random>

#include "publish/release/repository.h"
#include "tests/fakes/public_log.h"

namespace airlock::release {

inline constexpr std::int64_t kNow = 1'790'000'000;

inline std::string code_in(const Refusal& refusal) {
  return std::string(name(refusal.error.code)) + " " + refusal.about;
}

inline Buffer image_of(std::uint32_t seed, std::size_t size) {
  std::mt19937 dice(seed);
  Buffer image(size);
  for (std::uint8_t& byte : image) byte = static_cast<std::uint8_t>(dice() & 15U);
  return image;
}

inline Buffer changed(Buffer image) {
  for (std::size_t at = 100; at < image.size(); at += 9'000) image[at] ^= 0x55;
  return image;
}

// A device's view of a repository's folder: what its own code reads and keeps.
class Device final : public tuf::Store, public tuf::Fetcher {
 public:
  explicit Device(Path folder) : folder_(std::move(folder)) {
    kept_["root"] = *file::read(folder_ / "1.root.json", tuf::kRootSizeMax);
  }
  Result<Buffer> load(std::string_view role) override {
    const auto found = kept_.find(std::string(role));
    if (found == kept_.end()) return fail(Code::not_found);
    return found->second;
  }
  Status save(std::string_view role, Bytes bytes) override {
    kept_[std::string(role)] = Buffer(bytes.begin(), bytes.end());
    return {};
  }
  Status remove(std::string_view role) override {
    kept_.erase(std::string(role));
    return {};
  }
  Result<Buffer> fetch(std::string_view name, std::size_t size_max) override {
    return file::read(folder_ / name, size_max);
  }
  Result<tuf::Repository> refresh() { return tuf::refresh(*this, *this, kNow + 10); }

 private:
  Path folder_;
  std::map<std::string, Buffer> kept_;
};

// A vendor whose keys live in memory, so that a test need not wait for passphrases.
class Release : public testing::Test {
 protected:
  Release() {
    folder_ =
        std::filesystem::temp_directory_path() / ("airlock-release-" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder_);
    using Type = keys::RepositoryKey::Type;
    for (Type type : {Type::ed25519, Type::ed25519, Type::p256, Type::ed25519}) {
      roles_.push_back(*role_signer(*keys::RepositoryKey::generate(type), "a key"));
    }
    for (const CastMember& member : cast()) {
      if (member.group.empty()) continue;
      const crypto::Algorithm algorithm = member.algorithms.has(crypto::Algorithm::eddsa)
                                              ? crypto::Algorithm::eddsa
                                              : crypto::Algorithm::es256k;
      keys_.emplace(member.name, *keys::SigningKey::generate(algorithm));
    }
    keyring_envelope_ = make_keyring();
    keyring_ = *package::open_keyring_anchor(keyring_envelope_);
    const auto made = init_now();
    EXPECT_TRUE(made.has_value()) << code_in(made.error());
    EXPECT_TRUE(offer_now().has_value());
  }
  ~Release() override {
    file::set_interruption(nullptr);
    std::filesystem::remove_all(folder_);
  }

  const keys::SigningKey& key(std::string_view name) const { return keys_.find(name)->second; }
  enum Role : std::uint8_t { kRoot, kTargets, kSnapshot, kTimestamp };
  RoleSigners role(Role which) const { return {&roles_[which], 1}; }
  RoleSigners signers() const { return {&roles_[kTargets], 2}; }
  Answer<void> init_now() {
    return init_repository(
        repository(), {roles_[kRoot], roles_[kTargets], roles_[kSnapshot], roles_[kTimestamp].half},
        kNow);
  }
  Answer<void> offer_now() { return renew_timestamp(repository(), role(kTimestamp), kDay, kNow); }
  Path repository() const { return folder_ / "repo"; }

  Buffer make_keyring() {
    const std::vector<std::string_view> groups = {"vendor", "committee", "root"};
    const std::vector<package::KeyDraft> listed = {
        {key("vendor").public_key(), 0, "vendor"},
        {key("committee-1").public_key(), 1, "committee-1"},
        {key("committee-2").public_key(), 1, "committee-2"},
        {key("root-1").public_key(), 2, "root-1"}};
    const std::vector<package::Clause> firmware = {{0, 1}, {1, 2}}, root = {{2, 1}};
    const std::vector<package::PolicyDraft> policies = {{package::Kind::firmware, firmware},
                                                        {package::Kind::keyring, root}};
    Buffer room(package::kKeyringSizeMax);
    const Bytes content = *package::encode_keyring({1, kNow, groups, listed, policies, {}}, room);
    Recipe recipe = recipe_of("1.0.0", {});
    recipe.kind = package::Kind::keyring;
    recipe.content.assign(content.begin(), content.end());
    recipe.images.clear();
    const Buffer envelope = make(recipe, {})->envelope;
    return *add_signatures(envelope, {&key("root-1"), 1}, digest_of(envelope), nullptr);
  }

  static Digest digest_of(const Buffer& envelope) {
    return package::read_unproven(envelope)->digest();
  }

  static Recipe recipe_of(const std::string& version, Buffer image) {
    Recipe recipe;
    recipe.models = {"demo-wallet"};
    recipe.version = version;
    recipe.security_version = 1;
    recipe.created = recipe.not_before = kNow;
    recipe.expires = kNow + 90 * kDay;
    recipe.images.push_back({"mcu", std::move(image), std::nullopt});
    return recipe;
  }

  // Makes a package, signed by these, and returns its folder.
  Path package_of(const Recipe& recipe, std::initializer_list<const char*> names) {
    const auto made = make(recipe, {});
    EXPECT_TRUE(made.has_value()) << code_in(made.error());
    const Path path = folder_ / ("package-" + std::to_string(++packages_));
    EXPECT_TRUE(write_package(path, *made).has_value());
    Buffer envelope = made->envelope;
    for (const char* name : names) {
      envelope = *add_signatures(envelope, {&key(name), 1}, digest_of(envelope), nullptr);
    }
    EXPECT_TRUE(file::replace(path / kEnvelopeFile, envelope).has_value());
    return path;
  }
  Path complete(const Recipe& recipe) {
    return package_of(recipe, {"vendor", "committee-1", "committee-2"});
  }
  // A key of the repository, as somebody would list it in a keyring by mistake.
  static crypto::PublicKey of_package(const RoleSigner& signer) {
    return *crypto::make_public_key(crypto::Algorithm::eddsa, signer.half.material);
  }
  Answer<Published> publish_now(const Path& package) {
    return publish({package, repository(), keyring_, kNow}, signers());
  }
  // What a device sees once the next timestamp is signed.
  std::size_t targets_seen() {
    EXPECT_TRUE(offer_now().has_value());
    return targets_offered();
  }
  std::size_t targets_offered() {
    Device device(repository() / kMetadataFolder);
    const auto seen = device.refresh();
    EXPECT_TRUE(seen.has_value()) << name(seen.error().code);
    return seen ? seen->all().size() : SIZE_MAX;
  }

  // The keyring that follows, with this public log.
  void adopt_log(const fakes::PublicLog& log) {
    const fakes::KeyringPlan::Log plan = log.plan();
    KeyringChanges changes;
    changes.log = KeyringChanges::Log{plan.origin, plan.key, plan.witnesses, plan.required};
    next_keyring_envelope_ = *draft_keyring(keyring_, changes, kNow);
    const auto manifest = package::read_unproven(next_keyring_envelope_);
    keyring_ = *package::Keyring::parse(manifest->content);
  }

  Path folder_;
  std::map<std::string, keys::SigningKey, std::less<>> keys_;
  std::vector<RoleSigner> roles_;  // at their places in Role
  Buffer keyring_envelope_;
  Buffer next_keyring_envelope_;
  package::Keyring keyring_;
  int packages_ = 0;
};

}  // namespace airlock::release
