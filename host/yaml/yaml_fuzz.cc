// Whatever is read can be walked, each value stands at a place of the text, and limits hold.
#include "host/yaml/yaml.h"

namespace {

using airlock::yaml::Node;

void walk(Node root, std::size_t lines) {
  std::vector<Node> waiting = {root};
  std::size_t seen = 0;
  while (!waiting.empty()) {
    const Node node = waiting.back();
    waiting.pop_back();
    AIRLOCK_CHECK(++seen <= airlock::yaml::kNodesMax && node.mark().line <= lines + 1);
    if (node.is_scalar()) AIRLOCK_CHECK(node.scalar().size() <= airlock::yaml::kScalarMax);
    if (node.is_list()) {
      for (const Node element : node.elements()) waiting.push_back(element);
    }
    if (!node.is_mapping()) continue;
    for (const auto& [name, value] : node.members()) {
      AIRLOCK_CHECK(name.is_scalar() && node.member(name.scalar()).has_value());
      waiting.push_back(value);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::size_t lines = 1;
  for (const char c : text)
    lines += c == '\n' || c == '\r' || static_cast<unsigned char>(c) >= 0x80;
  const auto tree = airlock::yaml::Tree::parse(text);
  if (tree)
    walk(tree->root(), lines);
  else
    AIRLOCK_CHECK(!tree.error().what.empty());
  return 0;
}
