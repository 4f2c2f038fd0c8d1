// A parsed text in two blocks of memory, for files that are large and only read.
//
// It is read by the same rules as json.h's Value and then never changes. The members of every
// object stand sorted by the bytes of their names, whatever the order in the text, so that walking
// a tree in order is walking its canonical form. A value takes 16 bytes, a text its own length
// besides: a list of 100 000 targets is smaller than its file twice.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/json/json.h"

namespace airlock::json {

class Members;
class Elements;

// One value of a tree, which must outlive it. Copied like a pointer.
class Node {
 public:
  enum class Kind : std::uint8_t { null, no, yes, negative, number, text, array, object };

  Kind kind() const { return item_->kind; }
  bool is_object() const { return kind() == Kind::object; }
  bool is_array() const { return kind() == Kind::array; }
  bool is_text() const { return kind() == Kind::text; }

  // Each of these is for values of that kind alone (a bug otherwise).
  std::string_view as_text() const;
  std::int64_t as_negative() const;
  std::uint64_t as_number() const;
  std::size_t count() const;  // of members or elements
  Members members() const;    // in the order of their names
  Elements elements() const;

  // member returns an object's member, or nothing: where there is none, and where this is no
  // object.
  std::optional<Node> member(std::string_view name) const;

 private:
  friend class Tree;
  friend class Members;
  friend class Elements;
  struct Item {
    Kind kind = Kind::null;
    std::uint32_t size = 0;   // of a text in bytes; of a container in members or elements
    std::uint64_t value = 0;  // a number; where a text begins; how many items a container takes
  };
  Node(const Item* item, const char* texts) : item_(item), texts_(texts) {}
  const Item* after() const;

  const Item* item_;
  const char* texts_;
};

// A member of an object, as a range-for names its parts.
struct Member {
  std::string_view name;
  Node value;
};

class Members {
 public:
  class Iterator {
   public:
    Member operator*() const { return {name().as_text(), value()}; }
    Iterator& operator++() {
      item_ = value().after();
      return *this;
    }
    bool operator==(const Iterator& other) const { return item_ == other.item_; }

   private:
    friend class Members;
    Iterator(const Node::Item* item, const char* texts) : item_(item), texts_(texts) {}
    Node name() const { return {item_, texts_}; }
    Node value() const { return {item_ + 1, texts_}; }
    const Node::Item* item_;
    const char* texts_;
  };
  Iterator begin() const { return {node_.item_ + 1, node_.texts_}; }
  Iterator end() const { return {node_.after(), node_.texts_}; }

 private:
  friend class Node;
  explicit Members(Node node) : node_(node) {}
  Node node_;
};

class Elements {
 public:
  class Iterator {
   public:
    Node operator*() const { return node_; }
    Iterator& operator++() {
      node_.item_ = node_.after();
      return *this;
    }
    bool operator==(const Iterator& other) const { return node_.item_ == other.node_.item_; }

   private:
    friend class Elements;
    explicit Iterator(Node node) : node_(node) {}
    Node node_;
  };
  Iterator begin() const { return Iterator({node_.item_ + 1, node_.texts_}); }
  Iterator end() const { return Iterator({node_.after(), node_.texts_}); }

 private:
  friend class Node;
  explicit Elements(Node node) : node_(node) {}
  Node node_;
};

// Whether a text may hold the character U+0000, spelled \u0000. What is written by people or for
// them has none; a text of a chain may, and what is said of it must be readable again. Names have
// none either way.
enum class Nul : std::uint8_t { refused, in_texts };

// Owns what its nodes show. Nodes hold when the tree is moved.
class Tree {
 public:
  // parse reads one value: exactly what json::parse reads, and a NUL where it is asked for. Errors:
  // bad_json (at = byte offset), out_of_range (an integer that 64 bits do not hold), too_deep,
  // duplicate_key, oversized; of several faults either reader may name another one first. A text
  // has at most 4 GiB.
  static Result<Tree> parse(std::string_view text, std::size_t size_max, Nul nul = Nul::refused);
  Tree(Tree&&) noexcept = default;
  Tree& operator=(Tree&&) noexcept = default;

  Node root() const { return {items_.data(), texts_.data()}; }

 private:
  class Builder;
  Tree() = default;
  std::vector<Node::Item> items_;
  std::vector<char> texts_;
};

// Members of an object, with the errors of their siblings in json.h.
Result<std::string_view> text(Node object, std::string_view key, std::size_t size_max);
Result<std::int64_t> integer(Node object, std::string_view key, std::int64_t min, std::int64_t max);
Result<bool> boolean(Node object, std::string_view key);
Result<Node> object(Node object, std::string_view key);
Result<Node> array(Node object, std::string_view key, std::size_t count_max);
Result<std::optional<Node>> optional(Node object, std::string_view key);

// value_of makes the library's value of a node, for what is small or is to be changed.
Value value_of(Node node);

}  // namespace airlock::json
