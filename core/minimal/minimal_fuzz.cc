// Any bytes as root, signatures and list, one after the other with two bytes of length before the
// first two. What is read of a list is what stands there, and nothing else happens.
#include "core/minimal/internal.h"

using namespace airlock;

namespace {

// Up to as many bytes as the first two say.
std::string_view take_piece(Bytes& from) {
  if (from.size() < 2) return {};
  const std::size_t size =
      std::min<std::size_t>(static_cast<std::size_t>(from[0]) << 8 | from[1], from.size() - 2);
  const std::string_view piece = text_of(from.subspan(2, size));
  from = from.subspan(2 + size);
  return piece;
}

void walk(const minimal::Metadata& list, std::string_view text) {
  std::string_view before;
  std::size_t place = 0, count = 0;
  while (const auto target = list.next(place)) {
    AIRLOCK_CHECK(minimal::is_path(target->path) && target->path > before);
    AIRLOCK_CHECK(target->path.data() >= text.data() &&
                  target->path.data() + target->path.size() <= text.data() + text.size());
    AIRLOCK_CHECK(list.find(target->path)->sha256 == target->sha256);
    before = target->path;
    AIRLOCK_CHECK(++count <= text.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes rest(data, size);
  const std::string_view root_text = take_piece(rest), signatures = take_piece(rest);
  const std::string_view list_text = text_of(rest);
  const auto root = minimal::read_root(root_text);
  if (!root) return 0;
  AIRLOCK_CHECK(root->threshold >= 1 && root->threshold <= root->keys.size());
  // No fuzzer makes a signature: the reader behind it is met by a root that demands none.
  if (const auto list = minimal::prove({list_text, signatures}, *root, {}, 0)) {
    walk(*list, list_text);
  }
  if (const auto list = minimal::read_list(list_text)) walk(*list, list_text);
  return 0;
}
