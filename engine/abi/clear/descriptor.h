// A descriptor of ERC-7730, read once: nothing of its JSON is walked while a call is formatted.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/abi/clear/limits.h"
#include "engine/abi/clear/typed_data.h"
#include "engine/abi/type/map.h"

namespace airlock::abi::clear {

namespace internal {
struct Compiled;
}

// A publisher reads strictly: what the schema does not list is refused, and so are fields whose
// path leads nowhere. A device reads what newer minor versions add, and leaves it.
enum class Reading : std::uint8_t { strict, tolerant };

// An answer to `includes`: the text of the file of that name. Names are joined to that of the
// including file, "a/b.json" and "../c.json" being "c.json".
using Include = std::function<Result<std::string>(const std::string& name)>;

class Descriptor {
 public:
  // read compiles a file and all that it includes. Errors: bad_descriptor (at = which format,
  // where it is one's fault), unsupported_version, bad_path, ambiguous (two formats answer to the
  // same call), bad_type, too_many, too_deep, oversized, those of json::parse, and the answer's.
  static Result<Descriptor> read(std::string_view json, std::string_view name, Reading reading,
                                 const Include& include);
  ~Descriptor();
  Descriptor(Descriptor&&) noexcept;
  Descriptor& operator=(Descriptor&&) noexcept;

  // is_for_calls says whether contracts are described, and not messages.
  bool is_for_calls() const;
  std::size_t format_count() const;
  // describes says whether a call that begins so has a format, or a message of that type.
  bool describes(Bytes selector) const;
  bool describes(const TypedData& message) const;
  // always_shows says whether a field that no condition hides shows an argument of such a call,
  // or a member of such a message, as a whole. False also where there is no format.
  bool always_shows(Bytes selector, std::uint32_t argument) const;
  bool always_shows(const TypedData& message, std::uint32_t member) const;
  // selectors returns how the calls begin that have one. The views are of this descriptor.
  std::vector<Bytes> selectors() const;
  // keys returns them, or of messages the hashes of their types: what one of its formats is found
  // by.
  std::vector<Bytes> keys() const;
  // places returns the contracts that it is bound to by address: "eip155:1/0x.." each. Without one,
  // nobody finds it who looks by the contract.
  std::vector<std::string> places() const;
  bool is_for(std::uint64_t chain_id, Bytes address) const;  // one of its places
  // domain returns what it asks of a message's domain.
  Domain domain() const;
  std::string_view owner() const;

  const internal::Compiled& compiled() const { return *compiled_; }

 private:
  explicit Descriptor(std::unique_ptr<const internal::Compiled> compiled);
  std::unique_ptr<const internal::Compiled> compiled_;
};

}  // namespace airlock::abi::clear
