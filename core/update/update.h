// core/update: the pipeline, as one pure function.
//
// It is for the story of one release on one device: probe → gate → fetch → verify → stage → consent
// → activate → trial → commit | revert → report. step() takes the session (a small value) and what
// just happened (an event), and answers with the next session and the one thing to do now (an
// effect). A driver performs the effect and comes back with an event; the Linux agent and a
// bare-metal loop are two drivers of this one function. Nothing here fetches, writes, waits or
// reads a clock.
//
// It promises: the session is journaled by the driver after every step, and a session read back
// after a crash continues by the event `resumed`; every effect may be repeated without harm; no
// path leads to `activate` except through a consent to the very manifest that was verified; every
// retry has a limit; every end has a reason, which is reported. A new kind does not touch this
// room.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/base.h"
#include "core/package/package.h"
#include "core/slot/slot.h"

namespace airlock::update {

using crypto::Digest;
using package::Kind;

// Where a session stands. Numbers are stored.
enum class Phase : std::uint8_t {
  idle = 0,        // nothing to do until the driver says `wake`
  asking = 1,      // check-in with the server
  refreshing = 2,  // the repository door: metadata, then the target (the manifest)
  proving = 3,     // the package door: quorum; both doors agree
  gating = 4,      // is it for this device, now?
  staging = 5,     // fetch pieces, prove, decode, write blocks into the inactive slot
  verifying = 6,   // the whole inactive slot against the manifest
  consenting = 7,  // the owner
  activating = 8,  // the boot record
  rebooting = 9,   // into the trial
  trial = 10,      // is the new firmware healthy?
  committing = 11,
  reverting = 12,
  reporting = 13,  // tell the server how it ended
};
inline constexpr std::size_t kPhaseCount = 14;
std::string_view name_of(Phase phase);  // "asking", "staging", ..

// What a session is for. Numbers are stored.
enum class Errand : std::uint8_t {
  install = 0,
  restore = 1,  // back to the version that the other slot keeps, as the owner wants
};
std::string_view name_of(Errand errand);  // "install", "restore"

inline constexpr std::uint8_t kAttemptsMax = 5;      // of one phase before the session gives up
inline constexpr std::size_t kSessionSizeMax = 512;  // encoded, checksum included

struct Session {
  Phase phase = Phase::idle;
  Errand errand = Errand::install;
  Kind kind = Kind::firmware;
  Digest manifest;  // of the release at hand; zero before it is known. Of a restore: of the kept
                    // one until it runs, then of the one that was given up
  FixedText<package::kSemverTextMax> version;
  std::uint64_t rollout = 0;  // the server's number for it, for reports
  std::uint8_t attempts = 0;  // of this phase
  Code outcome = Code::ok;    // why the session ended (or ends): ok = committed. In idle and asking
                              // it still tells of the session before
  std::uint64_t at = 0;       // the error's place
  Phase failed_in = Phase::idle;
  // Numbers the phases of the device's life in which a manifest is known, so that each has one
  // report, however often it is sent.
  std::uint64_t report_sequence = 0;

  friend bool operator==(const Session&, const Session&) = default;
};

// What the driver shall do next; each names the events with which it is answered. A crash may come
// between an effect and the journal, so an effect may meet its own result: slot::standing_of tells
// whether a release is on trial, committed or given up already, and the answer is then `activated`,
// `booted`, `committed` or `went_back` without doing it twice.
enum class Effect : std::uint8_t {
  wait,          // nothing to do until wake or installed; back-off is the driver's
  ask_server,    // POST /v1/check-in → offered | nothing | failed
  refresh,       // both the metadata and the target → refreshed | failed
  prove,         // prove the envelope, compare the doors → proven | failed
  gate,          // admit → admitted | failed
  stage,         // begin_write, then every block that the slot does not hold yet → staged | failed
  verify,        // read the whole slot back → verified | failed
  ask_owner,     // show and wait for the key, keep the consent → consented | refused | failed
  activate,      // arm the trial → activated | went_back | failed
  reboot,        // → booted (the trial slot runs) | went_back (the bootloader fell back) | failed
  check_health,  // → healthy | went_back | failed
  commit,        // confirm → committed | went_back | failed
  go_back,       // revert, or restore what is kept; and reboot → went_back | failed
  report,        // → reported | failed
};
std::string_view name_of(Effect effect);

// What happened. `failed` carries the error; whether it is worth another attempt is decided here.
struct Event {
  enum class Type : std::uint8_t {
    wake,
    resumed,
    offered,
    nothing,
    refreshed,
    proven,
    admitted,
    staged,
    verified,
    consented,
    refused,
    activated,
    booted,
    healthy,
    committed,
    went_back,
    reported,
    failed,
    installed,       // a package was handed in by hand: goes to proving without asking the server
    restore_wanted,  // by the owner, of what is kept: goes to consenting
  };
  Type type = Type::wake;
  Error error;      // failed, went_back (ok: the bootloader's reason is unknown)
  Digest manifest;  // of what it speaks: offered and installed (zero: unknown yet), proven,
                    // consented, restore_wanted; of a restore that went_back: what was given up
  std::string_view version;    // of that manifest
  Kind kind = Kind::firmware;  // offered, installed, proven
  std::uint64_t rollout = 0;   // offered
};

struct Step {
  Session session;
  Effect effect = Effect::wait;
};

// accepts says whether an event belongs to a phase.
bool accepts(Phase phase, Event::Type type);

// step is the pipeline. An event that does not belong to the phase is a bug of the driver
// (assertion); `resumed` belongs to every phase and repeats its effect.
//
// A package whose kind carries its content inside the manifest has nothing to stage, verify or try:
// admitted leads to consenting, consented to committing. For all kinds:
//
// - proven with another digest than the one offered is doors_disagree; consented with another
//   digest than the one proven is consent_mismatch: the session ends and nothing is activated.
// - failed repeats the phase while the error is transient, up to kAttemptsMax attempts in all; the
//   last error is then the outcome. Any other error ends the session at once. A resumed phase is
//   no failed attempt.
// - an end while a trial may be armed goes through reverting; the first reason stays the outcome.
// - restore_wanted leads to consenting, and consented to reverting: nothing is armed or tried.
// - an end is reported where the manifest is known, and `idle` follows whether or not the report
//   arrived.
Step step(const Session& session, const Event& event);

// ran_again says that a session which ended left the device with the version it ran before: a trial
// that failed, or a restore that was done.
bool ran_again(const Session& session);

// is_transient says which errors are worth another attempt: those of network and storage.
bool is_transient(Code code);
// is_waiting says that no attempt failed: the owner left the question, or let its time pass, or
// the system has not restarted yet. The session stays as it is, the driver ends its run, and the
// next run goes on where it stands.
bool is_waiting(Phase phase, Code code);

// The journal: with version and checksum; version N reads what N-1 left.
Result<Bytes> encode_session(const Session& session, MutableBytes buffer);
// decode_session reads a frame that begins at the start of `encoded`; what follows it is ignored.
// Unknown fields of a later version are passed over. Errors: unsupported_version; else journal_lost
// (at = the code of the cause).
Result<Session> decode_session(Bytes encoded);

}  // namespace airlock::update
