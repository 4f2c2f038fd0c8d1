// Signers with several keys: every way in which their signatures may be there, missing or wrong.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "core/package/encode.h"
#include "core/package/quorum.h"
#include "tests/fakes/signers.h"

namespace airlock::package {
namespace {

using crypto::Algorithm;
using crypto::kAlgorithms;
using fakes::Buffer;
using fakes::KeyringPlan;
using fakes::Release;
using fakes::Signer;

constexpr AlgorithmSet kBothCurves = {Algorithm::eddsa, Algorithm::es256k};
constexpr AlgorithmSet kAll = {Algorithm::eddsa, Algorithm::es256k, Algorithm::slh_dsa_sha2_128s};

// What became of one key's signature.
enum class State : std::uint8_t { valid, missing, wrong, over_other_bytes };
constexpr std::array kStates = {State::valid, State::missing, State::wrong,
                                State::over_other_bytes};
using States = std::array<State, kAlgorithms.size()>;

const Buffer& manifest() {
  static const Buffer encoded = Release().encode();
  return encoded;
}

// One person with a key of each algorithm, who signed what everybody signed, and something else.
struct Person {
  struct Key {
    Signer signer;
    Buffer valid, wrong, over_other_bytes;
  };
  std::vector<Key> keys;

  explicit Person(std::string_view name) {
    Release other;
    other.version = "6.6.6";
    for (Algorithm algorithm : kAlgorithms) {
      Key key{Signer(name, algorithm), {}, {}, {}};
      key.valid = key.signer.sign_manifest(manifest());
      key.over_other_bytes = key.signer.sign_manifest(other.encode());
      key.wrong = key.valid;
      key.wrong[key.wrong.size() / 2] ^= 1;
      keys.push_back(std::move(key));
    }
  }
  void sign(const States& states, std::vector<SignatureDraft>& drafts) const {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (states[i] == State::missing) continue;
      const Buffer& bytes = states[i] == State::valid   ? keys[i].valid
                            : states[i] == State::wrong ? keys[i].wrong
                                                        : keys[i].over_other_bytes;
      drafts.push_back({kAlgorithms[i], keys[i].signer.id(), bytes});
    }
  }
};

const Person& anna() {
  static const Person one("anna");
  return one;
}
const Person& ben() {
  static const Person one("ben");
  return one;
}

std::vector<States> every_state() {
  std::vector<States> all;
  for (State a : kStates) {
    for (State b : kStates) {
      for (State c : kStates) all.push_back({a, b, c});
    }
  }
  return all;
}

AlgorithmSet valid_in(const States& states) {
  AlgorithmSet valid;
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (states[i] == State::valid) valid.add(kAlgorithms[i]);
  }
  return valid;
}

std::vector<AlgorithmSet> every_demand() {
  std::vector<AlgorithmSet> all;
  for (unsigned bits = 0; bits < 1U << kAlgorithms.size(); ++bits) {
    AlgorithmSet set;
    for (std::size_t i = 0; i < kAlgorithms.size(); ++i) {
      if ((bits >> i & 1) != 0) set.add(kAlgorithms[i]);
    }
    all.push_back(set);
  }
  return all;
}

// A committee of Anna and Ben, by whom firmware must be signed.
struct Ring {
  explicit Ring(Clause firmware) {
    const Signer root("root-1", Algorithm::eddsa);
    KeyringPlan plan;
    plan.groups = {"committee", "root"};
    for (const Person* person : {&anna(), &ben()}) {
      for (const Person::Key& key : person->keys) plan.add(key.signer, "committee");
    }
    plan.add(root, "root");
    plan.policies = {{Kind::firmware, {firmware}}, {Kind::keyring, {{1, 1}}}};
    encoded = plan.encode().value();
    keyring = Keyring::parse(encoded).value();
  }
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  Buffer encoded;
  Keyring keyring;
};

Buffer envelope_of(const States& annas, const States& bens) {
  std::vector<SignatureDraft> drafts;
  anna().sign(annas, drafts);
  ben().sign(bens, drafts);
  Buffer room(64 << 10);
  const Bytes encoded = encode_envelope(manifest(), drafts, room).value();
  return {encoded.begin(), encoded.end()};
}

Code verdict(const Ring& ring, Bytes envelope) {
  const Result<Proven> proven = prove(envelope, ring.keyring);
  return proven ? Code::ok : proven.error().code;
}

constexpr States kNothing = {State::missing, State::missing, State::missing};
constexpr States kEverything = {State::valid, State::valid, State::valid};

TEST(Hybrid, CountsASignerByExactlyTheAlgorithmsThatTheClauseDemands) {
  for (AlgorithmSet demanded : every_demand()) {
    const Ring ring(Clause{0, 1, demanded});
    for (const States& states : every_state()) {
      const AlgorithmSet valid = valid_in(states);
      const bool counts = !valid.empty() && valid.includes(demanded);
      EXPECT_EQ(verdict(ring, envelope_of(states, kNothing)),
                counts ? Code::ok : Code::quorum_missing);
    }
  }
}

TEST(Hybrid, NeedsEverySignatureOfTwoSignersWhereBothMustSignByAll) {
  const Ring ring(Clause{0, 2, kAll});
  std::size_t accepted = 0;
  for (const States& annas : every_state()) {
    for (const States& bens : every_state()) {
      const bool all = annas == kEverything && bens == kEverything;
      const Code code = verdict(ring, envelope_of(annas, bens));
      ASSERT_EQ(code, all ? Code::ok : Code::quorum_missing);
      accepted += code == Code::ok;
    }
  }
  EXPECT_EQ(accepted, 1u);
}

TEST(Hybrid, NeedsBothCurvesOfTwoSignersWhereBothCurvesAreDemanded) {
  const Ring ring(Clause{0, 2, kBothCurves});
  for (const States& annas : every_state()) {
    for (const States& bens : every_state()) {
      const bool both =
          valid_in(annas).includes(kBothCurves) && valid_in(bens).includes(kBothCurves);
      ASSERT_EQ(verdict(ring, envelope_of(annas, bens)), both ? Code::ok : Code::quorum_missing);
    }
  }
}

// Whoever breaks one or two of the algorithms signs by them for everybody.
TEST(Hybrid, RefusesWhoeverBrokeAnyTwoAlgorithms) {
  const Ring ring(Clause{0, 1, kAll});
  for (std::size_t unbroken = 0; unbroken < kAlgorithms.size(); ++unbroken) {
    for (State state : {State::missing, State::wrong, State::over_other_bytes}) {
      States states = kEverything;
      states[unbroken] = state;
      EXPECT_EQ(verdict(ring, envelope_of(states, states)), Code::quorum_missing);
    }
  }
}

TEST(Hybrid, CountsASignerOnceHoweverManyKeysSign) {
  const Ring ring(Clause{0, 2, {}});
  EXPECT_EQ(verdict(ring, envelope_of(kEverything, kNothing)), Code::quorum_missing);
  const States one = {State::missing, State::valid, State::missing};
  EXPECT_EQ(verdict(ring, envelope_of(kEverything, one)), Code::ok);
}

TEST(Hybrid, JoinsNoSignerOfTwoHalves) {
  const Ring ring(Clause{0, 1, kBothCurves});
  const States first = {State::valid, State::missing, State::missing};
  const States second = {State::missing, State::valid, State::missing};
  EXPECT_EQ(verdict(ring, envelope_of(first, second)), Code::quorum_missing);
}

TEST(Hybrid, TellsBySignerWhatWasValid) {
  const Ring ring(Clause{0, 2, kAll});
  const States annas = {State::valid, State::wrong, State::valid};
  const Buffer encoded = envelope_of(annas, kNothing);
  const Tally counted = *tally(*Envelope::parse(encoded), ring.keyring, Kind::firmware);
  EXPECT_EQ(counted.clauses[0].signers, 0);
  for (const Key& key : ring.keyring.keys) {
    const AlgorithmSet by = counted.signed_by[key.signer];
    EXPECT_EQ(by, key.name == "anna" ? valid_in(annas) : AlgorithmSet());
  }
}

TEST(Envelope, HoldsTheLargestManifestAndTenSignersOfEveryAlgorithm) {
  const Buffer payload(kManifestSizeMax);
  std::vector<Buffer> signatures;
  for (Algorithm algorithm : kAlgorithms)
    signatures.emplace_back(crypto::signature_size(algorithm));
  std::vector<SignatureDraft> drafts;
  for (std::size_t i = 0; i < kSignersPlanned * kAlgorithms.size(); ++i) {
    const Digest id = crypto::sha256(bytes_of(std::to_string(i)));
    drafts.push_back({kAlgorithms[i % 3], id, signatures[i % 3]});
  }
  Buffer room(2 * kEnvelopeSizeMax);
  const Result<Bytes> encoded = encode_envelope(payload, drafts, room);
  ASSERT_TRUE(encoded) << name(encoded.error().code);
  EXPECT_EQ(Envelope::parse(*encoded)->signatures.size(), drafts.size());
}

}  // namespace
}  // namespace airlock::package
