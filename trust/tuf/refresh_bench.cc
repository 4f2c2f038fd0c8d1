// The repository door in memory: a refresh that finds nothing new, and one from the root alone.
#include <benchmark/benchmark.h>

#include "tests/fakes/signers.h"
#include "trust/tuf/internal/fake_repository.h"

namespace airlock::tuf::internal {
namespace {

FakeRepository repository_of(std::int64_t releases) {
  const auto signer = [](std::string_view name) {
    return fake_signer(fakes::Signer(name, crypto::Algorithm::eddsa));
  };
  FakeRepository made({signer("root"), signer("timestamp"), signer("snapshot"), signer("targets")});
  for (std::int64_t i = 0; i < releases; ++i) {
    const std::string name = "firmware/2." + std::to_string(i) + ".0/demo.cose";
    made.add_target(name, name);
  }
  made.publish();
  return made;
}

void refresh_or_stop(benchmark::State& state, MemoryStore& store, FakeRepository& repository) {
  if (!refresh(store, repository, FakeRepository::kNow)) state.SkipWithError("it was refused");
}

// By releases in the repository.
void RefreshNothingNew(benchmark::State& state) {
  FakeRepository repository = repository_of(state.range(0));
  MemoryStore store{repository.file("1.root.json")};
  refresh_or_stop(state, store, repository);
  for (auto _ : state) refresh_or_stop(state, store, repository);
}
BENCHMARK(RefreshNothingNew)->Arg(1)->Arg(1000);

void RefreshFromTheRoot(benchmark::State& state) {
  FakeRepository repository = repository_of(state.range(0));
  for (auto _ : state) {
    MemoryStore store{repository.file("1.root.json")};
    refresh_or_stop(state, store, repository);
  }
}
BENCHMARK(RefreshFromTheRoot)->Arg(1)->Arg(1000);

}  // namespace
}  // namespace airlock::tuf::internal
