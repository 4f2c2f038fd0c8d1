// Names: reading them, and the syntax that the profile demands of hosts, addresses and mailboxes.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "trust/x509/certificate.h"
#include "trust/x509/internal/der.h"

namespace airlock::x509::internal {

// One AttributeTypeAndValue of a Name.
struct Attribute {
  Bytes oid;
  std::uint8_t string_tag = 0;
  Bytes value;
};

// attributes_of reads a whole encoded Name, in its order.
Result<std::vector<Attribute>> attributes_of(Bytes name);
inline bool is_empty_name(Bytes name) { return name.size() == 2; }

// general_name_of reads one GeneralName; general_names_of all that `content` holds, one at least.
Result<GeneralName> general_name_of(const der::Element& element);
Result<std::vector<GeneralName>> general_names_of(Bytes content);
bool same_general_name(const GeneralName& a, const GeneralName& b);

// Preferred name syntax (RFC 1034, 3.5; RFC 1123, 2.1): labels of letters, digits and inner
// hyphens, the last one not of digits alone.
bool is_host(std::string_view text);
// is_presented_host takes a leading "*." too, with two labels behind it at least (RFC 6125, 6.4.3).
bool is_presented_host(std::string_view text);
bool is_mailbox(std::string_view text);  // one local part, one '@', one host (RFC 5280, 4.2.1.6)
// is_uri takes what begins with a scheme and a colon (RFC 3986, 3).
bool is_uri(std::string_view text);

bool equal_folded(std::string_view a, std::string_view b);  // ASCII letters of either case
// host_matches compares a presented name, perhaps with a wildcard, with the host asked for.
bool host_matches(std::string_view presented, std::string_view host);

// common_names returns every commonName of a Name, as it stands there.
std::vector<std::string_view> common_names(Bytes name);

// address_of reads "192.0.2.1" or an IPv6 address as 4 or 16 octets.
std::optional<Buffer> address_of(std::string_view text);
// address_text is the one spelling of an address (RFC 3986, 3.2.2; RFC 5952).
std::string address_text(Bytes address);
// looks_like_address: nobody would give it to something that is not an IP address.
bool looks_like_address(std::string_view text);

}  // namespace airlock::x509::internal
