// What a piece of revocation evidence says about one certificate.
#pragma once

#include <cstdint>
#include <string>

namespace airlock::x509 {

// What to hold a CRL or an OCSP response to. `airlock` is what decisions of ours use: it wants a
// nextUpdate, CRL numbers and no SHA-1. `published` is RFC 5280 and RFC 6960 alone, for published
// test vectors.
enum class Profile : std::uint8_t { airlock, published };
struct Freshness {
  std::int64_t moment = 0;                   // Unix seconds
  std::int64_t age_seconds_max = 7 * 86400;  // since thisUpdate
  Profile profile = Profile::airlock;
  bool takes_indirect_crls = false;      // no decision of ours does; NIST's cases want it
  std::int64_t ahead_seconds_max = 300;  // thisUpdate after the moment: clocks differ (ours alone)

  std::int64_t latest() const {
    return moment + (profile == Profile::airlock ? ahead_seconds_max : 0);
  }
};

// An answer, the weakest first.
//   absent    nothing is for this certificate
//   unusable  something may be for it and cannot be read or believed
//   stale     something authentic is for it, and its time is over or has not come
//   good      something authentic and timely says that it is not revoked
//   revoked   something authentic says that it is, however old: a revocation does not become stale
enum class Answer : std::uint8_t { absent, unusable, stale, good, revoked };

struct Finding {
  Answer answer = Answer::absent;
  std::string why;  // a clause for people: "the CRL's time is over"
};

}  // namespace airlock::x509
