// A device, its server and its owner, for the tests of this room.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include "core/delta/delta.h"
#include "device/agent/agent.h"
#include "device/agent/facts.h"
#include "device/agent/folder.h"
#include "device/agent/provision.h"
#include "host/json/json.h"
#include "host/text/text.h"
#include "tests/fakes/authority.h"
#include "tests/fakes/payload.h"
#include "tests/fakes/signers.h"

namespace airlock::agent {

using How = Ending::How;

inline constexpr std::int64_t kNow = 1'750'000'000;
inline constexpr std::uint16_t kPieceSize = 4096;

inline file::Buffer image_of(std::uint8_t seed) {
  file::Buffer image(60'000);
  for (std::size_t i = 0; i < image.size(); ++i) {
    image[i] = static_cast<std::uint8_t>(seed * 31U + i * i % 251U);
  }
  return image;
}

// A full payload, stored raw, of an image that fits into one block.
struct OneBlock {
  fakes::Release::Component component;
  file::Buffer payload;
};
inline OneBlock one_block(const file::Buffer& image) {
  const fakes::OneBlockPayload built = fakes::one_block_payload(
      delta::no_facts(delta::kLarge), image, delta::Coding::raw, kPieceSize);
  OneBlock made;
  made.payload = built.bytes;
  const Digest digest = crypto::sha256(image);
  made.component.id = "mcu";
  made.component.images = {{{}, image.size(), digest, {digest}}};
  made.component.payloads = {built.payload};
  return made;
}

// The root of a repository whose roles are one key's.
inline std::string root_of(const fakes::Signer& signer) {
  const tuf::RoleKeys keys{{*tuf::ed25519_key(signer.key().view())}};
  const std::string draft = *tuf::draft_root({1, 2'000'000'000, keys, keys, keys, keys});
  return *tuf::join(draft, {{keys.keys[0].id, signer.sign_message(bytes_of(draft))}});
}

// The process dies when the phase is entered for the first time.
struct Crash {};
class Screen final : public Watcher {
 public:
  std::optional<update::Phase> dies_in;
  std::set<std::string_view> seen;
  void entered(const update::Session& session) override {
    seen.insert(update::name_of(session.phase));
    if (dies_in == session.phase) {
      dies_in.reset();
      throw Crash{};
    }
  }
  std::size_t written = 0;  // of the image, as told last
  std::size_t image_size = 0;
  void block_done(std::string_view, std::size_t done, std::size_t of) override {
    written = done;
    image_size = of;
  }
};

class Person final : public Owner {
 public:
  Result<Digest> answer = fail(Code::not_interactive);
  Knowledge told = Knowledge::nothing_runs;  // of what runs, when asked last
  std::string told_version;
  Result<Digest> ask(const Question& question) override {
    told = question.running.knowledge();
    told_version = std::string(question.running.version());
    return answer;
  }
};

// The files of a log as a server serves them.
class LogFiles final : public translog::Fetcher {
 public:
  std::map<std::string, file::Buffer, std::less<>> files;
  Status wire;
  Result<file::Buffer> fetch(std::string_view path, std::size_t size_max) override {
    if (!wire) return std::unexpected(wire.error());
    const auto found = files.find(path);
    if (found == files.end()) return fail(Code::not_found);
    if (found->second.size() > size_max) return fail(Code::oversized);
    return found->second;
  }
};

class Server final : public Outside {
 public:
  LogFiles log_files;
  std::map<Digest, file::Buffer> bundles;
  explicit Server(file::Path folder) : artifacts_(std::move(folder)) {}
  void hand_out(file::Path folder) { artifacts_ = FolderArtifacts(std::move(folder)); }
  std::optional<fetch::Offer> offer;
  tuf::TargetClaim claim;
  file::Buffer envelope;
  Status wire;  // of the repository
  std::vector<fetch::SignedReport> reports;

  std::vector<fetch::CheckIn> asked;
  std::vector<fetch::Seed> seeds;  // of rollouts; the offer is for who names a bucket in each
  Status ear;                      // of reports

  Result<fetch::Answer> check_in(const fetch::CheckIn& facts) override {
    asked.push_back(facts);
    fetch::Answer answer;
    if (facts.duid.empty() && facts.buckets.size() < seeds.size()) {
      answer.why = "bucket_missing";
      answer.seeds = {seeds[facts.buckets.size()]};
      return answer;
    }
    answer.offer = offer;
    return answer;
  }
  Result<Listed> refresh(std::string_view path, std::int64_t) override {
    if (!wire) return std::unexpected(wire.error());
    tuf::Target target;
    target.path = std::string(path);
    target.custom = tuf::custom_of(claim);
    return Listed{target, envelope};
  }
  apply::Artifacts& artifacts() override { return artifacts_; }
  translog::Fetcher& log() override { return log_files; }
  Result<file::Buffer> certificates(const Digest& manifest) override {
    const auto found = bundles.find(manifest);
    if (found == bundles.end()) return fail(Code::not_found);
    return found->second;
  }
  Status report(const fetch::SignedReport& report) override {
    if (ear) reports.push_back(report);
    return ear;
  }

 private:
  FolderArtifacts artifacts_;
};

class Agents : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "airlock-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    server_ = std::make_unique<Server>(folder_ / "next");
    make_package("first", "1.0.0", 1, old_image_);
    next_ = make_package("next", "1.1.0", 2, new_image_);
    before_provisioning();
    provision_device();
    make_offer("next", next_);
  }
  // make_second_keyring writes next.cose, to which the owner says yes.
  void make_second_keyring() {
    fakes::KeyringPlan plan = signers_.plan();
    plan.version = 2;
    fakes::Release release = fakes::Release::of_content(package::Kind::keyring, *plan.encode());
    release.security_version = 2;
    const fakes::Buffer manifest = release.encode();
    ASSERT_TRUE(file::replace(folder_ / "next.cose",
                              signers_.sign_complete(manifest, package::Kind::keyring)));
    person_.answer = crypto::sha256(manifest);
  }
  // make_offer has the server offer a package, and the owner say yes to it.
  void make_offer(const std::string& name, const Digest& digest) {
    const file::Buffer envelope = *file::read(folder_ / name / "manifest.cose", 1 << 20);
    const package::Manifest manifest = *package::read_unproven(envelope);
    const std::string version(manifest.version.text);
    fetch::Offer offer;
    offer.target = "firmware/" + version + "/demo.cose";
    offer.manifest = digest;
    offer.version = version;
    server_->offer = offer;
    server_->claim = {std::string(name_of(manifest.kind)),
                      {"demo-wallet"},
                      version,
                      manifest.security_version,
                      digest};
    server_->envelope = envelope;
    server_->hand_out(folder_ / name);
    person_.answer = digest;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // What a device is made with, where it is not the cast's keyring.
  virtual fakes::Buffer anchor() { return signers_.anchor(); }
  virtual void before_provisioning() {}

  Digest make_package(const char* name, const char* version, std::uint32_t security_version,
                      const file::Buffer& image, std::uint32_t data_version = 1) {
    fakes::Release release;
    release.version = version;
    release.data_version = data_version;
    release.security_version = security_version;
    return make_package(name, release, one_block(image));
  }
  Digest make_package(const char* name, fakes::Release& release, const OneBlock& block) {
    release.components = {block.component};
    const fakes::Buffer manifest = release.encode();
    const file::Path folder = folder_ / name;
    EXPECT_TRUE(file::make_folders(folder / "artifacts"));
    EXPECT_TRUE(
        file::replace(folder / "manifest.cose", signers_.sign_complete(manifest, release.kind)));
    const std::string hex = text::to_hex(crypto::sha256(block.payload).bytes);
    EXPECT_TRUE(file::replace(folder / "artifacts" / hex, block.payload));
    return crypto::sha256(manifest);
  }

  // What a device is made of, and the package that it starts with.
  Factory factory_with(const char* firmware) const {
    Factory factory;
    factory.config.model = "demo-wallet";
    factory.config.server = "https://localhost:1";
    factory.config.components = {{"mcu", 64 << 10, {}}};
    factory.keyring = folder_ / "keyring.cose";
    factory.root = folder_ / "root.json";
    factory.ca = folder_ / "ca.pem";
    factory.firmware = folder_ / firmware;
    factory.clock = kNow;
    return factory;
  }

  void provision_device(platform::Naming naming = platform::Naming::duid) {
    ASSERT_TRUE(file::replace(folder_ / "keyring.cose", anchor()));
    ASSERT_TRUE(file::replace(folder_ / "root.json", bytes_of(root_of(signers_["vendor"]))));
    ASSERT_TRUE(file::replace(folder_ / "ca.pem", bytes_of(fakes::kAuthorityPem)));
    Factory factory = factory_with("first");
    factory.config.naming = naming;
    const auto made = provision(folder_ / "device", factory);
    ASSERT_TRUE(made) << name(made.error().code) << made.error().about;
  }

  // A new process: opens the device, does its work, ends.
  template <class Work>
  Result<Ending> in_a_process(Work work) {
    AIRLOCK_ASSIGN(platform::Device device,
                   platform::Device::open(folder_ / "device", platform::Opening::drive));
    const Surroundings around{*server_, person_, screen_, [] { return kNow; },
                              trial_,   nullptr, judges_};
    AIRLOCK_ASSIGN(Agent agent, Agent::open(device, around));
    return work(agent);
  }
  Result<Ending> run() {
    return in_a_process([](Agent& agent) { return agent.run(Pace::keep_trying); });
  }
  Result<Ending> install(const file::Path& package) {
    return in_a_process([&](Agent& agent) { return agent.install(package, Pace::keep_trying); });
  }

  Result<Ending> restore() {
    return in_a_process([](Agent& agent) { return agent.restore(Pace::keep_trying); });
  }

  void expect_runs(const char* version, const file::Buffer& image) {
    Result<platform::Device> device =
        platform::Device::open(folder_ / "device", platform::Opening::look);
    ASSERT_TRUE(device);
    const slot::Record record = *device->record();
    EXPECT_EQ(Running::read(*device, record)->version(), version);
    file::Buffer stored(image.size());
    ASSERT_TRUE(device->image(0, record.active).read(0, stored));
    EXPECT_EQ(stored, image);
  }
  void overwrite(slot::SlotId id, std::uint64_t offset, Bytes bytes) {
    Result<platform::Device> device =
        platform::Device::open(folder_ / "device", platform::Opening::drive);
    ASSERT_TRUE(device->image(0, id).write(offset, bytes));
  }
  void damage_manifest(const char* name = "manifest-a.area") {
    const file::Path path = folder_ / "device/areas" / name;
    file::Buffer stored = *file::read(path, 1 << 20);
    stored.back() ^= 1;
    ASSERT_TRUE(file::replace(path, stored));
  }
  std::vector<json::Value> reported() {
    std::vector<json::Value> values;
    for (const fetch::SignedReport& report : server_->reports) {
      values.push_back(*json::parse(report.report, 16 << 10));
    }
    return values;
  }
  slot::Record record() {
    return *platform::Device::open(folder_ / "device", platform::Opening::look)->record();
  }

  fakes::Signers signers_;
  file::Buffer old_image_ = image_of(1);
  file::Buffer new_image_ = image_of(2);
  file::Path folder_;
  Digest next_;
  std::unique_ptr<Server> server_;
  Person person_;
  Screen screen_;
  Trial trial_ = Trial::healthy;
  apply::Judges judges_;
};

}  // namespace airlock::agent
