// host/yaml: the one way in which Airlock reads YAML.
//
// It is for what people write by hand and a wallet obeys: fee policies, and a wallet's own limits.
// It promises a tree of mappings, lists and texts, in which each stands with its line and column,
// and bounded time and memory on any input. It reads less than YAML: anchors, aliases, tags,
// directives, several documents, keys that are no plain words and duplicate keys are refused, each
// where it stands. It gives no scalar a type: whether `010` is a number is for its reader to say,
// who knows what belongs there; and a plain scalar that another reader of YAML would take for
// something else than text is told apart (Node::is_text). libyaml is behind it.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/base.h"

namespace airlock::yaml {

inline constexpr std::size_t kSizeMax = 256 << 10;  // of a document, in bytes
inline constexpr std::size_t kDepthMax = 32;        // mappings and lists in each other
inline constexpr std::size_t kNodesMax = 32'768;
inline constexpr std::size_t kMembersMax = 4'096;  // of one mapping
inline constexpr std::size_t kScalarMax = 4'096;   // bytes

// Where something stands, both from 1; the column counts characters.
struct Mark {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  friend bool operator==(const Mark&, const Mark&) = default;
};

// Why a document was refused: where, what is wrong there, and what would be right.
struct Fault {
  Code code = Code::bad_yaml;
  Mark mark{};
  std::string what{};
  std::string instead{};

  // text writes "line 3, column 9: WHAT; INSTEAD", or "WHAT; INSTEAD" where the line is 0.
  std::string text() const;
};

class Members;
class Elements;

// One value of a tree, which must outlive it. Copied like a pointer.
class Node {
 public:
  enum class Kind : std::uint8_t { scalar, list, mapping };

  Kind kind() const { return item_->kind; }
  bool is_scalar() const { return kind() == Kind::scalar; }
  bool is_list() const { return kind() == Kind::list; }
  bool is_mapping() const { return kind() == Kind::mapping; }
  Mark mark() const { return item_->mark; }

  // scalar returns the characters of a scalar (a bug otherwise), quoted or not.
  std::string_view scalar() const;
  bool is_quoted() const { return item_->is_quoted; }
  // is_text says that every reader of YAML takes the scalar for text: it is quoted, or looks like
  // no number, time, boolean or null.
  bool is_text() const;

  std::size_t count() const { return item_->count; }  // of members or elements
  Members members() const;                            // in the order of the document
  Elements elements() const;
  // member returns a mapping's member, or nothing.
  std::optional<Node> member(std::string_view name) const;

 private:
  friend class Tree;
  friend class Members;
  friend class Elements;
  struct Item {
    Kind kind = Kind::scalar;
    bool is_quoted = false;
    Mark mark{};
    std::uint32_t begin = 0;  // of a scalar in the texts
    std::uint32_t count = 0;  // of its bytes; of a container's members or elements
    std::uint32_t items = 1;  // how many it takes, itself included
  };
  Node(const Item* item, const char* texts) : item_(item), texts_(texts) {}
  Node after() const { return {item_ + item_->items, texts_}; }
  Node first() const { return {item_ + 1, texts_}; }

  const Item* item_;
  const char* texts_;
};

// A member of a mapping; the name is a node too, since it has a place.
struct Member {
  Node name;
  Node value;
};

class Members {
 public:
  class Iterator {
   public:
    Member operator*() const { return {at_, at_.after()}; }
    Iterator& operator++() {
      at_ = at_.after().after();
      return *this;
    }
    bool operator==(const Iterator& other) const { return at_.item_ == other.at_.item_; }

   private:
    friend class Members;
    explicit Iterator(Node at) : at_(at) {}
    Node at_;
  };
  Iterator begin() const { return Iterator(node_.first()); }
  Iterator end() const { return Iterator(node_.after()); }

 private:
  friend class Node;
  explicit Members(Node node) : node_(node) {}
  Node node_;
};

class Elements {
 public:
  class Iterator {
   public:
    Node operator*() const { return at_; }
    Iterator& operator++() {
      at_ = at_.after();
      return *this;
    }
    bool operator==(const Iterator& other) const { return at_.item_ == other.at_.item_; }

   private:
    friend class Elements;
    explicit Iterator(Node at) : at_(at) {}
    Node at_;
  };
  Iterator begin() const { return Iterator(node_.first()); }
  Iterator end() const { return Iterator(node_.after()); }

 private:
  friend class Node;
  explicit Elements(Node node) : node_(node) {}
  Node node_;
};

// Owns what its nodes show. Nodes hold when the tree is moved.
class Tree {
 public:
  // parse reads one document. Codes: bad_yaml, oversized, too_deep, too_many, duplicate_key,
  // bad_text (a character that nobody sees, or no UTF-8).
  static std::expected<Tree, Fault> parse(std::string_view text);
  Tree(Tree&&) noexcept = default;
  Tree& operator=(Tree&&) noexcept = default;

  Node root() const { return {items_.data(), texts_.data()}; }

 private:
  class Builder;
  Tree() = default;
  std::vector<Node::Item> items_;
  std::vector<char> texts_;
};

}  // namespace airlock::yaml
