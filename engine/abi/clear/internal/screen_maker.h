// Makes one screen by one format.
#pragma once

#include <optional>
#include <vector>

#include "engine/abi/clear/internal/notes.h"
#include "engine/abi/clear/screen.h"
#include "engine/abi/clear/source.h"

namespace airlock::abi::clear::internal {

// A call inside a call, until it has its screen.
struct Inner {
  std::size_t screen = 0;  // and the field of it that the call is in
  std::size_t field = 0;
  std::size_t depth = 0;
  std::uint64_t chain_id = 0;
  Address to{};
  std::optional<Address> from{};
  number::U256 value{};
  Bytes data{};                      // inside of what is signed
  std::vector<std::uint8_t> made{};  // or with a selector put before it

  Bytes bytes() const { return made.empty() ? data : Bytes(made); }
};

// What all screens of one request share.
struct Budget {
  std::size_t fields = 0;
  std::size_t bytes = 0;
};

class ScreenMaker {
 public:
  ScreenMaker(const Compiled& file, const CallFormat& format, type::Value root,
              const Around& around, const Source& source, Budget& budget)
      : file_(file),
        format_(format),
        around_(around),
        source_(source),
        budget_(budget),
        resolver_(file, root, around) {}

  // make returns the screen; what is inside of it waits in inner(). Errors: bad_descriptor,
  // bad_path, value_forbidden, over_budget.
  Result<Screen> make();
  std::vector<Inner>& inner() { return inner_; }

 private:
  // A group whose fields are being shown.
  struct Open {
    std::uint32_t item;
    std::uint32_t next;
    std::uint32_t end;
    std::uint32_t first;  // its own loops: from
    std::uint32_t last;   // and up to
    bool is_bundled;      // the loop is that of the fields
  };
  // A field that stands on the screen, for the sentence.
  struct Told {
    std::uint32_t rule;
    bool fits_sentence;
  };

  Status walk();
  Result<bool> begin(const Item& item, Open& group);
  Result<bool> on(const Open& group);
  Result<std::uint32_t> bundled_length(const Open& group) const;
  Status field(std::uint32_t index, std::uint32_t bound);
  Status element(std::uint32_t index, const Rule& rule, std::uint32_t loops);
  bool leaves_any_unseen() const;
  Status call(const Rule& rule, const Datum& datum, Field& field);
  Result<Sent> sent(const Rule& rule, const Datum& datum) const;
  bool append_values(std::string& text, std::uint32_t rule) const;
  void sentence();

  const Compiled& file_;
  const CallFormat& format_;
  const Around& around_;
  const Source& source_;
  Budget& budget_;
  Resolver resolver_;
  Screen screen_;
  std::vector<Told> shown_;  // one a field
  std::vector<Inner> inner_;
  bool tells_payment_ = false;
};

}  // namespace airlock::abi::clear::internal
