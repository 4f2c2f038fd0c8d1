// The package door: an envelope with its quorum, beside the signatures that it cannot do without,
// verified by the libraries that stand behind core/crypto and nothing else. tools/bench_prove.py
// holds the one against the other.
#include <benchmark/benchmark.h>
#include <openssl/evp.h>
#include <secp256k1.h>

#include <deque>
#include <memory>

#include "tests/fakes/signers.h"

namespace airlock::package {
namespace {

using crypto::Algorithm;

fakes::Buffer release(std::uint64_t image_size, const fakes::Signers& signers) {
  fakes::Release made;
  made.components = {fakes::Release::component("mcu", image_size)};
  return signers.sign_complete(made.encode(), Kind::firmware);
}

// By MiB of the image: the manifest holds 32 bytes for each of its blocks. One of one (Ed25519) and
// two of three (Ed25519 and secp256k1).
void Prove(benchmark::State& state) {
  const fakes::Signers signers;
  const fakes::Buffer envelope = release(static_cast<std::uint64_t>(state.range(0)) << 20, signers);
  for (auto _ : state) {
    const auto proven = prove(envelope, signers.keyring());
    if (!proven) state.SkipWithError("the release was refused");
  }
  state.counters["envelope"] = static_cast<double>(envelope.size());
}
BENCHMARK(Prove)->Arg(1)->Arg(64)->Arg(1024);

// One of one and two of three, each by all three algorithms.
struct HybridCast {
  std::deque<fakes::Signer> signers;
  fakes::Buffer encoded;
  Keyring keyring;
  fakes::Buffer envelope;

  HybridCast() {
    constexpr AlgorithmSet kAll = {Algorithm::eddsa, Algorithm::es256k,
                                   Algorithm::slh_dsa_sha2_128s};
    fakes::KeyringPlan plan;
    plan.groups = {"vendor", "committee", "root"};
    plan.policies = {{Kind::firmware, {{0, 1, kAll}, {1, 2, kAll}}}, {Kind::keyring, {{2, 1}}}};
    for (const char* name : {"vendor", "committee-1", "committee-2", "committee-3", "root"}) {
      for (Algorithm algorithm : crypto::kAlgorithms) {
        signers.emplace_back(name, algorithm);
        plan.add(signers.back(),
                 std::string_view(name).substr(0, std::string_view(name).find('-')));
      }
    }
    encoded = plan.encode().value();
    keyring = Keyring::parse(encoded).value();
    std::vector<const fakes::Signer*> who;
    for (std::size_t i = 0; i < 9; ++i) who.push_back(&signers[i]);
    envelope = fakes::sign(fakes::Release().encode(), who);
  }
};

const HybridCast& hybrid() {
  static const HybridCast cast;
  return cast;
}

void ProveHybrid(benchmark::State& state) {
  for (auto _ : state) {
    if (!prove(hybrid().envelope, hybrid().keyring)) state.SkipWithError("refused");
  }
  state.counters["envelope"] = static_cast<double>(hybrid().envelope.size());
}
BENCHMARK(ProveHybrid);

// What one signature is made of, in one piece as libraries want it.
struct Raw {
  crypto::PublicKey key;
  fakes::Buffer message;
  Bytes signature;
};

std::vector<Raw> signatures_in(Bytes encoded, const Keyring& keyring) {
  const Envelope envelope = Envelope::parse(encoded).value();
  std::vector<Raw> found;
  for (const SignatureView& view : envelope.signatures) {
    Raw raw{keyring.find(view.key_id)->key, {}, view.signature};
    const SignedMessage message(envelope.protected_header, view.protected_header, envelope.payload);
    for (Bytes part : message.parts()) {
      raw.message.insert(raw.message.end(), part.begin(), part.end());
    }
    found.push_back(std::move(raw));
  }
  return found;
}

bool openssl_verifies(const Raw& raw) {
  const Bytes key = raw.key.view();
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> opened(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()),
      &EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, opened.get()) == 1 &&
         EVP_DigestVerify(context.get(), raw.signature.data(), raw.signature.size(),
                          raw.message.data(), raw.message.size()) == 1;
}

bool libsecp256k1_verifies(const Raw& raw) {
  const crypto::Digest digest = crypto::sha256(raw.message);
  const auto* context = secp256k1_context_static;
  secp256k1_pubkey point;
  secp256k1_ecdsa_signature parsed;
  return secp256k1_ec_pubkey_parse(context, &point, raw.key.view().data(), 33) == 1 &&
         secp256k1_ecdsa_signature_parse_compact(context, &parsed, raw.signature.data()) == 1 &&
         secp256k1_ecdsa_verify(context, &parsed, digest.bytes.data(), &point) == 1;
}

// SLH-DSA has no library here: it is the same code on both sides.
bool raw_verifies(const Raw& raw) {
  switch (raw.key.algorithm) {
    case Algorithm::eddsa: return openssl_verifies(raw);
    case Algorithm::es256k: return libsecp256k1_verifies(raw);
    case Algorithm::slh_dsa_sha2_128s: break;
  }
  const std::array<Bytes, 1> parts = {Bytes(raw.message)};
  return crypto::verify(raw.key, parts, raw.signature).has_value();
}

void verify_all(benchmark::State& state, const std::vector<Raw>& signatures) {
  for (auto _ : state) {
    for (const Raw& raw : signatures) {
      if (!raw_verifies(raw)) state.SkipWithError("refused");
    }
  }
  state.counters["signatures"] = static_cast<double>(signatures.size());
}

void RawVerifications(benchmark::State& state) {
  const fakes::Signers signers;
  const fakes::Buffer envelope = release(static_cast<std::uint64_t>(state.range(0)) << 20, signers);
  verify_all(state, signatures_in(envelope, signers.keyring()));
}
BENCHMARK(RawVerifications)->Arg(1)->Arg(64)->Arg(1024);

void RawVerificationsHybrid(benchmark::State& state) {
  verify_all(state, signatures_in(hybrid().envelope, hybrid().keyring));
}
BENCHMARK(RawVerificationsHybrid);

void OneSignature(benchmark::State& state, const fakes::Signer& signer) {
  const fakes::Buffer message(1000, 7);
  const fakes::Buffer signature = signer.sign_message(message);
  const std::array<Bytes, 1> parts = {Bytes(message)};
  for (auto _ : state) {
    if (!crypto::verify(signer.key(), parts, signature)) state.SkipWithError("refused");
  }
}
BENCHMARK_CAPTURE(OneSignature, ed25519, fakes::Signer("vendor", Algorithm::eddsa));
BENCHMARK_CAPTURE(OneSignature, secp256k1, fakes::Signer("vendor", Algorithm::es256k));
BENCHMARK_CAPTURE(OneSignature, slh_dsa, fakes::Signer("vendor", Algorithm::slh_dsa_sha2_128s));

}  // namespace
}  // namespace airlock::package
