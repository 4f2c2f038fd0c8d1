// A check-in without its socket: from the body's bytes to the answer's, with 50 rollouts running.
#include <benchmark/benchmark.h>

#include <cstdlib>

#include "host/json/json.h"
#include "host/text/text.h"
#include "server/http/http.h"
#include "server/rollout/internal/fake_metadata.h"
#include "tests/fakes/signers.h"

namespace airlock::http {
namespace {

constexpr int kRollouts = 50;
constexpr std::int64_t kNow = 1'750'000'000;
constexpr Log::Clock kClock = [] { return kNow; };

// A repository on disk with one release, and a server's stores beside it.
class World {
 public:
  World() {
    char name[] = "/tmp/airlock-bench-XXXXXX";
    AIRLOCK_CHECK(::mkdtemp(name) != nullptr);
    folder_ = name;
    publish();
    store_ = std::move(*store::Store::open(folder_ / "data"));
    writer_ = std::move(*store::ReportWriter::open(*store_));
    sightings_ = std::move(*store::Sightings::open(*store_));
    experiments_ = std::move(*store::Experiments::open(*store_));
    outcomes_ = std::move(*store::OutcomeWriter::open(*store_, "bench"));
    for (int i = 1; i <= kRollouts; ++i) roll_out(i);
    service_ = std::make_unique<UpdateService>(
        folder_ / "repo", Stores{*store_, *writer_, *sightings_, *experiments_, *outcomes_}, kClock,
        log_);
    AIRLOCK_CHECK(service_->reload().has_value());
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World() {
    service_.reset();
    outcomes_.reset();
    experiments_.reset();
    sightings_.reset();
    writer_.reset();
    store_.reset();
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
  }

  Response check_in(std::string_view body) {
    Request request;
    request.method = Method::post;
    request.target = "/v1/check-in";
    request.body = body;
    Response told;
    service_->handle(request, [&](Response made) { told = std::move(made); });
    return told;
  }

 private:
  void publish() {
    const fakes::Signers signers;
    const auto envelope = signers.sign_complete(fakes::Release().encode(), package::Kind::firmware);
    manifest_ = crypto::sha256(package::Envelope::parse(envelope)->payload);
    const std::string sha256 = text::to_hex(crypto::sha256(envelope).bytes);
    const file::Path place = folder_ / "repo/targets/firmware/1.1.0";
    std::filesystem::create_directories(place);
    AIRLOCK_CHECK(file::replace(place / (sha256 + ".demo.cose"), envelope).has_value());
    const rollout::FakeMetadata metadata(
        folder_ / "repo",
        tuf::internal::fake_signer(fakes::Signer("repository", crypto::Algorithm::eddsa)));
    metadata.publish(
        1, {{"firmware/1.1.0/demo.cose",
             {{"hashes", {{"sha256", sha256}}},
              {"length", envelope.size()},
              {"custom", {{"airlock", {{"manifest", text::to_hex(manifest_.bytes)}}}}}}}});
    metadata.offer(1);
  }

  // The last one offers; the ones before it are for regions elsewhere.
  void roll_out(int number) {
    store::Rollout draft;
    draft.manifest = manifest_;
    draft.share = store::kShareWhole;
    draft.state = store::State::running;
    if (number < kRollouts) draft.regions = {"region-" + std::to_string(number)};
    AIRLOCK_CHECK(store_->create_rollout(draft, {"olivia", "bench", kNow}).has_value());
  }

  file::Path folder_;
  crypto::Digest manifest_;
  Log log_{kClock, [](std::string_view) {}};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::ReportWriter> writer_;
  std::unique_ptr<store::Sightings> sightings_;
  std::unique_ptr<store::Experiments> experiments_;
  std::unique_ptr<store::OutcomeWriter> outcomes_;
  std::unique_ptr<UpdateService> service_;
};

void check_in(benchmark::State& state, const char* version, std::string_view expected) {
  World world;
  const std::string body = json::write({{"duid", "abcdefghijklmnopqrstuvwxyz234567"},
                                        {"model", "demo-wallet"},
                                        {"version", version},
                                        {"security_version", 1},
                                        {"region", "de"},
                                        {"group", "beta"},
                                        {"images", {{"mcu", std::string(64, 'a')}}}});
  if (world.check_in(body).body.find(expected) == std::string::npos) {
    state.SkipWithError("another answer than the one to measure");
    return;
  }
  for (auto _ : state) benchmark::DoNotOptimize(world.check_in(body));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(check_in, offers, "1.0.0", "\"offer\":{");
BENCHMARK_CAPTURE(check_in, has_nothing, "1.1.0", "\"offer\":null");

}  // namespace
}  // namespace airlock::http
