// airlock-mcu: a wallet on a bare Cortex-M4: bootloader, update agent, screen and key.
//
//   airlock-mcu factory   makes flash.bin, with the keyring of keyring.cose and the 32 bytes of
//                         secret
//   airlock-mcu run       lives, by what flash.bin holds
//   airlock-mcu run-small the same on a board that has no memory for a large decoder
//   airlock-mcu factory-one-place and run-one-place
//                         the same on a board where one place of the flash executes
//   airlock-mcu breach    breaks each rule of its flash, which must be refused
#include <array>
#include <new>

#include "apps/airlock-mcu/screen.h"
#include "apps/airlock-mcu/semihosting.h"
#include "apps/airlock-mcu/wallet.h"

namespace airlock::mcu {
namespace {

constexpr std::string_view kKeyringName = "keyring.cose", kSecretName = "secret";
constexpr std::size_t kKeyringMax = 48 << 10;

alignas(Wallet) std::array<std::uint8_t, sizeof(Wallet)> wallet_memory;
[[gnu::section(".flash.factory")]] std::array<std::uint8_t, kKeyringMax> keyring_memory;

constexpr Board kSmall = {kSmallBoard, Places::two}, kOnePlace = {kLargeBoard, Places::one};

Wallet& make_wallet(Flash& flash, const Board& board) {
  return *new (wallet_memory.data()) Wallet(flash, board);
}

// A code has no room for the name of what is missing.
std::unexpected<Error> lacks(std::string_view name, std::string_view advice = {}) {
  say_line(name, ": there is no such file", advice);
  return fail(Code::not_found);
}

Result<crypto::Digest> read_secret() {
  const auto file = HostFile::open(kSecretName, HostFile::Mode::read);
  if (!file) return lacks(kSecretName);
  AIRLOCK_ASSIGN(const std::size_t size, file->size());
  crypto::Digest secret;
  if (size != secret.bytes.size()) return fail(Code::truncated, size);
  AIRLOCK_TRY(file->read(0, secret.bytes));
  return secret;
}

Status make_in_factory(const Board& board) {
  const auto file = HostFile::open(kKeyringName, HostFile::Mode::read);
  if (!file) return lacks(kKeyringName);
  AIRLOCK_ASSIGN(const std::size_t size, file->size());
  if (size > keyring_memory.size()) return fail(Code::oversized, size);
  const MutableBytes keyring = MutableBytes(keyring_memory).first(size);
  AIRLOCK_TRY(file->read(0, keyring));
  AIRLOCK_ASSIGN(const crypto::Digest secret, read_secret());
  Flash flash;
  AIRLOCK_TRY(flash.make());
  return make_wallet(flash, board).leave_factory(keyring, secret);
}

Status live(const Board& board) {
  Flash flash;
  const Status opened = flash.open();
  if (!opened && opened.error().code == Code::not_found) {
    return lacks("flash.bin", "; begin with the factory");
  }
  AIRLOCK_TRY(opened);
  make_wallet(flash, board).live();
  return {};
}

// What no driver may do: each is said by the guard, and the first that it lets pass is an error.
Status break_rules() {
  Flash flash;
  AIRLOCK_TRY(flash.open());
  FlashArea area(flash, kLayout.scratch);
  constexpr std::array<std::uint8_t, 2 * kWord> kWords{};
  const Bytes two(kWords), one = two.first(kWord);
  const auto refused = [](const Status& done) { return done ? fail(Code::wrong_state) : Status(); };
  AIRLOCK_TRY(refused(area.write(0, one)));  // nobody knows of an erase before the reset
  AIRLOCK_TRY(refused(area.erase(0, kSmallSector / 2)));
  AIRLOCK_TRY(area.erase(0, kSmallSector));
  AIRLOCK_TRY(area.write(kWord, one));
  AIRLOCK_TRY(refused(area.write(0, two)));  // its second word was programmed
  AIRLOCK_TRY(refused(area.write(2 * kWord + 1, one)));
  return refused(area.write(kLayout.scratch.size, one));
}

}  // namespace

int run() {
  std::array<char, 64> line;
  const std::string_view word = argument(line);
  Status done = fail(Code::usage);
  if (word == "factory") done = make_in_factory({});
  if (word == "factory-one-place") done = make_in_factory(kOnePlace);
  if (word == "run") done = live({});
  if (word == "run-small") done = live(kSmall);
  if (word == "run-one-place") done = live(kOnePlace);
  if (word == "breach") done = break_rules();
  if (done) return 0;
  say("error: ");
  say(name(done.error().code));
  say("\n");
  return 1;
}

}  // namespace airlock::mcu
