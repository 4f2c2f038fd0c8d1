// Reset, and the loop: event, step, journal, effect.
#include "tests/powercut/wallet.h"

namespace airlock::powercut {
namespace {

using update::Effect;
using update::Event;
using update::Phase;
using update::Session;
using Type = update::Event::Type;

constexpr int kEffectsMax = 200;  // of one chapter after one power failure
constexpr std::size_t kEnvelopeHead = 32;
constexpr std::size_t kWriteSize = 1024;

Event event_of(Type type) {
  Event event;
  event.type = type;
  return event;
}

Event failed(const Error& error) {
  Event event = event_of(Type::failed);
  event.error = error;
  return event;
}

// From here on the boot record may already speak of the release.
bool must_be_finished(Phase phase) { return phase >= Phase::activating; }

}  // namespace

Wallet::Wallet(const Machine& machine, const Life& life)
    : board(machine, life.parts, life.capacity), life_(&life) {
  const auto done = [](const Status& status) { AIRLOCK_CHECK(status.has_value()); };
  done(save_newest(keyring(), world().anchor));
  done(write_journal({}));
  if (machine.layout == Layout::one_slot) {
    done(slot::Exchange::format(board.exchange_areas(), SlotId::a));
  }
  slot::Record record;
  if (life.factory != nullptr) {
    const Package& first = *life.factory;
    done(write_manifest(SlotId::a, first.envelope));
    for (std::size_t i = 0; i < first.parts.size(); ++i) {
      fakes::Flash& area = board.image(i, SlotId::a);
      done(area.erase(0, area.size()));
      done(area.write(0, padded(first.parts[i].image)));
      done(area.sync());
    }
    record.slots[0] = {first.digest, first.security_version, false};
    record.floors[package::index_of(package::Kind::firmware)] = first.security_version;
    record.time_bound = first.created;
    observer.factory(first);
  }
  done(slot::format(board.record_areas(), record));
}

Wallet::Wallet(const Wallet& from)
    : board(from.board),
      observer(from.observer),
      running_(from.running_),
      life_(from.life_),
      chapter_(from.chapter_),
      begun_(from.begun_),
      rotted_(from.rotted_) {}

void Wallet::again() {
  AIRLOCK_CHECK(chapter_ > 0);
  --chapter_;
  begun_ = false;
}

bool Wallet::runs_what_it_should() const {
  const Package* expected = life_->chapters[chapter_ - 1].runs_after;
  if (expected == nullptr) return !running_.has_value();
  return running_ && running_->manifest == expected->digest;
}

std::uint64_t Wallet::fingerprint() {
  return observer.fingerprint(
      board.fingerprint(mix(mix(chapter_, board.power.failures()), begun_ + 2U * rotted_)));
}

// ---- reset

Bytes Wallet::envelope_in(SlotId id) {
  std::array<std::uint8_t, 4> head;
  if (!board.manifest(id).read(0, head)) return {};
  const std::size_t size =
      std::size_t{head[0]} << 24 | std::size_t{head[1]} << 16 | std::size_t{head[2]} << 8 | head[3];
  const Bytes bytes = board.manifest(id).contents();
  if (size > bytes.size() - kEnvelopeHead) return {};
  Buffer read(size);  // a word that does not read is not seen through the memory map either
  if (!board.manifest(id).read(kEnvelopeHead, read)) return {};
  return bytes.subspan(kEnvelopeHead, size);
}

Status Wallet::write_manifest(SlotId id, Bytes envelope) {
  Buffer bytes(kEnvelopeHead);
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[i] = static_cast<std::uint8_t>(envelope.size() >> (24 - 8 * i));
  }
  bytes.insert(bytes.end(), envelope.begin(), envelope.end());
  bytes = padded(bytes);
  fakes::Flash& area = board.manifest(id);
  AIRLOCK_TRY(area.erase(0, area.size()));
  for (std::size_t at = 0; at < bytes.size(); at += kWriteSize) {
    const std::size_t size = std::min(kWriteSize, bytes.size() - at);
    AIRLOCK_TRY(area.write(at, Bytes(bytes).subspan(at, size)));
  }
  return area.sync();
}

Area& Wallet::image(std::size_t part, SlotId id) {
  if (!exchange_) return board.image(part, id);
  return exchanged_[part][slot::index_of(id)];
}

slot::BootView Wallet::view() {
  slot::BootView made;
  made.record = board.record_areas();
  made.envelopes = {envelope_in(SlotId::a), envelope_in(SlotId::b)};
  anchored_ = load_newest(keyring());
  made.keyring = anchored_;
  made.model = kModel;
  for (std::size_t i = 0; i < board.parts(); ++i) {
    const Status added =
        made.components.add({kPartIds[i], {&image(i, SlotId::a), &image(i, SlotId::b)}});
    AIRLOCK_CHECK(added.has_value());
  }
  return made;
}

Result<slot::Boot> Wallet::start() {
  exchange_.reset();
  if (board.machine().layout == Layout::two_slots) return slot::boot(view());
  AIRLOCK_ASSIGN(exchange_, slot::Exchange::open(board.exchange_areas()));
  for (std::size_t i = 0; i < board.parts(); ++i) {
    for (SlotId id : {SlotId::a, SlotId::b}) {
      exchanged_[i][slot::index_of(id)] = slot::ExchangedSlot(*exchange_, i, id);
    }
  }
  return slot::boot_in_place(view(), *exchange_);
}

Wallet::End Wallet::power_on() {
  running_.reset();
  verified_ = false;
  const Result<slot::Boot> booted = start();
  if (!board.power.is_on()) return End::dark;
  if (!booted) {
    observer.not_booted(booted.error());
    return End::done;
  }
  running_ = *booted;
  observer.booted(board, *booted);
  return End::done;
}

// ---- the story

Wallet::End Wallet::live(std::size_t chapters) {
  if (power_on() == End::dark) return End::dark;
  const std::size_t end = std::min(chapters, life_->chapters.size());
  for (; chapter_ < end && observer.is_content(); ++chapter_, begun_ = false) {
    const Chapter& chapter = life_->chapters[chapter_];
    if (!begun_) observer.begin_chapter(chapter);
    begun_ = true;
    if (play(chapter) == End::dark) return End::dark;
    if (!observer.is_content()) return End::done;
    check_end(chapter);
    if (power_on() == End::dark) return End::dark;
  }
  return End::done;
}

Wallet::End Wallet::play(const Chapter& chapter) {
  if (chapter.deed != Chapter::Deed::rot) return drive(chapter);
  if (!rotted_ && running_) {
    const bool one_place = board.machine().layout == Layout::one_slot;
    board.image(0, one_place ? SlotId::a : running_->slot).damage(77, 0x10);
  }
  rotted_ = true;
  return power_on();
}

void Wallet::check_end(const Chapter& chapter) {
  Observer::End end;
  end.running = running_;
  const Result<Session> session = update::decode_session(load_newest(journal()));
  if (session && session->phase == Phase::idle) end.outcome = session->outcome;
  for (std::size_t i = 0; i < chapter.package->parts.size(); ++i) {
    const std::size_t granule = std::min(granule_of(SlotId::a), granule_of(SlotId::b));
    end.granules += (chapter.package->parts[i].image.size() + granule - 1) / granule;
  }
  observer.ended(board, chapter, end);
}

// The journal is gone, or tells of nothing that the record knows: a trial does not go on.
Result<Session> Wallet::open_session() {
  Result<Session> session = update::decode_session(load_newest(journal()));
  AIRLOCK_ASSIGN(const slot::Record record, load());
  const bool untold = session && record.trial_boots && !must_be_finished(session->phase);
  if (session && !untold) return session;
  Session fresh;
  // No session has more phases than that, and each but the shortest stores a record.
  constexpr std::uint64_t kReportsPerRecord = 16;
  fresh.report_sequence = session ? session->report_sequence : record.sequence * kReportsPerRecord;
  if (record.trial_boots) {
    AIRLOCK_ASSIGN(const slot::Record next, slot::revert(record, Code::journal_lost));
    AIRLOCK_TRY(save(next));
    if (power_on() == End::dark) return fail(Code::storage_failed);
  }
  return fresh;
}

Result<Event> Wallet::next_event(const update::Step& now, const Chapter& chapter) {
  if (now.effect != Effect::wait) return perform(now.effect, now.session, chapter);
  const bool wants_back = chapter.deed == Chapter::Deed::restore && !observer.heard_an_end();
  if (!wants_back) return event_of(Type::wake);
  AIRLOCK_ASSIGN(const slot::Record record, load());
  AIRLOCK_ASSIGN(const slot::Slot kept, slot::restorable(record));
  Event event = event_of(Type::restore_wanted);
  event.manifest = kept.manifest;
  return event;
}

Wallet::End Wallet::drive(const Chapter& chapter) {
  const Result<Session> stored = open_session();
  if (!board.power.is_on()) return End::dark;
  if (!stored) {
    observer.violated(Harm::brick, "the device does not come to its session");
    return End::done;
  }
  update::Step now = step(*stored, event_of(Type::resumed));
  for (int i = 0; i < kEffectsMax; ++i) {
    Result<Event> event = next_event(now, chapter);
    if (!board.power.is_on()) return End::dark;
    if (!event && now.session.phase == Phase::idle) {
      if (event.error().code != chapter.reason) {
        observer.violated(Harm::wrong, "refused as " + std::string(name(event.error().code)));
      }
      return End::done;
    }
    if (!event) event = failed(event.error());
    now = step(now.session, *event);
    if (!write_journal(now.session)) return End::dark;
    if (now.session.phase == Phase::idle) return End::done;
  }
  observer.violated(Harm::brick, "the session never ends");
  return End::done;
}

Status Wallet::write_journal(const Session& session) {
  Buffer bytes(update::kSessionSizeMax);
  AIRLOCK_ASSIGN(const Bytes encoded, update::encode_session(session, bytes));
  return save_newest(journal(), encoded);
}

Status Wallet::save(slot::Record record) {
  AIRLOCK_ASSIGN(const slot::Record stored, load());
  record.sequence = stored.sequence;
  return record == stored ? Status() : slot::store(board.record_areas(), record);
}

}  // namespace airlock::powercut
