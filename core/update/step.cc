// The pipeline's transitions.
#include <array>
#include <initializer_list>

#include "core/update/update.h"

namespace airlock::update {
namespace {

using Type = Event::Type;

// A set of phases, one bit each.
constexpr std::uint32_t phases(std::initializer_list<Phase> list) {
  std::uint32_t set = 0;
  for (Phase phase : list) set |= 1U << static_cast<unsigned>(phase);
  return set;
}

constexpr std::uint32_t kEvery = (1U << kPhaseCount) - 1;
constexpr std::uint32_t kIdle = phases({Phase::idle});

// Where each event may happen. What the bootloader decided is met wherever a trial may be armed.
constexpr std::uint32_t phases_of(Type type) {
  switch (type) {
    case Type::wake: return kIdle;
    case Type::installed: return kIdle;
    case Type::restore_wanted: return kIdle;
    case Type::resumed: return kEvery;
    case Type::failed: return kEvery & ~kIdle;
    case Type::offered: return phases({Phase::asking});
    case Type::nothing: return phases({Phase::asking});
    case Type::refreshed: return phases({Phase::refreshing});
    case Type::proven: return phases({Phase::proving});
    case Type::admitted: return phases({Phase::gating});
    case Type::staged: return phases({Phase::staging});
    case Type::verified: return phases({Phase::verifying});
    case Type::consented: return phases({Phase::consenting});
    case Type::refused: return phases({Phase::consenting});
    case Type::activated: return phases({Phase::activating});
    case Type::booted: return phases({Phase::rebooting});
    case Type::healthy: return phases({Phase::trial});
    case Type::committed: return phases({Phase::committing});
    case Type::went_back:
      return phases(
          {Phase::activating, Phase::rebooting, Phase::trial, Phase::committing, Phase::reverting});
    case Type::reported: return phases({Phase::reporting});
  }
  broken_promise();
}

Effect effect_of(Phase phase) {
  switch (phase) {
    case Phase::idle: return Effect::wait;
    case Phase::asking: return Effect::ask_server;
    case Phase::refreshing: return Effect::refresh;
    case Phase::proving: return Effect::prove;
    case Phase::gating: return Effect::gate;
    case Phase::staging: return Effect::stage;
    case Phase::verifying: return Effect::verify;
    case Phase::consenting: return Effect::ask_owner;
    case Phase::activating: return Effect::activate;
    case Phase::rebooting: return Effect::reboot;
    case Phase::trial: return Effect::check_health;
    case Phase::committing: return Effect::commit;
    case Phase::reverting: return Effect::go_back;
    case Phase::reporting: return Effect::report;
  }
  broken_promise();
}

// What follows changes a session in place, since copies of one are what this room is made of.

void enter(Session& session, Phase phase) {
  session.phase = phase;
  session.attempts = 0;
}

// A session that knows no manifest has nothing to report.
void finish(Session& session) {
  enter(session, session.manifest.is_zero() ? Phase::idle : Phase::reporting);
}

void keep_reason(Session& session, const Error& error) {
  // The first reason is the reason; while asking it is still that of the session before.
  if (session.outcome != Code::ok && session.phase != Phase::asking) return;
  session.outcome = error.code;
  session.at = error.at;
  session.failed_in = session.phase;
}

void end(Session& session, const Error& error) {
  keep_reason(session, error);
  finish(session);
}

// May a trial be armed now? Content inside a manifest is never tried.
bool may_be_armed(const Session& session) {
  constexpr std::uint32_t kArmed = phases({Phase::rebooting, Phase::trial, Phase::committing});
  return (kArmed & phases({session.phase})) != 0 && !package::carries_content(session.kind);
}

void give_up(Session& session, const Error& error) {
  if (session.phase == Phase::reporting) return enter(session, Phase::idle);
  if (!may_be_armed(session)) return end(session, error);
  keep_reason(session, error);
  enter(session, Phase::reverting);
}

void on_failed(Session& session, const Error& error) {
  AIRLOCK_CHECK(error.code != Code::ok);
  AIRLOCK_CHECK(session.attempts < kAttemptsMax);
  if (is_waiting(session.phase, error.code)) return;
  ++session.attempts;
  if (is_transient(error.code) && session.attempts < kAttemptsMax) return;
  give_up(session, error);
}

// How the last session ended stays readable until a release is at hand again.
void on_wake(Session& session) {
  Session next;
  next.phase = Phase::asking;
  next.report_sequence = session.report_sequence;
  next.outcome = session.outcome;
  next.at = session.at;
  next.failed_in = session.failed_in;
  session = next;
}

void begin(Session& session, const Event& event, Phase phase) {
  const std::uint64_t report_sequence = session.report_sequence;
  session = {};
  session.phase = phase;
  session.report_sequence = report_sequence;
  session.kind = event.kind;
  session.manifest = event.manifest;
  session.rollout = event.rollout;
  const Status named = session.version.set(event.version);
  if (!named) end(session, named.error());
}

// An offer is advice. Only what was proven counts, and it must be what the offer spoke of.
void on_proven(Session& session, const Event& event) {
  AIRLOCK_CHECK(!event.manifest.is_zero());
  if (!session.manifest.is_zero() && session.manifest != event.manifest) {
    return end(session, {Code::doors_disagree, 0});
  }
  const Status named = session.version.set(event.version);
  if (!named) return end(session, named.error());
  session.manifest = event.manifest;
  session.kind = event.kind;
  enter(session, Phase::gating);
}

void on_admitted(Session& session) {
  const bool inside = package::carries_content(session.kind);  // nothing to stage
  enter(session, inside ? Phase::consenting : Phase::staging);
}

void on_restore_wanted(Session& session, const Event& event) {
  AIRLOCK_CHECK(!event.manifest.is_zero());
  begin(session, event, Phase::consenting);
  session.errand = Errand::restore;
}

void on_consented(Session& session, const Event& event) {
  if (event.manifest != session.manifest) return end(session, {Code::consent_mismatch, 0});
  if (session.errand == Errand::restore) return enter(session, Phase::reverting);
  const bool inside = package::carries_content(session.kind);  // nothing to try
  enter(session, inside ? Phase::committing : Phase::activating);
}

void on_committed(Session& session) {
  session.outcome = Code::ok;
  session.at = 0;
  session.failed_in = Phase::idle;
  finish(session);
}

// The kept version runs, so what is told from now on is told of the one that was given up.
void on_restored(Session& session, const Event& event) {
  session.manifest = event.manifest;
  if (!session.version.set(event.version)) session.version = {};
  end(session, {Code::reverted_on_request, 0});
}

void on_went_back(Session& session, const Event& event) {
  if (session.errand == Errand::restore) return on_restored(session, event);
  const bool told = event.error.code != Code::ok;
  end(session, told ? event.error : Error{Code::trial_exhausted, 0});
}

void on(Session& session, const Event& event) {
  switch (event.type) {
    case Type::wake: return on_wake(session);
    case Type::resumed: return;
    case Type::offered: return begin(session, event, Phase::refreshing);
    case Type::nothing: return enter(session, Phase::idle);
    case Type::refreshed: return enter(session, Phase::proving);
    case Type::proven: return on_proven(session, event);
    case Type::admitted: return on_admitted(session);
    case Type::staged: return enter(session, Phase::verifying);
    case Type::verified: return enter(session, Phase::consenting);
    case Type::consented: return on_consented(session, event);
    case Type::refused: return end(session, {Code::consent_refused, 0});
    case Type::activated: return enter(session, Phase::rebooting);
    case Type::booted: return enter(session, Phase::trial);
    case Type::healthy: return enter(session, Phase::committing);
    case Type::committed: return on_committed(session);
    case Type::went_back: return on_went_back(session, event);
    case Type::reported: return enter(session, Phase::idle);
    case Type::failed: return on_failed(session, event.error);
    case Type::installed: return begin(session, event, Phase::proving);
    case Type::restore_wanted: return on_restore_wanted(session, event);
  }
  broken_promise();
}

}  // namespace

bool accepts(Phase phase, Event::Type type) { return (phases_of(type) & phases({phase})) != 0; }

Step step(const Session& session, const Event& event) {
  AIRLOCK_CHECK(accepts(session.phase, event.type));
  Step made{session, Effect::wait};
  Session& next = made.session;
  on(next, event);
  const bool known = !next.manifest.is_zero() && next.phase > Phase::asking;
  if (known && next.phase != session.phase) ++next.report_sequence;
  made.effect = effect_of(next.phase);
  return made;
}

bool ran_again(const Session& session) {
  constexpr std::uint32_t kTried =
      phases({Phase::rebooting, Phase::trial, Phase::committing, Phase::reverting});
  if (session.errand == Errand::restore) return session.outcome == Code::reverted_on_request;
  return (kTried & phases({session.failed_in})) != 0;
}

bool is_waiting(Phase phase, Code code) {
  constexpr std::uint32_t kRestarts = phases({Phase::rebooting, Phase::reverting});
  const bool silent = code == Code::interrupted || code == Code::timed_out;
  const bool restarts = (kRestarts & phases({phase})) != 0;
  return (phase == Phase::consenting && silent) || (restarts && code == Code::restart_needed);
}

bool is_transient(Code code) {
  constexpr std::array kTransient = {
      Code::unreachable, Code::timed_out,      Code::http_failed, Code::tls_failed,
      Code::io_failed,   Code::storage_failed, Code::busy,        Code::interrupted,
      Code::overloaded,  Code::too_frequent,
  };
  for (Code transient : kTransient) {
    if (transient == code) return true;
  }
  return false;
}

std::string_view name_of(Errand errand) {
  switch (errand) {
    case Errand::install: return "install";
    case Errand::restore: return "restore";
  }
  broken_promise();
}

std::string_view name_of(Phase phase) {
  switch (phase) {
    case Phase::idle: return "idle";
    case Phase::asking: return "asking";
    case Phase::refreshing: return "refreshing";
    case Phase::proving: return "proving";
    case Phase::gating: return "gating";
    case Phase::staging: return "staging";
    case Phase::verifying: return "verifying";
    case Phase::consenting: return "consenting";
    case Phase::activating: return "activating";
    case Phase::rebooting: return "rebooting";
    case Phase::trial: return "trial";
    case Phase::committing: return "committing";
    case Phase::reverting: return "reverting";
    case Phase::reporting: return "reporting";
  }
  broken_promise();
}

std::string_view name_of(Effect effect) {
  switch (effect) {
    case Effect::wait: return "wait";
    case Effect::ask_server: return "ask-server";
    case Effect::refresh: return "refresh";
    case Effect::prove: return "prove";
    case Effect::gate: return "gate";
    case Effect::stage: return "stage";
    case Effect::verify: return "verify";
    case Effect::ask_owner: return "ask-owner";
    case Effect::activate: return "activate";
    case Effect::reboot: return "reboot";
    case Effect::check_health: return "check-health";
    case Effect::commit: return "commit";
    case Effect::go_back: return "go-back";
    case Effect::report: return "report";
  }
  broken_promise();
}

}  // namespace airlock::update
