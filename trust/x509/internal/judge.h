// Judging one path: OpenSSL's validation and our rules, both of which must accept.
#pragma once

#include <expected>
#include <span>

#include "trust/x509/path.h"

namespace airlock::x509::internal {

// A path that is not proven: leaf first, root last, two certificates at least.
using Candidate = std::span<const Certificate* const>;

// judge returns nothing where the path is valid, otherwise why not.
std::expected<void, Refusal> judge(Candidate path, std::int64_t moment, const Purpose& purpose);

// is_linked: no certificate of the path has a signature that the next one's key refuses. A path
// that is not linked is none, and what else is wrong with it is of no interest.
bool is_linked(Candidate path);

// may_issue: subject, issuer and key identifiers fit. The signature is not looked at.
bool may_issue(const Certificate& issuer, const Certificate& certificate);

}  // namespace airlock::x509::internal
