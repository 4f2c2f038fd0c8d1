// Any bytes as a target and as header lines: nothing but whole lines of known form goes on.
#include "server/dependency/forward.h"

namespace {

void check_lines(std::string_view lines) {
  AIRLOCK_CHECK(lines.empty() || lines.ends_with("\r\n"));
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find("\r\n"));
    lines.remove_prefix(line.size() + 2);
    const std::size_t colon = line.find(": ");
    AIRLOCK_CHECK(colon != line.npos && colon > 0 && airlock::dependency::is_header_value(line));
    AIRLOCK_CHECK(!line.starts_with("airlock-") && !line.starts_with("transfer-encoding:"));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace airlock;
  const std::string_view text = text_of({data, size});
  if (const auto target = dependency::read_target(text)) {
    AIRLOCK_CHECK(target->name.size() + target->rest.size() <= text.size());
    const std::string_view path = target->rest.substr(0, target->rest.find('?'));
    AIRLOCK_CHECK(path.find("/../") == path.npos && !path.ends_with("/.."));
  }
  const std::string onward = dependency::onward_headers(text);
  check_lines(onward);
  check_lines(dependency::key_headers(onward));
  AIRLOCK_CHECK(dependency::onward_headers(onward) == onward);
  check_lines(dependency::answer_headers(text).lines);
  return 0;
}
