#include "server/dependency/forward.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace airlock::dependency {
namespace {

// Between two hops (RFC 9110, section 7.6.1), and what is written anew for each.
constexpr auto kOfAHop = std::to_array<std::string_view>(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
     "te", "trailer", "transfer-encoding", "upgrade", "content-length"});
constexpr auto kOfARequest = std::to_array<std::string_view>({"host", "expect"});
constexpr auto kTracing = std::to_array<std::string_view>(
    {"user-agent", "x-request-id", "x-correlation-id", "traceparent", "tracestate", "date"});
constexpr std::string_view kOwn = "airlock-";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lowered(std::string_view text) {
  std::string made(text);
  std::ranges::transform(made, made.begin(), lower);
  return made;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

struct Line {
  std::string name;  // in lower case
  std::string_view value;
};

// take_line takes the next line that is a header; nothing where none is left.
std::optional<Line> take_line(std::string_view& lines) {
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end == lines.npos ? lines.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t colon = line.find(':');
    if (colon == line.npos || colon == 0) continue;
    const std::string_view value = trimmed(line.substr(colon + 1));
    const std::string_view name = line.substr(0, colon);
    const bool is_token = name.find_first_of(" \t\"(),/;<=>?@[\\]{}") == name.npos;
    if (is_token && is_header_value(name) && is_header_value(value)) {
      return Line{lowered(name), value};
    }
  }
  return std::nullopt;
}

template <class Names>
bool is_among(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// The names that the lines' Connection header makes headers of a hop.
std::vector<std::string> named_by_connection(std::string_view lines) {
  std::vector<std::string> names;
  while (const auto line = take_line(lines)) {
    if (line->name != "connection") continue;
    std::string_view rest = line->value;
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      names.push_back(lowered(trimmed(rest.substr(0, comma))));
      rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
    }
  }
  return names;
}

void append(std::string& text, const Line& line) {
  text.append(line.name).append(": ").append(line.value).append("\r\n");
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

// A path whose %XX are what they stand for; nothing where one stands for nothing.
std::optional<std::string> decoded(std::string_view path) {
  std::string made;
  for (std::size_t at = 0; at < path.size(); ++at) {
    if (path[at] != '%') {
      made.push_back(path[at]);
      continue;
    }
    if (at + 2 >= path.size()) return std::nullopt;
    const int high = hex_digit(path[at + 1]);
    const int low = hex_digit(path[at + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    made.push_back(static_cast<char>(high * 16 + low));
    at += 2;
  }
  return made;
}

}  // namespace

bool is_header_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || c == '\t';
  });
}

bool is_plain_rest(std::string_view rest) {
  constexpr std::string_view kNotInAUrl = "\"#<>\\^`{|}";
  const bool is_printable = std::ranges::all_of(rest, [](char c) { return c > 0x20 && c < 0x7f; });
  if (!is_printable || rest.find_first_of(kNotInAUrl) != rest.npos) return false;
  if (!rest.empty() && rest[0] != '/' && rest[0] != '?') return false;
  const auto path = decoded(rest.substr(0, rest.find('?')));
  if (!path || path->find('\\') != path->npos) return false;
  for (std::string_view left = *path; !left.empty();) {
    const std::size_t slash = left.find('/');
    const std::string_view segment = left.substr(0, slash);
    if (segment == "." || segment == "..") return false;
    left.remove_prefix(slash == left.npos ? left.size() : slash + 1);
  }
  return true;
}

Result<Target> read_target(std::string_view target) {
  if (!target.starts_with(kPrefix)) return fail(Code::not_found);
  const std::string_view behind = target.substr(kPrefix.size());
  const std::size_t end = std::min(behind.find_first_of("/?"), behind.size());
  if (!is_plain_rest(behind.substr(end))) return fail(Code::bad_request);
  return Target{behind.substr(0, end), behind.substr(end)};
}

std::string onward_headers(std::string_view lines) {
  const std::vector<std::string> named = named_by_connection(lines);
  std::string made;
  while (const auto line = take_line(lines)) {
    if (is_among(kOfAHop, line->name) || is_among(kOfARequest, line->name)) continue;
    if (line->name.starts_with(kOwn) || is_among(named, line->name)) continue;
    append(made, *line);
  }
  return made;
}

std::string key_headers(std::string_view onward) {
  std::string made;
  while (const auto line = take_line(onward)) {
    if (!is_among(kTracing, line->name)) append(made, *line);
  }
  return made;
}

AnswerHeaders answer_headers(std::string_view lines) {
  const std::vector<std::string> named = named_by_connection(lines);
  AnswerHeaders made;
  while (const auto line = take_line(lines)) {
    if (is_among(kOfAHop, line->name) || line->name.starts_with(kOwn)) continue;
    if (line->name == "content-type") {
      made.type = line->value;
    } else if (!is_among(named, line->name)) {
      if (line->name == "cache-control") {
        made.may_be_kept &= lowered(line->value).find("no-store") == std::string::npos;
      }
      append(made.lines, *line);
    }
  }
  return made;
}

}  // namespace airlock::dependency
