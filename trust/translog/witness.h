// A witness: one who cosigns that a log only grew (C2SP tlog-witness, tlog-cosignature).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "trust/translog/log.h"

namespace airlock::translog {

inline constexpr std::size_t kWitnessRequestMax = package::kProofSizeMax;

// Who the witness is, and which log it watches.
struct WitnessIdentity {
  std::string name;
  crypto::PublicKey key;
  LogIdentity log;
};

// What a witness answers, in the terms of HTTP.
struct Reply {
  int status = 200;
  std::string body{};
  std::string_view content_type = "text/plain; charset=utf-8";
  Error why{};  // of a refusal
};

// A witness of one log. What it cosigned last lies in its folder and is replaced before it answers,
// so that whatever it cosigns continues all that it ever cosigned. One process at a time; one
// thread.
class Witness {
 public:
  // open reads what was cosigned last; an empty folder begins with nothing. Errors: busy, bad_text
  // (no name for a witness), those of reading the stored checkpoint (it is never started over by
  // itself: that would let a fork pass).
  static Result<Witness> open(const file::Path& folder, WitnessIdentity who, Sign sign);

  // size is that of the tree that was cosigned last.
  std::uint64_t size() const { return last_.size; }

  // add_checkpoint answers the body of a POST /add-checkpoint at this moment (Unix seconds): 200
  // with a signature line; 400 malformed, 403 not signed by the log, 404 another log, 409 another
  // old size than the witness' (which it says), 422 not consistent, 500 not stored.
  Reply add_checkpoint(std::string_view request, std::int64_t now);

  // latest answers GET /<SHA-256 of the origin>/checkpoint: what was cosigned last, with the log's
  // and the witness' signatures. 404 where nothing was.
  Reply latest() const;

 private:
  Witness(file::Path folder, WitnessIdentity who, Sign sign, file::File lock)
      : folder_(std::move(folder)),
        who_(std::move(who)),
        sign_(std::move(sign)),
        lock_(std::move(lock)) {}
  Status check_continues(const package::Growth& growth, const TreeHead& next) const;
  Result<std::string> keep(const package::Checkpoint& checkpoint, std::int64_t now);

  file::Path folder_;
  WitnessIdentity who_;
  Sign sign_;
  file::File lock_;
  TreeHead last_;
  std::string note_;  // of last_
};

// request_for makes the body with which a log asks a witness that cosigned `old_size` entries last:
// the consistency proof and the newest checkpoint. Errors: log_went_back (it has fewer), those of
// read_checkpoint and of Tree.
Result<std::string> request_for(Fetcher& fetcher, const LogIdentity& log, std::uint64_t old_size);

// visit has a witness look at a log by itself, and returns its signature line. Errors: those of
// request_for; log_forked (not consistent with what it cosigned), and those of storing.
Result<std::string> visit(Fetcher& fetcher, const LogIdentity& log, Witness& witness,
                          std::int64_t now);

}  // namespace airlock::translog
