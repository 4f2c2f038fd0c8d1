#include "core/package/semver.h"

namespace airlock::package {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_identifier_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

constexpr bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

// What stands before and after the character at `at`. Not substr: where a compiler cannot see that
// the place exists, it calls what throws.
std::string_view before(std::string_view text, std::size_t at) {
  text.remove_suffix(text.size() - at);
  return text;
}
std::string_view after(std::string_view text, std::size_t at) {
  text.remove_prefix(at + 1);
  return text;
}

// Cuts the text before the first dot off `rest`.
std::string_view cut_identifier(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('.'), rest.size());
  const std::string_view first = before(rest, end);
  rest = end == rest.size() ? std::string_view{} : after(rest, end);
  return first;
}

Status read_number(std::string_view text, std::uint32_t& to) {
  constexpr std::size_t kDigitsMax = 9;
  if (!is_number(text) || text.size() > kDigitsMax) return fail(Code::bad_semver);
  if (text.size() > 1 && text[0] == '0') return fail(Code::bad_semver);
  to = 0;
  for (char c : text) to = to * 10 + static_cast<std::uint32_t>(c - '0');
  return {};
}

enum class LeadingZeros : std::uint8_t { allowed, refused };

bool valid_identifiers(std::string_view text, LeadingZeros zeros) {
  if (text.empty() || text.back() == '.') return false;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view one = cut_identifier(rest);
    if (one.empty() || !std::ranges::all_of(one, is_identifier_char)) return false;
    const bool padded = one.size() > 1 && one[0] == '0' && is_number(one);
    if (padded && zeros == LeadingZeros::refused) return false;
  }
  return true;
}

std::strong_ordering compare_identifiers(std::string_view a, std::string_view b) {
  if (is_number(a) != is_number(b)) {
    return is_number(a) ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  if (is_number(a) && a.size() != b.size()) return a.size() <=> b.size();  // no leading zeros
  return a.compare(b) <=> 0;
}

std::strong_ordering compare_prereleases(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty())
    return a.empty() <=> b.empty();  // a release is above its pre-releases
  while (!a.empty() && !b.empty()) {
    const auto order = compare_identifiers(cut_identifier(a), cut_identifier(b));
    if (order != 0) return order;
  }
  return !a.empty() <=> !b.empty();
}

}  // namespace

std::strong_ordering operator<=>(const Semver& a, const Semver& b) {
  if (const auto order = a.major <=> b.major; order != 0) return order;
  if (const auto order = a.minor <=> b.minor; order != 0) return order;
  if (const auto order = a.patch <=> b.patch; order != 0) return order;
  return compare_prereleases(a.prerelease, b.prerelease);
}

Result<Semver> parse_semver(std::string_view text) {
  if (text.empty() || text.size() > kSemverTextMax) return fail(Code::bad_semver);
  Semver version;
  version.text = text;
  std::string_view rest = text;
  if (const std::size_t plus = rest.find('+'); plus != std::string_view::npos) {
    if (!valid_identifiers(after(rest, plus), LeadingZeros::allowed)) {
      return fail(Code::bad_semver, plus);
    }
    rest = before(rest, plus);
  }
  if (const std::size_t dash = rest.find('-'); dash != std::string_view::npos) {
    version.prerelease = after(rest, dash);
    if (!valid_identifiers(version.prerelease, LeadingZeros::refused)) {
      return fail(Code::bad_semver, dash);
    }
    rest = before(rest, dash);
  }
  if (std::count(rest.begin(), rest.end(), '.') != 2) return fail(Code::bad_semver);
  AIRLOCK_TRY(read_number(cut_identifier(rest), version.major));
  AIRLOCK_TRY(read_number(cut_identifier(rest), version.minor));
  AIRLOCK_TRY(read_number(rest, version.patch));
  return version;
}

}  // namespace airlock::package
