// What each effect does on Linux.
#include <utility>

#include "device/agent/agent.h"
#include "device/agent/built_in.h"
#include "device/agent/events.h"
#include "device/agent/facts.h"
#include "device/agent/folder.h"
#include "device/agent/given_up.h"
#include "device/agent/naming.h"
#include "device/platform/power_on.h"
#include "trust/doors/doors.h"

namespace airlock::agent {
namespace {

// A server that goes on naming new rollouts is not asked for ever.
constexpr int kBucketRoundsMax = 4;

using slot::Standing;
using update::Event;

// The bootloader may have ended the trial before the journal could say so. A consent to the same
// manifest is newer than that: the owner asked for another try.
bool was_given_up(const slot::Record& record, const Digest& manifest) {
  return slot::standing_of(record, manifest) == Standing::given_up && record.consent != manifest;
}

}  // namespace

// A crash, or a package handed in, may stand between proving and here; so what is at hand must be
// the session's.
Result<const Release*> Agent::release() {
  if (!release_) {
    AIRLOCK_ASSIGN(Release proven, prove_incoming(*device_));
    if (!session_.manifest.is_zero() && proven.proven.digest() != session_.manifest) {
      return fail(Code::doors_disagree);
    }
    release_.emplace(std::move(proven));
  }
  return &*release_;
}

Result<const package::InstallPlan*> Agent::plan() {
  if (!plan_) {
    AIRLOCK_ASSIGN(const Release* at_hand, release());
    AIRLOCK_ASSIGN(const slot::Record record, device_->record());
    AIRLOCK_ASSIGN(const Running running, Running::read(*device_, record));
    AIRLOCK_ASSIGN(
        const package::DeviceFacts facts,
        facts_for(*device_, record, running, at_hand->proven.manifest(), clock_, bases_));
    AIRLOCK_ASSIGN(plan_, package::admit(at_hand->proven, facts));
  }
  return &*plan_;
}

Result<Event> Agent::ask_server() {
  // Another session begins; what was at hand in the last one would stand beside what runs now.
  release_.reset();
  plan_.reset();
  verified_.reset();
  AIRLOCK_ASSIGN(const slot::Record record, device_->record());
  AIRLOCK_ASSIGN(const Running running, Running::read(*device_, record));
  AIRLOCK_ASSIGN(const ManifestList left, given_up(*device_, record, running.shelves()));
  AIRLOCK_ASSIGN(fetch::CheckIn facts, check_in_of(*device_, record, running));
  facts.not_now = left.all();
  const ManifestList not_taken = ManifestList::read(*device_, kNotNowName);
  for (const Digest& one : not_taken.all()) {
    if (!left.holds(one)) facts.not_now.push_back(one);
  }
  AIRLOCK_ASSIGN(fetch::Answer answer, around_.outside.check_in(facts));
  for (int rounds = 0; !answer.offer && rounds < kBucketRoundsMax; ++rounds) {
    AIRLOCK_ASSIGN(const std::size_t added, add_buckets(*device_, answer, facts));
    if (added == 0) break;
    AIRLOCK_ASSIGN(answer, around_.outside.check_in(facts));
  }
  poll_after_s_ = answer.poll_after_s;
  why_nothing_ = answer.explain;
  if (!answer.offer) return event_of(Event::Type::nothing);
  // What failed its trial, or what the owner left, comes back only when the owner installs it by
  // hand.
  if (left.holds(answer.offer->manifest)) {
    why_nothing_ = "what is offered was given up before; install it by hand to try it again";
    return event_of(Event::Type::nothing);
  }
  Origin origin;
  origin.path = answer.offer->target;
  AIRLOCK_TRY(keep_origin(*device_, origin));
  offered_version_ = answer.offer->version;
  Event offered = event_of(Event::Type::offered);
  offered.manifest = answer.offer->manifest;
  offered.version = offered_version_;
  offered.rollout = answer.offer->rollout;
  return offered;
}

Result<Event> Agent::refresh() {
  AIRLOCK_ASSIGN(Origin origin, read_origin(*device_));
  AIRLOCK_ASSIGN(const slot::Record record, device_->record());
  AIRLOCK_ASSIGN(Listed listed, around_.outside.refresh(origin.path, present(record, clock_)));
  AIRLOCK_TRY(keep_envelope(*device_, listed.envelope));
  AIRLOCK_TRY(fetch_proof(listed.envelope));
  AIRLOCK_TRY(fetch_bundle(listed.envelope));
  origin.target = std::move(listed.target);
  AIRLOCK_TRY(keep_origin(*device_, origin));
  return event_of(Event::Type::refreshed);
}

// The proof is named by the manifest, and proves itself. What is wrong with the envelope is for
// prove to say.
Status Agent::fetch_proof(Bytes envelope) {
  AIRLOCK_ASSIGN(const apply::TrustedKeyring trusted, apply::trusted_keyring(*device_));
  const package::Keyring& keyring = trusted.keyring;
  const Result<package::Manifest> manifest = package::read_unproven(envelope);
  if (!manifest || !package::log_for(keyring, manifest->kind)) {
    return keep_proof(*device_, {});
  }
  const std::string path = translog::proof_path(manifest->digest());
  const Result<file::Buffer> proof = around_.outside.log().fetch(path, package::kProofSizeMax);
  if (!proof && proof.error().code == Code::not_found) return keep_proof(*device_, {});
  if (!proof) return std::unexpected(proof.error());
  return keep_proof(*device_, *proof);
}

// Certificates prove themselves too; a policy that demands none needs none.
Status Agent::fetch_bundle(Bytes envelope) {
  AIRLOCK_ASSIGN(const apply::TrustedKeyring trusted, apply::trusted_keyring(*device_));
  const package::Keyring& keyring = trusted.keyring;
  const Result<package::Manifest> manifest = package::read_unproven(envelope);
  if (!manifest || !package::wants_certificates(keyring, manifest->kind)) {
    return keep_bundle(*device_, {});
  }
  const Result<file::Buffer> bundle = around_.outside.certificates(manifest->digest());
  if (!bundle && bundle.error().code == Code::not_found) return keep_bundle(*device_, {});
  if (!bundle) return std::unexpected(bundle.error());
  return keep_bundle(*device_, *bundle);
}

// `folder` is that of a package by hand, empty for one from the server.
Result<std::optional<Logged>> Agent::prove_logged(const package::Manifest& manifest,
                                                  const file::Path& folder, Bytes proof) {
  AIRLOCK_ASSIGN(const apply::TrustedKeyring trusted, apply::trusted_keyring(*device_));
  const package::Keyring& keyring = trusted.keyring;
  const auto policy = package::log_for(keyring, manifest.kind);
  if (!policy) return std::nullopt;
  AIRLOCK_ASSIGN(const Seen seen, read_seen(*device_, *policy));
  translog::Fetcher& served = around_.outside.log();
  HandedLog handed(folder, served);
  translog::Fetcher& log = folder.empty() ? served : static_cast<translog::Fetcher&>(handed);
  return check_logged(keyring, manifest, proof, seen, log);
}

Result<Event> Agent::prove() {
  AIRLOCK_ASSIGN(const Release proven, prove_incoming(*device_));
  const package::Manifest& manifest = proven.proven.manifest();
  AIRLOCK_ASSIGN(const Origin origin, read_origin(*device_));
  if (origin.target) {
    AIRLOCK_TRY(doors::check_agree(*origin.target, manifest));
  } else if (!origin.by_hand()) {
    return fail(Code::target_missing);  // came from the server, and the repository did not list it
  }
  AIRLOCK_ASSIGN(const file::Buffer proof, read_proof(*device_));
  AIRLOCK_ASSIGN(const auto logged, prove_logged(manifest, origin.folder, proof));
  if (logged) AIRLOCK_TRY(keep_seen(*device_, *logged));
  AIRLOCK_ASSIGN(const slot::Record before, device_->record());
  const slot::Record record = told_by(before, manifest, logged);
  AIRLOCK_ASSIGN(const file::Buffer bundle, read_bundle(*device_));
  AIRLOCK_TRY(check_certified(
      *device_, {proven.envelope, bundle, present(record, clock_), around_.responder}));
  AIRLOCK_TRY(device_->store_record(record));
  Event event = event_of(Event::Type::proven);
  event.manifest = proven.proven.digest();
  event.kind = manifest.kind;
  offered_version_ = std::string(manifest.version.text);
  event.version = offered_version_;
  return event;
}

Result<Event> Agent::gate() {
  AIRLOCK_ASSIGN(const Release* at_hand, release());
  const bool known = session_.kind == package::Kind::firmware ||
                     session_.kind == package::Kind::keyring || is_read();
  if (!known) return fail(Code::wrong_kind, static_cast<std::uint64_t>(session_.kind));
  if (is_read()) AIRLOCK_TRY(judge_of(*shelf_kind()));
  plan_.reset();
  AIRLOCK_ASSIGN(const package::InstallPlan* found, plan());
  if (session_.kind == package::Kind::firmware) {
    AIRLOCK_TRY(apply::check_room(*device_, {at_hand->proven, *found}, at_hand->envelope));
  }
  if (is_read()) {
    AIRLOCK_TRY(apply::check_edition_room(*device_, {at_hand->proven, *found}, at_hand->envelope));
  }
  return event_of(Event::Type::admitted);
}

// Where the running image is not what its manifest says, or this program does not bring the patch,
// a payload that needs no base must do.
Result<Event> Agent::stage() {
  verified_.reset();
  verified_edition_.reset();
  Result<Event> staged = stage_by_plan();
  if (staged || bases_ == Bases::damaged) return staged;
  AIRLOCK_ASSIGN(const Origin origin, read_origin(*device_));
  const bool lacks_patch = origin.built_in && staged.error().code == Code::not_found;
  if (staged.error().code != Code::base_mismatch && !lacks_patch) return staged;
  bases_ = Bases::damaged;
  plan_.reset();
  return stage_by_plan();
}

Result<Event> Agent::stage_by_plan() {
  AIRLOCK_ASSIGN(const Release* at_hand, release());
  AIRLOCK_ASSIGN(const package::InstallPlan* found, plan());
  AIRLOCK_ASSIGN(const Origin origin, read_origin(*device_));
  FolderArtifacts folder(origin.folder);
  BuiltInArtifacts built_in(around_.built_in);
  apply::Artifacts* artifacts = &around_.outside.artifacts();
  if (origin.by_hand()) artifacts = &folder;
  if (origin.built_in) artifacts = &built_in;
  const auto stage = is_read() ? apply::stage_edition : apply::stage_firmware;
  AIRLOCK_TRY(stage(*device_, {at_hand->proven, *found}, at_hand->envelope, *artifacts,
                    [this](std::string_view component, std::uint64_t done, std::uint64_t of) {
                      around_.watcher.block_done(component, done, of);
                    }));
  return event_of(Event::Type::staged);
}

Result<Event> Agent::verify() {
  if (is_read()) return verify_edition();
  AIRLOCK_ASSIGN(const Release* at_hand, release());
  AIRLOCK_ASSIGN(verified_, apply::verify_firmware(*device_, at_hand->proven, at_hand->envelope));
  return event_of(Event::Type::verified);
}

Result<Digest> Agent::ask(const package::Manifest& manifest) {
  AIRLOCK_ASSIGN(const slot::Record record, device_->record());
  AIRLOCK_ASSIGN(const Running running, Running::read(*device_, record));
  return around_.owner.ask(
      {session_.errand, manifest, device_->config().model, running, device_->config().fee_plugins});
}

// What is kept ran before, but the keyring that proved it may have lost signers since.
Result<Digest> Agent::ask_of_kept() {
  AIRLOCK_ASSIGN(const slot::Record record, device_->record());
  AIRLOCK_ASSIGN(file::Buffer kept, device_->envelope(slot::other(record.active)));
  AIRLOCK_ASSIGN(const apply::TrustedKeyring trusted, apply::trusted_keyring(*device_));
  AIRLOCK_ASSIGN(const Release release, prove_envelope(std::move(kept), trusted.keyring));
  if (release.proven.digest() != session_.manifest) return fail(Code::image_rejected);
  return ask(release.proven.manifest());
}

Result<Event> Agent::ask_owner() {
  Event event = event_of(Event::Type::consented);
  if (needs_no_owner()) {
    event.manifest = session_.manifest;
    return event;
  }
  Result<Digest> answer = fail(Code::wrong_state);
  if (session_.errand == update::Errand::restore) {
    answer = ask_of_kept();
  } else {
    AIRLOCK_ASSIGN(const Release* at_hand, release());
    answer = ask(at_hand->proven.manifest());
  }
  if (!answer && answer.error().code == Code::consent_refused) {
    return event_of(Event::Type::refused);
  }
  if (!answer) return std::unexpected(answer.error());
  // A bootloader asks for the consent to what it runs, the wallet for that to a part of it.
  if (*answer == session_.manifest) {
    AIRLOCK_TRY(is_read() ? apply::keep_edition_consent(*device_, *shelf_kind(), *answer)
                          : apply::keep_consent(*device_, *answer));
  }
  event.manifest = *answer;
  return event;
}

Result<Event> Agent::activate() {
  if (is_read()) return use_edition();
  AIRLOCK_ASSIGN(const slot::Record record, device_->record());
  if (was_given_up(record, session_.manifest)) return went_back(record.last_revert.reason);
  if (slot::standing_of(record, session_.manifest) != Standing::on_trial) {
    // Another process may have verified; what it saw is not taken over.
    if (!verified_) AIRLOCK_TRY(verify());
    AIRLOCK_TRY(apply::arm_firmware(*device_, *verified_));
  }
  return event_of(Event::Type::activated);
}

Result<Event> Agent::reboot() {
  if (is_read()) return event_of(Event::Type::booted);  // it is read already
  AIRLOCK_ASSIGN(const slot::Record before, device_->record());
  if (was_given_up(before, session_.manifest)) return went_back(before.last_revert.reason);
  // A bootloader starts with an empty memory, and needs room for the envelopes.
  plan_.reset();
  release_.reset();
  AIRLOCK_ASSIGN(const slot::Boot boot, platform::restart(*device_));
  if (boot.manifest == session_.manifest) return event_of(Event::Type::booted);
  AIRLOCK_ASSIGN(const slot::Record after, device_->record());
  return went_back(boot.gave_up != Code::ok ? boot.gave_up : after.last_revert.reason);
}

Result<Event> Agent::check_health() {
  if (is_read()) return check_edition();
  AIRLOCK_ASSIGN(const slot::Record record, device_->record());
  if (was_given_up(record, session_.manifest)) return went_back(record.last_revert.reason);
  if (around_.is_healthy && !around_.is_healthy()) return fail(Code::unhealthy);
  switch (around_.trial) {
    case Trial::healthy: return event_of(Event::Type::healthy);
    case Trial::unhealthy: return fail(Code::unhealthy);
    case Trial::hang: break;
  }
  // A firmware that hangs says nothing; the watchdog resets, and the bootloader counts.
  for (int resets = 0; resets <= slot::kTrialBootsMax; ++resets) {
    AIRLOCK_ASSIGN(const slot::Boot boot, platform::restart(*device_));
    if (!boot.trial) return went_back(boot.gave_up);
  }
  broken_promise();
}

Result<Event> Agent::commit() {
  if (is_read()) return confirm_edition();
  if (session_.kind == package::Kind::keyring) {
    AIRLOCK_ASSIGN(const Digest present, apply::keyring_digest(*device_));
    if (present == session_.manifest) {
      AIRLOCK_TRY(apply::finish_keyring(*device_));
      return event_of(Event::Type::committed);
    }
    AIRLOCK_ASSIGN(const Release* at_hand, release());
    AIRLOCK_TRY(apply::commit_keyring(*device_, at_hand->proven, at_hand->envelope));
    return event_of(Event::Type::committed);
  }
  AIRLOCK_ASSIGN(const slot::Record record, device_->record());
  if (was_given_up(record, session_.manifest)) return went_back(record.last_revert.reason);
  AIRLOCK_ASSIGN(const Release* at_hand, release());
  AIRLOCK_TRY(apply::confirm_firmware(*device_, at_hand->proven));
  // It is committed; a loader that cannot be told now is told at the next start.
  (void)platform::tell_loader(*device_);
  return event_of(Event::Type::committed);
}

Result<Event> Agent::restore_kept() {
  AIRLOCK_ASSIGN(const slot::Record before, device_->record());
  if (slot::standing_of(before, session_.manifest) != Standing::committed) {
    AIRLOCK_TRY(apply::restore_firmware(*device_));
  }
  AIRLOCK_ASSIGN(const slot::Boot boot, platform::restart(*device_));
  if (boot.manifest != session_.manifest) return fail(Code::image_rejected);
  AIRLOCK_ASSIGN(const slot::Record after, device_->record());
  offered_version_ = std::string(after.inactive_slot().version.view());
  Event event = went_back(Code::reverted_on_request);
  event.manifest = after.inactive_slot().manifest;
  event.version = offered_version_;
  return event;
}

Result<Event> Agent::go_back() {
  if (session_.errand == update::Errand::restore) return restore_kept();
  if (is_read()) return take_edition_back();
  AIRLOCK_TRY(apply::revert_firmware(*device_, session_.outcome));
  AIRLOCK_TRY(platform::restart(*device_));
  return went_back(session_.outcome);
}

Result<Event> Agent::report() {
  AIRLOCK_ASSIGN(const slot::Record record, device_->record());
  AIRLOCK_ASSIGN(const fetch::SignedReport signed_report,
                 report_of(*device_, session_, record.time_bound));
  AIRLOCK_TRY(around_.outside.report(signed_report));
  return event_of(Event::Type::reported);
}

}  // namespace airlock::agent
