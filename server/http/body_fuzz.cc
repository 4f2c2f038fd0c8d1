// Any bytes as a body of each route: refused with a code, or within the limits of the header.
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
  if (const auto read = http::parse_rollout(body)) {
    AIRLOCK_CHECK(read->draft.share <= store::kShareWhole);
  }
  if (const auto read = http::parse_change(body, http::ChangeKind::advance)) {
    AIRLOCK_CHECK(read->share <= store::kShareWhole);
  }
  (void)http::parse_devices(body);
  return 0;
}
