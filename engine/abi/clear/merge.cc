#include "engine/abi/clear/internal/merge.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "engine/abi/clear/internal/compiler.h"

namespace airlock::abi::clear::internal {

using json::Value;

namespace {

constexpr unsigned kMajorRead = 2;

// The version that the name of the schema says: ".../erc7730-v2.1.schema.json" is 2.
Status check_schema(const Value& root) {
  constexpr std::string_view kBefore = "erc7730-v";
  AIRLOCK_ASSIGN(std::string_view schema, File::text(root, "$schema"));
  const std::size_t found = schema.rfind(kBefore);
  if (found == std::string_view::npos) return fail(Code::bad_descriptor);
  schema.remove_prefix(found + kBefore.size());
  unsigned major = 0;
  const auto [at, error] = std::from_chars(schema.data(), schema.data() + schema.size(), major);
  const bool is_whole = at != schema.data() + schema.size() && (*at == '.' || *at == '-');
  if (error != std::errc() || !is_whole || major != kMajorRead)
    return fail(Code::unsupported_version, major);
  return {};
}

// The name of an included file, from that of the one which includes it.
Result<std::string> joined(std::string_view base, std::string_view name) {
  if (name.find("://") != std::string_view::npos) return std::string(name);
  std::vector<std::string_view> parts;
  const auto walk = [&parts](std::string_view path) {
    while (!path.empty()) {
      const std::size_t slash = std::min(path.find('/'), path.size());
      const std::string_view part = path.substr(0, slash);
      path.remove_prefix(std::min(slash + 1, path.size()));
      if (part.empty() || part == ".") continue;
      if (part != "..") {
        parts.push_back(part);
      } else if (parts.empty()) {
        return false;
      } else {
        parts.pop_back();
      }
    }
    return true;
  };
  const std::size_t slash = base.rfind('/');
  walk(slash == std::string_view::npos ? std::string_view() : base.substr(0, slash));
  if (!walk(name)) return fail(Code::bad_descriptor);
  std::string path;
  for (const std::string_view part : parts) path.append(path.empty() ? "" : "/").append(part);
  return path;
}

// Puts members of `over` into `under`, and wins. As deep as two files, whose reader has a limit.
void put_over(Value& under, const Value& over) {
  std::vector<std::pair<Value*, const Value*>> open{{&under, &over}};
  while (!open.empty()) {
    const auto [to, from] = open.back();
    open.pop_back();
    for (const auto& [key, value] : from->items()) {
      const auto found = to->find(key);
      if (found != to->end() && found->is_object() && value.is_object())
        open.emplace_back(&*found, &value);
      else
        (*to)[key] = value;
    }
  }
}

const Value* path_of(const Value& field) {
  if (!field.is_object()) return nullptr;
  const auto found = field.find("path");
  return found == field.end() ? nullptr : &*found;
}

Value merged_fields(Value under, const Value& over) {
  for (const Value& field : over) {
    const Value* const path = path_of(field);
    const auto same = std::find_if(under.begin(), under.end(), [path](const Value& other) {
      const Value* const its = path_of(other);
      return path != nullptr && its != nullptr && *its == *path;
    });
    if (same == under.end())
      under.push_back(field);
    else if (same->is_object())
      put_over(*same, field);
  }
  return under;
}

bool both(const Value& a, const Value& b, const char* key, Value::value_t type) {
  const auto in_a = a.find(key), in_b = b.find(key);
  return in_a != a.end() && in_b != b.end() && in_a->type() == type && in_b->type() == type;
}

// The lists of fields that both files have, by format: they are not simply replaced.
Value common_fields(const Value& under, const Value& over) {
  Value lists = Value::object();
  if (!both(under, over, "display", Value::value_t::object)) return lists;
  const Value& below = under["display"];
  const Value& above = over["display"];
  if (!both(below, above, "formats", Value::value_t::object)) return lists;
  for (const auto& [key, format] : above["formats"].items()) {
    const auto found = below["formats"].find(key);
    if (found == below["formats"].end() || !found->is_object() || !format.is_object()) continue;
    if (both(*found, format, "fields", Value::value_t::array))
      lists[key] = merged_fields((*found)["fields"], format["fields"]);
  }
  return lists;
}

}  // namespace

Result<Value> merged(std::string_view json, std::string_view name, const Include& include) {
  std::vector<Value> files;
  std::vector<std::string> names{std::string(name)};
  std::string text(json);
  while (true) {
    AIRLOCK_ASSIGN(Value file, json::parse(text, kDescriptorSizeMax));
    if (!file.is_object()) return fail(Code::bad_descriptor);
    AIRLOCK_TRY(check_schema(file));
    AIRLOCK_ASSIGN(const Value* included, json::optional(file, "includes"));
    std::string next;
    if (included != nullptr) {
      if (!included->is_string()) return fail(Code::bad_descriptor);
      AIRLOCK_ASSIGN(next, joined(names.back(), included->get_ref<const std::string&>()));
      file.erase("includes");
    }
    files.push_back(std::move(file));
    if (included == nullptr) break;
    // A file that includes itself, on whatever way, never ends.
    if (files.size() == kIncludesMax || std::find(names.begin(), names.end(), next) != names.end())
      return fail(Code::bad_descriptor);
    AIRLOCK_ASSIGN(text, include(next));
    names.push_back(std::move(next));
  }
  Value made = std::move(files.back());
  for (std::size_t i = files.size() - 1; i-- > 0;) {
    Value lists = common_fields(made, files[i]);
    put_over(made, files[i]);
    for (auto& [key, list] : lists.items()) made["display"]["formats"][key]["fields"] = list;
  }
  return made;
}

}  // namespace airlock::abi::clear::internal
