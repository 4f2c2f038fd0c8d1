#include "tests/powercut/wallet.h"

#include "core/codec/codec.h"

namespace airlock::powercut {
namespace {

using update::Effect;
using update::Event;
using update::Phase;
using update::Session;
using Type = update::Event::Type;

constexpr std::size_t kAreaSize = 4096;
constexpr std::size_t kWriteSize = 1024;  // one write of an image
constexpr std::uint8_t kTrialBoots = 3;   // one more than cuts: each cut in a trial costs a boot
constexpr int kEffectsMax = 200;          // of one chapter, however often the power fails
constexpr std::size_t kPairHead = 16;

fakes::Flash flash(fakes::Power& power, fakes::Geometry geometry) {
  return fakes::Flash(power, geometry, kAreaSize);
}

void put_number(Buffer& to, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8)
    to.push_back(static_cast<std::uint8_t>(value >> shift));
}

std::uint64_t number_at(Bytes from, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value = value << 8 | from[at + i];
  return value;
}

void pad(Buffer& bytes) { bytes.resize((bytes.size() + 31) / 32 * 32); }

// counter | size and checksum | content
struct Copy {
  std::uint64_t counter = 0;
  Buffer content;
};

Copy read_copy(fakes::Flash& area) {
  const Bytes bytes = area.contents();
  const std::uint64_t size = number_at(bytes, 8) >> 32;
  if (size > bytes.size() - kPairHead) return {};
  Buffer checked(bytes.begin(), bytes.begin() + 8);
  const Bytes content = bytes.subspan(kPairHead, static_cast<std::size_t>(size));
  checked.insert(checked.end(), content.begin(), content.end());
  if (codec::crc32c(checked) != static_cast<std::uint32_t>(number_at(bytes, 8))) return {};
  return {number_at(bytes, 0), Buffer(content.begin(), content.end())};
}

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

std::string text(std::string_view view) { return std::string(view); }

}  // namespace

Buffer Wallet::Pair::load() {
  Copy first = read_copy(copies[0]);
  Copy second = read_copy(copies[1]);
  return first.counter > second.counter ? first.content : second.content;
}

Status Wallet::Pair::save(Bytes content) {
  const std::array<std::uint64_t, 2> counters = {read_copy(copies[0]).counter,
                                                 read_copy(copies[1]).counter};
  Buffer bytes;
  put_number(bytes, std::max(counters[0], counters[1]) + 1);
  Buffer checked = bytes;
  checked.insert(checked.end(), content.begin(), content.end());
  put_number(bytes, std::uint64_t{content.size()} << 32 | codec::crc32c(checked));
  bytes.insert(bytes.end(), content.begin(), content.end());
  pad(bytes);
  fakes::Flash& older = copies[counters[0] > counters[1] ? 1 : 0];
  AIRLOCK_TRY(older.erase(0, older.size()));
  AIRLOCK_TRY(older.write(0, bytes));
  return older.sync();
}

// The factory: version 1 in slot a, keyring 1, an idle journal.
Wallet::Wallet(fakes::Geometry geometry, fakes::Unsynced unsynced, Fault fault)
    : power(unsynced),
      fault_(fault),
      record_{flash(power, geometry), flash(power, geometry)},
      journal_{{flash(power, geometry), flash(power, geometry)}},
      keyring_{{flash(power, geometry), flash(power, geometry)}},
      manifests_{flash(power, geometry), flash(power, geometry)},
      images_{{{flash(power, geometry), flash(power, geometry)},
               {flash(power, geometry), flash(power, geometry)}}} {
  const Package& first = world().v1;
  AIRLOCK_CHECK(keyring_.save(world().anchor).has_value());
  AIRLOCK_CHECK(write_journal({}).has_value());
  Buffer head;
  put_number(head, first.envelope.size());
  head.insert(head.end(), first.envelope.begin(), first.envelope.end());
  AIRLOCK_CHECK(write_image(manifests_[0], head).has_value());
  for (std::size_t i = 0; i < kComponents; ++i) {
    AIRLOCK_CHECK(write_image(images_[i][0], first.images[i]).has_value());
  }
  slot::Record record;
  record.slots[0] = {first.digest, first.security_version, false};
  record.floors[package::index_of(package::Kind::firmware)] = first.security_version;
  record.time_bound = first.created;
  AIRLOCK_CHECK(slot::format(record_areas(), record).has_value());
  agreed_.insert(first.digest);
}

Wallet::Wallet(const Wallet& from)
    : power(from.power),
      fault_(from.fault_),
      record_(from.record_),
      journal_(from.journal_),
      keyring_(from.keyring_),
      manifests_(from.manifests_),
      images_(from.images_),
      running_(from.running_),
      chapter_(from.chapter_),
      reports_before_(from.reports_before_),
      rotted_(from.rotted_),
      power_ons_(from.power_ons_),
      floor_seen_(from.floor_seen_),
      time_seen_(from.time_seen_),
      agreed_(from.agreed_),
      reports_(from.reports_),
      violations_(from.violations_) {
  rewire();
}

void Wallet::rewire() {
  for (auto* pair : {&record_, &journal_.copies, &keyring_.copies, &manifests_}) {
    for (fakes::Flash& area : *pair) area.rewire(power);
  }
  for (auto& component : images_) {
    for (fakes::Flash& area : component) area.rewire(power);
  }
}

void Wallet::violated(const std::string& what) {
  violations_.push_back("chapter " + std::to_string(chapter_) + ": " + what);
}

// ---- reset, and what the observer makes of it

Bytes Wallet::envelope_in(SlotId id) {
  const Bytes bytes = manifests_[slot::index_of(id)].contents();
  const std::uint64_t size = number_at(bytes, 0);
  if (size > bytes.size() - 8) return {};
  return bytes.subspan(8, static_cast<std::size_t>(size));
}

slot::BootView Wallet::view() {
  slot::BootView made;
  made.record = record_areas();
  made.envelopes = {envelope_in(SlotId::a), envelope_in(SlotId::b)};
  anchored_ = keyring_.load();
  made.keyring = anchored_;
  made.model = kModel;
  for (std::size_t i = 0; i < kComponents; ++i) {
    AIRLOCK_CHECK(
        made.components.add({kComponentIds[i], {&images_[i][0], &images_[i][1]}}).has_value());
  }
  return made;
}

Wallet::End Wallet::power_on() {
  ++power_ons_;
  const Result<slot::Boot> booted = slot::boot(view());
  if (!power.is_on()) return End::dark;
  if (!booted) {
    violated("brick: " + text(name(booted.error().code)));
    return End::done;
  }
  running_ = *booted;
  observe(*booted);
  return End::done;
}

void Wallet::observe(const slot::Boot& boot) {
  const Package* package = world().find(boot.manifest);
  if (package == nullptr || package->kind != package::Kind::firmware) {
    return violated("an unknown release runs");
  }
  for (std::size_t i = 0; i < kComponents; ++i) {
    const Bytes held = images_[i][slot::index_of(boot.slot)].contents();
    if (!equal(held.first(package->images[i].size()), package->images[i])) {
      violated("the running image is not the signed one");
    }
  }
  if (!agreed_.contains(boot.manifest)) violated("a release runs without consent");
  const Result<slot::Record> record = slot::load(record_areas());
  if (!record) return violated("no boot record is readable");
  const std::uint32_t floor = record->floors[package::index_of(package::Kind::firmware)];
  if (floor > package->security_version) violated("the floor is above what runs");
  if (floor < floor_seen_) violated("the floor was lowered");
  if (package->security_version < floor_seen_) violated("an older security version runs");
  if (record->time_bound < time_seen_) violated("the time bound was lowered");
  floor_seen_ = std::max(floor_seen_, floor);
  time_seen_ = std::max(time_seen_, record->time_bound);
}

// ---- the driver

Wallet::End Wallet::live(const Life& life, std::size_t chapters) {
  if (power_on() == End::dark) return End::dark;
  const std::size_t end = std::min(chapters, life.chapters.size());
  for (; chapter_ < end; ++chapter_, reports_before_ = reports_.size()) {
    if (!violations_.empty()) return End::done;
    if (play(life.chapters[chapter_]) == End::dark) return End::dark;
    check_end(life.chapters[chapter_]);
    if (power_on() == End::dark) return End::dark;
  }
  return End::done;
}

Wallet::End Wallet::play(const Chapter& chapter) {
  switch (chapter.deed) {
    case Chapter::Deed::update: return update(chapter);
    case Chapter::Deed::restore: return restore(chapter);
    case Chapter::Deed::rot:
      if (!rotted_) images_[0][slot::index_of(running_.slot)].damage(77, 0x10);
      rotted_ = true;
      return power_on();
  }
  broken_promise();
}

Wallet::End Wallet::restore(const Chapter& chapter) {
  Result<slot::Record> record = load();
  if (!record) return End::dark;
  if (slot::standing_of(*record, chapter.package->digest) == slot::Standing::committed) {
    return power_on();  // done before the power failed
  }
  const Result<slot::Record> agreed = slot::consent(*record, chapter.package->digest);
  if (!agreed) return violated("consent: " + text(name(agreed.error().code))), End::done;
  if (!save(*agreed)) {
    return power.is_on() ? (violated("consent was not stored"), End::done) : End::dark;
  }
  agreed_.insert(chapter.package->digest);
  const Result<slot::Record> next = slot::restore(*load());
  if (!next) {
    if (next.error().code != chapter.reason) violated("restore: " + text(name(next.error().code)));
    return End::done;
  }
  if (!save(*next))
    return power.is_on() ? (violated("restore was not stored"), End::done) : End::dark;
  return power_on();
}

// Rot may take either copy: none may bring back a lower floor.
void Wallet::check_copies() {
  const Result<slot::Record> record = load();
  if (!record) return violated("no boot record is readable");
  for (fakes::Flash& copy : record_) {
    const Result<slot::Record> held = slot::decode_record(copy.contents());
    if (held && held->floors != record->floors) violated("one copy alone would lower a floor");
  }
}

void Wallet::check_end(const Chapter& chapter) {
  check_copies();
  const Package& expected = *chapter.runs_after;
  if (running_.manifest != expected.digest || running_.trial) {
    violated("runs " +
             (world().find(running_.manifest) ? world().find(running_.manifest)->version
                                              : std::string("nothing")) +
             (running_.trial ? " on trial" : "") + ", not " + expected.version);
  }
  if (chapter.deed != Chapter::Deed::update) return;
  const Result<Session> session = read_journal();
  if (!session || session->phase != Phase::idle) return violated("the session did not end");
  if (session->outcome != chapter.reason) {
    violated("ended as " + text(name(session->outcome)) + ", not " + text(name(chapter.reason)));
  }
  if (reports_.empty() || reports_.rbegin()->second != chapter.reason) {
    violated("the end was not reported");
  }
}

Wallet::End Wallet::update(const Chapter& chapter) {
  const Result<Session> stored = read_journal();
  if (!stored) {
    if (power.is_on()) violated("the journal is lost");
    return power.is_on() ? End::done : End::dark;
  }
  update::Step now = step(*stored, event_of(Type::resumed));
  for (int i = 0; i < kEffectsMax; ++i) {
    Result<Event> event = now.effect == Effect::wait ? Result<Event>(event_of(Type::wake))
                                                     : perform(now.effect, now.session, chapter);
    if (!power.is_on()) return End::dark;
    if (!event) event = failed(event.error());
    now = step(now.session, *event);
    if (!write_journal(now.session)) return End::dark;
    if (fault_ == Fault::confirms_early && event->type == Type::committed) {
      const Result<slot::Record> record = load();
      if (!record || !record->trial_boots) return End::dark;
      if (!save(*slot::confirm(*record, chapter.package->created))) return End::dark;
      running_.trial = false;
    }
    if (now.session.phase == Phase::idle) return End::done;
  }
  violated("the chapter never ends");
  return End::done;
}

Result<Event> Wallet::perform(Effect effect, const Session& session, const Chapter& chapter) {
  switch (effect) {
    case Effect::wait: broken_promise();
    case Effect::ask_server: return ask_server(chapter);
    case Effect::refresh: return event_of(Type::refreshed);
    case Effect::prove: return prove(chapter);
    case Effect::gate: return event_of(Type::admitted);
    case Effect::stage: return stage(chapter);
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
  if (reports_.size() > reports_before_) return event_of(Type::nothing);
  Event offer = event_of(Type::offered);
  offer.manifest = chapter.package->digest;
  offer.version = chapter.package->version;
  offer.kind = chapter.package->kind;
  offer.rollout = 1;
  return offer;
}

Result<Event> Wallet::prove(const Chapter& chapter) {
  const Buffer anchor = keyring_.load();
  AIRLOCK_ASSIGN(const package::Keyring keyring, package::open_keyring_anchor(anchor));
  const Bytes envelope = chapter.package->envelope;
  const Result<package::Proven> proven = package::prove(envelope, keyring);
  if (!proven && proven.error().code == Code::keyring_rollback && equal(envelope, anchor)) {
    // Stored just before the power failed; it was proven then.
    Event event = event_of(Type::proven);
    event.manifest = chapter.package->digest;
    event.version = chapter.package->version;
    event.kind = chapter.package->kind;
    return event;
  }
  AIRLOCK_TRY(proven);
  Event event = event_of(Type::proven);
  event.manifest = proven->digest();
  event.version = chapter.package->version;
  event.kind = proven->manifest().kind;
  return event;
}

Status Wallet::write_image(fakes::Flash& area, Bytes bytes) {
  AIRLOCK_TRY(area.erase(0, area.size()));
  for (std::size_t at = 0; at < bytes.size(); at += kWriteSize) {
    const Bytes part = bytes.subspan(at, std::min(kWriteSize, bytes.size() - at));
    Buffer padded(part.begin(), part.end());
    pad(padded);
    AIRLOCK_TRY(area.write(at, padded));
  }
  return area.sync();
}

Result<Event> Wallet::stage(const Chapter& chapter) {
  AIRLOCK_ASSIGN(const slot::Record record, load());
  AIRLOCK_ASSIGN(const slot::Record next, slot::begin_write(record));
  if (next != record) AIRLOCK_TRY(save(next));
  const std::size_t place = slot::index_of(slot::other(record.active));
  Buffer head;
  put_number(head, chapter.package->envelope.size());
  head.insert(head.end(), chapter.package->envelope.begin(), chapter.package->envelope.end());
  AIRLOCK_TRY(write_image(manifests_[place], head));
  for (std::size_t i = 0; i < kComponents; ++i) {
    AIRLOCK_TRY(write_image(images_[i][place], chapter.package->images[i]));
  }
  return event_of(Type::staged);
}

Result<Event> Wallet::verify(const Session& session) {
  AIRLOCK_ASSIGN(const slot::Record record, load());
  AIRLOCK_TRY(
      slot::prove_slot(view(), slot::other(record.active), session.manifest, slot::Depth::quorum));
  return event_of(Type::verified);
}

Result<Event> Wallet::ask_owner(const Session& session, const Chapter& chapter) {
  if (fault_ == Fault::asks_nobody) {
    AIRLOCK_ASSIGN(const slot::Record record, load());
    AIRLOCK_ASSIGN(const slot::Record next, slot::consent(record, session.manifest));
    AIRLOCK_TRY(save(next));
  } else if (chapter.owner == Owner::refuses) {
    return event_of(Type::refused);
  } else {
    agreed_.insert(session.manifest);
    AIRLOCK_ASSIGN(const slot::Record record, load());
    AIRLOCK_ASSIGN(const slot::Record next, slot::consent(record, session.manifest));
    AIRLOCK_TRY(save(next));
  }
  Event event = event_of(Type::consented);
  event.manifest = session.manifest;
  return event;
}

Event Wallet::went_back() {
  Event event = event_of(Type::went_back);
  if (const Result<slot::Record> record = load()) event.error.code = record->last_revert.reason;
  return event;
}

Result<Event> Wallet::activate(const Session& session, const Chapter& chapter) {
  AIRLOCK_ASSIGN(const slot::Record record, load());
  if (slot::standing_of(record, session.manifest) == slot::Standing::given_up &&
      record.consent != session.manifest) {
    return went_back();
  }
  AIRLOCK_ASSIGN(
      slot::Record next,
      slot::arm(record, {session.manifest, chapter.package->security_version}, kTrialBoots));
  if (fault_ == Fault::floor_before_commit) {
    next.floors[package::index_of(package::Kind::firmware)] = chapter.package->security_version;
  }
  if (next != record) AIRLOCK_TRY(save(next));
  return event_of(Type::activated);
}

Result<Event> Wallet::reboot(const Session& session) {
  if (!running_.trial && power_on() == End::dark) return fail(Code::storage_failed);
  if (running_.trial && running_.manifest == session.manifest) return event_of(Type::booted);
  return went_back();
}

Result<Event> Wallet::check_health(const Session& session, const Chapter& chapter) {
  for (int boots = 0; boots <= kTrialBoots; ++boots) {
    if (!running_.trial || running_.manifest != session.manifest) return went_back();
    switch (chapter.health) {
      case Health::good: return event_of(Type::healthy);
      case Health::bad: return fail(Code::unhealthy);
      case Health::hangs:  // the watchdog resets
        if (power_on() == End::dark) return fail(Code::storage_failed);
    }
  }
  violated("the trial does not end");
  return went_back();
}

Result<Event> Wallet::commit(const Session& session, const Chapter& chapter) {
  AIRLOCK_ASSIGN(const slot::Record record, load());
  if (package::carries_content(session.kind)) {
    if (!equal(keyring_.load(), chapter.package->envelope)) {
      AIRLOCK_TRY(keyring_.save(chapter.package->envelope));
    }
    const slot::Record raised =
        slot::raise_floor(slot::raise_time(record, chapter.package->created), session.kind,
                          chapter.package->security_version);
    if (raised != record) AIRLOCK_TRY(save(raised));
    return event_of(Type::committed);
  }
  if (slot::standing_of(record, session.manifest) == slot::Standing::committed) {
    return event_of(Type::committed);
  }
  if (!running_.trial || running_.manifest != session.manifest) return went_back();
  if (fault_ == Fault::confirms_early) return event_of(Type::committed);
  AIRLOCK_ASSIGN(const slot::Record next, slot::confirm(record, chapter.package->created));
  AIRLOCK_TRY(save(next));
  running_.trial = false;
  return event_of(Type::committed);
}

Result<Event> Wallet::go_back(const Session& session) {
  AIRLOCK_ASSIGN(const slot::Record record, load());
  if (slot::standing_of(record, session.manifest) == slot::Standing::on_trial) {
    AIRLOCK_ASSIGN(const slot::Record next, slot::revert(record, session.outcome));
    AIRLOCK_TRY(save(next));
  }
  if (power_on() == End::dark) return fail(Code::storage_failed);
  return went_back();
}

Result<Event> Wallet::report(const Session& session) {
  const auto [at, added] = reports_.try_emplace(session.report_sequence, session.outcome);
  if (!added && at->second != session.outcome) violated("one report number, two stories");
  return event_of(Type::reported);
}

// ---- storing, well and badly

Result<slot::Record> Wallet::load() { return slot::load(record_areas()); }

Status Wallet::save(slot::Record record) {
  switch (fault_) {
    case Fault::none:
    case Fault::floor_before_commit:
    case Fault::asks_nobody:
    case Fault::confirms_early: return slot::store(record_areas(), record);
    case Fault::overwrites_newer:
    case Fault::single_copy:
    case Fault::forgets_sync:
    case Fault::floor_in_one_copy: return save_badly(record);
  }
  broken_promise();
}

Status Wallet::save_badly(slot::Record& record) {
  std::array<std::uint64_t, 2> sequences{};
  for (std::size_t i = 0; i < 2; ++i) {
    const Result<slot::Record> found = slot::decode_record(record_[i].contents());
    if (found) sequences[i] = found->sequence;
  }
  const std::size_t newer = sequences[1] > sequences[0] ? 1 : 0;
  record.sequence = std::max(sequences[0], sequences[1]) + 1;
  Buffer bytes(slot::kRecordSizeMax);
  AIRLOCK_TRY(slot::encode_record(record, bytes));
  const bool over_newer = fault_ == Fault::overwrites_newer || fault_ == Fault::single_copy;
  fakes::Flash& area = record_[over_newer ? newer : 1 - newer];
  AIRLOCK_TRY(area.erase(0, area.size()));
  AIRLOCK_TRY(area.write(0, bytes));
  if (fault_ == Fault::single_copy) {
    fakes::Flash& spare = record_[1 - newer];
    AIRLOCK_TRY(spare.erase(0, spare.size()));
  }
  return fault_ == Fault::forgets_sync ? Status{} : area.sync();
}

Result<Session> Wallet::read_journal() { return update::decode_session(journal_.load()); }

Status Wallet::write_journal(const Session& session) {
  Buffer bytes(update::kSessionSizeMax);
  AIRLOCK_ASSIGN(const Bytes encoded, update::encode_session(session, bytes));
  return journal_.save(encoded);
}

}  // namespace airlock::powercut
