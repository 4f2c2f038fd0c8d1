#include <algorithm>
#include <charconv>

#include "host/text/text.h"
#include "server/rollout/rollout.h"

namespace airlock::rollout {

namespace {

bool within(const package::VersionRange& range, const package::Semver& version) {
  return range.min <= version && version <= range.max;
}

// choose picks the smallest payload that this device can use: the patch for exactly what runs, or
// a full one.
const OfferedPayload* choose(const OfferedComponent& component, const CheckIn& device) {
  const auto running =
      std::ranges::find(device.images, component.id, &CheckIn::Installed::component);
  const OfferedPayload* best = nullptr;
  for (const OfferedPayload& payload : component.payloads) {
    const bool usable = payload.type == package::PayloadType::full ||
                        (running != device.images.end() && payload.base == running->image);
    if (usable && (best == nullptr || payload.size < best->size)) best = &payload;
  }
  return best;
}

// What of a release's own kind runs on the device.
struct Present {
  package::Semver version;
  std::uint32_t security_version = 0;
};

// present_of returns nothing where the device does not tell. A keyring's version says nothing of
// the firmware beside it, and is a number alone.
std::optional<Present> present_of(package::Kind kind, const CheckIn& device) {
  if (kind == package::Kind::firmware) return Present{device.version, device.security_version};
  if (kind == package::Kind::keyring) {
    if (!device.keyring) return std::nullopt;
    return Present{device.version, *device.keyring};
  }
  const auto told = std::ranges::find(device.contents, kind, &CheckIn::Content::kind);
  if (told == device.contents.end()) return std::nullopt;
  return Present{told->version, told->security_version};
}

bool has_already(const Release& release, const std::optional<Present>& present) {
  if (!present) return false;
  if (release.kind == package::Kind::keyring)
    return release.security_version <= present->security_version;
  return release.version <= present->version;
}

// reads_data: only firmware keeps the owner's data, and what a device does not tell it judges
// itself.
bool reads_data(const Release& release, const CheckIn& device) {
  if (release.kind != package::Kind::firmware || !device.data_version) return true;
  return release.data_version_min <= *device.data_version &&
         *device.data_version <= release.data_version;
}

// refusal_of_release says why the release itself is not for this device.
std::optional<Reason> refusal_of_release(const Release& release, const Present& present,
                                         const CheckIn& device, std::int64_t now) {
  const bool any = release.from_versions.empty();
  if (!any && std::ranges::none_of(release.from_versions, [&](const Release::Range& range) {
        return within(range.range, present.version);
      })) {
    return Reason::from_version_outside;
  }
  if (device.bootloader < release.bootloader_min) return Reason::bootloader_too_old;
  if (device.secure_boot < release.secure_boot_min) return Reason::secure_boot_too_low;
  if (!reads_data(release, device)) return Reason::data_version_unreadable;
  if (release.security_version < present.security_version) return Reason::below_floor;
  if (release.expires < now) return Reason::expired;
  return std::nullopt;
}

std::optional<Reason> refusal_of_share(const Plan& plan, const CheckIn& device) {
  if (!device.duid.empty()) {
    const std::uint32_t bucket = bucket_of(plan.rollout.seed, device.duid);
    return bucket < plan.rollout.share ? std::nullopt : std::optional(Reason::outside_share);
  }
  const auto told = std::ranges::find(device.buckets, plan.rollout.id, &CheckIn::Told::rollout);
  if (told == device.buckets.end()) return Reason::bucket_missing;
  return told->bucket < plan.rollout.share ? std::nullopt : std::optional(Reason::outside_share);
}

// refusal_of returns why a plan offers nothing to this device, and fills the answer's payloads
// where it does.
std::optional<Reason> refusal_of(const Plan& plan, const CheckIn& device, std::int64_t now,
                                 Answer& answer) {
  const store::Rollout& rollout = plan.rollout;
  if (rollout.state == store::State::halted) return Reason::halted;
  if (plan.release == nullptr) return Reason::release_missing;
  if (rollout.state == store::State::created) return Reason::not_running;
  if (rollout.not_after != 0 && now > rollout.not_after) return Reason::ended;
  const std::optional<Present> present = present_of(plan.release->kind, device);
  if (has_already(*plan.release, present)) return Reason::already_newest;
  if (!present) {
    const bool keyring = plan.release->kind == package::Kind::keyring;
    return keyring ? Reason::keyring_unknown : Reason::kind_unknown;
  }
  if (!assignment::speaks_of(rollout.regions, device.region)) return Reason::region;
  if (!assignment::speaks_of(rollout.groups, device.group)) return Reason::group;
  if (!assignment::speaks_of(rollout.certificates, device.certificate)) return Reason::certificate;
  if (plan.from && !within(*plan.from, device.version)) return Reason::version_range;
  if (const auto refused = refusal_of_release(*plan.release, *present, device, now)) {
    return refused;
  }
  answer.payloads.clear();
  answer.size = 0;
  for (const OfferedComponent& component : plan.release->components) {
    const OfferedPayload* const chosen = choose(component, device);
    if (chosen == nullptr) return Reason::no_usable_payload;
    if (!answer.payloads.add(chosen)) return Reason::no_usable_payload;
    answer.size += chosen->size;
  }
  if (rollout.state == store::State::paused) return Reason::paused;
  if (now < rollout.not_before) return Reason::not_started;
  return refusal_of_share(plan, device);
}

void put_number(std::string& json, std::uint64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  json.append(digits.data(), end);
}

// put_seeds tells a private device what it needs to find its buckets by itself.
void put_seeds(std::string& json, const Answer& answer) {
  json += ",\"seeds\":{";
  for (const Plan* const plan : answer.unbucketed) {
    if (json.back() != '{') json += ',';
    json += '"';
    put_number(json, static_cast<std::uint64_t>(plan->rollout.id));
    json += "\":\"";
    json += text::to_hex(plan->rollout.seed.bytes);
    json += '"';
  }
  json += '}';
}

}  // namespace

std::string_view word_of(Reason reason) {
  switch (reason) {
#define X(identifier, explanation) \
  case Reason::identifier: return #identifier;
    AIRLOCK_ROLLOUT_REASONS(X)
#undef X
  }
  return "";
}

std::string_view explain(Reason reason) {
  switch (reason) {
#define X(identifier, explanation) \
  case Reason::identifier: return explanation;
    AIRLOCK_ROLLOUT_REASONS(X)
#undef X
  }
  return "";
}

namespace {

enum class NotNow : std::uint8_t { passed_over, offered_too };

bool is_not_now(const Plan& plan, const CheckIn& device) {
  if (plan.release == nullptr) return false;
  const Digest& manifest = plan.release->manifest;
  return std::ranges::find(device.not_now, manifest) != device.not_now.end();
}

Answer choose_plan(const CheckIn& device, const Snapshot& snapshot, std::int64_t now,
                   NotNow not_now) {
  Answer answer;
  for (const Plan* const plan : snapshot.plans_for(device.model)) {
    if (not_now == NotNow::passed_over && is_not_now(*plan, device)) continue;
    const auto refused = refusal_of(*plan, device, now, answer);
    if (!refused) {
      answer.plan = plan;
      answer.offers = true;
      return answer;
    }
    // The seeds of more than it holds come when the device asks again.
    if (*refused == Reason::bucket_missing) (void)answer.unbucketed.add(plan);
    if (answer.plan == nullptr || *refused > answer.reason) {
      answer.plan = plan;
      answer.reason = *refused;
    }
  }
  return answer;
}

}  // namespace

Answer evaluate(const CheckIn& device, const Snapshot& snapshot, std::int64_t now) {
  Answer answer = choose_plan(device, snapshot, now, NotNow::passed_over);
  // What it did not take stands in no other's way, and may be what it takes by now.
  if (!answer.offers && !device.not_now.empty()) {
    answer = choose_plan(device, snapshot, now, NotNow::offered_too);
  }
  // Spread over the hour's quarters by the device's name, so that a fleet does not come at once.
  const std::string_view name = device.duid.empty() ? device.pseudonym : device.duid;
  const std::uint32_t spread = kPollAfterSeconds / 2;
  answer.poll_after_seconds =
      kPollAfterSeconds - spread / 2 +
      static_cast<std::uint32_t>(std::hash<std::string_view>{}(name) % spread);
  return answer;
}

void write(const Answer& answer, std::string& json) {
  if (answer.offers) {
    json += answer.plan->offer_head;
    bool first = true;
    for (const OfferedPayload* const payload : answer.payloads) {
      if (!first) json += ',';
      first = false;
      json += payload->json;
    }
    json += "],\"size\":";
    put_number(json, answer.size);
    json += "},\"poll_after_s\":";
  } else {
    json += "{\"explain\":\"";
    if (answer.plan != nullptr) {
      json += "rollout ";
      put_number(json, static_cast<std::uint64_t>(answer.plan->rollout.id));
      json += ": ";
    }
    json += explain(answer.reason);
    json += "\",\"offer\":null,\"why\":\"";
    json += word_of(answer.reason);
    json += '"';
    if (answer.reason == Reason::bucket_missing) put_seeds(json, answer);
    json += ",\"poll_after_s\":";
  }
  put_number(json, answer.poll_after_seconds);
  json += '}';
}

}  // namespace airlock::rollout
