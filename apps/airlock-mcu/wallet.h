// The wallet: what this board brings to core/bare.
#pragma once

#include <optional>

#include "apps/airlock-mcu/board.h"
#include "apps/airlock-mcu/firmware.h"
#include "apps/airlock-mcu/flash.h"
#include "core/bare/bare.h"
#include "core/delta/delta.h"
#include "core/link/link.h"

namespace airlock::mcu {

inline constexpr std::string_view kModel = "demo-wallet";
inline constexpr std::string_view kPart = "mcu";
// What this board's chain of boot is: a release may demand more.
inline constexpr std::uint32_t kBootloaderVersion = 1;
inline constexpr std::uint32_t kSecureBootLevel = 0;  // nothing proves the bootloader here

// What a board has for envelopes and decoding, which take turns, and for the stack below a decoder.
struct BoardMemory {
  std::size_t work;
  std::size_t decoder_stack;
};
inline constexpr BoardMemory kLargeBoard = {sizeof(delta::BlockDecoder), delta::kLargeStack};
// More than a small decoder takes: the envelope of a quorum that signs by SLH-DSA is larger.
inline constexpr BoardMemory kSmallBoard = {28 << 10, delta::kSmallStack};
static_assert(sizeof(delta::SmallBlockDecoder) <= kSmallBoard.work &&
              kSmallBoard.work <= kLargeBoard.work);

// Whether either slot may execute, or one place of the flash alone.
enum class Places : std::uint8_t { two, one };

struct Board {
  BoardMemory memory = kLargeBoard;
  Places places = Places::two;
};

class Wallet final : bare::Owner, bare::Machine {
 public:
  // The flash must be open, and outlive it.
  Wallet(Flash& flash, const Board& board);

  // leave_factory gives a new wallet the keyring that it will trust, and a secret of its own, which
  // says whether its turn in a ramp has come.
  Status leave_factory(Bytes keyring, const crypto::Digest& secret);
  // live is its life until the next reset.
  void live();

 private:
  Result<bool> ask(const bare::Question& question) override;
  void started(const Result<slot::Boot>& boot) override;
  void reset() override;
  bare::Health health() override;
  void staging(std::string_view part, std::uint64_t done, std::uint64_t of) override;

  bare::Storage storage();
  slot::ExchangeAreas exchange_areas();
  // first_number is the first of this life's requests.
  std::uint32_t first_number();
  Result<slot::Record> record();
  // run_watched jumps to the image that boots, and is ended by the watchdog where it hangs.
  Verdict run_watched(const slot::Boot& boot);
  // run_committed runs what is committed, unless it broke in the life before or a key is held.
  enum class Before : std::uint8_t { answered, broke };
  void run_committed(const slot::Boot& boot, Before before);
  // may_run says whether there is something to do: a session that needs no host, or one that does
  // and a host, or a host with an offer.
  bool may_run();
  void go_on();
  // go_back is what the owner asks for by a key: the version that is kept, with a yes to it.
  void go_back();
  // say_end says how a session, or what was asked for, ended.
  Code say_end(const Result<update::Session>& ended);
  // wait waits before the next look for a host, and longer after each session that failed.
  void wait();
  // say_figures tells what this life took so far.
  void say_figures();

  Flash& flash_;
  Places places_;
  std::uint32_t wait_milliseconds_ = 0;  // 0: the session before committed, or is left open
  bool wants_back_ = false;
  std::array<FlashArea, 2> record_, journal_, keyring_, manifest_, image_, exchange_;
  FlashArea scratch_;
  Uart uart_;
  link::RemoteHost host_;
  struct alignas(16) Work {
    std::array<std::uint8_t, sizeof(delta::BlockDecoder)> bytes;
  } work_;
  bare::Agent agent_;
};

}  // namespace airlock::mcu
