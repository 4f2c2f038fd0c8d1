// Where the images are, when the exchange's journal does not say it any more.
#include <algorithm>

#include "core/slot/exchange.h"

namespace airlock::slot {
namespace {

// What is supposed of an exchange: towards which slot, and how many steps are done.
struct Supposed {
  SlotId to = SlotId::a;
  std::uint32_t step = 0;
};

// A slot of a part, where it would lie. It is only read: nothing is written by a supposition.
class SupposedSlot final : public Source {
 public:
  SupposedSlot() = default;
  // `done` is of the steps of this part alone.
  SupposedSlot(const ExchangePart& part, SlotId id, SlotId to, std::uint32_t done)
      : part_(part), id_(id), to_(to), done_(done) {}

  Status read(std::uint64_t offset, MutableBytes to) override {
    const std::uint64_t size = part_.execution->size();
    if (offset > size || to.size() > size - offset) return fail(Code::out_of_range);
    while (!to.empty()) {
      const std::uint64_t left = part_.unit - offset % part_.unit;
      const auto here = static_cast<std::size_t>(std::min<std::uint64_t>(left, to.size()));
      AIRLOCK_TRY(read_in_unit(offset, to.first(here)));
      offset += here;
      to = to.subspan(here);
    }
    return {};
  }

 private:
  // The step that takes a unit away, and the one behind it that brings the other slot's.
  bool executes(std::uint64_t unit) const {
    const std::uint64_t count = part_.execution->size() / part_.unit;
    const std::uint64_t turn = to_ == SlotId::b ? unit : count - 1 - unit;
    return id_ == to_ ? done_ > 2 * turn + 1 : done_ <= 2 * turn;
  }
  Status read_in_unit(std::uint64_t offset, MutableBytes to) const {
    if (executes(offset / part_.unit)) return part_.execution->read(offset, to);
    return part_.staging->read(offset + (id_ == SlotId::b ? part_.unit : 0), to);
  }

  ExchangePart part_;
  SlotId id_ = SlotId::a;
  SlotId to_ = SlotId::a;
  std::uint32_t done_ = 0;
};

// Whether the slot's images are whole where they would lie then.
bool is_whole(BootView view, const ExchangeAreas& areas, const Slot& slot, SlotId id,
              const Supposed& supposed) {
  std::array<SupposedSlot, package::kComponentsMax> slots;
  std::uint32_t before = 0;
  for (std::size_t i = 0; i < areas.parts.size(); ++i) {
    const ExchangePart& part = areas.parts[i];
    const std::uint32_t done = supposed.step - std::min(supposed.step, before);
    slots[i] = SupposedSlot(part, id, supposed.to, done);
    view.components[i].images[index_of(id)] = &slots[i];
    before += 2 * static_cast<std::uint32_t>(part.execution->size() / part.unit);
  }
  return prove_slot(view, id, slot.manifest, Depth::digests).has_value();
}

// An exchange that is over comes first: it is what is mostly there, and costs nothing. Of an
// interrupted one an even step tells enough: a slot's units move at every second one.
std::optional<Supposed> find_slot(const BootView& view, const ExchangeAreas& areas,
                                  const Record& record, SlotId id) {
  const Slot& slot = record.slots[index_of(id)];
  if (slot.manifest.is_zero()) return std::nullopt;
  const std::uint32_t steps = Exchange::steps_of(areas);
  for (std::uint32_t left = 0; left < steps; left += 2) {
    for (const SlotId to : {id, other(id)}) {
      const Supposed supposed{to, steps - left};
      if (is_whole(view, areas, slot, id, supposed)) return supposed;
    }
  }
  return std::nullopt;
}

}  // namespace

Result<Exchange> find_exchange(const BootView& view, const ExchangeAreas& areas) {
  AIRLOCK_ASSIGN(const Record& record, load(view.record));
  std::optional<Supposed> found = find_slot(view, areas, record, record.active);
  if (!found) found = find_slot(view, areas, record, other(record.active));
  if (!found) found = Supposed{record.active, Exchange::steps_of(areas)};
  AIRLOCK_TRY(Exchange::begin(areas, found->to, found->step));
  return Exchange::open(areas);
}

}  // namespace airlock::slot
