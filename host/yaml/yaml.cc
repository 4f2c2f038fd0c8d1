#include "host/yaml/yaml.h"

#include <yaml.h>

#include <algorithm>
#include <memory>

#include "host/text/text.h"

namespace airlock::yaml {
namespace {

// A parser of libyaml over a text, and its present event.
class Events {
 public:
  explicit Events(std::string_view text) {
    AIRLOCK_CHECK(yaml_parser_initialize(&parser_) == 1);
    // Else a mark at the start would choose another encoding, which nobody checked.
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, bytes_of(text).data(), text.size());
  }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;
  ~Events() {
    drop();
    yaml_parser_delete(&parser_);
  }

  // next goes on to the next event; false where the text is no YAML.
  bool next() {
    drop();
    has_event_ = yaml_parser_parse(&parser_, &event_) == 1;
    return has_event_;
  }
  const yaml_event_t& event() const { return event_; }
  Mark mark() const { return mark_of(event_.start_mark); }

  Fault fault() const {
    Fault fault{.mark = mark_of(parser_.problem_mark)};
    fault.what = parser_.problem != nullptr ? parser_.problem : "this is no YAML";
    if (parser_.context != nullptr) fault.what += std::string(" ") + parser_.context;
    fault.instead = "correct the indentation, the quotes or the brackets here or in the line above";
    return fault;
  }

 private:
  static Mark mark_of(const yaml_mark_t& mark) {
    return {static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)};
  }
  void drop() {
    if (has_event_) yaml_event_delete(&event_);
    has_event_ = false;
  }
  yaml_parser_t parser_{};
  yaml_event_t event_{};
  bool has_event_ = false;
};

std::string_view view(const yaml_char_t* text, std::size_t size) {
  return {reinterpret_cast<const char*>(text), size};
}

// The first hidden character of a text; a line feed is one too, where a text has one line.
bool has_hidden(std::string_view text) {
  while (!text.empty()) {
    const text::CodePoint point = text::code_point(text);
    if (point.size == 0 || point.value == '\n' || text::is_hidden(point.value)) return true;
    text.remove_prefix(point.size);
  }
  return false;
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Numbers, times and their like begin with a digit or a sign, and have no other letters than these.
bool is_like_a_number(std::string_view text) {
  constexpr std::string_view kNumeric = "0123456789abcdefABCDEFxXoO_.:+-TZtz ";
  const char first = text[0];
  if (first == '+' || first == '-' || first == '.') {
    if (text.size() == 1) return true;
    const char second = text[1] == '.' && text.size() > 2 ? text[2] : text[1];
    if (second != 'i' && second != 'n' && second != 'I' && second != 'N' &&
        !is_digits({&second, 1}))
      return false;
    return true;
  }
  return is_digits({&first, 1}) && text.find_first_not_of(kNumeric) == std::string_view::npos;
}

bool is_word_of_another_type(std::string_view text) {
  constexpr std::array<std::string_view, 10> kWords = {"~",  "null", "true", "false", "yes",
                                                       "no", "on",   "off",  "y",     "n"};
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return std::ranges::find(kWords, lower) != kWords.end();
}

}  // namespace

std::string Fault::text() const {
  const std::string place =
      "line " + std::to_string(mark.line) + ", column " + std::to_string(mark.column) + ": ";
  std::string made = (mark.line > 0 ? place : "") + what;
  if (!instead.empty()) made += "; " + instead;
  return made;
}

std::string_view Node::scalar() const {
  AIRLOCK_CHECK(is_scalar());
  return {texts_ + item_->begin, item_->count};
}

bool Node::is_text() const {
  if (!is_scalar()) return false;
  if (is_quoted()) return true;
  const std::string_view text = scalar();
  return !text.empty() && text != "<<" && text != "=" && !is_word_of_another_type(text) &&
         !is_like_a_number(text);
}

Members Node::members() const {
  AIRLOCK_CHECK(is_mapping());
  return Members(*this);
}

Elements Node::elements() const {
  AIRLOCK_CHECK(is_list());
  return Elements(*this);
}

std::optional<Node> Node::member(std::string_view name) const {
  for (const auto& [key, value] : members()) {
    if (key.scalar() == name) return value;
  }
  return std::nullopt;
}

class Tree::Builder {
 public:
  explicit Builder(std::string_view text) : events_(text) {}

  std::expected<Tree, Fault> build() {
    do {
      if (!events_.next()) return std::unexpected(events_.fault());
      AIRLOCK_TRY(take());
    } while (events_.event().type != YAML_STREAM_END_EVENT);
    if (tree_.items_.empty())
      return std::unexpected(Fault{.what = "the document is empty", .instead = {}});
    return std::move(tree_);
  }

 private:
  using Taken = std::expected<void, Fault>;

  // A mapping or list that is not closed yet.
  struct Open {
    std::uint32_t item;
    std::vector<std::uint32_t> names{};  // of a mapping: its keys
    bool is_name_next = true;
  };

  Taken refuse(Code code, std::string what, std::string instead) const {
    return std::unexpected(Fault{code, events_.mark(), std::move(what), std::move(instead)});
  }

  Taken take() {
    const yaml_event_t& event = events_.event();
    switch (event.type) {
      case YAML_DOCUMENT_START_EVENT: return begin_document(event);
      case YAML_ALIAS_EVENT:
        return refuse(Code::bad_yaml, "an alias (*) stands here", "write out what it stands for");
      case YAML_SCALAR_EVENT: return scalar(event);
      case YAML_SEQUENCE_START_EVENT:
        AIRLOCK_TRY(plain(event.data.sequence_start.anchor, event.data.sequence_start.tag));
        return open(Node::Kind::list);
      case YAML_MAPPING_START_EVENT:
        AIRLOCK_TRY(plain(event.data.mapping_start.anchor, event.data.mapping_start.tag));
        return open(Node::Kind::mapping);
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT: return close();
      case YAML_NO_EVENT:
      case YAML_STREAM_START_EVENT:
      case YAML_STREAM_END_EVENT:
      case YAML_DOCUMENT_END_EVENT: return {};
    }
    return {};
  }

  Taken begin_document(const yaml_event_t& event) {
    const auto& start = event.data.document_start;
    if (start.version_directive != nullptr ||
        start.tag_directives.start != start.tag_directives.end)
      return refuse(Code::bad_yaml, "a directive (%) stands here", "leave it out");
    if (!tree_.items_.empty())
      return refuse(Code::bad_yaml, "a second document begins here", "write one document a file");
    return {};
  }

  Taken plain(const yaml_char_t* anchor, const yaml_char_t* tag) const {
    if (anchor != nullptr)
      return refuse(Code::bad_yaml, "an anchor (&) stands here", "leave it out");
    if (tag != nullptr) return refuse(Code::bad_yaml, "a tag (!) stands here", "leave it out");
    return {};
  }

  // A value or a name comes: counts it, and says whether it is a name.
  Taken count(bool is_scalar) {
    if (tree_.items_.size() >= kNodesMax)
      return refuse(Code::too_many, "there are more than " + std::to_string(kNodesMax) + " values",
                    "make the document smaller");
    if (open_.empty()) return {};
    Open& parent = open_.back();
    Node::Item& item = tree_.items_[parent.item];
    if (item.kind == Node::Kind::list) {
      ++item.count;
      return {};
    }
    if (parent.is_name_next) {
      if (!is_scalar) return refuse(Code::bad_yaml, "a key is no word", "write a word and a colon");
      if (++item.count > kMembersMax)
        return refuse(Code::too_many, "the mapping has too many members", "make it smaller");
      parent.names.push_back(static_cast<std::uint32_t>(tree_.items_.size()));
    }
    parent.is_name_next = !parent.is_name_next;
    return {};
  }

  Taken scalar(const yaml_event_t& event) {
    const auto& data = event.data.scalar;
    AIRLOCK_TRY(plain(data.anchor, data.tag));
    AIRLOCK_TRY(count(true));
    const std::string_view text = view(data.value, data.length);
    if (text.size() > kScalarMax)
      return refuse(Code::oversized, "a text is longer than its limit", "shorten it");
    if (has_hidden(text))
      return refuse(Code::bad_text, "a text holds a character that nobody sees", "leave it out");
    tree_.items_.push_back({.is_quoted = data.style != YAML_PLAIN_SCALAR_STYLE,
                            .mark = events_.mark(),
                            .begin = static_cast<std::uint32_t>(tree_.texts_.size()),
                            .count = static_cast<std::uint32_t>(text.size())});
    tree_.texts_.insert(tree_.texts_.end(), text.begin(), text.end());
    return {};
  }

  Taken open(Node::Kind kind) {
    AIRLOCK_TRY(count(false));
    if (open_.size() >= kDepthMax)
      return refuse(Code::too_deep,
                    "mappings and lists nest deeper than " + std::to_string(kDepthMax),
                    "nest less");
    open_.push_back({.item = static_cast<std::uint32_t>(tree_.items_.size())});
    tree_.items_.push_back({.kind = kind, .mark = events_.mark()});
    return {};
  }

  Taken close() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    Node::Item& item = tree_.items_[closed.item];
    item.items = static_cast<std::uint32_t>(tree_.items_.size()) - closed.item;
    return check_names(closed.names);
  }

  Taken check_names(std::vector<std::uint32_t>& names) const {
    const auto name_of = [this](std::uint32_t item) {
      return Node(&tree_.items_[item], tree_.texts_.data()).scalar();
    };
    std::ranges::sort(names, [&](std::uint32_t a, std::uint32_t b) {
      const int order = name_of(a).compare(name_of(b));
      return order != 0 ? order < 0 : a < b;
    });
    const auto same = [&](std::uint32_t a, std::uint32_t b) { return name_of(a) == name_of(b); };
    const auto twice = std::ranges::adjacent_find(names, same);
    if (twice == names.end()) return {};
    return std::unexpected(
        Fault{Code::duplicate_key, tree_.items_[*(twice + 1)].mark,
              "the key " + text::visible_line(name_of(*twice)) + " stands here for a second time",
              "remove one of the two"});
  }

  Events events_;
  Tree tree_;
  std::vector<Open> open_;
};

namespace {

// check_characters looks at every character, those of comments too: who reads a policy beside its
// comments shall see what its reader sees.
std::expected<void, Fault> check_characters(std::string_view text) {
  Mark mark;
  while (!text.empty()) {
    const text::CodePoint point = text::code_point(text);
    if (point.size == 0)
      return std::unexpected(
          Fault{Code::bad_text, mark, "this is no UTF-8", "save the document as such"});
    const bool is_space = point.value == '\n' || point.value == '\r' || point.value == '\t';
    if (!is_space && text::is_hidden(point.value))
      return std::unexpected(Fault{Code::bad_text, mark,
                                   "a character that nobody sees stands here (" +
                                       text::visible_line(text.substr(0, point.size)) + ")",
                                   "leave it out"});
    ++mark.column;
    if (point.value == '\n') mark = {mark.line + 1, 1};
    text.remove_prefix(point.size);
  }
  return {};
}

}  // namespace

std::expected<Tree, Fault> Tree::parse(std::string_view text) {
  if (text.size() > kSizeMax)
    return std::unexpected(Fault{Code::oversized,
                                 {},
                                 "the document has " + std::to_string(text.size()) + " bytes",
                                 "at most " + std::to_string(kSizeMax) + " are read"});
  AIRLOCK_TRY(check_characters(text));
  return Builder(text).build();
}

}  // namespace airlock::yaml
