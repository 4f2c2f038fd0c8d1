// device/agent: the Linux driver of the pipeline.
//
// It is for carrying one release through core/update: step says what to do, the agent does it,
// keeps the session in the journal, and comes back with what happened. It promises that the journal
// is durable before an effect begins, so that a process which is killed anywhere goes on where it
// stopped; that both doors and the gate judge every release that came from the server, and the
// package door and the gate every one that came by hand; that where the keyring names a public log,
// no release goes further without a proof that it stands there, and no checkpoint is accepted that
// contradicts the last one; that where its policy demands certificates, none goes further whose
// signers hold none, or a revoked one; that the device's time bound is fed by
// signed times alone, the clock being used for one run and forgotten; and that every failure leaves
// the old firmware running. What is outside (network, owner, screen) comes in through three faces.
// It never decides what follows what: that is step's.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/base.h"
#include "core/package/package.h"
#include "core/update/update.h"
#include "device/agent/certified.h"
#include "device/agent/facts.h"
#include "device/agent/incoming.h"
#include "device/agent/logged.h"
#include "device/agent/outside.h"
#include "device/apply/apply.h"
#include "device/platform/platform.h"

namespace airlock::agent {

// Between attempts at one phase the agent waits kBackoffMs, then twice as long each time.
inline constexpr int kBackoffMs = 100;

// How one turn of the agent ended.
struct Ending {
  enum class How : std::uint8_t {
    quiet,      // nothing is offered
    committed,  // the release runs
    refused,    // the owner said no
    went_back,  // the trial failed, the old firmware runs
    failed,     // see `error`
  };
  How how = How::quiet;
  Error error;
};

// A package that somebody brought.
struct HandedIn {
  // Of its artifacts, and of the log's files where they came with it; empty where the package is a
  // part of this program.
  file::Path folder;
  file::Buffer envelope;
  file::Buffer proof;   // empty where there is none
  file::Buffer bundle;  // of certificates, likewise
};

// What to do with an error that is worth another attempt.
enum class Pace : std::uint8_t { keep_trying, stop_at_once };

class Agent {
 public:
  // open reads the journal. A lost one starts over: a trial that it knew of is ended.
  static Result<Agent> open(platform::Device& device, const Surroundings& surroundings);

  // run goes on with the session at hand, else asks the server, and ends when the session does.
  // An error is one of the journal or, with stop_at_once, the transient one; the session stays.
  Result<Ending> run(Pace pace);
  // install takes a package by hand: a folder as `airlock release` makes it, or an envelope. A
  // session of another release gives way only to a package that is proven and fits; otherwise its
  // error is returned and the session stays.
  Result<Ending> install(const file::Path& package, Pace pace);
  // install_built_in does it with the package that is a part of this program: not_found where none
  // is.
  Result<Ending> install_built_in(Pace pace);
  // restore goes back to the kept version, if the owner says yes to it. Errors: those of
  // slot::restorable, and slot_busy while an update may still be committed; then the session at
  // hand stays.
  Result<Ending> restore(Pace pace);

  // restore_edition puts a kept edition in use again. Errors: those of apply::restore_edition,
  // slot_busy while an update of its kind may still be committed, and wrong_kind where nobody
  // judges it here.
  Status restore_edition(const apply::Wanted& wanted);

  const update::Session& session() const { return session_; }
  std::uint32_t poll_after_s() const { return poll_after_s_; }
  // why_nothing is the server's word on why it offered nothing, or nothing new; unproven.
  const std::string& why_nothing() const { return why_nothing_; }

 private:
  Agent(platform::Device& device, const Surroundings& surroundings)
      : device_(&device), around_(surroundings) {}

  Result<Ending> drive(update::Event event, Pace pace);
  void tell_phase();
  void note_ending(const Ending& ending);
  update::Event perform(update::Effect effect);
  Result<update::Event> attempt(update::Effect effect);
  Result<Ending> install_handed(const HandedIn& handed, Pace pace);
  Status hand_in(const HandedIn& handed, Pace pace);
  Status finish_what_must_be(Pace pace);
  void drop_session();
  Status judge(const HandedIn& handed);

  Result<update::Event> ask_server();
  Result<update::Event> refresh();
  Result<update::Event> prove();
  Result<update::Event> gate();
  Result<update::Event> stage();
  Result<update::Event> stage_by_plan();
  Result<update::Event> verify();
  Result<update::Event> ask_owner();
  Result<update::Event> activate();
  Result<update::Event> reboot();
  Result<update::Event> check_health();
  Result<update::Event> commit();
  Result<update::Event> go_back();
  // The same of what is read and not run, where it differs (editions.cc).
  Result<update::Event> verify_edition();
  Result<update::Event> use_edition();
  Result<update::Event> check_edition();
  Result<update::Event> confirm_edition();
  Result<update::Event> take_edition_back();
  bool needs_no_owner() const;
  // shelf_kind returns nullptr where the session is about something that runs, or about keys.
  const apply::ShelfKind* shelf_kind() const { return apply::shelf_kind(session_.kind); }
  bool is_read() const { return shelf_kind() != nullptr; }
  // judge_of: wrong_kind where this device takes nothing of the kind.
  Result<const apply::Judge*> judge_of(const apply::ShelfKind& kind) const;
  Result<update::Event> restore_kept();
  Result<Digest> ask(const package::Manifest& manifest);
  Result<Digest> ask_of_kept();
  Result<update::Event> report();

  Status fetch_proof(Bytes envelope);
  Status fetch_bundle(Bytes envelope);
  Result<std::optional<Logged>> prove_logged(const package::Manifest& manifest,
                                             const file::Path& folder, Bytes proof);
  Result<const Release*> release();
  Result<const package::InstallPlan*> plan();

  platform::Device* device_;
  Surroundings around_;
  update::Session session_;
  std::optional<std::int64_t> clock_;  // of this run
  std::uint32_t poll_after_s_ = fetch::kPollAfterDefault;
  std::string offered_version_;
  std::string why_nothing_;
  Bases bases_ = Bases::whole;
  bool heard_ = true;  // in this run; the server took the last report of a phase
  // Made anew by each process, from what is stored: nothing here is trusted across a crash.
  std::optional<Release> release_;
  std::optional<package::InstallPlan> plan_;
  std::optional<apply::Verified> verified_;
  std::optional<apply::VerifiedEdition> verified_edition_;
};

// read_session returns the journal's session, an idle one where there is none yet. Errors:
// journal_lost, unsupported_version, those of the disk.
Result<update::Session> read_session(const platform::Device& device);

}  // namespace airlock::agent
