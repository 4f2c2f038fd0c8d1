// Reset, and the loop: event, step, journal, effect.
#include "core/bare/bare.h"
#include "core/bare/internal/events.h"

namespace airlock::bare {

using internal::event_of;
using update::Effect;
using update::Event;
using update::Phase;
using update::Session;
using Type = update::Event::Type;

namespace {

// More than any session has: each phase, each of its attempts.
constexpr std::size_t kEffectsMax = update::kPhaseCount * update::kAttemptsMax;

// From here on the boot record may already speak of the release.
bool must_be_finished(Phase phase) { return phase >= Phase::activating; }

// The record is gone before the session is driven: that needs the stack.
[[gnu::noinline]] Result<slot::Slot> kept_in(const slot::RecordAreas& areas) {
  AIRLOCK_ASSIGN(const slot::Record& record, slot::load(areas));
  return slot::restorable(record);
}

}  // namespace

// ---- reset

slot::BootView Agent::view() {
  slot::BootView made;
  made.record = storage_.record;
  made.envelopes = {envelope_in(SlotId::a), envelope_in(SlotId::b)};
  made.keyring = keyring_envelope();
  made.model = identity_.model;
  for (std::size_t i = 0; i < storage_.parts.size(); ++i) {
    const Status added =
        made.components.add({storage_.parts[i].id, {&image(i, SlotId::a), &image(i, SlotId::b)}});
    AIRLOCK_CHECK(added.has_value());
  }
  return made;
}

Result<slot::Boot> Agent::start() {
  exchange_.reset();
  exchanged_ = {};
  return storage_.one_place() ? start_in_place() : slot::boot(view());
}

Status Agent::open_exchange() {
  slot::ExchangeAreas areas;
  for (const Part& part : storage_.parts) {
    AIRLOCK_TRY(areas.parts.add({part.images[0], part.images[1], storage_.step}));
  }
  areas.journal = storage_.exchange;
  Result<slot::Exchange> opened = slot::Exchange::open(areas);
  if (!opened && opened.error().code == Code::record_lost) {
    opened = slot::find_exchange(view(), areas);
  }
  AIRLOCK_ASSIGN(exchange_, opened);
  return {};
}

Result<slot::Boot> Agent::start_in_place() {
  AIRLOCK_TRY(open_exchange());
  for (std::size_t i = 0; i < storage_.parts.size(); ++i) {
    for (const SlotId id : {SlotId::a, SlotId::b}) {
      exchanged_[i][slot::index_of(id)] = slot::ExchangedSlot(*exchange_, i, id);
    }
  }
  return slot::boot_in_place(view(), *exchange_);
}

Result<slot::Boot> Agent::power_on() {
  running_.reset();
  verified_ = false;
  envelope_size_ = 0;
  const Result<slot::Boot> booted = start();
  if (booted) running_ = *booted;
  (void)settle_keyring();  // where it fails, one copy is as it was, and the next start tries again
  outside_.machine.started(booted);
  return booted;
}

bool Agent::reset() {
  outside_.machine.reset();
  return power_on().has_value();
}

// ---- the story

Result<Session> Agent::run() {
  AIRLOCK_ASSIGN(const Session& session, open_session());
  return drive(session, event_of(session.phase == Phase::idle ? Type::wake : Type::resumed));
}

Result<Session> Agent::restore() {
  AIRLOCK_ASSIGN(const Session& session, open_session());
  if (session.phase != Phase::idle) {
    if (session.errand != update::Errand::restore) return fail(Code::slot_busy);
    return drive(session, event_of(Type::resumed));
  }
  AIRLOCK_ASSIGN(const slot::Slot& kept, kept_in(storage_.record));
  Event event = event_of(Type::restore_wanted);
  event.manifest = kept.manifest;
  event.version = kept.version.view();
  return drive(session, event);
}

Result<Session> Agent::drive(const Session& session, const Event& first) {
  update::Step now = step(session, first);
  AIRLOCK_TRY(write_journal(now.session));
  for (std::size_t i = 0; i < kEffectsMax; ++i) {
    if (now.session.phase == Phase::idle) return now.session;
    Result<Event> event = perform(now.effect, now.session);
    if (!event) {
      if (is_waiting(now.session.phase, event.error().code)) {
        return fail(event.error());
      }
      event = internal::failed(event.error());
    }
    now = step(now.session, *event);
    AIRLOCK_TRY(write_journal(now.session));
  }
  return fail(Code::wrong_state,
              kEffectsMax);  // step bounds every retry, so that this is never reached
}

// Nothing may be written before it is known where each image lies.
Status Agent::check_slots() const {
  if (!storage_.one_place()) return {};
  return exchange_ && !exchange_->is_pending() ? Status() : fail(Code::wrong_state);
}

// The journal is gone, or tells of nothing that the record knows: a trial does not go on.
Result<Session> Agent::open_session() {
  AIRLOCK_TRY(check_slots());
  std::array<std::uint8_t, update::kSessionSizeMax> buffer;
  AIRLOCK_ASSIGN(const Bytes stored, bare::load(storage_.journal, buffer));
  const Result<Session> session = update::decode_session(stored);
  AIRLOCK_ASSIGN(const slot::Record& record, load());
  const bool untold = session && record.trial_boots && !must_be_finished(session->phase);
  if (session && !untold) return session;
  Session fresh;
  // No session has more phases than that, and each but the shortest stores a record.
  constexpr std::uint64_t kReportsPerRecord = 16;
  fresh.report_sequence = session ? session->report_sequence : record.sequence * kReportsPerRecord;
  if (record.trial_boots) AIRLOCK_TRY(end_lost_trial(record));
  return fresh;
}

Status Agent::end_lost_trial(const slot::Record& record) {
  AIRLOCK_TRY(save(slot::revert(record, Code::journal_lost)));
  reset();
  return {};
}

Status Agent::write_journal(const Session& session) {
  std::array<std::uint8_t, update::kSessionSizeMax> buffer;
  AIRLOCK_ASSIGN(const Bytes encoded, update::encode_session(session, buffer));
  return bare::save(storage_.journal, encoded);
}

Status Agent::save(const Result<slot::Record>& made) {
  AIRLOCK_TRY(made);
  return save(*made);
}

Status Agent::save(const slot::Record& record) {
  AIRLOCK_ASSIGN(const bool is_there, is_stored(record));
  if (is_there) return {};
  slot::Record next = record;
  return slot::store(storage_.record, next);
}

Result<bool> Agent::is_stored(const slot::Record& record) {
  Result<slot::Record> stored = load();
  if (!stored) return fail(stored.error());
  stored->sequence = record.sequence;
  return record == *stored;
}

Result<SlotId> Agent::idle_slot() const {
  AIRLOCK_ASSIGN(const slot::Record& record, load());
  return slot::other(record.active);
}

Result<Event> Agent::perform(Effect effect, const Session& session) {
  switch (effect) {
    case Effect::wait: broken_promise();
    case Effect::ask_server: return ask_host();
    case Effect::refresh:
      return internal::happened(Type::refreshed);  // this profile has no such door
    case Effect::prove: return prove(session);
    case Effect::gate: return gate(session);
    case Effect::stage: return stage(session);
    case Effect::verify: return verify(session);
    case Effect::ask_owner: return ask_owner(session);
    case Effect::activate: return activate(session);
    case Effect::reboot: return reboot(session);
    case Effect::check_health: return check_health(session);
    case Effect::commit: return commit(session);
    case Effect::go_back: return go_back(session);
    case Effect::report: return report(session);
  }
  broken_promise();
}

}  // namespace airlock::bare
