#include <algorithm>
#include <array>

#include "engine/abi/evm/internal/entries.h"
#include "engine/abi/evm/load.h"

namespace airlock::abi::evm {

using internal::Draft;
using internal::Name;
using type::EntryKind;

namespace {

constexpr std::array<std::string_view, 5> kModifiers = {"memory", "calldata", "storage", "payable",
                                                        "indexed"};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$';
}

// Reads one signature from its text, without recursion: Parameters keeps what is open.
class SignatureReader {
 public:
  SignatureReader(std::string_view text, internal::Parameters& parameters)
      : text_(text), parameters_(parameters) {}

  Result<Draft> read() {
    if (text_.size() > kSignatureSizeMax) return fail(Code::bad_abi);
    Draft draft;
    draft.name = word();
    draft.kind = draft.name.empty() ? EntryKind::record : EntryKind::function;
    if (!take('(')) return fail(Code::bad_abi);
    parameters_.begin();
    std::size_t depth = 1;
    bool may_close = true;  // nothing stands before it, or a whole parameter
    while (depth > 0) {
      if (may_close && take(')')) {
        if (--depth > 0) AIRLOCK_TRY(close());
      } else if (begins_tuple()) {
        AIRLOCK_TRY(parameters_.open());
        ++depth;
        may_close = true;
        continue;
      } else {
        AIRLOCK_TRY(leaf());
      }
      if (depth == 0) break;
      may_close = !take(',');
      if (may_close && peek() != ')') return fail(Code::bad_abi);
    }
    if (peek() != '\0' || at_ != text_.size()) return fail(Code::bad_abi);
    AIRLOCK_ASSIGN(draft.input, parameters_.end());
    draft.inputs = parameters_.spelling();
    return draft;
  }

 private:
  // The next character that is no space.
  char peek() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  std::string_view word() {
    peek();
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  bool begins_tuple() {
    constexpr std::string_view kTuple = "tuple(";
    peek();
    if (text_.substr(at_).starts_with(kTuple)) {
      at_ += kTuple.size();
      return true;
    }
    return take('(');
  }
  std::string_view arrays() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] == '[') {
      const std::size_t end = text_.find(']', at_);
      if (end == std::string_view::npos) break;
      at_ = end + 1;
    }
    return text_.substr(begin, at_ - begin);
  }
  // What stands between a type and the next comma: where the value is kept, and its name.
  Result<Name> called() {
    Name name;
    for (std::string_view next = word(); !next.empty(); next = word()) {
      if (!name.name.empty()) return fail(Code::bad_abi);
      if (std::find(kModifiers.begin(), kModifiers.end(), next) == kModifiers.end())
        name.name = next;
    }
    return name;
  }
  Status leaf() {
    const std::string_view type = word(), suffix = arrays();
    AIRLOCK_ASSIGN(const Name name, called());
    return parameters_.add(type, suffix, name);
  }
  Status close() {
    const std::string_view suffix = arrays();
    AIRLOCK_ASSIGN(const Name name, called());
    return parameters_.close(suffix, name);
  }

  std::string_view text_;
  internal::Parameters& parameters_;
  std::size_t at_ = 0;
};

}  // namespace

Result<type::OwnedMap> load_signatures(std::span<const std::string_view> signatures,
                                       std::string_view name) {
  type::Builder builder("evm", type::Order::big, type::AddressForm::eip55);
  builder.set_name(name);
  internal::Parameters parameters(builder);
  internal::Entries entries(builder);
  for (std::size_t i = 0; i < signatures.size(); ++i) {
    const auto draft = SignatureReader(signatures[i], parameters).read();
    if (!draft) return fail(draft.error().code, i);
    const auto added = entries.add(*draft);
    if (!added || !*added) return fail(Code::ambiguous, i);
  }
  return builder.finish();
}

}  // namespace airlock::abi::evm
