// From what travels into the slot that does not run, and where the envelopes are.
#include <algorithm>

#include "core/bare/bare.h"
#include "core/bare/internal/events.h"
#include "core/delta/delta.h"

namespace airlock::bare {
namespace {

// A slot for a decoder that knows no words: the last one of an image is filled up.
class Filled final : public Area {
 public:
  explicit Filled(Area& slot) : slot_(slot) {}
  std::uint64_t size() const override { return slot_.size(); }
  Status read(std::uint64_t offset, MutableBytes to) override { return slot_.read(offset, to); }
  Status erase(std::uint64_t offset, std::uint64_t size) override {
    return slot_.erase(offset, size);
  }
  Status write(std::uint64_t offset, Bytes bytes) override {
    const std::size_t whole = bytes.size() / kWordMax * kWordMax;
    if (whole > 0) AIRLOCK_TRY(slot_.write(offset, bytes.first(whole)));
    if (whole == bytes.size()) return {};
    std::array<std::uint8_t, kWordMax> last{};
    std::ranges::copy(bytes.subspan(whole), last.begin());
    return slot_.write(offset + whole, last);
  }
  Status sync() override { return slot_.sync(); }

 private:
  Area& slot_;
};

// A block that does not read is one that is not there.
bool holds_all(const package::Image& image, std::size_t first, std::size_t end, Area& slot) {
  for (std::size_t block = first; block < end; ++block) {
    const Result<bool> held = delta::block_holds(image, block, slot);
    if (!held || !*held) return false;
  }
  return true;
}

std::size_t full_payload_of(const package::Component& component) {
  for (std::size_t i = 0; i < component.payload_count(); ++i) {
    if (component.payload(i).type == package::PayloadType::full) return i;
  }
  return component.payload_count();
}

}  // namespace

// ---- envelopes

update::Event internal::event_of(update::Event::Type type) {
  update::Event event;
  event.type = type;
  return event;
}

Result<update::Event> internal::happened(update::Event::Type type) { return event_of(type); }

bool internal::is_of(Bytes envelope, const Digest& manifest) {
  if (envelope.empty()) return false;
  const Result<package::Manifest> read = package::read_unproven(envelope);
  return read && read->digest() == manifest;
}

Bytes Agent::envelope_in(SlotId id) const {
  const Mapped& place = storage_.manifest[slot::index_of(id)];
  std::array<std::uint8_t, 4> head;
  if (!place.area->read(0, head)) return {};
  const std::size_t size =
      std::size_t{head[0]} << 24 | std::size_t{head[1]} << 16 | std::size_t{head[2]} << 8 | head[3];
  if (size > place.memory.size() - kManifestHead) return {};
  // A word that does not read is not to be seen through the memory map either.
  std::array<std::uint8_t, 128> step;
  for (std::size_t at = 0; at < size; at += step.size()) {
    const std::size_t part = std::min(step.size(), size - at);
    if (!place.area->read(kManifestHead + at, MutableBytes(step).first(part))) return {};
  }
  return place.memory.subspan(kManifestHead, size);
}

Status Agent::write_manifest(SlotId id, Bytes envelope) {
  std::array<std::uint8_t, kManifestHead> head{};
  for (std::size_t i = 0; i < 4; ++i) {
    head[i] = static_cast<std::uint8_t>(envelope.size() >> (24 - 8 * i));
  }
  return write_padded(*storage_.manifest[slot::index_of(id)].area, head, envelope);
}

Result<Bytes> Agent::fetch_envelope(const Host::Offer& offer) {
  envelope_size_ = 0;
  if (offer.envelope_size > work_.size()) return fail(Code::oversized, offer.envelope_size);
  const MutableBytes envelope = work_.first(offer.envelope_size);
  AIRLOCK_TRY(outside_.host.envelope(envelope));
  envelope_size_ = envelope.size();
  return Bytes(envelope);
}

// The release at hand: in the other slot's manifest area from staging on, in `work` before, and
// where neither has it, the host is asked again.
Result<Bytes> Agent::envelope_of(const Digest& manifest) {
  const Bytes held = work_.first(envelope_size_);
  if (internal::is_of(held, manifest)) return held;
  AIRLOCK_ASSIGN(const slot::Record& record, load());
  const Bytes kept = envelope_in(slot::other(record.active));
  if (!internal::is_of(kept, manifest)) return fetch_again(manifest);
  envelope_size_ = 0;  // what `work` holds is not it
  return kept;
}

Result<Bytes> Agent::fetch_again(const Digest& manifest) {
  AIRLOCK_ASSIGN(const std::optional<Host::Offer> offer, outside_.host.offer());
  if (!offer) return fail(Code::not_found);
  AIRLOCK_ASSIGN(const Bytes fetched, fetch_envelope(*offer));
  if (!internal::is_of(fetched, manifest)) return fail(Code::not_found);
  return fetched;
}

Bytes Agent::keyring_in(const Newest& copy) const {
  if (copy.counter == 0) return {};
  return storage_.keyring[copy.copy].memory.subspan(kPairHead, copy.size);
}

Result<Bytes> Agent::trusted_keyring() const {
  const Bytes envelope = keyring_envelope();
  AIRLOCK_ASSIGN(const slot::Record& record, load());
  AIRLOCK_TRY(slot::check_keyring(record, envelope));
  return envelope;
}

// One that stood in one copy alone would give way to the one before it where a bit of it flips.
Status Agent::settle_keyring() {
  AIRLOCK_ASSIGN(const Bytes trusted, trusted_keyring());
  for (std::size_t which = 0; which < storage_.keyring.size(); ++which) {
    if (equal(keyring_in(read_copy(keyring_areas(), which)), trusted)) continue;
    return bare::save(keyring_areas(), trusted);
  }
  return {};
}

// ---- blocks

struct Agent::Staged {
  package::Image image;
  package::Payload payload;
  std::string_view part;
  Source* source;  // nullptr before the first block is fetched
  Area& base;
  Area& slot;
  std::uint64_t granule;
};

Area& Agent::image(std::size_t part, SlotId id) {
  if (!storage_.one_place()) return *storage_.parts[part].images[slot::index_of(id)];
  return exchanged_[part][slot::index_of(id)];
}

std::optional<std::size_t> Agent::part_of(std::string_view component) const {
  for (std::size_t i = 0; i < storage_.parts.size(); ++i) {
    if (storage_.parts[i].id == component) return i;
  }
  return std::nullopt;
}

Result<SlotId> Agent::begin_write() {
  AIRLOCK_ASSIGN(const slot::Record& record, load());
  AIRLOCK_ASSIGN(const slot::Record& next, slot::begin_write(record));
  AIRLOCK_TRY(save(next));
  return slot::other(next.active);
}

// Decoding takes the memory that the envelope was in.
Status Agent::keep_envelope(SlotId to, const Digest& manifest) {
  AIRLOCK_ASSIGN(const Bytes envelope, envelope_of(manifest));
  if (!equal(envelope_in(to), envelope)) AIRLOCK_TRY(write_manifest(to, envelope));
  envelope_size_ = 0;
  return {};
}

// Of the release that was proven, as it lies in flash now.
Result<package::Component> Agent::component_in(SlotId to, const Digest& manifest,
                                               std::size_t index) {
  AIRLOCK_ASSIGN(const package::Manifest& release, package::read_unproven(envelope_in(to)));
  if (release.digest() != manifest) return fail(Code::storage_failed);
  return release.component(index);
}

// Each step's records and manifests are gone before the next: decoding needs the stack.
Result<update::Event> Agent::stage(const update::Session& session) {
  AIRLOCK_ASSIGN(const package::InstallPlan& chosen, plan(session.manifest));
  AIRLOCK_ASSIGN(const SlotId to, begin_write());
  AIRLOCK_TRY(keep_envelope(to, session.manifest));
  for (const package::Choice& choice : chosen.choices) {
    AIRLOCK_ASSIGN(const package::Component& component,
                   component_in(to, session.manifest, choice.component));
    AIRLOCK_TRY(stage_part(component, choice.payload, slot::other(to)));
  }
  return internal::happened(update::Event::Type::staged);
}

Status Agent::stage_part(const package::Component& component, std::size_t payload, SlotId active) {
  const std::optional<std::size_t> part = part_of(component.id);
  if (!part) return fail(Code::unknown_component);
  const SlotId to = slot::other(active);
  Staged staged{component.image(component.payload(payload).image),
                component.payload(payload),
                component.id,
                nullptr,
                image(*part, active),
                image(*part, to),
                storage_.parts[*part].granule[slot::index_of(to)]};
  const std::size_t per_granule = static_cast<std::size_t>(staged.granule / package::kBlockSize);
  for (std::size_t first = 0; first < staged.image.block_count(); first += per_granule) {
    const std::size_t end = std::min(first + per_granule, staged.image.block_count());
    if (holds_all(staged.image, first, end, staged.slot)) continue;
    if (staged.source == nullptr) AIRLOCK_TRY(open_payload(component, staged));
    AIRLOCK_TRY(stage_granule(staged, first, end));
  }
  // What an earlier life wrote may not be synced either.
  return staged.slot.sync();
}

// The payload that the gate chose, or the full one where the base no longer reads as it should.
Status Agent::open_payload(const package::Component& component, Staged& staged) {
  const bool is_patch = staged.payload.type == package::PayloadType::patch;
  if (is_patch && !delta::check_base(staged.payload, staged.base)) {
    const std::size_t full = full_payload_of(component);
    if (full == component.payload_count()) return fail(Code::base_mismatch);
    staged.payload = component.payload(full);
  }
  AIRLOCK_ASSIGN(staged.source, outside_.host.payload(staged.payload.digest));
  return delta::internal::prepare(work_, staged.image, staged.payload, *staged.source,
                                  *storage_.scratch);
}

Status Agent::stage_granule(Staged& staged, std::size_t first, std::size_t end) {
  const std::uint64_t from = std::uint64_t{first} * package::kBlockSize;
  outside_.machine.staging(staged.part, from, staged.image.size);
  Filled sink(staged.slot);
  AIRLOCK_TRY(staged.slot.erase(from, std::min(staged.granule, staged.slot.size() - from)));
  const bool is_patch = staged.payload.type == package::PayloadType::patch;
  const delta::Places places{is_patch ? &staged.base : nullptr, *storage_.scratch};
  for (std::size_t block = first; block < end; ++block) {
    const Status made = delta::internal::decode(work_, staged.image, staged.payload, block,
                                                *staged.source, places, sink);
    if (!made && delta::doubts_facts(made.error().code)) {
      AIRLOCK_TRY(delta::forget_facts(*storage_.scratch));
    }
    AIRLOCK_TRY(made);
  }
  return staged.slot.sync();
}

}  // namespace airlock::bare
