// Any bytes as the two pages of an exchange's journal: what reads is in bounds, and goes on to an
// end.
#include <vector>

#include "core/slot/exchange.h"
#include "core/slot/frame.h"

using namespace airlock;

namespace {

constexpr std::size_t kUnit = 64;
constexpr std::size_t kPage = 512;

// Bytes in memory that may be written over: a journal of any bytes may ask for steps that no sound
// one does, and exchange_test.cc and the power-cut sweep hold the rules of flash.
class Memory final : public Area {
 public:
  explicit Memory(std::size_t size) : bytes(size) {}
  std::uint64_t size() const override { return bytes.size(); }
  Status read(std::uint64_t offset, MutableBytes to) override {
    AIRLOCK_CHECK(offset <= bytes.size() && to.size() <= bytes.size() - offset);
    copy_into(to, Bytes(bytes).subspan(static_cast<std::size_t>(offset), to.size()));
    return {};
  }
  Status erase(std::uint64_t offset, std::uint64_t size) override {
    AIRLOCK_CHECK(offset <= bytes.size() && size <= bytes.size() - offset);
    return {};
  }
  Status write(std::uint64_t offset, Bytes from) override {
    AIRLOCK_CHECK(offset <= bytes.size() && from.size() <= bytes.size() - offset);
    copy_into(MutableBytes(bytes).subspan(static_cast<std::size_t>(offset)), from);
    return {};
  }
  Status sync() override { return {}; }

  std::vector<std::uint8_t> bytes;
};

void fill(Memory& page, Bytes bytes) {
  copy_into(page.bytes, bytes.first(std::min(bytes.size(), page.bytes.size())));
}

// The same bytes under a checksum that holds, since it would stop nearly every input.
void seal_head(Memory& page) {
  const std::size_t size = page.bytes[5] % (slot::kExchangeHeadSize - slot::kFrameOverhead);
  AIRLOCK_CHECK(slot::seal(MutableBytes(page.bytes).first(slot::kExchangeHeadSize),
                           {'A', 'L', 'X', 'J'}, size)
                    .has_value());
}

void go_on(Memory& first, Memory& second) {
  Memory execution(4 * kUnit);
  Memory staging(5 * kUnit);
  slot::ExchangeAreas areas;
  AIRLOCK_CHECK(areas.parts.add({&execution, &staging, kUnit}).has_value());
  areas.journal = {&first, &second};
  Result<slot::Exchange> opened = slot::Exchange::open(areas);
  if (!opened) return;
  const Status finished = opened->finish();
  if (!finished) return;
  AIRLOCK_CHECK(!opened->is_pending());
  const Result<slot::Exchange> again = slot::Exchange::open(areas);
  AIRLOCK_CHECK(again.has_value() && again->executing() == opened->executing());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes(data, size);
  Memory first(kPage);
  Memory second(kPage);
  fill(first, bytes.first(size / 2));
  fill(second, bytes.subspan(size / 2));
  go_on(first, second);
  fill(first, bytes.first(size / 2));
  fill(second, bytes.subspan(size / 2));
  seal_head(first);
  go_on(first, second);
  return 0;
}
