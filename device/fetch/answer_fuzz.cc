// Any bytes as the answer to a check-in, or to a question for fees: refused, or within every limit
// that the header names.
#include "core/package/package.h"
#include "device/fetch/fetch.h"

using namespace airlock;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto fees = fetch::parse_fees_answer(text_of({data, size}));
  if (fees) {
    AIRLOCK_CHECK(fees->poll_after_s >= fetch::kFeesPollMin &&
                  fees->poll_after_s <= fetch::kFeesPollMax);
    AIRLOCK_CHECK(!fees->advice || fees->advice->arm.size() <= fetch::kArmTextMax);
  }
  const auto answer = fetch::parse_answer(text_of({data, size}));
  if (!answer) return 0;
  AIRLOCK_CHECK(answer->poll_after_s >= fetch::kPollAfterMin &&
                answer->poll_after_s <= fetch::kPollAfterMax);
  AIRLOCK_CHECK(answer->why.size() <= fetch::kWhyTextMax);
  AIRLOCK_CHECK(answer->explain.size() <= fetch::kExplainTextMax);
  if (answer->offer) {
    AIRLOCK_CHECK(tuf::is_target_path(answer->offer->target));
    AIRLOCK_CHECK(package::parse_semver(answer->offer->version).has_value());
  }
  return 0;
}
