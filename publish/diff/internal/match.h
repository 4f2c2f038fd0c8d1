// Where in the base the parts of an image come from.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/base.h"
#include "core/delta/facts.h"

namespace airlock::diff {

struct Match {
  std::int64_t size = 0;
  std::int64_t base_at = 0;
  std::size_t rank = 0;  // where the index has it
};

// Every place of a base, in the order of what stands there. The base must outlive it.
class BaseIndex {
 public:
  // make sorts the base, which has at most kBaseSizeMax bytes. Errors: oversized.
  static Result<BaseIndex> make(Bytes base);

  Bytes base() const { return base_; }
  // search returns the longest run of bytes that stands at `at` in the image and in the base, as
  // far as it is compared.
  Match search(Bytes image, std::int64_t at) const;
  // nearest returns what is as long as a match that search returned, and stands nearest to a place
  // of the base, as far as it is looked for.
  Match nearest(const Match& match, std::int64_t to) const;

 private:
  std::int64_t common(Bytes image, std::int64_t at, std::int64_t base_at) const;
  std::size_t shelf_of(Bytes bytes, std::size_t at) const;
  void make_shelves();

  Bytes base_;
  std::vector<std::int32_t> suffixes_;
  // Places whose first bits are equal stand together: from where on, in suffixes_, by these bits.
  std::vector<std::uint32_t> shelves_;
  unsigned shelf_bits_ = 0;
};

// find_copies returns bytes of the image that resemble bytes of the base, not all of them equal, in
// the image's order; they do not overlap. A match must beat going on with the last alignment by
// `advantage` bytes. How many workers look changes nothing.
struct Search {
  std::int64_t advantage;
  std::size_t workers;
};
std::vector<delta::Segment> find_copies(Bytes image, const BaseIndex& index, const Search& search);

}  // namespace airlock::diff
