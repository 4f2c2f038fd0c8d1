#include "trust/x509/internal/names.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "host/text/text.h"
#include "trust/x509/internal/oids.h"
#include "trust/x509/internal/openssl.h"

namespace airlock::x509 {
namespace {

constexpr std::size_t kHostSizeMax = 253;
constexpr std::size_t kLabelSizeMax = 63;
constexpr std::size_t kIPv4Size = 4;
constexpr std::size_t kIPv6Size = 16;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > kLabelSizeMax) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::ranges::all_of(label, [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

internal::NamePointer name_of(Bytes name) {
  const unsigned char* at = name.data();
  return internal::NamePointer(d2i_X509_NAME(nullptr, &at, static_cast<long>(name.size())));
}

}  // namespace

bool same_name(Bytes a, Bytes b) {
  if (equal(a, b)) return true;
  const auto left = name_of(a);
  const auto right = name_of(b);
  return left && right && X509_NAME_cmp(left.get(), right.get()) == 0;
}

}  // namespace airlock::x509

namespace airlock::x509::internal {

Result<std::vector<Attribute>> attributes_of(Bytes name) {
  std::vector<Attribute> attributes;
  AIRLOCK_ASSIGN(der::Reader sets, der::open(name, der::kSequence));
  while (!sets.at_end()) {
    AIRLOCK_ASSIGN(der::Reader set, sets.enter(der::kSet));
    do {
      if (attributes.size() == kNamesMax) return fail(Code::too_many, kNamesMax);
      AIRLOCK_ASSIGN(der::Reader pair, set.enter(der::kSequence));
      Attribute attribute;
      AIRLOCK_ASSIGN(attribute.oid, pair.oid());
      AIRLOCK_ASSIGN(const der::Element value, pair.next());
      AIRLOCK_TRY(pair.end());
      attribute.string_tag = value.tag;
      attribute.value = value.content;
      attributes.push_back(attribute);
    } while (!set.at_end());
  }
  return attributes;
}

Result<GeneralName> general_name_of(const der::Element& element) {
  const std::uint8_t number = element.tag & 0x1fU;
  const bool is_context = (element.tag & 0xc0U) == 0x80U;
  if (!is_context || number > static_cast<std::uint8_t>(NameForm::registered_id)) {
    return fail(Code::wrong_type);
  }
  GeneralName name{static_cast<NameForm>(number), element.content};
  const bool is_structured = (element.tag & 0x20U) != 0;
  const bool wants_structure = name.form == NameForm::other || name.form == NameForm::x400 ||
                               name.form == NameForm::directory || name.form == NameForm::edi_party;
  if (is_structured != wants_structure) return fail(Code::wrong_type);
  if (name.form == NameForm::directory) AIRLOCK_TRY(attributes_of(name.value));
  return name;
}

Result<std::vector<GeneralName>> general_names_of(Bytes content) {
  std::vector<GeneralName> names;
  der::Reader reader(content);
  do {
    if (names.size() == kNamesMax) return fail(Code::too_many, kNamesMax);
    AIRLOCK_ASSIGN(const der::Element element, reader.next());
    AIRLOCK_ASSIGN(const GeneralName name, general_name_of(element));
    names.push_back(name);
  } while (!reader.at_end());
  return names;
}

bool same_general_name(const GeneralName& a, const GeneralName& b) {
  if (a.form != b.form) return false;
  if (a.form == NameForm::directory) return same_name(a.value, b.value);
  return equal(a.value, b.value);
}

bool is_host(std::string_view text) {
  if (text.empty() || text.size() > kHostSizeMax) return false;
  std::string_view label;
  while (true) {
    const std::size_t dot = text.find('.');
    label = text.substr(0, dot);
    if (!is_label(label)) return false;
    if (dot == std::string_view::npos) break;
    text.remove_prefix(dot + 1);
  }
  return !std::ranges::all_of(label, is_digit);
}

bool is_presented_host(std::string_view text) {
  if (!text.starts_with("*.")) return is_host(text);
  const std::string_view domain = text.substr(2);
  return is_host(domain) && domain.find('.') != std::string_view::npos;
}

bool is_mailbox(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == 0 || at == std::string_view::npos) return false;
  const std::string_view local = text.substr(0, at);
  const bool is_plain = std::ranges::all_of(local, [](char c) { return c > ' ' && c <= '~'; });
  return is_plain && is_host(text.substr(at + 1));
}

bool is_uri(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos || !is_letter(text[0])) return false;
  const bool has_scheme = std::ranges::all_of(text.substr(0, colon), [](char c) {
    return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  });
  return has_scheme && std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

bool equal_folded(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return folded(x) == folded(y); });
}

bool host_matches(std::string_view presented, std::string_view host) {
  if (!is_host(host) || !is_presented_host(presented)) return false;
  if (!presented.starts_with("*.")) return equal_folded(presented, host);
  const std::size_t dot = host.find('.');
  return dot != std::string_view::npos && equal_folded(presented.substr(2), host.substr(dot + 1));
}

std::vector<std::string_view> common_names(Bytes name) {
  std::vector<std::string_view> found;
  const auto attributes = attributes_of(name);
  if (!attributes) return found;
  for (const Attribute& attribute : *attributes) {
    if (equal(attribute.oid, oid::kCommonName)) found.push_back(text_of(attribute.value));
  }
  return found;
}

std::optional<Buffer> address_of(std::string_view text) {
  const std::unique_ptr<ASN1_OCTET_STRING, Freed<ASN1_OCTET_STRING_free>> read(
      a2i_IPADDRESS(std::string(text).c_str()));
  if (!read) return {};
  const unsigned char* const octets = ASN1_STRING_get0_data(read.get());
  return Buffer(octets, octets + ASN1_STRING_length(read.get()));
}

namespace {

// The longest run of at least two zero groups, the first of several (RFC 5952, 4.2).
struct Run {
  std::size_t begin = 0;
  std::size_t size = 0;
};
Run longest_zeros(std::span<const unsigned> groups) {
  Run longest;
  Run run;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    run = groups[i] != 0 ? Run{i + 1, 0} : Run{run.begin, run.size + 1};
    if (run.size > longest.size) longest = run;
  }
  return longest.size > 1 ? longest : Run{};
}

std::string ipv6_text(Bytes address) {
  std::array<unsigned, kIPv6Size / 2> groups{};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    groups[i] = static_cast<unsigned>(address[2 * i]) << 8U | address[2 * i + 1];
  }
  const Run zeros = longest_zeros(groups);
  std::string made;
  for (std::size_t i = 0; i < groups.size();) {
    if (zeros.size > 0 && i == zeros.begin) {
      made += "::";
      i += zeros.size;
      continue;
    }
    if (!made.empty() && made.back() != ':') made += ':';
    std::array<char, 4> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), groups[i++], 16);
    made.append(digits.data(), end.ptr);
  }
  return made;
}

bool is_number(std::string_view part) {
  const bool is_hex = part.starts_with("0x") || part.starts_with("0X");
  if (is_hex) part.remove_prefix(2);
  return !part.empty() && std::ranges::all_of(part, [is_hex](char c) {
    const char low = folded(c);
    return is_digit(c) || (is_hex && low >= 'a' && low <= 'f');
  });
}

}  // namespace

std::string address_text(Bytes address) {
  if (address.size() == kIPv6Size) return ipv6_text(address);
  if (address.size() != kIPv4Size) return {};
  std::string made;
  for (const std::uint8_t octet : address)
    made += (made.empty() ? "" : ".") + std::to_string(octet);
  return made;
}

bool looks_like_address(std::string_view text) {
  if (text.find(':') != std::string_view::npos) return address_of(text).has_value();
  // What the old rules of C libraries read as an address: decimal, octal or hexadecimal parts, up
  // to four. A number alone is not meant so, unless it is hexadecimal.
  const auto dots = std::ranges::count(text, '.');
  if (dots > 3 || (dots == 0 && !text.starts_with("0x") && !text.starts_with("0X"))) return false;
  while (true) {
    const std::size_t dot = text.find('.');
    if (!is_number(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace airlock::x509::internal
