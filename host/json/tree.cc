#include "host/json/tree.h"

#include <algorithm>
#include <limits>

#include "host/json/internal/reader.h"

namespace airlock::json {

using Kind = Node::Kind;

std::string_view Node::as_text() const {
  AIRLOCK_CHECK(is_text());
  return {texts_ + item_->value, item_->size};
}

std::int64_t Node::as_negative() const {
  AIRLOCK_CHECK(kind() == Kind::negative);
  return static_cast<std::int64_t>(item_->value);
}

std::uint64_t Node::as_number() const {
  AIRLOCK_CHECK(kind() == Kind::number);
  return item_->value;
}

std::size_t Node::count() const {
  AIRLOCK_CHECK(is_object() || is_array());
  return item_->size;
}

Members Node::members() const {
  AIRLOCK_CHECK(is_object());
  return Members(*this);
}

Elements Node::elements() const {
  AIRLOCK_CHECK(is_array());
  return Elements(*this);
}

std::optional<Node> Node::member(std::string_view name) const {
  if (!is_object()) return std::nullopt;
  for (const auto& [key, value] : members()) {
    if (key == name) return value;
    if (key > name) break;
  }
  return std::nullopt;
}

const Node::Item* Node::after() const {
  return item_ + (is_object() || is_array() ? item_->value : 1);
}

// Appends items in the order of the text. An object whose members came unsorted is put in order
// when it closes; what was sorted already, as canonical files are, is not touched again.
class Tree::Builder {
 public:
  explicit Builder(std::size_t text_size) {
    // More than most texts need, and none of it takes memory before it is used.
    constexpr std::size_t kBytesAnItem = 16;
    tree_.items_.reserve(text_size / kBytesAnItem + 1);
    tree_.texts_.reserve(text_size);
  }
  Tree take() { return std::move(tree_); }

  void null() { add(Kind::null, 0, 0); }
  void boolean(bool value) { add(value ? Kind::yes : Kind::no, 0, 0); }
  void integer(std::int64_t value) { add(Kind::negative, 0, static_cast<std::uint64_t>(value)); }
  void number(std::uint64_t value) { add(Kind::number, 0, value); }
  void text(std::string_view value) {
    count();
    put_text(value);
  }
  bool key(std::string_view name) {
    Open& object = open_.back();
    const std::size_t at = items().size();
    put_text(name);
    if (item(object.start).size > 0) {
      const std::string_view before = name_at(object.last);
      if (before == name) return false;
      object.is_sorted = object.is_sorted && before < name;
    }
    object.last = at;
    return true;
  }
  void open_object() { open(Kind::object); }
  void open_array() { open(Kind::array); }
  void close_array() { close(); }
  bool close_object() {
    const Open object = close();
    return object.is_sorted || sort(object.start);
  }

 private:
  using Item = Node::Item;
  struct Open {
    std::size_t start;     // of the container's item
    std::size_t last = 0;  // of the name that came last
    bool is_sorted = true;
  };

  std::vector<Item>& items() { return tree_.items_; }
  Item& item(std::size_t at) { return tree_.items_[at]; }
  std::string_view name_at(std::size_t at) {
    return {tree_.texts_.data() + item(at).value, item(at).size};
  }

  void put_text(std::string_view value) {
    items().push_back({Kind::text, static_cast<std::uint32_t>(value.size()), tree_.texts_.size()});
    tree_.texts_.insert(tree_.texts_.end(), value.begin(), value.end());
  }

  // One more element, or one more member.
  void count() {
    if (!open_.empty()) ++item(open_.back().start).size;
  }
  void add(Kind kind, std::uint32_t size, std::uint64_t value) {
    count();
    items().push_back({kind, size, value});
  }
  void open(Kind kind) {
    add(kind, 0, 0);
    open_.push_back({items().size() - 1});
  }
  Open close() {
    const Open closed = open_.back();
    open_.pop_back();
    item(closed.start).value = items().size() - closed.start;
    return closed;
  }

  // Puts the members that end the items in order; false where two have one name. Extents are
  // relative and texts lie elsewhere, so that a member can be moved as it is.
  bool sort(std::size_t object) {
    struct Span {
      std::string_view name;
      std::size_t begin, end;
    };
    std::vector<Span> spans;
    spans.reserve(item(object).size);
    for (std::size_t at = object + 1; at < items().size();) {
      const Item& value = item(at + 1);
      const bool holds_more = value.kind == Kind::object || value.kind == Kind::array;
      const std::size_t end = at + 1 + (holds_more ? value.value : 1);
      spans.push_back({name_at(at), at, end});
      at = end;
    }
    std::ranges::sort(spans, {}, &Span::name);
    if (std::ranges::adjacent_find(spans, {}, &Span::name) != spans.end()) return false;
    std::vector<Item> sorted;
    sorted.reserve(items().size() - object);
    const auto first = items().begin();
    for (const Span& span : spans) {
      sorted.insert(sorted.end(), first + static_cast<std::ptrdiff_t>(span.begin),
                    first + static_cast<std::ptrdiff_t>(span.end));
    }
    std::ranges::copy(sorted, first + static_cast<std::ptrdiff_t>(object + 1));
    return true;
  }

  Tree tree_;
  std::vector<Open> open_;
};

Result<Tree> Tree::parse(std::string_view text, std::size_t size_max, Nul nul) {
  AIRLOCK_CHECK(size_max <= std::numeric_limits<std::uint32_t>::max());
  if (text.size() > size_max) return fail(Code::oversized, text.size());
  Builder builder(text.size());
  AIRLOCK_TRY(internal::Reader(text, builder, nul == Nul::in_texts).read());
  return builder.take();
}

namespace {

Result<Node> member(Node object, std::string_view key) {
  if (!object.is_object()) return fail(Code::wrong_type);
  const std::optional<Node> found = object.member(key);
  if (!found) return fail(Code::missing_field);
  return *found;
}

}  // namespace

Result<std::string_view> text(Node object, std::string_view key, std::size_t size_max) {
  AIRLOCK_ASSIGN(const Node found, member(object, key));
  if (!found.is_text()) return fail(Code::wrong_type);
  if (found.as_text().size() > size_max) return fail(Code::oversized, found.as_text().size());
  return found.as_text();
}

Result<std::int64_t> integer(Node object, std::string_view key, std::int64_t min,
                             std::int64_t max) {
  AIRLOCK_ASSIGN(const Node found, member(object, key));
  std::int64_t value = 0;
  if (found.kind() == Kind::negative) {
    value = found.as_negative();
  } else if (found.kind() != Kind::number) {
    return fail(Code::wrong_type);
  } else if (found.as_number() > static_cast<std::uint64_t>(INT64_MAX)) {
    return fail(Code::out_of_range);
  } else {
    value = static_cast<std::int64_t>(found.as_number());
  }
  if (value < min || value > max) return fail(Code::out_of_range);
  return value;
}

Result<bool> boolean(Node object, std::string_view key) {
  AIRLOCK_ASSIGN(const Node found, member(object, key));
  if (found.kind() != Kind::yes && found.kind() != Kind::no) return fail(Code::wrong_type);
  return found.kind() == Kind::yes;
}

Result<Node> object(Node object, std::string_view key) {
  AIRLOCK_ASSIGN(const Node found, member(object, key));
  if (!found.is_object()) return fail(Code::wrong_type);
  return found;
}

Result<Node> array(Node object, std::string_view key, std::size_t count_max) {
  AIRLOCK_ASSIGN(const Node found, member(object, key));
  if (!found.is_array()) return fail(Code::wrong_type);
  if (found.count() > count_max) return fail(Code::too_many, found.count());
  return found;
}

Result<std::optional<Node>> optional(Node object, std::string_view key) {
  if (!object.is_object()) return fail(Code::wrong_type);
  const std::optional<Node> found = object.member(key);
  if (found && found->kind() == Kind::null) return std::nullopt;
  return found;
}

namespace {

Value scalar_of(Node node) {
  switch (node.kind()) {
    case Kind::null: return nullptr;
    case Kind::no: return false;
    case Kind::yes: return true;
    case Kind::negative: return node.as_negative();
    case Kind::number: return node.as_number();
    case Kind::text: return std::string(node.as_text());
    case Kind::array: return Value::array();
    case Kind::object: return Value::object();
  }
  broken_promise();
}

// A container that is being copied.
struct Copied {
  Node from;
  Value* to;
};

}  // namespace

Value value_of(Node node) {
  Value root = scalar_of(node);
  std::vector<Copied> waiting = {{node, &root}};  // instead of recursion
  while (!waiting.empty()) {
    const auto [from, to] = waiting.back();
    waiting.pop_back();
    if (from.is_object()) {
      for (const auto& [name, value] : from.members()) {
        Value& made = (*to)[std::string(name)] = scalar_of(value);
        waiting.push_back({value, &made});
      }
    } else if (from.is_array()) {
      to->get_ref<Value::array_t&>().reserve(from.count());  // so that none moves
      for (const Node element : from.elements()) {
        to->push_back(scalar_of(element));
        waiting.push_back({element, &to->back()});
      }
    }
  }
  return root;
}

}  // namespace airlock::json
