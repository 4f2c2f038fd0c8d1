#include "tests/powercut/wallet.h"

namespace airlock::powercut {
namespace {

constexpr std::uint32_t kDataVersion = 1;  // that all releases of the world write and read

using update::Phase;
using update::Session;

Buffer padded(const Buffer& bytes) {
  Buffer made = bytes;
  made.resize((made.size() + bare::kWordMax - 1) / bare::kWordMax * bare::kWordMax);
  return made;
}

void done(const Status& status) { AIRLOCK_CHECK(status.has_value()); }

Buffer manifest_head(const Buffer& envelope) {
  Buffer head(bare::kManifestHead);
  for (std::size_t i = 0; i < 4; ++i) {
    head[i] = static_cast<std::uint8_t>(envelope.size() >> (24 - 8 * i));
  }
  return head;
}

}  // namespace

Wallet::Wallet(const powercut::Machine& machine, const Life& life)
    : board(machine, life.parts, life.capacity), life_(&life) {
  for (int copies = 0; copies < 2; ++copies) {
    done(bare::save({&board.keyring(0), &board.keyring(1)}, world().anchor));
  }
  std::array<std::uint8_t, update::kSessionSizeMax> session;
  done(bare::save({&board.journal(0), &board.journal(1)}, *update::encode_session({}, session)));
  if (machine.layout == Layout::one_slot) {
    done(slot::Exchange::format(board.exchange_areas(), SlotId::a));
  }
  slot::Record record;
  if (life.factory != nullptr) {
    const Package& first = *life.factory;
    done(bare::write_padded(board.manifest(SlotId::a), manifest_head(first.envelope),
                            first.envelope));
    for (std::size_t i = 0; i < first.parts.size(); ++i) {
      fakes::Flash& area = board.image(i, SlotId::a);
      done(area.erase(0, area.size()));
      done(area.write(0, padded(first.parts[i].image)));
      done(area.sync());
    }
    record.slots[0] = {first.digest, first.security_version, false, kDataVersion,
                       *FixedText<package::kSemverTextMax>::from(first.version)};
    record.floors[package::index_of(package::Kind::firmware)] = first.security_version;
    record.time_bound = first.created;
    observer.factory(first);
  }
  done(slot::format(board.record_areas(), record));
}

Wallet::Wallet(const Wallet& from)
    : board(from.board),
      observer(from.observer),
      running_(from.running_),
      life_(from.life_),
      chapter_(from.chapter_),
      begun_(from.begun_),
      rotted_(from.rotted_) {}

void Wallet::again() {
  AIRLOCK_CHECK(chapter_ > 0);
  --chapter_;
  begun_ = false;
}

void Wallet::rots(Observer::Rot rot) {
  begin_chapter();
  observer.rotted(rot);
}

void Wallet::begin(const Life& next) {
  life_ = &next;
  chapter_ = 0;
  begun_ = false;
}

bool Wallet::runs_what_it_should() const {
  const Package* expected = life_->chapters[chapter_ - 1].runs_after;
  if (expected == nullptr) return !running_.has_value();
  return running_ && running_->manifest == expected->digest;
}

bool Wallet::trusts(const Package& keyring) {
  const bare::Newest found = bare::newest({&board.keyring(0), &board.keyring(1)});
  const Bytes stored = board.keyring(found.copy).contents().subspan(bare::kPairHead, found.size);
  return found.counter != 0 && equal(stored, keyring.envelope);
}

std::uint64_t Wallet::fingerprint() {
  return observer.fingerprint(board, board.fingerprint(mix(chapter_, begun_ + 2U * rotted_)));
}

// ---- the device

// What is erased at once is made at once: whole blocks and whole sectors.
std::size_t Wallet::granule_of(SlotId id) const {
  std::size_t granule = package::kBlockSize;
  const powercut::Machine& machine = board.machine();
  const Pattern& pattern =
      machine.layout == Layout::one_slot || id == SlotId::b ? machine.second : machine.first;
  for (std::size_t sector : pattern) granule = std::max(granule, sector);
  return granule;
}

bare::Storage Wallet::storage() {
  const auto mapped = [](fakes::Flash& area) { return bare::Mapped{&area, area.contents()}; };
  bare::Storage made;
  made.record = board.record_areas();
  made.journal = {&board.journal(0), &board.journal(1)};
  made.keyring = {mapped(board.keyring(0)), mapped(board.keyring(1))};
  made.manifest = {mapped(board.manifest(SlotId::a)), mapped(board.manifest(SlotId::b))};
  made.scratch = &board.scratch();
  for (std::size_t i = 0; i < board.parts(); ++i) {
    bare::Part part;
    part.id = kPartIds[i];
    part.images = {&board.image(i, SlotId::a), &board.image(i, SlotId::b)};
    part.granule = {granule_of(SlotId::a), granule_of(SlotId::b)};
    done(made.parts.add(part));
  }
  if (board.machine().layout == Layout::one_slot) {
    made.exchange = {&board.exchange(0), &board.exchange(1)};
    made.step = board.machine().step;
  }
  return made;
}

Wallet::End Wallet::power_on() {
  hangs_ = 0;
  bare::Identity identity;
  identity.model = kModel;
  work_ = std::make_unique_for_overwrite<Work>();
  agent_ = std::make_unique<bare::Agent>(storage(), identity, bare::Outside{*this, *this, *this},
                                         work_->bytes, delta::kLargeStack);
  static_cast<void>(agent_->power_on());  // started was told
  return board.power.is_on() ? End::done : End::dark;
}

void Wallet::started(const Result<slot::Boot>& boot) {
  running_.reset();
  if (!board.power.is_on()) return;
  if (!boot) return observer.not_booted(boot.error());
  running_ = *boot;
  observer.booted(board, *boot);
}

bare::Health Wallet::health() {
  switch (at_hand().health) {
    case powercut::Health::good: return bare::Health::good;
    case powercut::Health::bad: return bare::Health::bad;
    case powercut::Health::hangs: break;
  }
  if (++hangs_ > kTrialBoots) observer.violated(Harm::brick, "the trial does not end");
  return bare::Health::hung;  // the watchdog resets
}

// ---- the host and the owner

Result<std::optional<bare::Host::Offer>> Wallet::offer() {
  if (observer.heard_an_end()) return std::nullopt;
  return Offer{at_hand().package->envelope.size(), 1};
}

Status Wallet::envelope(MutableBytes to) {
  copy_into(to, at_hand().package->envelope);
  return {};
}

Result<Source*> Wallet::payload(const Digest& digest) {
  const Package& package = *at_hand().package;
  AIRLOCK_ASSIGN(const package::Manifest manifest, package::read_unproven(package.envelope));
  for (std::size_t i = 0; i < manifest.component_count(); ++i) {
    const package::Component component = manifest.component(i);
    for (std::size_t k = 0; k < component.payload_count(); ++k) {
      if (component.payload(k).digest != digest) continue;
      served_.emplace(package.parts[i].payloads[k]);
      return &*served_;
    }
  }
  return fail(Code::not_found);
}

Status Wallet::report(const Session& session) {
  observer.reported(session.report_sequence, session.outcome);
  return {};
}

Result<bool> Wallet::ask(const bare::Question& question) {
  if (at_hand().owner == powercut::Owner::refuses) return false;
  observer.agreed(question.release.digest());
  return true;
}

// ---- the story

Wallet::End Wallet::live(std::size_t chapters) {
  if (power_on() == End::dark) return End::dark;
  const std::size_t end = std::min(chapters, life_->chapters.size());
  for (; chapter_ < end && observer.is_content(); ++chapter_, begun_ = false) {
    const Chapter& chapter = life_->chapters[chapter_];
    begin_chapter();
    if (play(chapter) == End::dark) return End::dark;
    if (!observer.is_content()) return End::done;
    check_end(chapter);
    if (power_on() == End::dark) return End::dark;
  }
  return End::done;
}

void Wallet::begin_chapter() {
  if (!begun_) observer.begin_chapter(board, at_hand());
  begun_ = true;
}

Wallet::End Wallet::play(const Chapter& chapter) {
  if (chapter.deed != Chapter::Deed::rot) return drive(chapter);
  if (!rotted_ && running_) {
    const bool one_place = board.machine().layout == Layout::one_slot;
    board.image(0, one_place ? SlotId::a : running_->slot).damage(77, 0x10);
  }
  rotted_ = true;
  return power_on();
}

// A journal that lost a bit may tell once more of the chapter before: that session ends first.
Result<Session> Wallet::update_or_restore(const Chapter& chapter) {
  const bool is_rotten = observer.rot() != Observer::Rot::none;
  if (chapter.deed == Chapter::Deed::restore && !observer.heard_an_end()) {
    Result<Session> ended = agent_->restore();
    if (ended || !is_rotten || ended.error().code != Code::slot_busy) return ended;
    static_cast<void>(agent_->run());
    return agent_->restore();
  }
  Result<Session> ended = agent_->run();
  const bool is_another = ended && !ended->manifest.is_zero() &&
                          ended->manifest != chapter.package->digest &&
                          chapter.deed == Chapter::Deed::update;
  return is_another ? agent_->run() : std::move(ended);
}

Wallet::End Wallet::drive(const Chapter& chapter) {
  const Result<Session> ended = update_or_restore(chapter);
  if (!board.power.is_on()) return End::dark;
  running_ = agent_->running();
  if (ended || ended.error().code == chapter.reason) return End::done;
  // What ran was damaged, so that what is kept runs already: nothing is left to go back to.
  const Code why = ended.error().code;
  if (why == Code::slot_empty && observer.rot() == Observer::Rot::slot) return End::done;
  observer.violated(why == Code::wrong_state ? Harm::brick : Harm::wrong,
                    "it ends as " + std::string(name(why)));
  return End::done;
}

void Wallet::check_end(const Chapter& chapter) {
  Observer::End end;
  end.running = running_;
  std::array<std::uint8_t, update::kSessionSizeMax> buffer;
  const Result<Bytes> stored = bare::load({&board.journal(0), &board.journal(1)}, buffer);
  const Result<Session> session = update::decode_session(stored ? *stored : Bytes());
  if (session && session->phase == Phase::idle) end.outcome = session->outcome;
  for (std::size_t i = 0; i < chapter.package->parts.size(); ++i) {
    const std::size_t granule = std::min(granule_of(SlotId::a), granule_of(SlotId::b));
    end.granules += (chapter.package->parts[i].image.size() + granule - 1) / granule;
  }
  observer.ended(board, chapter, end);
}

}  // namespace airlock::powercut
