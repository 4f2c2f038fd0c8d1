// What the effects do to content that needs no slots: ABI packs, fee policies, fee plugins.
#include <algorithm>

#include "device/agent/agent.h"
#include "device/agent/events.h"

namespace airlock::agent {

using update::Event;

// Whom the vendor's policy asks signed what an edition says; its owner is asked where the device's
// maker wants it so. What replaces code or keys, or becomes a part of the wallet, asks always.
bool Agent::needs_no_owner() const {
  const bool joins_the_wallet = session_.kind == package::Kind::fee_plugin &&
                                device_->config().fee_plugins == platform::FeePlugins::in_process;
  if (joins_the_wallet) return false;
  const auto& asks = device_->config().ask_for;
  return is_read() && std::find(asks.begin(), asks.end(), name_of(session_.kind)) == asks.end();
}

Result<const apply::Judge*> Agent::judge_of(const apply::ShelfKind& kind) const {
  const apply::Judge& judge = around_.judges[kind.place];
  if (!judge) return fail(Code::wrong_kind, static_cast<std::uint64_t>(kind.kind));
  return &judge;
}

Result<Event> Agent::verify_edition() {
  AIRLOCK_ASSIGN(const Release* at_hand, release());
  AIRLOCK_ASSIGN(const apply::Judge* judge, judge_of(*shelf_kind()));
  AIRLOCK_ASSIGN(verified_edition_,
                 apply::verify_edition(*device_, at_hand->proven, at_hand->envelope, *judge));
  return event_of(Event::Type::verified);
}

Result<Event> Agent::use_edition() {
  AIRLOCK_ASSIGN(const apply::Shelf shelf, apply::read_shelf(*device_, *shelf_kind()));
  const bool in_use = shelf.in_use() != nullptr && shelf.in_use()->manifest == session_.manifest;
  if (!in_use) {
    // Another process may have verified; what it saw is not taken over.
    if (!verified_edition_) AIRLOCK_TRY(verify_edition());
    AIRLOCK_TRY(apply::use_edition(*device_, *verified_edition_));
  }
  if (around_.edition_changed) around_.edition_changed();
  return event_of(Event::Type::activated);
}

// The edition is judged once more from where every reader reads it.
Result<Event> Agent::check_edition() {
  const apply::ShelfKind& kind = *shelf_kind();
  AIRLOCK_ASSIGN(const apply::Shelf shelf, apply::read_shelf(*device_, kind));
  const apply::Edition* const in_use = shelf.in_use();
  if (in_use == nullptr || in_use->manifest != session_.manifest) {
    return went_back(shelf.reason == Code::ok ? Code::unhealthy : shelf.reason);
  }
  if (around_.trial != Trial::healthy) return fail(Code::unhealthy);
  AIRLOCK_ASSIGN(const file::Mapping mapped, apply::map_edition(*device_, kind, *in_use));
  AIRLOCK_ASSIGN(const apply::Judge* judge, judge_of(kind));
  AIRLOCK_TRY((*judge)(mapped.bytes(), *in_use));
  return event_of(Event::Type::healthy);
}

Result<Event> Agent::confirm_edition() {
  AIRLOCK_ASSIGN(const Release* at_hand, release());
  AIRLOCK_TRY(apply::confirm_edition(*device_, at_hand->proven));
  return event_of(Event::Type::committed);
}

Result<Event> Agent::take_edition_back() {
  AIRLOCK_TRY(apply::revert_edition(*device_, *shelf_kind(), session_.outcome));
  if (around_.edition_changed) around_.edition_changed();
  return went_back(session_.outcome);
}

Status Agent::restore_edition(const apply::Wanted& wanted) {
  AIRLOCK_ASSIGN(const apply::Judge* judge, judge_of(wanted.kind));
  if (session_.kind == wanted.kind.kind && session_.phase >= update::Phase::activating &&
      session_.phase <= update::Phase::reverting) {
    return fail(Code::slot_busy);
  }
  AIRLOCK_TRY(apply::restore_edition(*device_, wanted, *judge));
  if (around_.edition_changed) around_.edition_changed();
  return {};
}

}  // namespace airlock::agent
