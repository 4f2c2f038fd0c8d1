// The pipeline: every session that can be reached, with every event.
#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <set>
#include <string>
#include <vector>

#include "core/slot/frame.h"
#include "core/update/update.h"

namespace airlock::update {
namespace {

using Type = Event::Type;

Digest digest_of(std::string_view text) { return crypto::sha256(bytes_of(text)); }
const Digest kRelease = digest_of("release");
const Digest kAnother = digest_of("another");

Event event_of(Type type, Digest manifest = {}, Code code = Code::ok, Kind kind = Kind::firmware) {
  Event event;
  event.type = type;
  event.manifest = manifest;
  event.version = "1.1.0";
  event.kind = kind;
  event.error = {code, code == Code::ok ? 0U : 7U};
  return event;
}

// Every event with every argument that matters.
std::vector<Event> all_events() {
  std::vector<Event> events;
  for (Kind kind : {Kind::firmware, Kind::abi_pack, Kind::keyring}) {
    for (Type type : {Type::offered, Type::installed, Type::proven}) {
      for (const Digest& manifest : {kRelease, kAnother, Digest{}}) {
        if (type == Type::proven && manifest.is_zero()) continue;  // a bug of the driver
        events.push_back(event_of(type, manifest, Code::ok, kind));
      }
    }
  }
  for (Type type : {Type::wake, Type::resumed, Type::nothing, Type::refreshed, Type::admitted,
                    Type::staged, Type::verified, Type::refused, Type::activated, Type::booted,
                    Type::healthy, Type::committed, Type::reported}) {
    events.push_back(event_of(type));
  }
  for (const Digest& manifest : {kRelease, kAnother, Digest{}}) {
    events.push_back(event_of(Type::consented, manifest));
  }
  events.push_back(event_of(Type::restore_wanted, kRelease));
  for (Code code : {Code::unreachable, Code::image_rejected, Code::unhealthy}) {
    events.push_back(event_of(Type::failed, {}, code));
    events.push_back(event_of(Type::went_back, {}, code));
  }
  events.push_back(event_of(Type::went_back));
  return events;
}

std::string bytes_of_session(const Session& session) {
  std::array<std::uint8_t, kSessionSizeMax> buffer;
  return std::string(text_of(*encode_session(session, buffer)));
}

// What an observer knows of one session: which manifest the owner agreed to since it began.
struct Node {
  Session session;
  Digest agreed;
};

Node after(const Node& node, const Event& event) {
  Node next{step(node.session, event).session, node.agreed};
  // The number grows without end, and nothing depends on it.
  next.session.report_sequence = std::min<std::uint64_t>(next.session.report_sequence, 1);
  const bool begins = event.type == Type::wake || event.type == Type::installed ||
                      event.type == Type::restore_wanted;
  if (begins) next.agreed = {};
  if (event.type == Type::consented) next.agreed = event.manifest;
  return next;
}

// Walks over all that can be reached from a new device; visit(node, event, step) sees every pair.
template <class Visit>
std::size_t walk(Visit visit) {
  std::set<std::string> seen;
  std::deque<Node> open = {Node{}};
  const std::vector<Event> events = all_events();
  while (!open.empty()) {
    const Node node = open.front();
    open.pop_front();
    for (const Event& event : events) {
      if (!accepts(node.session.phase, event.type)) continue;
      const Step taken = step(node.session, event);
      visit(node, event, taken);
      const Node next = after(node, event);
      const std::string key =
          bytes_of_session(next.session) + std::string(text_of(next.agreed.bytes));
      if (seen.insert(key).second) open.push_back(next);
    }
  }
  return seen.size();
}

TEST(Step, ReachesActivationOnlyThroughConsentToTheProvenManifest) {
  const std::size_t reached = walk([](const Node& node, const Event& event, const Step& taken) {
    const bool acts = taken.effect == Effect::activate || taken.effect == Effect::commit;
    if (!acts) return;
    const Digest agreed = event.type == Type::consented ? event.manifest : node.agreed;
    ASSERT_EQ(agreed, taken.session.manifest) << name_of(node.session.phase);
  });
  EXPECT_GT(reached, 1000U);
}

TEST(Step, EntersActivationOnlyFromConsenting) {
  walk([](const Node& node, const Event& event, const Step& taken) {
    if (taken.session.phase != Phase::activating || node.session.phase == Phase::activating) return;
    ASSERT_EQ(node.session.phase, Phase::consenting);
    ASSERT_EQ(event.type, Type::consented);
    ASSERT_EQ(event.manifest, node.session.manifest);
  });
}

TEST(Step, RestoresOnlyThroughConsentToWhatIsKept) {
  std::size_t restored = 0;
  walk([&](const Node& node, const Event& event, const Step& taken) {
    const bool acts = taken.effect == Effect::go_back;
    if (!acts || taken.session.errand != Errand::restore) return;
    ++restored;
    const Digest agreed = event.type == Type::consented ? event.manifest : node.agreed;
    ASSERT_EQ(agreed, taken.session.manifest) << name_of(node.session.phase);
  });
  EXPECT_GT(restored, 0U);
}

// Whatever else ends a phase, only its own success leads to the next one.
bool earns(Type type, Phase phase) {
  switch (phase) {
    case Phase::refreshing: return type == Type::offered;
    case Phase::proving: return type == Type::refreshed || type == Type::installed;
    case Phase::gating: return type == Type::proven;
    case Phase::staging: return type == Type::admitted;
    case Phase::verifying: return type == Type::staged;
    case Phase::consenting:
      return type == Type::verified || type == Type::admitted || type == Type::restore_wanted;
    case Phase::activating: return type == Type::consented;
    case Phase::rebooting: return type == Type::activated;
    case Phase::trial: return type == Type::booted;
    case Phase::committing: return type == Type::healthy || type == Type::consented;
    case Phase::idle:
    case Phase::asking:
    case Phase::reverting:
    case Phase::reporting: return true;
  }
  return false;
}

TEST(Step, EntersAPhaseOnlyByTheSuccessOfTheOneBefore) {
  walk([](const Node& node, const Event& event, const Step& taken) {
    if (taken.session.phase == node.session.phase) return;
    ASSERT_TRUE(earns(event.type, taken.session.phase))
        << name_of(node.session.phase) << " to " << name_of(taken.session.phase);
  });
}

TEST(Step, RepeatsTheEffectWhenResumed) {
  walk([](const Node& node, const Event& event, const Step& taken) {
    const Step again = step(taken.session, event_of(Type::resumed));
    ASSERT_EQ(again.session, taken.session);
    ASSERT_EQ(again.effect, taken.effect) << name_of(node.session.phase) << int(event.type);
  });
}

TEST(Step, KeepsEveryReachableSessionInAJournal) {
  walk([](const Node&, const Event&, const Step& taken) {
    std::array<std::uint8_t, kSessionSizeMax> buffer;
    const Result<Bytes> encoded = encode_session(taken.session, buffer);
    ASSERT_TRUE(encoded);
    const Result<Session> back = decode_session(*encoded);
    ASSERT_TRUE(back);
    ASSERT_EQ(*back, taken.session);
  });
}

TEST(Step, EndsEverySessionWithAReasonOrACommit) {
  walk([](const Node& node, const Event& event, const Step& taken) {
    if (taken.session.phase != Phase::reporting || node.session.phase == Phase::reporting) return;
    ASSERT_EQ(taken.session.outcome == Code::ok, event.type == Type::committed);
    ASSERT_EQ(taken.session.failed_in == Phase::idle, event.type == Type::committed);
  });
}

TEST(Step, NumbersEveryPhaseOfAKnownReleaseOnce) {
  walk([](const Node& node, const Event& event, const Step& taken) {
    const bool entered = taken.session.phase != node.session.phase;
    const bool known = !taken.session.manifest.is_zero() && taken.session.phase > Phase::asking;
    ASSERT_EQ(taken.session.report_sequence - node.session.report_sequence, entered && known)
        << name_of(taken.session.phase) << int(event.type);
  });
}

TEST(Step, NeverRepeatsAPhaseForever) {
  walk([](const Node& node, const Event& event, const Step& taken) {
    ASSERT_LT(taken.session.attempts, kAttemptsMax);
    if (event.type != Type::failed) return;
    const bool moved = taken.session.phase != node.session.phase;
    ASSERT_TRUE(moved || taken.session.attempts == node.session.attempts + 1);
  });
}

TEST(Step, NeverStagesOrTriesContentInsideAManifest) {
  walk([](const Node&, const Event&, const Step& taken) {
    if (taken.session.kind != Kind::keyring) return;
    for (Phase phase : {Phase::staging, Phase::verifying, Phase::activating, Phase::rebooting,
                        Phase::trial, Phase::reverting}) {
      ASSERT_NE(taken.session.phase, phase);
    }
  });
}

// ---- the story, told once for each way that it may go

struct Told {
  Session session;
  std::vector<Effect> effects;
};

Told tell(const std::vector<Event>& events) {
  Told told;
  for (const Event& event : events) {
    const Step taken = step(told.session, event);
    told.session = taken.session;
    told.effects.push_back(taken.effect);
  }
  return told;
}

std::vector<Event> until_trial() {
  return {event_of(Type::wake),      event_of(Type::offered, kRelease),
          event_of(Type::refreshed), event_of(Type::proven, kRelease),
          event_of(Type::admitted),  event_of(Type::staged),
          event_of(Type::verified),  event_of(Type::consented, kRelease),
          event_of(Type::activated), event_of(Type::booted)};
}

std::vector<Event> operator+(std::vector<Event> story, const Event& event) {
  story.push_back(event);
  return story;
}

TEST(Story, OfAnUpdateThatGoesWell) {
  const Told told = tell(until_trial() + event_of(Type::healthy) + event_of(Type::committed) +
                         event_of(Type::reported));
  const std::vector<Effect> expected = {
      Effect::ask_server, Effect::refresh,   Effect::prove,    Effect::gate,   Effect::stage,
      Effect::verify,     Effect::ask_owner, Effect::activate, Effect::reboot, Effect::check_health,
      Effect::commit,     Effect::report,    Effect::wait};
  EXPECT_EQ(told.effects, expected);
  EXPECT_EQ(told.session.outcome, Code::ok);
  EXPECT_EQ(told.session.manifest, kRelease);
  EXPECT_EQ(told.session.version.view(), "1.1.0");
  EXPECT_EQ(told.session.report_sequence, 11U);  // refreshing to reporting
}

TEST(Story, OfAPackageHandedInByHand) {
  const Told told = tell({event_of(Type::installed), event_of(Type::proven, kRelease)});
  EXPECT_EQ(told.effects, (std::vector<Effect>{Effect::prove, Effect::gate}));
  EXPECT_EQ(told.session.manifest, kRelease);
}

TEST(Story, OfAKeyringGoesFromConsentToCommit) {
  const Told told =
      tell({event_of(Type::installed, {}, Code::ok, Kind::keyring),
            event_of(Type::proven, kRelease, Code::ok, Kind::keyring), event_of(Type::admitted),
            event_of(Type::consented, kRelease), event_of(Type::committed)});
  EXPECT_EQ(told.effects, (std::vector<Effect>{Effect::prove, Effect::gate, Effect::ask_owner,
                                               Effect::commit, Effect::report}));
}

TEST(Story, OfAnUnhealthyTrialGoesBackAndKeepsTheFirstReason) {
  const Told told = tell(until_trial() + event_of(Type::failed, {}, Code::unhealthy) +
                         event_of(Type::went_back, {}, Code::trial_exhausted));
  EXPECT_EQ(told.session.phase, Phase::reporting);
  EXPECT_EQ(told.session.outcome, Code::unhealthy);
  EXPECT_EQ(told.session.failed_in, Phase::trial);
}

TEST(Story, OfATrialThatTheBootloaderEnded) {
  const Told told = tell(until_trial() + event_of(Type::went_back, {}, Code::image_rejected));
  EXPECT_EQ(told.session.phase, Phase::reporting);
  EXPECT_EQ(told.session.outcome, Code::image_rejected);
}

TEST(Story, OfAnOwnerWhoWantsTheKeptVersionBack) {
  Event done = event_of(Type::went_back, kAnother, Code::reverted_on_request);
  done.version = "1.2.0";
  const Told told =
      tell({event_of(Type::restore_wanted, kRelease), event_of(Type::consented, kRelease), done});
  EXPECT_EQ(told.effects,
            (std::vector<Effect>{Effect::ask_owner, Effect::go_back, Effect::report}));
  EXPECT_EQ(told.session.outcome, Code::reverted_on_request);
  EXPECT_EQ(told.session.manifest, kAnother) << "what was given up is told of";
  EXPECT_EQ(told.session.version.view(), "1.2.0");
  EXPECT_TRUE(ran_again(told.session));
}

TEST(Story, OfAKeptVersionThatNobodyConsentedTo) {
  const Told told =
      tell({event_of(Type::restore_wanted, kRelease), event_of(Type::consented, kAnother)});
  EXPECT_EQ(told.effects.back(), Effect::report);
  EXPECT_EQ(told.session.outcome, Code::consent_mismatch);
  EXPECT_FALSE(ran_again(told.session));
}

TEST(Story, OfConsentToOtherBytes) {
  std::vector<Event> story = until_trial();
  story.resize(7);
  const Told told = tell(story + event_of(Type::consented, kAnother));
  EXPECT_EQ(told.session.phase, Phase::reporting);
  EXPECT_EQ(told.session.outcome, Code::consent_mismatch);
}

TEST(Story, OfAnOwnerWhoDoesNotAnswer) {
  std::vector<Event> story = until_trial();
  story.resize(7);
  for (int i = 0; i < 3 * kAttemptsMax; ++i) {
    story.push_back(event_of(Type::failed, {}, i % 2 == 0 ? Code::interrupted : Code::timed_out));
  }
  const Told unanswered = tell(story);
  EXPECT_EQ(unanswered.session.phase, Phase::consenting);
  EXPECT_EQ(unanswered.session.attempts, 0);
  const Told told = tell(story + event_of(Type::resumed));
  EXPECT_EQ(told.session.phase, Phase::consenting) << "the next run asks again";
}

TEST(Story, OfASystemThatHasNotRestartedYet) {
  std::vector<Event> armed = until_trial();
  armed.pop_back();
  std::vector<Event> story = armed;
  for (int i = 0; i < 3 * kAttemptsMax; ++i) {
    story.push_back(event_of(Type::failed, {}, Code::restart_needed));
  }
  const Told told = tell(story);
  EXPECT_EQ(told.session.phase, Phase::rebooting);
  EXPECT_EQ(told.session.attempts, 0);
  const Told booted = tell(story + event_of(Type::booted));
  EXPECT_EQ(booted.session.phase, Phase::trial);
  std::vector<Event> sick = story + event_of(Type::booted);
  sick.push_back(event_of(Type::failed, {}, Code::unhealthy));
  sick.push_back(event_of(Type::failed, {}, Code::restart_needed));
  const Told reverting = tell(sick);
  EXPECT_EQ(reverting.session.phase, Phase::reverting) << "the earlier slot does not run yet";
  EXPECT_EQ(reverting.session.attempts, 0);
  std::vector<Event> trial = armed + event_of(Type::booted);
  trial.push_back(event_of(Type::failed, {}, Code::restart_needed));
  EXPECT_EQ(tell(trial).session.phase, Phase::reverting) << "nothing else waits for a restart";
}

TEST(Story, OfDoorsThatDisagree) {
  const Told told = tell({event_of(Type::wake), event_of(Type::offered, kRelease),
                          event_of(Type::refreshed), event_of(Type::proven, kAnother)});
  EXPECT_EQ(told.session.phase, Phase::reporting);
  EXPECT_EQ(told.session.outcome, Code::doors_disagree);
}

TEST(Story, OfANetworkThatStaysAway) {
  std::vector<Event> story = {event_of(Type::wake), event_of(Type::offered, kRelease)};
  for (int i = 0; i < kAttemptsMax - 1; ++i) {
    story.push_back(event_of(Type::failed, {}, Code::unreachable));
    EXPECT_EQ(tell(story).session.phase, Phase::refreshing);
  }
  const Told told = tell(story + event_of(Type::failed, {}, Code::timed_out));
  EXPECT_EQ(told.session.phase, Phase::reporting);
  EXPECT_EQ(told.session.outcome, Code::timed_out);
  EXPECT_EQ(told.session.at, 7U);
}

TEST(Story, OfAServerThatIsAwayEndsQuietly) {
  std::vector<Event> story = {event_of(Type::wake)};
  for (int i = 0; i < kAttemptsMax; ++i) {
    story.push_back(event_of(Type::failed, {}, Code::unreachable));
  }
  const Told told = tell(story);
  EXPECT_EQ(told.session.phase, Phase::idle) << "there is nothing to report";
  EXPECT_EQ(told.session.outcome, Code::unreachable);
  EXPECT_EQ(told.session.failed_in, Phase::asking);
}

TEST(Story, OfAFailureWhileAskingIsNotToldUnderTheReasonOfTheSessionBefore) {
  Session before;
  before.outcome = Code::quorum_missing;
  before.failed_in = Phase::proving;
  Session asking = step(before, event_of(Type::wake)).session;
  EXPECT_EQ(asking.outcome, Code::quorum_missing);
  asking = step(asking, event_of(Type::failed, {}, Code::bad_json)).session;
  EXPECT_EQ(asking.phase, Phase::idle);
  EXPECT_EQ(asking.outcome, Code::bad_json);
  EXPECT_EQ(asking.failed_in, Phase::asking);
}

TEST(Story, OfARefusalByVerificationEndsAtOnce) {
  const Told told =
      tell({event_of(Type::wake), event_of(Type::offered, kRelease), event_of(Type::refreshed),
            event_of(Type::failed, {}, Code::quorum_missing)});
  EXPECT_EQ(told.session.phase, Phase::reporting);
  EXPECT_EQ(told.session.outcome, Code::quorum_missing);
}

TEST(Story, OfAReportThatNobodyTakesStillEnds) {
  std::vector<Event> story = until_trial() + event_of(Type::healthy) + event_of(Type::committed);
  for (int i = 0; i < kAttemptsMax; ++i) {
    story.push_back(event_of(Type::failed, {}, Code::unreachable));
  }
  EXPECT_EQ(tell(story).session.phase, Phase::idle);
  EXPECT_EQ(tell(story).session.outcome, Code::ok);
}

TEST(StepDeathTest, StopsOnAnEventThatDoesNotBelongToThePhase) {
  EXPECT_DEATH((void)step(Session{}, event_of(Type::activated)), "");
  Session consenting;
  consenting.phase = Phase::consenting;
  EXPECT_DEATH((void)step(consenting, event_of(Type::activated)), "");
}

// ---- the journal's bytes

Session full_session() {
  Session session;
  session.phase = Phase::staging;
  session.kind = Kind::keyring;
  session.manifest = kRelease;
  session.version = *FixedText<package::kSemverTextMax>::from(std::string(64, '9'));
  session.rollout = UINT64_MAX;
  session.attempts = kAttemptsMax - 1;
  session.outcome = Code::too_frequent;
  session.at = UINT64_MAX;
  session.failed_in = Phase::reporting;
  session.report_sequence = UINT64_MAX;
  session.errand = Errand::restore;
  return session;
}

TEST(Journal, ComesBackAsItWasWritten) {
  std::array<std::uint8_t, kSessionSizeMax> buffer;
  const Result<Bytes> encoded = encode_session(full_session(), buffer);
  ASSERT_TRUE(encoded);
  EXPECT_LE(encoded->size(), kSessionSizeMax / 2);
  EXPECT_EQ(*decode_session(*encoded), full_session());
}

TEST(Journal, RefusesEveryFlippedBitAndEveryTruncation) {
  std::array<std::uint8_t, kSessionSizeMax> buffer;
  const Bytes good = *encode_session(full_session(), buffer);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::vector<std::uint8_t> bad(good.begin(), good.end());
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1U << (bit % 8)));
    const Result<Session> read = decode_session(bad);
    ASSERT_FALSE(read) << "bit " << bit;
    EXPECT_EQ(read.error().code, Code::journal_lost);
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(decode_session(good.first(size))) << "size " << size;
  }
}

TEST(Journal, RefusesWhatStandsBehindItsMap) {
  std::array<std::uint8_t, kSessionSizeMax> buffer;
  const Bytes good = *encode_session(full_session(), buffer);
  std::vector<std::uint8_t> longer(good.size() + 1);
  const std::size_t body = good.size() - slot::kFrameOverhead;
  copy_into(slot::body_room(longer), good.subspan(slot::kFrameHead, body));
  ASSERT_TRUE(slot::seal(longer, {'A', 'L', 'J', 'N'}, body + 1));
  EXPECT_EQ(decode_session(longer).error(),
            (Error{Code::journal_lost, static_cast<std::uint64_t>(Code::trailing_bytes)}));
}

TEST(Session, TellsWhetherTheVersionBeforeItRunsAgain) {
  Session session;
  for (std::size_t i = 0; i < kPhaseCount; ++i) {
    session.failed_in = static_cast<Phase>(i);
    const bool tried =
        session.failed_in >= Phase::rebooting && session.failed_in < Phase::reporting;
    EXPECT_EQ(ran_again(session), tried) << name_of(session.failed_in);
  }
  session.failed_in = Phase::consenting;
  session.errand = Errand::restore;
  EXPECT_FALSE(ran_again(session));
  session.outcome = Code::reverted_on_request;
  EXPECT_TRUE(ran_again(session));
}

}  // namespace
}  // namespace airlock::update
