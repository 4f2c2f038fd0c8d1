// The device's end: the host of core/bare, at the other end of a line.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "core/bare/outside.h"
#include "core/link/frame.h"
#include "core/link/message.h"

namespace airlock::link {

// A serial line, as a port drives it.
class Line {
 public:
  virtual void write(Bytes bytes) = 0;
  // read waits for at least one byte, for as long as a host may take to answer (half a second,
  // say), and returns how many there are; 0: none came, or what comes takes longer since the last
  // write than any answer does (five seconds, say).
  virtual std::size_t read(MutableBytes to) = 0;

 protected:
  ~Line() = default;
};

inline constexpr int kTriesMax = 20;                     // of one request
inline constexpr int kReportTriesMax = 4;                // of finding a host that is only told
inline constexpr std::uint32_t kAgainMax = 256;          // of all since a host was met
inline constexpr std::size_t kNoiseMax = 8 * kFrameMax;  // bytes that are read for one of them

// Not reentrant, and as large as two frames. The line must outlive it. `life` numbers the requests
// of this life, so that no answer to an earlier one is taken: the port brings another one each
// time.
class RemoteHost final : public bare::Host {
 public:
  RemoteHost(Line& line, std::string_view model, std::uint32_t life)
      : line_(line), model_(model), payload_(*this), number_(life) {}

  // greet asks once whether a host is there, and says what it speaks. Errors: timed_out,
  // unsupported_version.
  Status greet();
  // has_offer asks whether there is something to run for. False where nobody answers.
  bool has_offer();
  // forget makes the next request look for a host anew: whoever was met may have gone.
  void forget() { fetch_max_ = 0; }

  // ---- bare::Host. Errors: timed_out after kTriesMax or kAgainMax, unsupported_version, not_found
  // where the host has no such bytes, bad_answer where it answers something else.
  Result<std::optional<Offer>> offer() override { return ask_for_release(); }
  Status envelope(MutableBytes to) override { return fetch(envelope_, 0, to); }
  Result<Source*> payload(const Digest& digest) override {
    payload_.digest = digest;
    return &payload_;
  }
  Status report(const update::Session& session) override { return tell(session); }

  // requests counts what was asked, and what had to be asked again.
  struct Count {
    std::uint32_t requests = 0;
    std::uint32_t again = 0;
  };
  const Count& count() const { return count_; }

 private:
  class Payload final : public Source {
   public:
    explicit Payload(RemoteHost& host) : host_(host) {}
    Status read(std::uint64_t offset, MutableBytes to) override {
      return host_.fetch(digest, offset, to);
    }
    Digest digest;

   private:
    RemoteHost& host_;
  };

  // ask sends a request until its answer comes, at most `tries` times.
  Result<Answer> ask(Request request, int tries = kTriesMax);
  // await reads until the answer to the request comes, or the line is silent.
  std::optional<Answer> await(std::uint32_t number, std::uint32_t checksum);
  Status meet(int tries);
  Result<std::optional<Offer>> ask_for_release();
  Status tell(const update::Session& session);
  Status fetch(const Digest& digest, std::uint64_t offset, MutableBytes to);

  Line& line_;
  std::string_view model_;
  Payload payload_;
  std::uint32_t number_;
  std::uint32_t again_left_ = kAgainMax;
  std::uint32_t fetch_max_ = 0;  // 0: no host was met
  Digest envelope_;              // of the last offer
  Count count_;
  FrameReader reader_;
  std::array<std::uint8_t, kFrameMax> frame_;
};

}  // namespace airlock::link
