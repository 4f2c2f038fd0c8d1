// Calldata and descriptors of unknown origin together: the first two bytes say how long the
// descriptor is, and the rest is the call. Whatever comes, there is something to show.
#include "engine/abi/clear/clear.h"
#include "engine/abi/clear/fake_source.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace airlock;
  using namespace airlock::abi;
  if (size < 2) return 0;
  const std::size_t length = std::size_t{data[0]} << 8 | data[1];
  if (length > size - 2) return 0;
  const Bytes all(data + 2, size - 2);
  const auto descriptor = clear::Descriptor::read(
      text_of(all.first(length)), "a.json", clear::Reading::tolerant,
      [](const std::string&) -> Result<std::string> { return fail(Code::bad_descriptor); });
  if (!descriptor) return 0;
  const auto& bound = descriptor->compiled().deployments;
  clear::Call call{.data = all.subspan(length)};
  const std::array<std::uint8_t, clear::kAddressSize> nobody{};
  call.to = nobody;
  if (!bound.empty()) {
    call.to = bound[0].address;
    call.chain_id = bound[0].chain_id;
  }
  clear::FakeSource source;
  source.descriptors.push_back(&*descriptor);
  static std::vector<type::Node> nodes(4096);
  type::Tape tape(nodes);
  const clear::Shown shown = clear::show_call(&*descriptor, call, source, tape);
  AIRLOCK_CHECK(!shown.screens.empty());
  const auto pages = clear::pages_of(shown);
  if (pages) {
    for (const clear::Page& page : *pages) {
      AIRLOCK_CHECK(page.size() <= clear::kRows);
      for (const std::string& row : page) AIRLOCK_CHECK(row.size() <= clear::kColumns);
    }
  }
  (void)clear::lines_of(shown, 80);
  (void)clear::json_of(shown);
  return 0;
}
