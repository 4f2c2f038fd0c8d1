#include "fleet/device.h"

#include <algorithm>

#include "core/update/update.h"
#include "device/agent/report.h"

namespace airlock::fleet {
namespace {

constexpr std::int64_t kSecondMs = 1000;
constexpr std::int64_t kMinuteMs = 60 * kSecondMs;
constexpr std::int64_t kHourMs = 60 * kMinuteMs;
constexpr std::int64_t kDayS = 24 * 60 * 60;
constexpr std::size_t kSmallArea = kSector;
constexpr std::size_t kScratch = 16 << 10;
constexpr double kAnotherCut = 0.4;

void done(const Status& status) { AIRLOCK_CHECK(status.has_value()); }

Buffer padded(const Buffer& bytes) {
  Buffer made = bytes;
  made.resize((made.size() + bare::kWordMax - 1) / bare::kWordMax * bare::kWordMax);
  return made;
}

// How core/bare finds the size of the envelope behind it.
Buffer manifest_head(const Buffer& envelope) {
  Buffer head(bare::kManifestHead);
  for (std::size_t i = 0; i < 4; ++i) {
    head[i] = static_cast<std::uint8_t>(envelope.size() >> (24 - 8 * i));
  }
  return head;
}

Bytes envelope_in(Bytes area) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) size = size << 8 | area[i];
  const Bytes rest = area.subspan(bare::kManifestHead);
  return rest.first(std::min(size, rest.size()));
}

const Release* find(const std::vector<Release>& releases, const Digest& manifest) {
  const auto found = std::ranges::find(releases, manifest, &Release::manifest);
  return found == releases.end() ? nullptr : &*found;
}

// As it was measured: what is taken until an update told how many storage operations one has.
std::uint64_t operations_of(std::size_t image_size) {
  constexpr std::uint64_t kBesideImage = 75;
  return kBesideImage + 9 * image_size / (2 * kSector);
}

double clock_rate(Dice& dice, bool is_poor) {
  if (!is_poor) return 1;
  constexpr double kFast = 0.1;
  constexpr double kSlow = 6;
  return dice.falls(0.5) ? kFast : kSlow;
}

}  // namespace

Device::Device(const World& world, std::uint64_t number, platform::DeviceKey key, Wait wait)
    : world_(world),
      key_(std::move(key)),
      duid_(key_.duid()),
      wait_(std::move(wait)),
      dice_(world.settings.seed, number),
      has_poor_clock_(dice_.falls(world.settings.faults.clocks)),
      clock_rate_(clock_rate(dice_, has_poor_clock_)),
      record_{Flash(supply_, kSmallArea), Flash(supply_, kSmallArea)},
      journal_{Flash(supply_, kSmallArea), Flash(supply_, kSmallArea)},
      keyring_{Flash(supply_, kSmallArea), Flash(supply_, kSmallArea)},
      manifest_{Flash(supply_, kSmallArea), Flash(supply_, kSmallArea)},
      images_{Flash(supply_, world.settings.image_size), Flash(supply_, world.settings.image_size)},
      scratch_(supply_, kScratch),
      listing_(world.pool, world.ground.root()) {
  leave_factory();
}

void Device::leave_factory() {
  const Release& first = world_.ground.releases().front();
  done(bare::save({&keyring_[0], &keyring_[1]}, world_.ground.vendor().anchor()));
  std::array<std::uint8_t, update::kSessionSizeMax> session;
  done(bare::save({&journal_[0], &journal_[1]}, *update::encode_session({}, session)));
  done(bare::write_padded(manifest_[0], manifest_head(first.envelope), first.envelope));
  done(images_[0].write(0, padded(first.image)));
  slot::Record record;
  record.slots[0].manifest = first.manifest;
  record.slots[0].security_version = first.security_version;
  record.slots[0].data_version = 1;
  record.slots[0].version = *FixedText<package::kSemverTextMax>::from(first.version);
  record.floors[package::index_of(package::Kind::firmware)] = first.security_version;
  record.time_bound = first.created;
  done(slot::format({{&record_[0], &record_[1]}}, record));
  consented_.insert(first.manifest);
}

bare::Storage Device::storage() {
  const auto mapped = [](Flash& area) { return bare::Mapped{&area, area.memory()}; };
  bare::Storage made;
  made.record = {{&record_[0], &record_[1]}};
  made.journal = {&journal_[0], &journal_[1]};
  made.keyring = {mapped(keyring_[0]), mapped(keyring_[1])};
  made.manifest = {mapped(manifest_[0]), mapped(manifest_[1])};
  made.scratch = &scratch_;
  bare::Part part;
  part.id = kComponent;
  part.images = {&images_[0], &images_[1]};
  part.granule = {package::kBlockSize, package::kBlockSize};
  done(made.parts.add(part));
  return made;
}

// ---- a release, and one turn

void Device::meet() {
  const Faults& faults = world_.settings.faults;
  fate_ = {};
  if (dice_.falls(faults.cuts)) {
    do ++fate_.cuts;
    while (dice_.falls(kAnotherCut));
  }
  fate_.hangs = dice_.falls(faults.unwell) ? 1 : 0;
  fate_.refuses = dice_.falls(faults.refusals);
  offered_ms_ = world_.now_ms();
  if (dice_.falls(faults.full)) fate_.full_until_ms = offered_ms_ + dice_.between(1, 48) * kHourMs;
  if (has_poor_clock_) {
    fate_.clock_off_s = dice_.between(1, 200) * (dice_.falls(0.5) ? kDayS : -kDayS);
    fate_.clock_right_ms = offered_ms_ + dice_.between(1, 48) * kHourMs;
  }
  standing_ = Standing::waits;
}

const Device::Said& Device::said() {
  AIRLOCK_CHECK(supply_.is_on());  // without it nothing can be read
  if (!said_ || said_->operations != supply_.operations()) {
    said_ = Said{supply_.operations(), read_has_session(), fetch::write_check_in(read_facts())};
  }
  return *said_;
}

bool Device::read_has_session() {
  std::array<std::uint8_t, update::kSessionSizeMax> buffer;
  const Result<Bytes> stored = bare::load({&journal_[0], &journal_[1]}, buffer);
  const Result<update::Session> session = update::decode_session(stored ? *stored : Bytes());
  return !session || session->phase != update::Phase::idle;
}

std::uint64_t Device::whole_update() const {
  if (world_.operations > 0) return world_.operations;
  return operations_of(world_.settings.image_size);
}

// A cut falls anywhere in what an update takes, or in what is left of it.
void Device::arm_supply() {
  supply_.switch_on();
  if (fate_.cuts == 0 || supply_.is_armed()) return;
  --fate_.cuts;
  const std::uint64_t whole = whole_update();
  const std::uint64_t gone = supply_.operations() - begun_.operations;
  supply_.fail_in(dice_.below(gone < whole ? whole - gone : whole));
}

void Device::count_operations(const Result<update::Session>& ended) {
  const std::uint64_t gone = supply_.operations() - begun_.operations;
  if (!supply_.is_on()) {
    const std::size_t tenth = (gone - 1) * Tally::kTenths / whole_update();
    ++world_.tally.cuts_by_tenth[std::min(tenth, Tally::kTenths - 1)];
    return;
  }
  if (!ended) return;
  if (supply_.disarm()) ++fate_.cuts;  // it ended sooner, with or without an update
  const bool undisturbed = supply_.failures() == begun_.failures;
  if (ended->outcome == Code::ok && undisturbed) world_.operations = gone;
}

Result<update::Session> Device::run_agent() {
  struct alignas(16) Work {
    std::array<std::uint8_t, sizeof(delta::BlockDecoder)> bytes;
  };
  const auto work = std::make_unique_for_overwrite<Work>();
  bare::Identity identity;
  identity.model = kModel;
  bare::Agent agent(storage(), identity, bare::Outside{*this, *this, *this}, work->bytes,
                    delta::kLargeStack);
  if (!agent.power_on()) return fail(Code::image_rejected);
  return agent.run();
}

std::int64_t Device::turn() {
  const bool was_dark = !supply_.is_on();
  supply_.switch_on();
  const bool goes_on = was_dark || said().has_session;
  if (!goes_on) {
    const Status asked = ask_server();
    if (!asked) ++failures_;
    if (asked && !offer_) failures_ = 0;
    if (!offer_) return poll_ms();
  }
  if (!goes_on) begun_ = {supply_.operations(), supply_.failures()};
  arm_supply();
  const Result<update::Session> ended = run_agent();
  count_operations(ended);
  if (ended && ended->outcome == Code::trial_exhausted) ++world_.tally.given_up;
  offer_.reset();
  if (!supply_.is_on()) return dice_.between(kSecondMs, 2 * kHourMs);
  look();
  failures_ = ended && ended->outcome == Code::ok ? 0 : failures_ + 1;
  return poll_ms();
}

// look judges by what lies in flash.
void Device::look() {
  if (standing_ != Standing::waits) return;
  const Release& latest = world_.ground.releases().back();
  const Result<slot::Record> record = slot::load({{&record_[0], &record_[1]}});
  if (!record) return;
  if (!record->trial_boots && record->active_slot().manifest == latest.manifest) {
    standing_ = Standing::done;
    world_.tally.took_ms.push_back(world_.now_ms() - offered_ms_);
  } else if (refused_ == latest.manifest) {
    standing_ = Standing::refused;
  }
}

// After what failed the companion asks again sooner, and then less and less often.
std::int64_t Device::poll_ms() {
  constexpr int kDoublings = 6;
  const std::int64_t regular = std::int64_t{std::max(poll_after_s_, 1U)} * kSecondMs;
  const std::int64_t soon = kMinuteMs << std::min(failures_, kDoublings);
  const std::int64_t meant = failures_ > 0 ? std::min(soon, kHourMs) : regular;
  const auto counted = static_cast<std::int64_t>(static_cast<double>(meant) * clock_rate_);
  return counted + static_cast<std::int64_t>(dice_.below(static_cast<std::uint64_t>(kMinuteMs)));
}

// ---- the companion

fetch::CheckIn Device::read_facts() {
  fetch::CheckIn told;
  told.duid = duid_;
  told.model = kModel;
  told.keyring = 1;
  const Result<slot::Record> record = slot::load({{&record_[0], &record_[1]}});
  if (!record) return told;
  const slot::Slot& runs = record->active_slot();
  told.version = std::string(runs.version.view());
  told.security_version = runs.security_version;
  const Bytes area = manifest_[slot::index_of(record->active)].memory();
  const Result<package::Manifest> manifest = package::read_unproven(envelope_in(area));
  if (manifest) told.images[std::string(kComponent)] = manifest->component(0).image(0).digest;
  return told;
}

std::int64_t Device::clock() const {
  const bool is_right = world_.now_ms() >= fate_.clock_right_ms;
  return world_.clock() + (is_right ? 0 : fate_.clock_off_s);
}

// By a clock that is far ahead whatever a repository shows has expired; by one behind nothing has.
Result<Buffer> Device::fetch_envelope(const std::string& target) {
  Result<Buffer> fetched = fetch_listed(*line_, listing_, target, clock());
  if (!fetched && fetched.error().code == Code::metadata_expired) ++world_.tally.expired;
  return fetched;
}

Status Device::ask_server() {
  offer_.reset();
  AIRLOCK_ASSIGN(fetch::Answer answer, line_->check_in(said().check_in));
  poll_after_s_ = answer.poll_after_s;
  if (!answer.offer || refused_ == answer.offer->manifest) return {};
  if (envelope_of_ != answer.offer->manifest) {
    AIRLOCK_ASSIGN(envelope_, fetch_envelope(answer.offer->target));
    envelope_of_ = answer.offer->manifest;
  }
  offer_ = std::move(answer.offer);
  return {};
}

Result<std::optional<bare::Host::Offer>> Device::offer() {
  if (!supply_.is_on()) return fail(Code::interrupted);
  if (!offer_) AIRLOCK_TRY(ask_server());
  if (!offer_) return std::nullopt;
  return Offer{envelope_.size(), offer_->rollout};
}

Status Device::envelope(MutableBytes to) {
  copy_into(to, envelope_);
  return {};
}

std::optional<package::Payload> Device::listed(const Digest& payload) const {
  const Result<package::Manifest> manifest = package::read_unproven(envelope_);
  if (!manifest) return std::nullopt;
  for (std::size_t c = 0; c < manifest->component_count(); ++c) {
    const package::Component component = manifest->component(c);
    for (std::size_t i = 0; i < component.payload_count(); ++i) {
      if (component.payload(i).digest == payload) return component.payload(i);
    }
  }
  return std::nullopt;
}

// The server offers what it holds for the smallest; the wallet's gate may choose another one of the
// manifest. What was fetched before an answer was lost is kept, and the next attempt fetches the
// rest.
Result<Source*> Device::payload(const Digest& digest) {
  if (!supply_.is_on()) return fail(Code::interrupted);
  if (world_.now_ms() < fate_.full_until_ms) return fail(Code::disk_full);
  std::optional<package::Payload> found = listed(digest);
  if (!found) {
    AIRLOCK_TRY(ask_server());
    found = listed(digest);
  }
  if (!found) return fail(Code::not_found);
  if (payload_of_ != digest) payload_.clear();
  payload_of_ = digest;
  AIRLOCK_TRY(line_->fetch_rest(*found, payload_));
  served_.emplace(payload_);
  return &*served_;
}

Status Device::report(const update::Session& session) {
  if (!supply_.is_on()) return fail(Code::interrupted);
  AIRLOCK_ASSIGN(const slot::Record record, slot::load({{&record_[0], &record_[1]}}));
  AIRLOCK_ASSIGN(const fetch::SignedReport made,
                 agent::make_report(key_, session, record.time_bound));
  AIRLOCK_TRY(line_->report(made));
  return {};
}

// ---- the owner

Result<bool> Device::ask(const bare::Question& question) {
  if (!supply_.is_on()) return fail(Code::interrupted);
  const Digest manifest = question.release.digest();
  constexpr double kAway = 0.1;  // looks at the wallet in the evening
  wait_(dice_.falls(kAway) ? dice_.between(1, 20) * kHourMs : dice_.between(5, 300) * kSecondMs);
  if (fate_.refuses && manifest == world_.ground.releases().back().manifest) {
    refused_ = manifest;
    return false;
  }
  consented_.insert(manifest);
  return true;
}

// ---- the machine

void Device::started(const Result<slot::Boot>& boot) {
  ++world_.tally.reboots;
  if (!supply_.is_on()) return;
  if (!boot) {
    ++world_.tally.bricks;
    return;
  }
  const Release* const runs = find(world_.ground.releases(), boot->manifest);
  const Bytes memory = image(boot->slot).memory();
  if (runs == nullptr || !std::ranges::equal(memory.first(runs->image.size()), runs->image)) {
    ++world_.tally.wrong;
  } else if (!consented_.contains(boot->manifest)) {
    ++world_.tally.unconsented;
  }
}

bare::Health Device::health() {
  if (fate_.hangs == 0) return bare::Health::good;
  --fate_.hangs;
  return bare::Health::hung;
}

}  // namespace airlock::fleet
