#include "engine/abi/compare_texts.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "host/json/tree.h"
#include "host/text/text.h"

namespace airlock::abi {
namespace {

using json::Node;
using What = Change::What;

constexpr std::size_t kJsonSizeMax = 16 << 20;    // as any content
constexpr std::size_t kPlacesSizeMax = 64 << 20;  // of all places of one content together
constexpr std::array<std::string_view, 10> kWords = {"$id",          "$schema",
                                                     "contractName", "deploymentDate",
                                                     "intent",       "interpolatedIntent",
                                                     "label",        "legalName",
                                                     "owner",        "url"};

// One value that holds no others.
struct Leaf {
  std::string parent;  // the path of what it stands in
  std::string name;
  std::string place;  // as it is told
  std::string value;
};

// A path tells members from elements, and no name has the NUL that parts it: two places never meet.
struct Leaves {
  std::map<std::string, Leaf> by_path;
  std::set<std::string> containers;
};

std::string spelled(Node node) {
  return node.is_text() ? std::string(node.as_text()) : json::write(json::value_of(node));
}

bool is_leaf(Node node) { return (!node.is_object() && !node.is_array()) || node.count() == 0; }

// What each element is told by: its member "path" where all have one of their own; else its number.
std::vector<std::string> names_of(Node list) {
  std::vector<std::string> names;
  std::set<std::string_view> paths;
  for (const Node element : list.elements()) {
    const auto path = element.member("path");
    if (!path || !path->is_text() || !paths.insert(path->as_text()).second) break;
    names.emplace_back(path->as_text());
  }
  if (names.size() == list.count()) return names;
  names.clear();
  for (std::size_t i = 0; i < list.count(); ++i) names.push_back(std::to_string(i));
  return names;
}

class Walk {
 public:
  Result<Leaves> leaves(Node root) {
    if (is_leaf(root)) {
      leaves_.by_path.emplace("", Leaf{"", "", "", spelled(root)});
      return std::move(leaves_);
    }
    open_ = {{root, "", ""}};
    while (!open_.empty()) {
      const Open one = std::move(open_.back());
      open_.pop_back();
      leaves_.containers.insert(one.path);
      if (one.node.is_object()) {
        for (const auto& [name, value] : one.node.members()) {
          const std::string place = one.place + (one.place.empty() ? "" : ".") + std::string(name);
          AIRLOCK_TRY(meet(one, value, std::string(name), '.', place));
        }
        continue;
      }
      const std::vector<std::string> names = names_of(one.node);
      std::size_t at = 0;
      for (const Node element : one.node.elements()) {
        const std::string& name = names[at++];
        AIRLOCK_TRY(meet(one, element, name, '[', one.place + "[" + name + "]"));
      }
    }
    return std::move(leaves_);
  }

 private:
  struct Open {
    Node node;
    std::string path;
    std::string place;
  };

  Status meet(const Open& in, Node node, std::string name, char kind, std::string place) {
    std::string path = in.path + '\0' + kind + name;
    size_ += path.size() + place.size();
    if (size_ > kPlacesSizeMax) return fail(Code::too_many, size_);
    if (is_leaf(node)) {
      leaves_.by_path.emplace(std::move(path),
                              Leaf{in.path, std::move(name), std::move(place), spelled(node)});
    } else {
      open_.push_back({node, std::move(path), std::move(place)});
    }
    return {};
  }

  std::vector<Open> open_;
  Leaves leaves_;
  std::size_t size_ = 0;
};

// Whether who relied on the old value is misled by the new one, or by its absence.
bool breaks(std::string_view key, const Leaf& leaf) {
  if (key.starts_with("token/") || key.starts_with("chain/")) return leaf.name == "decimals";
  if (!key.starts_with("file/")) return false;
  return std::ranges::find(kWords, leaf.name) == kWords.end();
}

Status tell(std::vector<Change>& changes, Change change) {
  if (changes.size() >= kChangesMax) return fail(Code::too_many, kChangesMax);
  changes.push_back(std::move(change));
  return {};
}

Status compare_leaves(std::string_view key, const Leaves& before, const Leaves& after,
                      std::vector<Change>& changes) {
  const std::string in(key);
  for (const auto& [path, leaf] : before.by_path) {
    const auto now = after.by_path.find(path);
    if (now == after.by_path.end()) {
      AIRLOCK_TRY(
          tell(changes, {What::removed, breaks(key, leaf), in, {}, leaf.place, leaf.value, {}}));
    } else if (now->second.value != leaf.value) {
      AIRLOCK_TRY(tell(
          changes,
          {What::content, breaks(key, leaf), in, {}, leaf.place, leaf.value, now->second.value}));
    }
  }
  for (const auto& [path, leaf] : after.by_path) {
    if (before.by_path.contains(path)) continue;
    // A further field misleads nobody; a further condition on one that was there may hide it.
    const bool is_breaking = breaks(key, leaf) && before.containers.contains(leaf.parent);
    AIRLOCK_TRY(tell(changes, {What::added, is_breaking, in, {}, leaf.place, {}, leaf.value}));
  }
  return {};
}

std::string summary(std::string_view key, Bytes content) {
  constexpr std::size_t kShownInFull = 32;
  if (key.starts_with("name/")) return std::string(text_of(content));
  if (content.size() <= kShownInFull) return "0x" + text::to_hex(content);
  return std::to_string(content.size()) + " bytes, SHA-256 " +
         text::to_hex(crypto::sha256(content).bytes);
}

}  // namespace

Status compare_texts(std::string_view key, Bytes before, Bytes after,
                     std::vector<Change>& changes) {
  const std::size_t told = changes.size();
  const bool is_json = !key.starts_with("name/") && !key.starts_with("code/");
  const auto old = json::Tree::parse(is_json ? text_of(before) : "", kJsonSizeMax);
  const auto now = json::Tree::parse(is_json ? text_of(after) : "", kJsonSizeMax);
  if (!old || !now) {
    // Another code is another contract; what else is not JSON is words.
    return tell(changes, {What::content,
                          key.starts_with("code/"),
                          std::string(key),
                          {},
                          {},
                          summary(key, before),
                          summary(key, after)});
  }
  AIRLOCK_ASSIGN(const Leaves was, Walk().leaves(old->root()));
  AIRLOCK_ASSIGN(const Leaves is, Walk().leaves(now->root()));
  AIRLOCK_TRY(compare_leaves(key, was, is, changes));
  if (changes.size() != told) return {};
  return tell(changes, {What::content, false, std::string(key), {}, "order", {}, {}});
}

}  // namespace airlock::abi
