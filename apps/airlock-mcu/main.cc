// airlock-mcu: a wallet on a bare Cortex-M4: bootloader, update agent, screen and key.
//
//   airlock-mcu factory   makes flash.bin, with the keyring of keyring.cose
//   airlock-mcu run       lives, by what flash.bin holds
#include <array>
#include <new>

#include "apps/airlock-mcu/semihosting.h"
#include "apps/airlock-mcu/wallet.h"

namespace airlock::mcu {
namespace {

constexpr std::string_view kKeyringName = "keyring.cose";
constexpr std::size_t kKeyringMax = 48 << 10;

alignas(Wallet) std::array<std::uint8_t, sizeof(Wallet)> wallet_memory;
[[gnu::section(".flash.factory")]] std::array<std::uint8_t, kKeyringMax> keyring_memory;

Wallet& make_wallet(Flash& flash) { return *new (wallet_memory.data()) Wallet(flash); }

Status make_in_factory() {
  const auto file = HostFile::open(kKeyringName, HostFile::Mode::read);
  if (!file) return fail(Code::not_found);
  AIRLOCK_ASSIGN(const std::size_t size, file->size());
  if (size > keyring_memory.size()) return fail(Code::oversized, size);
  const MutableBytes keyring = MutableBytes(keyring_memory).first(size);
  AIRLOCK_TRY(file->read(0, keyring));
  Flash flash;
  AIRLOCK_TRY(flash.make());
  return make_wallet(flash).leave_factory(keyring);
}

Status live() {
  Flash flash;
  AIRLOCK_TRY(flash.open());
  make_wallet(flash).live();
  return {};
}

}  // namespace

int run() {
  std::array<char, 64> line;
  const std::string_view word = argument(line);
  Status done = fail(Code::usage);
  if (word == "factory") done = make_in_factory();
  if (word == "run") done = live();
  if (done) return 0;
  say("error: ");
  say(name(done.error().code));
  say("\n");
  return 1;
}

}  // namespace airlock::mcu
