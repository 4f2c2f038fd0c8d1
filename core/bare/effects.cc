// What each effect of the pipeline does to a device, staging aside (staging.cc).
#include "core/bare/bare.h"
#include "core/bare/internal/events.h"

namespace airlock::bare {

using internal::happened;
using update::Event;
using update::Session;
using Type = update::Event::Type;

namespace {

constexpr std::string_view kLowestVersion = "0.0.0";

Result<Event> event_about(Type type, const package::Manifest& release) {
  Result<Event> event = happened(type);
  event->manifest = release.digest();
  event->version = release.version.text;
  event->kind = release.kind;
  return event;
}

// What the log and its witnesses take on the stack is gone before signatures are verified.
[[gnu::noinline]] bool demands_a_log(const package::Keyring& keyring, package::Kind kind) {
  return package::log_for(keyring, kind).has_value();
}

// The proof of a public log has no way to here: where the keyring demands one, nothing has it.
Result<package::Proven> prove_unlogged(Bytes envelope, const package::Keyring& keyring) {
  Result<package::Proven> proven = package::prove(envelope, keyring);
  if (proven && demands_a_log(keyring, proven->manifest().kind)) {
    proven = fail(Code::proof_missing);
  }
  return proven;
}

}  // namespace

Result<Event> Agent::ask_host() {
  AIRLOCK_ASSIGN(const std::optional<Host::Offer> offer, outside_.host.offer());
  if (!offer) return happened(Type::nothing);
  AIRLOCK_ASSIGN(const Bytes envelope, fetch_envelope(*offer));
  AIRLOCK_ASSIGN(const package::Manifest& release, package::read_unproven(envelope));
  Result<Event> event = event_about(Type::offered, release);
  event->rollout = offer->rollout;
  return event;
}

// Keyrings and proofs are half a KiB each: who holds the keyring makes its answer in the caller's
// frame, so that neither lies on the stack twice.
Result<package::Proven> Agent::prove_by_keyring(Bytes envelope) const {
  AIRLOCK_ASSIGN(const Bytes trusted, trusted_keyring());
  AIRLOCK_ASSIGN(const package::Keyring& keyring, package::open_keyring_anchor(trusted));
  return prove_unlogged(envelope, keyring);
}

// What a power cut left in flash may have the manifest whole and its signatures torn.
Result<package::Proven> Agent::prove_or_fetch(Bytes envelope, const Digest& manifest) {
  Result<package::Proven> proven = prove_by_keyring(envelope);
  if (!proven && envelope_size_ == 0 && proven.error().code != Code::proof_missing) {
    const Result<Bytes> fetched = fetch_again(manifest);
    proven = fetched ? prove_by_keyring(*fetched) : std::unexpected(fetched.error());
  }
  return proven;
}

Result<package::Proven> Agent::prove_at_hand(const Digest& manifest) {
  AIRLOCK_TRY(trusted_keyring());
  AIRLOCK_ASSIGN(const Bytes envelope, envelope_of(manifest));
  return prove_or_fetch(envelope, manifest);
}

Result<Event> Agent::prove(const Session& session) {
  const Result<package::Proven> proven = prove_at_hand(session.manifest);
  if (proven) return event_about(Type::proven, proven->manifest());
  return find_stored(session.manifest, proven.error());
}

// A keyring that was stored just before the power failed, perhaps, is older than none.
Result<Event> Agent::find_stored(const Digest& manifest, const Error& refused) {
  if (refused.code != Code::keyring_rollback) return fail(refused);
  AIRLOCK_ASSIGN(const package::Manifest& stored, package::read_unproven(keyring_envelope()));
  if (stored.digest() != manifest) return fail(refused);
  return event_about(Type::proven, stored);
}

// What runs now, and where the next would go: what the gate asks of a device with slots.
Status Agent::put_running(package::DeviceFacts& facts, const slot::Record& record) {
  const slot::Slot& running = record.active_slot();
  if (running_) facts.running_manifest = running.manifest;
  const Result<package::Manifest> in_use = package::read_unproven(envelope_in(record.active));
  const bool is_whole = in_use && in_use->digest() == running.manifest;
  const SlotId to = slot::other(record.active);
  for (std::size_t i = 0; i < storage_.parts.size(); ++i) {
    package::InstalledComponent installed;
    installed.id = storage_.parts[i].id;
    installed.slot_size = image(i, to).size();
    installed.target_address = storage_.parts[i].addresses[slot::index_of(to)];
    for (std::size_t c = 0; is_whole && c < in_use->component_count(); ++c) {
      const package::Component component = in_use->component(c);
      if (component.id != installed.id) continue;
      installed.image_digest = component.image(0).digest;
      installed.image_size = component.image(0).size;
    }
    AIRLOCK_TRY(facts.components.add(installed));
  }
  return {};
}

Result<package::InstallPlan> Agent::admit(const package::Proven& proven) {
  const package::Manifest& release = proven.manifest();
  AIRLOCK_ASSIGN(const slot::Record& record, load());
  const slot::Slot& running = record.active_slot();
  // In recovery too: the record still names what the owner's data is of. It may be no version where
  // it is older than that field.
  const Result<package::Semver> named = package::parse_semver(running.version.view());
  const bool knows = named && !package::carries_content(release.kind);
  package::DeviceFacts facts;
  facts.kind = release.kind;
  facts.model = identity_.model;
  AIRLOCK_ASSIGN(facts.version, knows ? named : package::parse_semver(kLowestVersion));
  facts.floor = record.floors[package::index_of(release.kind)];
  facts.bootloader = identity_.bootloader;
  facts.secure_boot = identity_.secure_boot;
  facts.data_version = knows ? running.data_version : release.data_version;
  facts.time_bound = record.time_bound;
  facts.decoder_memory = decoder_memory_;
  facts.scratch_size = storage_.scratch->size();
  facts.share_secret = identity_.share_secret;
  if (!package::carries_content(release.kind)) AIRLOCK_TRY(put_running(facts, record));
  return package::admit(proven, facts);
}

Result<package::InstallPlan> Agent::plan(const Digest& manifest) {
  AIRLOCK_ASSIGN(const package::Proven& release, prove_at_hand(manifest));
  return admit(release);
}

Result<Event> Agent::gate(const Session& session) {
  AIRLOCK_TRY(plan(session.manifest));
  return happened(Type::admitted);
}

Result<Event> Agent::verify(const Session& session) {
  AIRLOCK_ASSIGN(const SlotId staged, idle_slot());
  AIRLOCK_TRY(trusted_keyring());
  AIRLOCK_TRY(slot::prove_slot(view(), staged, session.manifest, slot::Depth::quorum));
  verified_ = true;
  return happened(Type::verified);
}

// What is kept ran before, but the keyring that proved it may have lost signers since.
Status Agent::prove_kept(const Digest& manifest) {
  AIRLOCK_ASSIGN(const SlotId kept, idle_slot());
  AIRLOCK_ASSIGN(const Bytes trusted, trusted_keyring());
  AIRLOCK_ASSIGN(const package::Keyring& keyring, package::open_keyring_anchor(trusted));
  AIRLOCK_ASSIGN(const package::Proven& proven,
                 package::prove_kind(envelope_in(kept), keyring, package::Kind::firmware));
  return proven.digest() == manifest ? Status() : fail(Code::image_rejected);
}

Result<Event> Agent::ask_owner(const Session& session) {
  if (session.errand == update::Errand::restore) AIRLOCK_TRY(prove_kept(session.manifest));
  return ask(session);
}

Result<Event> Agent::ask(const Session& session) {
  AIRLOCK_ASSIGN(const Bytes envelope, envelope_of(session.manifest));
  AIRLOCK_ASSIGN(const package::Manifest& release, package::read_unproven(envelope));
  AIRLOCK_ASSIGN(const slot::Record& record, load());
  const Question question{session.errand, release, identity_.model, record.active_slot()};
  AIRLOCK_ASSIGN(const bool yes, outside_.owner.ask(question));
  if (!yes) return happened(Type::refused);
  AIRLOCK_TRY(save(slot::consent(record, release.digest())));
  Result<Event> event = happened(Type::consented);
  event->manifest = release.digest();
  return event;
}

Result<Event> Agent::went_back() {
  Result<Event> event = happened(Type::went_back);
  if (const Result<slot::Record> record = load()) event->error.code = record->last_revert.reason;
  return event;
}

Result<slot::Standing> Agent::standing_of(const Digest& manifest) const {
  AIRLOCK_ASSIGN(const slot::Record& record, load());
  return slot::standing_of(record, manifest);
}

// The bootloader may have ended the trial before the journal could say so. A consent to the same
// manifest is newer than that: the owner asked for another try.
Result<bool> Agent::was_given_up(const Digest& manifest) const {
  AIRLOCK_ASSIGN(const slot::Record& record, load());
  return slot::standing_of(record, manifest) == slot::Standing::given_up &&
         record.consent != manifest;
}

Status Agent::arm(const Digest& manifest) {
  AIRLOCK_ASSIGN(const slot::Record& record, load());
  slot::Slot staged;
  {
    AIRLOCK_ASSIGN(const package::Manifest& release,
                   package::read_unproven(envelope_in(slot::other(record.active))));
    staged.manifest = release.digest();
    staged.security_version = release.security_version;
    staged.data_version = release.data_version;
    AIRLOCK_TRY(staged.version.set(release.version.text));
  }
  if (staged.manifest != manifest) return fail(Code::image_rejected);
  return save(slot::arm(record, staged, identity_.trial_boots));
}

// What another life verified is not taken over.
Result<Event> Agent::activate(const Session& session) {
  AIRLOCK_ASSIGN(const bool given_up, was_given_up(session.manifest));
  if (given_up) return went_back();
  AIRLOCK_ASSIGN(const slot::Standing standing, standing_of(session.manifest));
  if (standing == slot::Standing::on_trial) return happened(Type::activated);
  if (!verified_) AIRLOCK_TRY(verify(session));
  AIRLOCK_TRY(arm(session.manifest));
  return happened(Type::activated);
}

// Where reset does not return, this is met again after it: a release that is no longer on trial
// then was given up by the bootloader, and no other reset would change that.
Result<Event> Agent::reboot(const Session& session) {
  AIRLOCK_ASSIGN(const slot::Standing standing, standing_of(session.manifest));
  const bool is_armed = standing == slot::Standing::on_trial;
  if (is_armed && !runs(session.manifest)) reset();
  return runs(session.manifest) ? happened(Type::booted) : went_back();
}

Result<Event> Agent::check_health(const Session& session) {
  for (int boots = 0; boots <= slot::kTrialBootsMax; ++boots) {
    if (!runs(session.manifest)) return went_back();
    switch (outside_.machine.health()) {
      case Health::good: return happened(Type::healthy);
      case Health::bad: return fail(Code::unhealthy);
      case Health::hung: reset();
    }
  }
  return fail(Code::trial_exhausted);  // boot counts every boot of a trial: never reached
}

Result<Event> Agent::commit(const Session& session) {
  return package::carries_content(session.kind) ? commit_keyring(session)
                                                : commit_firmware(session);
}

Result<Event> Agent::commit_firmware(const Session& session) {
  AIRLOCK_ASSIGN(const slot::Record& record, load());
  if (slot::standing_of(record, session.manifest) == slot::Standing::committed) {
    return happened(Type::committed);
  }
  if (!runs(session.manifest)) return went_back();
  AIRLOCK_ASSIGN(const package::Manifest& release,
                 package::read_unproven(envelope_in(slot::other(record.active))));
  if (release.digest() != session.manifest) return fail(Code::image_rejected);
  AIRLOCK_TRY(save(slot::confirm(record, release.created)));
  running_->trial = false;
  return happened(Type::committed);
}

Status Agent::adopt_keyring(const Digest& manifest) {
  {
    AIRLOCK_ASSIGN(const slot::Record& record, load());
    if (record.consent != manifest) return fail(Code::consent_missing);
  }
  AIRLOCK_TRY(prove_at_hand(manifest));  // the host may have been asked again
  AIRLOCK_ASSIGN(const Bytes envelope, envelope_of(manifest));
  return bare::save(keyring_areas(), envelope);
}

Result<Event> Agent::commit_keyring(const Session& session) {
  if (session.kind != package::Kind::keyring) return fail(Code::wrong_kind);
  if (!internal::is_of(keyring_envelope(), session.manifest)) {
    AIRLOCK_TRY(adopt_keyring(session.manifest));
  }
  AIRLOCK_TRY(settle_keyring());
  // Flash that did not keep what was written has the old keyring in both copies now.
  if (!internal::is_of(keyring_envelope(), session.manifest)) return fail(Code::storage_failed);
  AIRLOCK_TRY(note_keyring());
  return happened(Type::committed);
}

// What the keyring that is stored says, in the record.
Status Agent::note_keyring() {
  AIRLOCK_ASSIGN(const slot::Record& record, load());
  AIRLOCK_ASSIGN(const package::Manifest& stored, package::read_unproven(keyring_envelope()));
  const slot::Record timed = slot::raise_time(record, stored.created);
  return save(slot::raise_floor(timed, package::Kind::keyring, stored.security_version));
}

Status Agent::make_kept_active() {
  AIRLOCK_ASSIGN(const slot::Record& record, load());
  return save(slot::restore(record));
}

Result<Event> Agent::restore_kept(const Session& session) {
  AIRLOCK_ASSIGN(const slot::Standing standing, standing_of(session.manifest));
  if (standing != slot::Standing::committed) {
    AIRLOCK_TRY(prove_kept(session.manifest));  // the keyring may have changed since the question
    AIRLOCK_TRY(make_kept_active());
    reset();
  }
  if (!running_ || running_->manifest != session.manifest) return fail(Code::image_rejected);
  AIRLOCK_ASSIGN(const slot::Record& after, load());
  Result<Event> event = went_back();
  event->error.code = Code::reverted_on_request;
  event->manifest = after.inactive_slot().manifest;
  return event;
}

Result<Event> Agent::go_back(const Session& session) {
  if (session.errand == update::Errand::restore) return restore_kept(session);
  AIRLOCK_ASSIGN(const slot::Record& record, load());
  if (slot::standing_of(record, session.manifest) == slot::Standing::on_trial) {
    AIRLOCK_TRY(save(slot::revert(record, session.outcome)));
  }
  if (running_ && running_->trial) reset();
  return went_back();
}

Result<Event> Agent::report(const Session& session) {
  AIRLOCK_TRY(outside_.host.report(session));
  return happened(Type::reported);
}

}  // namespace airlock::bare
