// Any bytes as a body of each route, and as a report whose signature was right: refused with a
// code, or within the limits of the header.
#include "server/http/bodies.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace airlock;
  const std::string_view body = text_of({data, size});
  if (const auto read = http::CheckInBody::parse(body)) {
    AIRLOCK_CHECK((*read)->facts().model.size() <= package::kModelTextMax);
    AIRLOCK_CHECK((*read)->facts().duid.size() <= store::kDuidSize);
  }
  if (const auto read = http::parse_report(body, 0)) {
    AIRLOCK_CHECK(read->duid.size() == store::kDuidSize);
  }
  if (const auto read = http::read_report(body)) {  // as if a signature had let it pass
    AIRLOCK_CHECK(read->duid.size() <= store::kDuidSize);
    AIRLOCK_CHECK(read->sequence >= 0 && read->rollout >= 0 && read->time_bound >= 0);
    for (const std::string* word :
         {&read->manifest, &read->version, &read->phase, &read->outcome, &read->reason}) {
      AIRLOCK_CHECK(word->size() <= store::kWordMax);
    }
  }
  if (const auto read = http::parse_rollout(body)) {
    AIRLOCK_CHECK(read->draft.share <= store::kShareWhole);
  }
  if (const auto read = http::parse_change(body, http::ChangeKind::advance)) {
    AIRLOCK_CHECK(read->share <= store::kShareWhole);
  }
  if (const auto read = http::read_outcomes(body)) {
    AIRLOCK_CHECK(read->outcomes.size() <= store::kOutcomesMax && read->sequence >= 0);
  }
  (void)http::parse_outcomes(body, 0);
  (void)http::parse_fees(body);
  std::string reading;
  if (const auto read = http::parse_experiment(body, reading)) {
    const auto definition = experiment::Definition::parse(read->definition.write());
    AIRLOCK_CHECK(definition && definition->write() == read->definition.write());
    const auto fresh = experiment::State::fresh(*definition);
    AIRLOCK_CHECK(experiment::State::parse(fresh.write(), *definition) == fresh);
  }
  (void)http::parse_devices(body);
  return 0;
}
