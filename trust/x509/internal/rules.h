// The policy layer: what a certificate of a path must satisfy beyond what OpenSSL asks.
//
// Each rule is a pure function over one parsed certificate, with the section that it comes from.
// "RFC 5280" and "CABF BR" (CA/Browser Forum, Baseline Requirements) name them.
#pragma once

#include <optional>
#include <span>

#include "trust/x509/path.h"

namespace airlock::x509::internal {

// Where a certificate stands in its path.
enum class Place : std::uint8_t { leaf, intermediate, root };

// broken_rule returns the first rule that the certificate breaks in that place and use.
std::optional<Refusal> broken_rule(const Certificate& certificate, Place place, Use use);

// missing_name returns a refusal where the leaf does not carry a name that is asked for, by its
// subject alternative names alone (RFC 6125, 6.4).
std::optional<Refusal> missing_name(const Certificate& leaf, std::span<const PeerName> names);

// broken_constraint judges what OpenSSL does not: a wildcard of a later certificate that reaches
// into a subtree which an earlier one excludes. `path` is leaf first.
std::optional<Refusal> broken_constraint(std::span<const Certificate* const> path);

// about makes a refusal that begins with the certificate's subject.
Refusal about(Code code, const Certificate& certificate, std::string_view what);

}  // namespace airlock::x509::internal
