// What the effects do to an ABI pack.
#include <algorithm>

#include "device/agent/agent.h"

namespace airlock::agent {
namespace {

using update::Event;

Event event_of(Event::Type type) {
  Event event;
  event.type = type;
  return event;
}

Event went_back(Code reason) {
  Event event = event_of(Event::Type::went_back);
  event.error.code = reason;
  return event;
}

}  // namespace

// The vendor's reviewers signed what a pack says; its owner is asked where the device's maker wants
// it so. What replaces code or keys asks always.
bool Agent::needs_no_owner() const {
  const auto& asks = device_->config().ask_for;
  return is_pack() && std::find(asks.begin(), asks.end(), name_of(session_.kind)) == asks.end();
}

Result<Event> Agent::verify_pack() {
  AIRLOCK_ASSIGN(const Release* at_hand, release());
  AIRLOCK_ASSIGN(verified_pack_, apply::verify_pack(*device_, at_hand->proven, at_hand->envelope,
                                                    around_.judge_pack));
  return event_of(Event::Type::verified);
}

Result<Event> Agent::use_pack() {
  AIRLOCK_ASSIGN(const apply::Shelf shelf, apply::read_shelf(*device_));
  const bool in_use = shelf.in_use() != nullptr && shelf.in_use()->manifest == session_.manifest;
  if (!in_use) {
    // Another process may have verified; what it saw is not taken over.
    if (!verified_pack_) AIRLOCK_TRY(verify_pack());
    AIRLOCK_TRY(apply::use_pack(*device_, *verified_pack_));
  }
  if (around_.pack_changed) around_.pack_changed();
  return event_of(Event::Type::activated);
}

// The pack is judged once more from where every reader reads it.
Result<Event> Agent::check_pack() {
  AIRLOCK_ASSIGN(const apply::Shelf shelf, apply::read_shelf(*device_));
  const apply::KeptPack* const in_use = shelf.in_use();
  if (in_use == nullptr || in_use->manifest != session_.manifest) {
    return went_back(shelf.reason == Code::ok ? Code::unhealthy : shelf.reason);
  }
  if (around_.trial != Trial::healthy) return fail(Code::unhealthy);
  AIRLOCK_ASSIGN(const file::Mapping mapped, apply::map_pack(*device_, *in_use));
  AIRLOCK_TRY(around_.judge_pack(mapped.bytes(), in_use->entries));
  return event_of(Event::Type::healthy);
}

Result<Event> Agent::confirm_pack() {
  AIRLOCK_ASSIGN(const Release* at_hand, release());
  AIRLOCK_TRY(apply::confirm_pack(*device_, at_hand->proven));
  return event_of(Event::Type::committed);
}

Result<Event> Agent::take_pack_back() {
  AIRLOCK_TRY(apply::revert_pack(*device_, session_.outcome));
  if (around_.pack_changed) around_.pack_changed();
  return went_back(session_.outcome);
}

Status Agent::restore_pack(const Digest& manifest) {
  if (!around_.judge_pack) return fail(Code::wrong_kind);
  if (is_pack() && session_.phase >= update::Phase::activating &&
      session_.phase <= update::Phase::reverting) {
    return fail(Code::slot_busy);
  }
  AIRLOCK_TRY(apply::restore_pack(*device_, manifest, around_.judge_pack));
  if (around_.pack_changed) around_.pack_changed();
  return {};
}

}  // namespace airlock::agent
