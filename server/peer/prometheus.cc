#include <charconv>
#include <cmath>

#include "host/json/json.h"
#include "host/text/text.h"
#include "server/peer/peer.h"

namespace airlock::peer {

namespace {

using json::Value;

Result<Sample> read_sample(const Value& value) {
  Sample sample;
  AIRLOCK_ASSIGN(const Value* labels, json::object(value, "metric"));
  if (labels->size() > kLabelsMax) return fail(Code::too_many);
  for (const auto& [name, label] : labels->items()) {
    AIRLOCK_ASSIGN(std::string text, json::text(*labels, name, kLabelMax));
    if (name.size() > kLabelMax) return fail(Code::oversized);
    sample.labels.emplace(name, std::move(text));
  }
  AIRLOCK_ASSIGN(const Value* pair, json::array(value, "value", 2));
  if (pair->size() != 2 || !(*pair)[1].is_string()) return fail(Code::wrong_type);
  sample.value = (*pair)[1].get<std::string>();
  if (sample.value.size() > kLabelMax) return fail(Code::oversized);
  return sample;
}

}  // namespace

std::string_view Sample::label(std::string_view name) const {
  const auto found = labels.find(name);
  return found == labels.end() ? std::string_view() : found->second;
}

Result<std::vector<Sample>> parse_vector(std::string_view body) {
  AIRLOCK_ASSIGN(const Value root, json::parse(body, kAnswerMax));
  AIRLOCK_ASSIGN(const std::string_view status, json::text_view(root, "status", kLabelMax));
  if (status != "success") return fail(Code::bad_request);
  AIRLOCK_ASSIGN(const Value* data, json::object(root, "data"));
  AIRLOCK_ASSIGN(const std::string_view type, json::text_view(*data, "resultType", kLabelMax));
  if (type != "vector") return fail(Code::bad_request);
  AIRLOCK_ASSIGN(const Value* result, json::array(*data, "result", kSamplesMax));
  std::vector<Sample> samples;
  for (const Value& item : *result) {
    AIRLOCK_ASSIGN(Sample sample, read_sample(item));
    samples.push_back(std::move(sample));
  }
  return samples;
}

Result<std::uint64_t> count_of(std::string_view value) {
  constexpr double kMax = 9007199254740992.0;  // 2^53
  double number = 0;
  const char* const end = value.data() + value.size();
  const auto read = std::from_chars(value.data(), end, number);
  if (value.empty() || read.ec != std::errc() || read.ptr != end) return fail(Code::bad_text);
  const bool whole =
      std::isfinite(number) && number >= 0 && number <= kMax && std::floor(number) == number;
  if (!whole) return fail(Code::out_of_range);
  return static_cast<std::uint64_t>(number);
}

Result<std::vector<Sample>> query(Line& prometheus, std::string_view expression, std::int64_t at) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
  AIRLOCK_ASSIGN(const std::string body,
                 prometheus.get("/api/v1/query?time=" + std::to_string(at) +
                                "&query=" + text::percent_encoded(expression, kPlain)));
  return parse_vector(body);
}

}  // namespace airlock::peer
