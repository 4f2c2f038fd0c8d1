// The package door: an envelope with its quorum, beside the signatures that it cannot do without.
#include <benchmark/benchmark.h>

#include "tests/fakes/signers.h"

namespace airlock::package {
namespace {

fakes::Buffer release(std::uint64_t image_size, const fakes::Signers& signers) {
  fakes::Release made;
  made.components = {fakes::Release::component("mcu", image_size)};
  return signers.sign_complete(made.encode(), Kind::firmware);
}

// By MiB of the image: the manifest holds 32 bytes for each of its blocks.
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

void OneSignature(benchmark::State& state, const char* name) {
  const fakes::Signers signers;
  const fakes::Buffer message(1000, 7);
  const fakes::Buffer signature = signers[name].sign_message(message);
  const std::array<Bytes, 1> parts = {Bytes(message)};
  for (auto _ : state) {
    if (!crypto::verify(signers[name].key(), parts, signature)) state.SkipWithError("refused");
  }
}
BENCHMARK_CAPTURE(OneSignature, ed25519, "vendor");
BENCHMARK_CAPTURE(OneSignature, secp256k1, "committee-2");

}  // namespace
}  // namespace airlock::package
