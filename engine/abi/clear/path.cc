#include "engine/abi/clear/path.h"

#include <algorithm>
#include <charconv>

namespace airlock::abi::clear {

using type::Form;
using type::Type;

namespace {

constexpr std::int32_t kPlaceMax = 1 << 24;

// Reads a place; nothing where the text is none.
std::optional<std::int32_t> place_in(std::string_view text) {
  std::int32_t place = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, place);
  if (error != std::errc() || at != end || place > kPlaceMax || place < -kPlaceMax)
    return std::nullopt;
  return place;
}

// Reads what stands between brackets.
std::optional<WrittenStep> bracket(std::string_view inside) {
  using Kind = WrittenStep::Kind;
  if (inside.empty()) return WrittenStep{.kind = Kind::slice};
  const std::size_t colon = inside.find(':');
  if (colon == std::string_view::npos) {
    const auto place = place_in(inside);
    if (!place) return std::nullopt;
    return WrittenStep{.kind = Kind::place, .from = *place};
  }
  WrittenStep step{.kind = Kind::slice};
  const std::string_view from = inside.substr(0, colon), to = inside.substr(colon + 1);
  if (!from.empty()) {
    const auto place = place_in(from);
    if (!place) return std::nullopt;
    step.from = *place;
  }
  if (!to.empty()) {
    const auto place = place_in(to);
    if (!place) return std::nullopt;
    step.to = *place;
  }
  return step;
}

bool is_name_character(char c) {
  return c != '.' && c != '[' && c != ']' && c != '{' && c != '}' && c > ' ' && c <= '~';
}

bool is_root(char c) { return c == '#' || c == '$' || c == '@'; }

bool begins_like_a_root(const WrittenStep& step) {
  return step.kind == WrittenStep::Kind::name && is_root(step.name[0]);
}

bool is_list(Form form) { return form == Form::list || form == Form::array; }

bool can_be_narrowed(Form form) {
  return form == Form::bytes || form == Form::fixed_bytes || form == Form::text ||
         form == Form::unsigned_integer || form == Form::signed_integer || form == Form::address;
}

}  // namespace

Result<WrittenPath> read_path(std::string_view text) {
  if (text.empty() || text.size() > kPathSizeMax) return fail(Code::bad_path);
  WrittenPath path;
  std::size_t at = 0;
  if (is_root(text[0])) {
    path.root = text[0] == '#' ? Root::data : text[0] == '$' ? Root::file : Root::container;
    at = 1;
    if (at == text.size()) return path;
    if (text[at] != '.' || ++at == text.size()) return fail(Code::bad_path, at);
  }
  while (true) {
    if (path.steps.size() == kStepsMax || at == text.size()) return fail(Code::bad_path, at);
    if (text[at] == '[') {
      const std::size_t close = text.find(']', at);
      if (close == std::string_view::npos) return fail(Code::bad_path, at);
      const auto step = bracket(text.substr(at + 1, close - at - 1));
      if (!step) return fail(Code::bad_path, at);
      path.steps.push_back(*step);
      at = close + 1;
    } else {
      const std::size_t begin = at;
      while (at < text.size() && is_name_character(text[at])) ++at;
      if (at == begin) return fail(Code::bad_path, at);
      path.steps.push_back({.name = std::string(text.substr(begin, at - begin))});
    }
    if (at == text.size()) return path;
    if (text[at] == '.')
      ++at;
    else if (text[at] != '[')
      return fail(Code::bad_path, at);
  }
}

std::string spell_path(const WrittenPath& path) {
  std::string text;
  if (path.root == Root::container) text = "@.";
  if (path.root == Root::file) text = "$.";
  // A name may begin like a root; "$" is a letter to Solidity.
  if (path.root == Root::data && !path.steps.empty() && begins_like_a_root(path.steps[0]))
    text = "#.";
  for (const WrittenStep& step : path.steps) {
    if (&step != &path.steps.front()) text += '.';
    switch (step.kind) {
      case WrittenStep::Kind::name: text += step.name; break;
      case WrittenStep::Kind::place: text += '[' + std::to_string(step.from) + ']'; break;
      case WrittenStep::Kind::slice:
        text += '[';
        if (step.from != 0 || step.to != kOpenEnd) {
          text += std::to_string(step.from) + ':';
          if (step.to != kOpenEnd) text += std::to_string(step.to);
        }
        text += ']';
        break;
    }
  }
  return text;
}

Result<Path> follow(const std::vector<WrittenStep>& steps, const type::Map& map, std::uint32_t from,
                    Ends ends) {
  Path path{.steps = {}, .type = from};
  const auto enter_every = [&](const Type& list, std::int32_t begin, std::int32_t end) {
    path.steps.push_back({Step::Kind::every, begin, end});
    path.type = list.first;
    return ++path.loops <= kLoopsMax;
  };
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const WrittenStep& step = steps[i];
    const Type& type = map.types()[path.type];
    switch (step.kind) {
      case WrittenStep::Kind::name: {
        if (type.form != Form::tuple) return fail(Code::bad_path, i);
        const auto fields = map.fields_of(type);
        const auto found = std::find_if(
            fields.begin(), fields.end(),
            [&](const type::Field& field) { return map.text(field.name) == step.name; });
        if (found == fields.end()) return fail(Code::bad_path, i);
        path.steps.push_back(
            {Step::Kind::member, static_cast<std::int32_t>(found - fields.begin())});
        path.type = found->type;
        break;
      }
      case WrittenStep::Kind::place:
        if (!is_list(type.form)) return fail(Code::bad_path, i);
        path.steps.push_back({Step::Kind::place, step.from});
        path.type = type.first;
        break;
      case WrittenStep::Kind::slice:
        if (is_list(type.form)) {
          if (!enter_every(type, step.from, step.to)) return fail(Code::bad_path, i);
          break;
        }
        if (!can_be_narrowed(type.form) || i + 1 != steps.size()) return fail(Code::bad_path, i);
        path.steps.push_back({Step::Kind::narrowed, step.from, step.to});
        return path;
    }
  }
  while (ends == Ends::at_values && is_list(map.types()[path.type].form))
    if (!enter_every(map.types()[path.type], 0, kOpenEnd))
      return fail(Code::bad_path, steps.size());
  return path;
}

std::optional<std::uint32_t> part_at(std::int32_t place, std::uint32_t count) {
  const std::int64_t at = place < 0 ? std::int64_t{count} + place : place;
  if (at < 0 || at >= std::int64_t{count}) return std::nullopt;
  return static_cast<std::uint32_t>(at);
}

Span span_of(std::int32_t from, std::int32_t to, std::uint32_t count) {
  const auto bounded = [count](std::int32_t place) {
    const std::int64_t at = place < 0 ? std::int64_t{count} + place : place;
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(at, 0, count));
  };
  const std::uint32_t begin = bounded(from);
  const std::uint32_t end = to == kOpenEnd ? count : bounded(to);
  return {begin, end > begin ? end - begin : 0};
}

}  // namespace airlock::abi::clear
