// Signers for tests: real keys and real signatures, made from a name, so that every run is the
// same.
//
// Signers holds the cast of the demo and their keyring; Release is a manifest that owns what it
// says; KeyringPlan is the same for a keyring. Usage:
//
//   fakes::Signers signers;
//   fakes::Release release;                                 // a small, valid firmware release
//   release.version = "2.0.0";
//   const auto envelope = signers.sign(release.encode(), {"vendor", "committee-1", "committee-2"});
//   const auto proven = package::prove(envelope, signers.keyring());
//
// The secrets are public (SHA-256 of seed and name): nothing outside tests may include this.
#pragma once

#include <deque>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/package/package.h"

namespace airlock::fakes {

using Buffer = std::vector<std::uint8_t>;
using crypto::Digest;

// One person with one key.
class Signer {
 public:
  // Another seed makes another key for the same name.
  Signer(std::string_view name, crypto::Algorithm algorithm, std::string_view seed = "demo");

  const std::string& name() const { return name_; }
  const crypto::PublicKey& key() const { return key_; }
  const Digest& id() const { return id_; }

  // sign_message returns the 64 bytes of a signature over any message.
  Buffer sign_message(Bytes message) const;
  // sign_manifest returns the 64 bytes of the COSE signature over an encoded manifest.
  Buffer sign_manifest(Bytes manifest) const;

 private:
  std::string name_;
  Digest secret_;
  crypto::PublicKey key_;
  Digest id_;
};

// Joins a manifest and signatures by these signers into an envelope.
Buffer sign(Bytes manifest, const std::vector<const Signer*>& signers);

// A keyring that owns its texts and may be wrong: encode says what the encoder answers.
struct KeyringPlan {
  struct Listed {
    crypto::PublicKey key;
    std::uint8_t group = 0;
    std::string name;
  };
  struct Policy {
    package::Kind kind = package::Kind::firmware;
    std::vector<package::Clause> clauses;
  };
  struct Log {
    std::string origin = "log.example/wallets";
    crypto::PublicKey key;
    std::vector<std::pair<std::string, crypto::PublicKey>> witnesses;
    std::uint8_t required = 1;
  };
  std::uint32_t version = 1;
  std::int64_t created = 1'700'000'000;
  std::vector<std::string> groups;
  std::vector<Listed> keys;
  std::vector<Policy> policies;
  std::vector<Digest> retained;
  std::optional<Log> log = {};

  Result<Buffer> encode() const;
  // group returns the place of a group by name, which must exist.
  std::uint8_t group(std::string_view name) const;
  void add(const Signer& signer, std::string_view group_name);
  void remove(std::string_view signer_name);
};

// A manifest that owns its texts. Its defaults are a small firmware release for "demo-wallet".
struct Release {
  struct Image {
    std::optional<std::uint64_t> load_address;
    std::uint64_t size = 0;
    Digest digest;
    std::vector<Digest> block_digests;
  };
  struct Component {
    std::string id;
    std::vector<Image> images;
    std::vector<package::Payload> payloads;
  };
  struct Range {
    std::string min;
    std::string max;
  };
  package::Kind kind = package::Kind::firmware;
  std::vector<std::string> models = {"demo-wallet"};
  std::string version = "1.1.0";
  std::uint32_t security_version = 1;
  std::int64_t created = 1'700'000'000;
  std::int64_t not_before = 1'700'000'000;
  std::int64_t expires = 1'800'000'000;
  std::vector<Range> from_versions;
  std::uint32_t bootloader_min = 0;
  std::uint32_t secure_boot_min = 0;
  std::uint32_t data_version = 1;
  std::uint32_t data_version_min = 1;
  package::Ramp ramp;
  std::string notes;
  Buffer content;
  std::vector<Component> components = {component("mcu", 100'000)};
  std::vector<std::pair<std::uint16_t, Buffer>> extensions;

  // component makes one with an image of this size (digests derived from the id) and a full
  // payload.
  static Component component(std::string id, std::uint64_t image_size);
  // patch makes a patch payload for image 0 from a base.
  static package::Payload patch(std::uint64_t size, const Digest& base, std::uint64_t base_size);
  // of_content makes a release of a kind that carries its content inline.
  static Release of_content(package::Kind kind, Buffer content);

  // try_encode says what the encoder answers; encode expects success.
  Result<Buffer> try_encode() const;
  Buffer encode() const;
};

// The cast of the demo: vendor (Ed25519); committee-1..3, 2 of them; reviewer-1..3, 2;
// finance-1..2, 1; root-1..5, 3. committee-2, reviewer-2, root-2 and root-4 sign with secp256k1,
// the others with Ed25519. Policies as in the design: vendor and committee for firmware, fee-plugin
// and advisory; vendor and reviewers for abi-pack; vendor and finance for fee-policy; root for
// keyring.
class Signers {
 public:
  // Another seed makes another cast with the same names.
  explicit Signers(std::string_view seed = "demo");
  Signers(const Signers&) = delete;  // keyring_ views encoded_
  Signers& operator=(const Signers&) = delete;

  const Signer& operator[](std::string_view name) const;
  const package::Keyring& keyring() const { return keyring_; }
  Bytes keyring_encoded() const { return encoded_; }
  // plan returns the keyring's plan, to be changed into its successor.
  KeyringPlan plan() const { return plan_; }

  Buffer sign(Bytes manifest, std::initializer_list<std::string_view> names) const;
  // sign_complete signs by just enough signers for the kind's policy.
  Buffer sign_complete(Bytes manifest, package::Kind kind) const;
  // anchor returns the keyring as the package with which a device is provisioned.
  Buffer anchor() const;

 private:
  std::deque<Signer> cast_;
  KeyringPlan plan_;
  Buffer encoded_;
  package::Keyring keyring_;
};

}  // namespace airlock::fakes
