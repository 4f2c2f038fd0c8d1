#include "apps/airlock-mcu/wallet.h"

#include <algorithm>

#include "apps/airlock-mcu/screen.h"

namespace airlock::mcu {
namespace {

constexpr std::uint32_t kFirmwareMilliseconds = 1000;   // in which it answers, on trial or not
constexpr std::uint32_t kAnswerMilliseconds = 600'000;  // then the question is left open
constexpr std::uint32_t kKeyEach = 20;                  // milliseconds between two looks at the key
constexpr std::uint32_t kAskEach = 200;                 // milliseconds between two looks for a host
constexpr std::uint32_t kFirstWait = 1000;              // after a session that failed
constexpr std::uint32_t kLongestWait = 3'600'000;       // after many in a row
constexpr std::string_view kKeyName = "key";            // a file: whoever writes y or n presses it
constexpr char kAgentKey = 'u';                         // held at a reset: no firmware is begun
constexpr char kBackKey = 'r';                          // the owner wants the kept version

// What is in the key's file, once: the key is let go.
std::optional<char> take_key() {
  const auto file = HostFile::open(kKeyName, HostFile::Mode::read);
  if (!file) return std::nullopt;
  std::array<std::uint8_t, 1> pressed{};
  const bool is_there = file->read(0, pressed).has_value();
  file->close();
  if (!is_there) return std::nullopt;  // the file is being written
  HostFile::remove(kKeyName);
  return static_cast<char>(pressed[0]);
}

bare::Identity identity(const Flash& flash) {
  bare::Identity made;
  made.model = kModel;
  made.bootloader = kBootloaderVersion;
  made.secure_boot = kSecureBootLevel;
  copy_into(made.share_secret.bytes, flash.mapped(kLayout.secret).first(crypto::Digest::kSize));
  return made;
}

const std::array<Region, 2>& image_regions(Places places) {
  return places == Places::one ? kLayout.one_place : kLayout.image;
}

constexpr std::string_view words_of(Verdict verdict, std::string_view works,
                                    std::string_view fails) {
  if (verdict == Verdict::works) return works;
  if (verdict == Verdict::fails) return fails;
  return "has no entry: its image does not begin with AIRFIRM1";
}

// Whether a session asks the host for something. A keyring is in RAM until the owner agreed to it,
// and has to be fetched again after a reset.
bool asks_host(const update::Session& session) {
  using update::Phase;
  if (session.phase == Phase::consenting) return package::carries_content(session.kind);
  return session.phase > Phase::idle && session.phase <= Phase::staging;
}

}  // namespace

Wallet::Wallet(Flash& flash, const Board& board)
    : flash_(flash),
      places_(board.places),
      record_{FlashArea(flash, kLayout.record[0]), FlashArea(flash, kLayout.record[1])},
      journal_{FlashArea(flash, kLayout.journal[0]), FlashArea(flash, kLayout.journal[1])},
      keyring_{FlashArea(flash, kLayout.keyring[0]), FlashArea(flash, kLayout.keyring[1])},
      manifest_{FlashArea(flash, kLayout.manifest[0]), FlashArea(flash, kLayout.manifest[1])},
      image_{FlashArea(flash, image_regions(places_)[0]),
             FlashArea(flash, image_regions(places_)[1])},
      exchange_{FlashArea(flash, kLayout.exchange[0]), FlashArea(flash, kLayout.exchange[1])},
      scratch_(flash, kLayout.scratch),
      host_(uart_, kModel, first_number()),
      agent_(storage(), identity(flash), bare::Outside{host_, *this, *this},
             MutableBytes(work_.bytes).first(board.memory.work), board.memory.decoder_stack) {}

bare::Storage Wallet::storage() {
  const auto mapped = [](FlashArea& area) { return bare::Mapped{&area, area.mapped()}; };
  bare::Storage made;
  made.record = {{&record_[0], &record_[1]}};
  made.journal = {&journal_[0], &journal_[1]};
  made.keyring = {mapped(keyring_[0]), mapped(keyring_[1])};
  made.manifest = {mapped(manifest_[0]), mapped(manifest_[1])};
  made.scratch = &scratch_;
  bare::Part part;
  part.id = kPart;
  part.images = {&image_[0], &image_[1]};
  part.granule = {kLargeSector, kLargeSector};
  AIRLOCK_CHECK(made.parts.add(part).has_value());
  if (places_ == Places::one) made.exchange = {&exchange_[0], &exchange_[1]};
  made.step = kLargeSector;
  return made;
}

slot::ExchangeAreas Wallet::exchange_areas() {
  slot::ExchangeAreas made;
  AIRLOCK_CHECK(made.parts.add({&image_[0], &image_[1], kLargeSector}).has_value());
  made.journal = {&exchange_[0], &exchange_[1]};
  return made;
}

std::uint32_t Wallet::first_number() {
  kept().lives = kept().lives + 1;
  std::array<std::uint8_t, 12> lives;
  const std::uint64_t sessions = bare::newest({&journal_[0], &journal_[1]}).counter;
  for (std::size_t i = 0; i < 8; ++i) lives[i] = static_cast<std::uint8_t>(sessions >> (8 * i));
  for (std::size_t i = 0; i < 4; ++i) {
    lives[8 + i] = static_cast<std::uint8_t>(kept().lives >> (8 * i));
  }
  return link::checksum_of(lives);
}

Result<slot::Record> Wallet::record() { return slot::load({{&record_[0], &record_[1]}}); }

Status Wallet::leave_factory(Bytes keyring, const crypto::Digest& secret) {
  AIRLOCK_TRY(package::open_keyring_anchor(keyring));
  for (std::size_t copy = 0; copy < keyring_.size(); ++copy) {
    AIRLOCK_TRY(bare::save({&keyring_[0], &keyring_[1]}, keyring));
  }
  AIRLOCK_TRY(flash_.program(kLayout.secret, 0, secret.bytes));
  if (places_ == Places::one) {
    AIRLOCK_TRY(slot::Exchange::format(exchange_areas(), slot::SlotId::a));
  }
  return slot::format({{&record_[0], &record_[1]}}, {});
}

// ---- the owner

Result<bool> Wallet::ask(const bare::Question& question) {
  take_key();  // what was pressed before the question answers nothing
  show_question(question);
  for (std::uint32_t waited = 0; waited < kAnswerMilliseconds; waited += kKeyEach) {
    if (const auto key = take_key()) {
      say_line("key: ", *key == 'y' ? "yes" : "no");
      return *key == 'y';
    }
    pause(kKeyEach);
  }
  return fail(Code::timed_out);
}

// ---- the machine

void Wallet::started(const Result<slot::Boot>& boot) {
  if (!boot) return say_line("recovery: ", name(boot.error().code), ": waiting for a package");
  const Result<slot::Record> stored = record();
  if (!stored) return;
  say_line("boots ", stored->slots[slot::index_of(boot->slot)].version.view(), " from slot ",
           slot::name_of(boot->slot), boot->trial ? " on trial" : "");
  if (boot->gave_up != Code::ok) say_line("went back: ", name(boot->gave_up));
}

void Wallet::reset() {
  say_figures();
  say_line("reset");
  reset_machine();
}

Verdict Wallet::run_watched(const slot::Boot& boot) {
  const std::size_t place = places_ == Places::one ? 0 : slot::index_of(boot.slot);
  arm_watchdog(kFirmwareMilliseconds);
  const Verdict verdict = run_firmware(image_[place].mapped(), boot.trial);
  disarm_watchdog();
  return verdict;
}

bare::Health Wallet::health() {
  const Verdict verdict = run_watched(*agent_.running());
  say_line("the firmware ", words_of(verdict, "works", "does not work"));
  return verdict == Verdict::works ? bare::Health::good : bare::Health::bad;
}

void Wallet::staging(std::string_view part, std::uint64_t done, std::uint64_t of) {
  say("staging ");
  say(part);
  say(" ");
  say_number(done);
  say(" of ");
  say_number(of);
  say("\n");
}

// ---- its life

bool Wallet::may_run() {
  if (agent_.running() && agent_.running()->trial) return true;
  std::array<std::uint8_t, update::kSessionSizeMax> buffer;
  const Result<Bytes> stored = bare::load({&journal_[0], &journal_[1]}, buffer);
  const Result<update::Session> session = update::decode_session(stored ? *stored : Bytes());
  if (!session || session->phase == update::Phase::idle) return host_.has_offer();
  return !asks_host(*session) || host_.greet().has_value();
}

// A host that takes its offer back leaves the outcome as it was: only a record that changed tells
// of a commit.
void Wallet::go_on() {
  const auto sequence = [this] { return record().value_or(slot::Record{}).sequence; };
  const std::uint64_t before = sequence();
  const Result<update::Session> ended = agent_.run();
  const Code code = say_end(ended);
  const bool is_open = !ended && code == Code::timed_out;  // a question
  const bool is_well = is_open || (code == Code::ok && sequence() != before);
  wait_milliseconds_ = is_well ? 0 : std::clamp(2 * wait_milliseconds_, kFirstWait, kLongestWait);
}

void Wallet::go_back() {
  host_.forget();
  say_end(agent_.restore());
}

Code Wallet::say_end(const Result<update::Session>& ended) {
  const Code code = ended ? ended->outcome : ended.error().code;
  say_line("ended: ", code == Code::ok ? "ok" : name(code));
  say_figures();
  return code;
}

// A session costs the journal some erases, and every stranger can have one: what failed is not
// begun again at once. A pressed key is the owner, who wants to.
void Wallet::wait() {
  for (std::uint32_t waited = 0; waited < wait_milliseconds_; waited += kAskEach) {
    const std::optional<char> key = take_key();
    wants_back_ = key == kBackKey;
    if (key) return;
    pause(kAskEach);
  }
}

void Wallet::say_figures() {
  say("stack ");
  say_number(stack_peak());
  say(", sectors erased ");
  say_number(flash_.erases());
  say(", one of them ");
  say_number(flash_.most_erases());
  say(" times");
  say(", requests ");
  say_number(host_.count().requests);
  say(" and again ");
  say_number(host_.count().again);
  say("\n");
}

// What hangs or crashes after its commit must not keep the agent from replacing it.
void Wallet::run_committed(const slot::Boot& boot, Before before) {
  const bool is_wanted = take_key() == kAgentKey;
  if (before == Before::broke) return say_line("the firmware is left out: it did not answer");
  if (is_wanted) return say_line("the firmware is left out");
  kept().begun = kBegun;
  const Verdict verdict = run_watched(boot);
  kept().begun = 0;
  say_line("the firmware ", words_of(verdict, "runs", "ended"));
}

void Wallet::live() {
  const Before before = kept().begun == kBegun ? Before::broke : Before::answered;
  kept().begun = 0;
  const auto booted = agent_.power_on();
  if (booted && !booted->trial) run_committed(*booted, before);
  while (true) {
    wants_back_ = wants_back_ || take_key() == kBackKey;
    if (wants_back_) {
      wants_back_ = false;
      go_back();
    } else if (may_run()) {
      go_on();
      wait();
    }
    pause(kAskEach);
  }
}

}  // namespace airlock::mcu
