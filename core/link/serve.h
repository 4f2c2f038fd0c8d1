// The host's end: one request in, one answer out, and nothing kept between them.
#pragma once

#include <optional>

#include "core/link/message.h"

namespace airlock::link {

struct Offer {
  Digest envelope;
  std::uint32_t size = 0;
  std::uint64_t rollout = 0;
};

// What a host has for a device.
class Shelf {
 public:
  // greeted is told who asks. Its model is a stranger's text.
  virtual void greeted(std::string_view model) = 0;
  virtual std::optional<Offer> offer() = 0;
  // read fills `to` with a part of the envelope or of a payload. An error of any kind is `missing`.
  virtual Status read(const Digest& digest, std::uint64_t offset, MutableBytes to) = 0;
  virtual void heard(const update::Session& session) = 0;

 protected:
  ~Shelf() = default;
};

// serve answers a request, which may come twice. The message is in `to`, which holds kMessageMax.
// Errors: those of decode_request; then nothing is said, since who asked is not known.
Result<Bytes> serve(Bytes request, Shelf& shelf, MutableBytes to);

}  // namespace airlock::link
