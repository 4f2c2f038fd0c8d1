// What the two ends say to each other: requests of the device, answers of the host.
//
// Each is one array of deterministic CBOR. A request has a number and a type; its answer repeats
// the number and the request's checksum, so that an answer to another request, of this life or of
// one before a reset, is known for what it is.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/base.h"
#include "core/crypto/crypto.h"
#include "core/update/update.h"

namespace airlock::link {

using crypto::Digest;

inline constexpr std::uint32_t kVersion = 1;
inline constexpr std::uint32_t kFetchMax = 1024;  // bytes that are asked for at once
inline constexpr std::uint32_t kFetchMin = 256;   // that either end takes: what is large has an end
inline constexpr std::size_t kModelMax = 64;
inline constexpr std::size_t kMessageHead = 96;  // all of an answer but the bytes in it, at most

// Numbers travel.
struct Request {
  enum class Type : std::uint8_t { hello = 1, ask = 2, fetch = 3, report = 4 };
  std::uint32_t number = 0;
  Type type = Type::ask;

  // hello: which version the device speaks, how much it takes at once, what it is. Of a version
  // that is not known here nothing else is read.
  std::uint32_t version = kVersion;
  std::uint32_t fetch_max = kFetchMax;
  std::string_view model{};
  // fetch: a part of the envelope or of a payload.
  Digest digest{};
  std::uint64_t offset = 0;
  std::uint32_t size = 0;
  // report: how the session ended, as the journal has it.
  update::Session session{};
};

struct Answer {
  enum class Type : std::uint8_t {
    hello = 1,       // version, fetch_max
    offer = 2,       // envelope, size, rollout
    no_release = 3,  // to ask: there is none
    bytes = 4,       // to fetch
    missing = 5,     // to fetch: the host has no such bytes
    heard = 6,       // to report
  };
  std::uint32_t number = 0;
  std::uint32_t request = 0;  // checksum_of the request
  Type type = Type::heard;

  std::uint32_t version = kVersion;
  std::uint32_t fetch_max = kFetchMax;
  Digest envelope{};
  std::uint32_t size = 0;
  std::uint64_t rollout = 0;
  Bytes bytes{};
};

// encode_request, encode_answer: no_room where `to` is too small; kMessageMax never is.
Result<Bytes> encode_request(const Request& request, MutableBytes to);
Result<Bytes> encode_answer(const Answer& answer, MutableBytes to);
// decode_request, decode_answer read what another end wrote; what they return views `message`.
// Errors: those of core/codec and of update::decode_session, out_of_range.
Result<Request> decode_request(Bytes message);
Result<Answer> decode_answer(Bytes message);

}  // namespace airlock::link
