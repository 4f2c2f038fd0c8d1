// What each effect of the pipeline does to a wallet.
#include <memory>

#include "core/delta/delta.h"
#include "tests/powercut/wallet.h"

namespace airlock::powercut {
namespace {

using update::Effect;
using update::Event;
using update::Session;
using Type = update::Event::Type;

Event event_of(Type type) {
  Event event;
  event.type = type;
  return event;
}

Event event_about(Type type, const Package& package) {
  Event event = event_of(type);
  event.manifest = package.digest;
  event.version = package.version;
  event.kind = package.kind;
  return event;
}

// The bootloader may have ended the trial before the journal could say so. A consent to the same
// manifest is newer than that: the owner asked for another try.
bool was_given_up(const slot::Record& record, const Digest& manifest) {
  return slot::standing_of(record, manifest) == slot::Standing::given_up &&
         record.consent != manifest;
}

// What travels, from a server that has it.
class Served final : public Source {
 public:
  explicit Served(Bytes bytes) : bytes_(bytes) {}
  Status read(std::uint64_t offset, MutableBytes to) override {
    if (offset > bytes_.size() || to.size() > bytes_.size() - offset) {
      return fail(Code::out_of_range);
    }
    copy_into(to, bytes_.subspan(static_cast<std::size_t>(offset), to.size()));
    return {};
  }

 private:
  Bytes bytes_;
};

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
    return slot_.write(offset, padded(bytes));
  }
  Status sync() override { return slot_.sync(); }

 private:
  Area& slot_;
};

// A block that does not read is one that is not there.
bool holds(const package::Image& image, std::size_t block, Area& slot) {
  const Result<bool> held = delta::block_holds(image, block, slot);
  return held && *held;
}

bool holds_all(const package::Image& image, std::size_t first, std::size_t end, Area& slot) {
  for (std::size_t block = first; block < end; ++block) {
    if (!holds(image, block, slot)) return false;
  }
  return true;
}

// The patch where its base is what runs and reads, else the full payload.
std::size_t choose_payload(const package::Component& component, Area& base) {
  for (std::size_t i = 0; i < component.payload_count(); ++i) {
    const package::Payload payload = component.payload(i);
    const bool is_patch = payload.type == package::PayloadType::patch;
    if (is_patch && payload.base_size <= base.size() && delta::check_base(payload, base)) return i;
  }
  return 0;
}

}  // namespace

Result<Event> Wallet::perform(Effect effect, const Session& session, const Chapter& chapter) {
  switch (effect) {
    case Effect::wait: broken_promise();
    case Effect::ask_server: return ask_server(chapter);
    case Effect::refresh: return event_of(Type::refreshed);
    case Effect::prove: return prove(chapter);
    case Effect::gate: return event_of(Type::admitted);
    case Effect::stage: return stage(session, chapter);
    case Effect::verify: return verify(session);
    case Effect::ask_owner: return ask_owner(session, chapter);
    case Effect::activate: return activate(session, chapter);
    case Effect::reboot: return reboot(session);
    case Effect::check_health: return check_health(session, chapter);
    case Effect::commit: return commit(session, chapter);
    case Effect::go_back: return go_back(session);
    case Effect::report: return report(session);
  }
  broken_promise();
}

// The server offers a release until it heard how it ended.
Result<Event> Wallet::ask_server(const Chapter& chapter) {
  if (observer.heard_an_end()) return event_of(Type::nothing);
  Event offer = event_about(Type::offered, *chapter.package);
  offer.rollout = 1;
  return offer;
}

Result<Event> Wallet::prove(const Chapter& chapter) {
  const Buffer anchor = load_newest(keyring());
  AIRLOCK_ASSIGN(const package::Keyring keyring, package::open_keyring_anchor(anchor));
  const Bytes envelope = chapter.package->envelope;
  const Result<package::Proven> proven = package::prove(envelope, keyring);
  if (!proven && proven.error().code == Code::keyring_rollback && equal(envelope, anchor)) {
    return event_about(Type::proven, *chapter.package);  // stored just before the power failed
  }
  AIRLOCK_TRY(proven);
  Event event = event_about(Type::proven, *chapter.package);
  event.manifest = proven->digest();
  event.kind = proven->manifest().kind;
  return event;
}

Result<Event> Wallet::stage(const Session& session, const Chapter& chapter) {
  AIRLOCK_ASSIGN(const package::Manifest manifest,
                 package::read_unproven(chapter.package->envelope));
  if (manifest.digest() != session.manifest) return fail(Code::doors_disagree);
  AIRLOCK_ASSIGN(const slot::Record record, load());
  AIRLOCK_ASSIGN(const slot::Record next, slot::begin_write(record));
  AIRLOCK_TRY(save(next));
  for (std::size_t i = 0; i < manifest.component_count(); ++i) {
    AIRLOCK_TRY(stage_part(manifest.component(i), chapter.package->parts[i], i, next));
  }
  const SlotId to = slot::other(next.active);
  if (!equal(envelope_in(to), chapter.package->envelope)) {
    AIRLOCK_TRY(write_manifest(to, chapter.package->envelope));
  }
  return event_of(Type::staged);
}

// What is erased at once is made at once: whole blocks and whole sectors.
std::size_t Wallet::granule_of(SlotId id) const {
  std::size_t granule = package::kBlockSize;
  const Machine& machine = board.machine();
  const Pattern& pattern =
      machine.layout == Layout::one_slot || id == SlotId::b ? machine.second : machine.first;
  for (std::size_t sector : pattern) granule = std::max(granule, sector);
  return granule;
}

Status Wallet::stage_part(const package::Component& component, const Part& part, std::size_t index,
                          const slot::Record& record) {
  const SlotId to = slot::other(record.active);
  Area& slot = image(index, to);
  Area& base = image(index, record.active);
  const package::Image image = component.image(0);
  const std::size_t per_granule = granule_of(to) / package::kBlockSize;
  const auto decoder = std::make_unique_for_overwrite<delta::BlockDecoder>();
  Area& scratch = board.scratch();
  std::optional<std::size_t> chosen;
  for (std::size_t first = 0; first < image.block_count(); first += per_granule) {
    const std::size_t end = std::min(first + per_granule, image.block_count());
    if (holds_all(image, first, end, slot)) continue;
    const bool is_first = !chosen;
    if (is_first) chosen = choose_payload(component, base);
    const package::Payload payload = component.payload(*chosen);
    Served source(part.payloads[*chosen]);
    if (is_first) AIRLOCK_TRY(decoder->prepare(image, payload, source, scratch));
    Filled sink(slot);
    observer.made_granule();
    const std::uint64_t from = std::uint64_t{first} * package::kBlockSize;
    const std::uint64_t size =
        std::min<std::uint64_t>(per_granule * package::kBlockSize, slot.size() - from);
    AIRLOCK_TRY(slot.erase(from, size));
    for (std::size_t block = first; block < end; ++block) {
      Area* const patched = payload.type == package::PayloadType::patch ? &base : nullptr;
      const Status made = decoder->decode(image, payload, block, source, {patched, scratch}, sink);
      if (!made && delta::doubts_facts(made.error().code)) {
        AIRLOCK_TRY(delta::forget_facts(scratch));
      }
      AIRLOCK_TRY(made);
    }
    AIRLOCK_TRY(slot.sync());
  }
  // What an earlier process wrote may not be synced either.
  return slot.sync();
}

Result<Event> Wallet::verify(const Session& session) {
  AIRLOCK_ASSIGN(const slot::Record record, load());
  AIRLOCK_TRY(
      slot::prove_slot(view(), slot::other(record.active), session.manifest, slot::Depth::quorum));
  verified_ = true;
  return event_of(Type::verified);
}

Result<Event> Wallet::ask_owner(const Session& session, const Chapter& chapter) {
  if (chapter.owner == Owner::refuses) return event_of(Type::refused);
  observer.agreed(session.manifest);
  AIRLOCK_ASSIGN(const slot::Record record, load());
  AIRLOCK_ASSIGN(const slot::Record next, slot::consent(record, session.manifest));
  AIRLOCK_TRY(save(next));
  Event event = event_of(Type::consented);
  event.manifest = session.manifest;
  return event;
}

Event Wallet::went_back() {
  Event event = event_of(Type::went_back);
  if (const Result<slot::Record> record = load()) event.error.code = record->last_revert.reason;
  return event;
}

// What another power-on verified is not taken over.
Result<Event> Wallet::activate(const Session& session, const Chapter& chapter) {
  AIRLOCK_ASSIGN(const slot::Record record, load());
  if (was_given_up(record, session.manifest)) return went_back();
  const bool is_armed = slot::standing_of(record, session.manifest) == slot::Standing::on_trial;
  if (!is_armed && !verified_) AIRLOCK_TRY(verify(session));
  AIRLOCK_ASSIGN(
      const slot::Record next,
      slot::arm(record, {session.manifest, chapter.package->security_version}, kTrialBoots));
  AIRLOCK_TRY(save(next));
  return event_of(Type::activated);
}

Result<Event> Wallet::reboot(const Session& session) {
  if (!runs(session.manifest) && power_on() == End::dark) return fail(Code::storage_failed);
  return runs(session.manifest) ? event_of(Type::booted) : went_back();
}

Result<Event> Wallet::check_health(const Session& session, const Chapter& chapter) {
  for (int boots = 0; boots <= kTrialBoots; ++boots) {
    if (!runs(session.manifest)) return went_back();
    switch (chapter.health) {
      case Health::good: return event_of(Type::healthy);
      case Health::bad: return fail(Code::unhealthy);
      case Health::hangs:  // the watchdog resets
        if (power_on() == End::dark) return fail(Code::storage_failed);
    }
  }
  observer.violated(Harm::brick, "the trial does not end");
  return went_back();
}

Result<Event> Wallet::commit(const Session& session, const Chapter& chapter) {
  if (package::carries_content(session.kind)) return commit_keyring(session, chapter);
  AIRLOCK_ASSIGN(const slot::Record record, load());
  if (slot::standing_of(record, session.manifest) == slot::Standing::committed) {
    return event_of(Type::committed);
  }
  if (!runs(session.manifest)) return went_back();
  AIRLOCK_ASSIGN(const slot::Record next, slot::confirm(record, chapter.package->created));
  AIRLOCK_TRY(save(next));
  running_->trial = false;
  return event_of(Type::committed);
}

Result<Event> Wallet::commit_keyring(const Session& session, const Chapter& chapter) {
  AIRLOCK_ASSIGN(const slot::Record record, load());
  if (!equal(load_newest(keyring()), chapter.package->envelope)) {
    if (record.consent != session.manifest) return fail(Code::consent_missing);
    AIRLOCK_TRY(save_newest(keyring(), chapter.package->envelope));
  }
  AIRLOCK_TRY(save(slot::raise_floor(slot::raise_time(record, chapter.package->created),
                                     session.kind, chapter.package->security_version)));
  return event_of(Type::committed);
}

Result<Event> Wallet::restore_kept(const Session& session) {
  AIRLOCK_ASSIGN(const slot::Record before, load());
  if (slot::standing_of(before, session.manifest) != slot::Standing::committed) {
    AIRLOCK_ASSIGN(const slot::Record next, slot::restore(before));
    AIRLOCK_TRY(save(next));
  }
  if (power_on() == End::dark) return fail(Code::storage_failed);
  if (!running_ || running_->manifest != session.manifest) return fail(Code::image_rejected);
  AIRLOCK_ASSIGN(const slot::Record after, load());
  Event event = went_back();
  event.error.code = Code::reverted_on_request;
  event.manifest = after.inactive_slot().manifest;
  return event;
}

Result<Event> Wallet::go_back(const Session& session) {
  if (session.errand == update::Errand::restore) return restore_kept(session);
  AIRLOCK_ASSIGN(const slot::Record record, load());
  if (slot::standing_of(record, session.manifest) == slot::Standing::on_trial) {
    AIRLOCK_ASSIGN(const slot::Record next, slot::revert(record, session.outcome));
    AIRLOCK_TRY(save(next));
  }
  if (power_on() == End::dark) return fail(Code::storage_failed);
  return went_back();
}

Result<Event> Wallet::report(const Session& session) {
  observer.reported(session.report_sequence, session.outcome);
  return event_of(Type::reported);
}

}  // namespace airlock::powercut
