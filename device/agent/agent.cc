// The loop: event, step, journal, effect.
#include "device/agent/agent.h"

#include <array>
#include <chrono>
#include <thread>
#include <utility>

#include "device/agent/given_up.h"
#include "device/platform/power_on.h"

namespace airlock::agent {
namespace {

using update::Event;
using update::Phase;
using update::Session;

constexpr std::string_view kJournalName = "journal";

Status store_session(const platform::Device& device, const Session& session) {
  std::array<std::uint8_t, update::kSessionSizeMax> buffer;
  AIRLOCK_ASSIGN(const Bytes encoded, update::encode_session(session, buffer));
  return file::replace(device.path(kJournalName), encoded);
}

// From here on the boot record may already speak of the release: it must be carried to its end.
bool must_be_finished(Phase phase) { return phase >= Phase::activating; }
bool may_be_committed(Phase phase) {
  return phase >= Phase::activating && phase <= Phase::committing;
}

Ending ending_of(const Session& session, Event::Type last) {
  if (last == Event::Type::nothing) return {};
  const Error error{session.outcome, session.at};
  if (error.code == Code::ok) return {Ending::How::committed, error};
  if (error.code == Code::consent_refused) return {Ending::How::refused, error};
  return {update::ran_again(session) ? Ending::How::went_back : Ending::How::failed, error};
}

void back_off(std::uint8_t attempts) {
  if (attempts == 0) return;
  std::this_thread::sleep_for(std::chrono::milliseconds(kBackoffMs << (attempts - 1)));
}

// The journal is gone: nobody knows what a trial was for, so it does not go on. Reports are
// numbered from a place that no earlier one can have reached.
Result<Session> start_over(platform::Device& device, const Surroundings& around) {
  AIRLOCK_TRY(apply::revert_firmware(device, Code::journal_lost));
  Session session;
  session.outcome = Code::journal_lost;
  if (around.clock) session.report_sequence = static_cast<std::uint64_t>(around.clock());
  AIRLOCK_TRY(store_session(device, session));
  return session;
}

// The same of what is read, whose trial has a record of its own.
Status settle_editions(platform::Device& device, const Result<Session>& session) {
  for (const apply::ShelfKind* const kind : apply::kShelfKinds) {
    const bool told = session && session->kind == kind->kind && must_be_finished(session->phase);
    if (!told) AIRLOCK_TRY(apply::revert_edition(device, *kind, Code::journal_lost));
    AIRLOCK_TRY(apply::finish_edition(device, *kind));
  }
  return {};
}

Result<HandedIn> read_handed(const file::Path& package) {
  std::error_code error;
  const file::Path place = std::filesystem::absolute(package, error);
  const bool folder = std::filesystem::is_directory(place, error);
  const file::Path envelope = folder ? place / "manifest.cose" : place;
  HandedIn handed{envelope.parent_path(), {}, {}, {}};
  AIRLOCK_ASSIGN(handed.envelope, file::read(envelope, package::kEnvelopeSizeMax));
  AIRLOCK_ASSIGN(handed.proof, read_beside(proof_beside(envelope), package::kProofSizeMax));
  AIRLOCK_ASSIGN(handed.bundle, read_beside(bundle_beside(envelope), x509::kBundleSizeMax));
  return handed;
}

file::Buffer copy_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

HandedIn read_built_in(const carton::Carton& carton) {
  return {
      {}, copy_of(carton.envelope()), copy_of(carton.log_proof()), copy_of(carton.certificates())};
}

}  // namespace

Result<Session> read_session(const platform::Device& device) {
  const Result<file::Buffer> stored =
      file::read(device.path(kJournalName), update::kSessionSizeMax);
  if (!stored && stored.error().code == Code::not_found) return Session{};
  if (!stored && stored.error().code == Code::oversized) return fail(Code::journal_lost);
  if (!stored) return std::unexpected(stored.error());
  return update::decode_session(*stored);
}

Result<Agent> Agent::open(platform::Device& device, const Surroundings& surroundings) {
  Agent agent(device, surroundings);
  Result<Session> session = read_session(device);
  AIRLOCK_ASSIGN(const slot::Record record, device.record());
  // Nothing arms a trial that the journal does not tell of first, so one was lost.
  AIRLOCK_TRY(settle_editions(device, session));
  const bool untold = session && !must_be_finished(session->phase) && record.trial_boots;
  if (untold || (!session && session.error().code == Code::journal_lost)) {
    session = start_over(device, surroundings);
  }
  if (!session) return std::unexpected(session.error());
  AIRLOCK_TRY(platform::check_running(device));
  agent.session_ = *session;
  return agent;
}

// A phase is told once, as it begins, and only to be seen by the vendor: nothing waits for it, and
// a server that does not answer is not told of the next one.
void Agent::tell_phase() {
  const bool told = session_.phase >= Phase::gating && session_.phase < Phase::reporting;
  if (!told || !heard_ || session_.errand == update::Errand::restore) return;
  const Result<Origin> origin = read_origin(*device_);
  if (!origin || origin->by_hand()) return;  // by hand: there may be no network
  heard_ = report().has_value();
}

// What a server offered and this device did not take stands in no other's way from now on. Whoever
// cannot note it is offered it again, as before.
void Agent::note_ending(const Ending& ending) {
  const bool not_taken = ending.how == Ending::How::failed || ending.how == Ending::How::refused;
  if (!not_taken || session_.errand == update::Errand::restore) return;
  const Result<Origin> origin = read_origin(*device_);
  if (!origin || origin->by_hand()) return;
  ManifestList list = ManifestList::read(*device_, kNotNowName);
  list.add(session_.manifest);
  (void)list.write(*device_);
}

Result<Ending> Agent::drive(Event event, Pace pace) {
  heard_ = true;
  clock_.reset();
  if (around_.clock) clock_ = around_.clock();
  while (true) {
    const bool waiting =
        event.type == Event::Type::failed && update::is_waiting(session_.phase, event.error.code);
    const update::Step next = update::step(session_, event);
    session_ = next.session;
    AIRLOCK_TRY(store_session(*device_, session_));
    if (waiting) return std::unexpected(event.error);
    around_.watcher.entered(session_);
    if (next.effect == update::Effect::wait) {
      const Ending ending = ending_of(session_, event.type);
      note_ending(ending);
      return ending;
    }
    const bool again = session_.attempts > 0 && event.type == Event::Type::failed;
    // An unsent report stays in the journal for the next run: nobody has to wait for a server.
    if (again && session_.phase == Phase::reporting) return ending_of(session_, event.type);
    if (again && pace == Pace::stop_at_once) return std::unexpected(event.error);
    if (again) back_off(session_.attempts);
    if (!again) tell_phase();
    event = perform(next.effect);
  }
}

Event Agent::perform(update::Effect effect) {
  Result<Event> done = attempt(effect);
  if (done) return *done;
  Event failed;
  failed.type = Event::Type::failed;
  failed.error = done.error();
  return failed;
}

Result<Event> Agent::attempt(update::Effect effect) {
  switch (effect) {
    case update::Effect::wait: broken_promise();
    case update::Effect::ask_server: return ask_server();
    case update::Effect::refresh: return refresh();
    case update::Effect::prove: return prove();
    case update::Effect::gate: return gate();
    case update::Effect::stage: return stage();
    case update::Effect::verify: return verify();
    case update::Effect::ask_owner: return ask_owner();
    case update::Effect::activate: return activate();
    case update::Effect::reboot: return reboot();
    case update::Effect::check_health: return check_health();
    case update::Effect::commit: return commit();
    case update::Effect::go_back: return go_back();
    case update::Effect::report: return report();
  }
  broken_promise();
}

Result<Ending> Agent::run(Pace pace) {
  if (session_.phase != Phase::idle) {
    const bool over_already = session_.phase == Phase::reporting;
    Event resumed;
    resumed.type = Event::Type::resumed;
    const Result<Ending> ending = drive(resumed, pace);
    if (!ending || !over_already || session_.phase != Phase::idle) return ending;
  }
  return drive(Event{}, pace);
}

// judge says whether this device would take a package.
Status Agent::judge(const HandedIn& handed) {
  AIRLOCK_ASSIGN(const apply::TrustedKeyring trusted, apply::trusted_keyring(*device_));
  AIRLOCK_ASSIGN(const package::Proven found,
                 package::prove(handed.envelope, trusted.keyring, package::Judged::before));
  AIRLOCK_ASSIGN(const auto logged, prove_logged(found.manifest(), handed.folder, handed.proof));
  std::optional<std::int64_t> clock;
  if (around_.clock) clock = around_.clock();
  AIRLOCK_ASSIGN(const slot::Record record, device_->record());
  const std::int64_t moment = present(told_by(record, found.manifest(), logged), clock);
  AIRLOCK_TRY(
      check_certified(*device_, {handed.envelope, handed.bundle, moment, around_.responder}));
  AIRLOCK_ASSIGN(const Running running, Running::read(*device_, record));
  AIRLOCK_ASSIGN(const package::DeviceFacts facts,
                 facts_for(*device_, record, running, found.manifest(), clock));
  AIRLOCK_TRY(package::admit(found, facts));
  return {};
}

Status Agent::finish_what_must_be(Pace pace) {
  if (!must_be_finished(session_.phase)) return {};
  Event resumed;
  resumed.type = Event::Type::resumed;
  AIRLOCK_TRY(drive(resumed, pace));
  return {};
}

// What the owner wants replaces a release that nothing depends on yet.
void Agent::drop_session() {
  const std::uint64_t sequence = session_.report_sequence;
  session_ = Session{};
  session_.report_sequence = sequence;
  release_.reset();
  plan_.reset();
  verified_.reset();
  verified_edition_.reset();
}

Status Agent::hand_in(const HandedIn& handed, Pace pace) {
  AIRLOCK_TRY(finish_what_must_be(pace));
  if (session_.phase != Phase::idle) AIRLOCK_TRY(judge(handed));
  drop_session();
  AIRLOCK_TRY(keep_envelope(*device_, handed.envelope));
  AIRLOCK_TRY(keep_proof(*device_, handed.proof));
  AIRLOCK_TRY(keep_bundle(*device_, handed.bundle));
  Origin origin;
  origin.folder = handed.folder.string();
  origin.built_in = handed.folder.empty();
  return keep_origin(*device_, origin);
}

Result<Ending> Agent::install(const file::Path& package, Pace pace) {
  AIRLOCK_ASSIGN(const HandedIn handed, read_handed(package));
  return install_handed(handed, pace);
}

Result<Ending> Agent::install_built_in(Pace pace) {
  if (around_.built_in == nullptr) return fail(Code::not_found);
  return install_handed(read_built_in(*around_.built_in), pace);
}

Result<Ending> Agent::install_handed(const HandedIn& handed, Pace pace) {
  AIRLOCK_TRY(hand_in(handed, pace));
  Event installed;
  installed.type = Event::Type::installed;
  return drive(installed, pace);
}

Result<Ending> Agent::restore(Pace pace) {
  // Whoever wants to go back must not be taken forward first.
  if (may_be_committed(session_.phase)) return fail(Code::slot_busy);
  AIRLOCK_TRY(finish_what_must_be(pace));
  AIRLOCK_ASSIGN(const slot::Record record, device_->record());
  AIRLOCK_ASSIGN(const slot::Slot kept, slot::restorable(record));
  Event wanted;
  // Operators ask for reports by the rollout that brought what the owner leaves.
  if (session_.manifest == record.active_slot().manifest) wanted.rollout = session_.rollout;
  drop_session();
  wanted.type = Event::Type::restore_wanted;
  wanted.manifest = kept.manifest;
  wanted.version = kept.version.view();
  return drive(wanted, pace);
}

}  // namespace airlock::agent
