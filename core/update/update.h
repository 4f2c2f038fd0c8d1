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
std::string_view name_of(Phase phase);  // "asking", "staging", ..

inline constexpr std::uint8_t kAttemptsMax = 5;  // of one phase before the session gives up
inline constexpr std::size_t kSessionSizeMax = 512;

struct Session {
  Phase phase = Phase::idle;
  Kind kind = Kind::firmware;
  Digest manifest;  // of the release at hand; zero before it is known
  FixedText<package::kSemverTextMax> version;
  std::uint64_t rollout = 0;  // the server's number for it, for reports
  std::uint8_t attempts = 0;  // of this phase
  Code outcome = Code::ok;    // why the session ended (or ends): ok = committed
  std::uint64_t at = 0;       // the error's place
  Phase failed_in = Phase::idle;
  std::uint64_t report_sequence = 0;  // of the device's life; makes reports idempotent

  friend bool operator==(const Session&, const Session&) = default;
};

// What the driver shall do next; each names the phase that it belongs to.
enum class Effect : std::uint8_t {
  wait,          // nothing to do; back-off is the driver's
  ask_server,    // POST /v1/check-in → offered | nothing
  refresh,       // both the metadata and the target → refreshed | failed
  prove,         // prove the envelope, compare the doors → proven | failed
  gate,          // admit → admitted | failed
  stage,         // begin_write, then every block that the slot does not hold yet → staged | failed
  verify,        // read the whole slot back → verified | failed
  ask_owner,     // show and wait for the key → consented | refused | failed
  activate,      // arm the trial → activated | failed
  reboot,        // → booted (the trial slot runs) | went_back (the bootloader fell back)
  check_health,  // → healthy | failed
  commit,        // confirm → committed | failed
  go_back,       // revert and reboot → went_back
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
    installed,  // a package was handed in by hand: goes to proving without asking the server
  };
  Type type = Type::wake;
  Error error;      // failed, went_back
  Digest manifest;  // offered (zero: unknown yet), proven, consented: what it speaks of
  std::string_view version;
  Kind kind = Kind::firmware;
  std::uint64_t rollout = 0;
};

struct Step {
  Session session;
  Effect effect = Effect::wait;
};

// step is the pipeline. An event that does not belong to the phase is a bug of the driver
// (assertion), except `resumed`, which belongs to every phase and repeats its effect.
// consented with another digest than the session's is consent_mismatch: the session ends, nothing
// is activated. Errors worth another attempt (unreachable, timed_out, http_failed, io_failed, busy,
// interrupted, ..) repeat the phase up to kAttemptsMax times, then end as retries_exhausted keeps
// the last error's code in `outcome`; all others end the session at once.
Step step(const Session& session, const Event& event);

// is_transient says which errors are worth another attempt.
bool is_transient(Code code);

// The journal: with version and checksum; version N reads what N-1 left.
Result<Bytes> encode_session(const Session& session, MutableBytes buffer);
Result<Session> decode_session(Bytes encoded);  // journal_lost in general

}  // namespace airlock::update
