// A wallet on bare metal that brings its packages along: it installs one, then another as a patch
// against what the first one left in flash, by the code of core/ alone. No file system, no heap.
#include <algorithm>

#include "core/base/bytes_source.h"
#include "core/carton/carton.h"
#include "core/delta/delta.h"
#include "core/package/package.h"
#include "core/slot/slot.h"
#include "tests/cortex_m/board.h"
#include "tests/cortex_m/flash.h"

// What airlock package embed made: the keyring's package, the first firmware's, and the update's.
extern "C" {
extern const unsigned char airlock_keyring[], airlock_first[], airlock_update[];
extern const std::size_t airlock_keyring_size, airlock_first_size, airlock_update_size;
// Whoever links says how much memory this wallet has for decoding: the symbol's address.
extern const unsigned char airlock_decoder_memory[];
}

namespace airlock::cortex_m {
namespace {

using carton::Carton;
using package::Component;
using slot::Record;
using slot::SlotId;

constexpr std::string_view kModel = "demo-wallet";
constexpr std::string_view kComponent = "mcu";
constexpr std::size_t kSlotSize = 1 << 20;
constexpr std::size_t kScratchSize = 256 << 10;
constexpr std::uint8_t kTrialBoots = 3;

std::array<FlashMemory<kSlotSize>, slot::kSlotCount> slots_memory;
std::array<FlashMemory<kSector>, 2> record_memory;
FlashMemory<kScratchSize> scratch_memory;
delta::BlockDecoder large_decoder;
delta::SmallBlockDecoder small_decoder;
std::uint32_t decoder_stack = 0;       // that decoding took at most
std::uint64_t proof_instructions = 0;  // that the last proof of a release took

// All that this wallet keeps.
struct Wallet {
  std::array<Flash, slot::kSlotCount> images{Flash(slots_memory[0]), Flash(slots_memory[1])};
  std::array<Flash, 2> copies{Flash(record_memory[0]), Flash(record_memory[1])};
  Flash scratch{scratch_memory};
  std::array<Bytes, slot::kSlotCount> envelopes{};
  package::InstalledComponent runs;
  package::Semver version;
  Bytes keyring;

  slot::RecordAreas record() { return {{&copies[0], &copies[1]}}; }
};

std::size_t decoder_memory() { return reinterpret_cast<std::size_t>(airlock_decoder_memory); }

void say_hex(Bytes bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const std::uint8_t byte : bytes) {
    const std::array<char, 2> two = {kDigits[byte >> 4], kDigits[byte & 15]};
    say({two.data(), two.size()});
  }
}

Status save(Wallet& wallet, const Result<Record>& next) {
  if (!next) return std::unexpected(next.error());
  Record record = *next;
  return slot::store(wallet.record(), record);
}

package::DeviceFacts facts_of(const Wallet& wallet, const Record& record,
                              const package::Manifest& release) {
  package::DeviceFacts facts;
  facts.model = kModel;
  facts.version = wallet.version;
  facts.floor = record.floors[package::index_of(package::Kind::firmware)];
  facts.data_version = release.data_version;
  facts.time_bound = record.time_bound;
  facts.decoder_memory = static_cast<std::uint32_t>(decoder_memory());
  facts.scratch_size = kScratchSize;
  facts.running_manifest = record.active_slot().manifest;
  AIRLOCK_CHECK(facts.components.add(wallet.runs).has_value());
  return facts;
}

// Every block, each from proven pieces.
template <class Decoder>
[[gnu::noinline]] Status decode(Decoder& decoder, const package::Image& image,
                                const package::Payload& payload, Source& source,
                                const delta::Places& places, Area& scratch, Area& slot) {
  const StackBelow below;
  AIRLOCK_TRY(decoder.prepare(image, payload, source, scratch));
  for (std::size_t block = 0; block < image.block_count(); ++block) {
    AIRLOCK_TRY(decoder.decode(image, payload, block, source, places, slot));
  }
  decoder_stack = std::max(decoder_stack, below.used());
  return {};
}

// By the decoder that there is memory for; then the whole slot is read back.
Status stage(Wallet& wallet, const Carton& carton, const Component& component,
             const package::Payload& payload, SlotId to) {
  const package::Image image = component.image(payload.image);
  Flash& slot = wallet.images[slot::index_of(to)];
  BytesSource base(wallet.images[slot::index_of(slot::other(to))].mapped());
  AIRLOCK_ASSIGN(const Bytes bytes, carton.payload(payload.digest));
  BytesSource source(bytes);
  const bool is_patch = payload.type == package::PayloadType::patch;
  if (is_patch) AIRLOCK_TRY(delta::check_base(payload, base));
  AIRLOCK_TRY(slot.erase(0, slot.size()));
  const delta::Places places{is_patch ? &base : nullptr, wallet.scratch};
  if (decoder_memory() < delta::kLarge.memory) {
    AIRLOCK_TRY(decode(small_decoder, image, payload, source, places, wallet.scratch, slot));
  } else {
    AIRLOCK_TRY(decode(large_decoder, image, payload, source, places, wallet.scratch, slot));
  }
  AIRLOCK_TRY(delta::check_image(image, slot));
  say(is_patch ? "patch of " : "full image of ");
  say_number(payload.size);
  say(" bytes makes ");
  say_number(image.size);
  say("\n");
  return {};
}

slot::BootView view_of(Wallet& wallet) {
  slot::BootView view;
  view.record = wallet.record();
  view.envelopes = wallet.envelopes;
  view.keyring = wallet.keyring;
  view.model = kModel;
  const slot::ComponentAreas areas{kComponent, {&wallet.images[0], &wallet.images[1]}};
  AIRLOCK_CHECK(view.components.add(areas).has_value());
  return view;
}

// The bootloader proves all of it again; what it starts confirms itself.
Status reboot(Wallet& wallet, const package::Proven& release) {
  AIRLOCK_ASSIGN(const slot::Boot boot, slot::boot(view_of(wallet)));
  if (boot.manifest != release.digest() || !boot.trial) return fail(boot.gave_up);
  AIRLOCK_ASSIGN(const Record record, slot::load(wallet.record()));
  return save(wallet, slot::confirm(record, release.manifest().created));
}

Status install(Wallet& wallet, const package::Keyring& keyring, Bytes linked_in) {
  AIRLOCK_ASSIGN(const Carton carton, Carton::open(linked_in));
  const InstructionCount count;
  AIRLOCK_ASSIGN(const package::Proven release,
                 package::prove_kind(carton.envelope(), keyring, package::Kind::firmware));
  proof_instructions = count.taken();
  const package::Manifest& manifest = release.manifest();
  AIRLOCK_ASSIGN(Record record, slot::load(wallet.record()));
  AIRLOCK_ASSIGN(const package::InstallPlan plan,
                 package::admit(release, facts_of(wallet, record, manifest)));
  const package::Choice choice = plan.choices[0];
  const Component component = manifest.component(choice.component);
  const package::Payload payload = component.payload(choice.payload);
  const SlotId to = slot::other(record.active);
  AIRLOCK_TRY(save(wallet, slot::begin_write(record)));
  AIRLOCK_TRY(stage(wallet, carton, component, payload, to));
  wallet.envelopes[slot::index_of(to)] = carton.envelope();
  // In place of an owner who was shown the digest and pressed the button.
  AIRLOCK_ASSIGN(record, slot::load(wallet.record()));
  AIRLOCK_TRY(save(wallet, slot::consent(record, release.digest())));
  AIRLOCK_ASSIGN(record, slot::load(wallet.record()));
  AIRLOCK_TRY(
      save(wallet, slot::arm(record, {release.digest(), manifest.security_version}, kTrialBoots)));
  AIRLOCK_TRY(reboot(wallet, release));
  const package::Image image = component.image(payload.image);
  wallet.version = manifest.version;
  wallet.runs.image_digest = image.digest;
  wallet.runs.image_size = image.size;
  const auto size = static_cast<std::size_t>(image.size);
  say("runs ");
  say(manifest.version.text);
  say(" ");
  say_hex(crypto::sha256(wallet.images[slot::index_of(to)].mapped().first(size)).bytes);
  say("\n");
  return {};
}

Status install_both() {
  Wallet wallet;
  AIRLOCK_TRY(slot::format(wallet.record(), {}));
  wallet.runs.id = kComponent;
  wallet.runs.slot_size = kSlotSize;
  AIRLOCK_ASSIGN(wallet.version, package::parse_semver("0.0.0"));
  AIRLOCK_ASSIGN(const Carton anchor, Carton::open({airlock_keyring, airlock_keyring_size}));
  wallet.keyring = anchor.envelope();
  AIRLOCK_ASSIGN(const package::Keyring keyring, package::open_keyring_anchor(wallet.keyring));
  AIRLOCK_TRY(install(wallet, keyring, {airlock_first, airlock_first_size}));
  AIRLOCK_TRY(install(wallet, keyring, {airlock_update, airlock_update_size}));
  return {};
}

}  // namespace

int run() {
  const Status done = install_both();
  if (!done) {
    say("error: ");
    say(name(done.error().code));
    say("\n");
  }
  say("proof instructions ");
  say_number(proof_instructions);
  say("\ndecoder stack ");
  say_number(decoder_stack);
  say("\nstack ");
  say_number(stack_peak());
  say("\n");
  return done ? 0 : 1;
}

}  // namespace airlock::cortex_m
