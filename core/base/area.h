// Places that hold bytes: a slot, a copy of the boot record, a payload, a base image.
//
// core reads and writes them through these two faces only; behind them stand files and block
// devices on Linux, flash on a microcontroller, and fakes that cut the power in tests.
#pragma once

#include <cstdint>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace airlock {

// Bytes that can be read at any place.
class Source {
 public:
  // read fills `to` from `offset`, or fails; a partly filled buffer is never success.
  virtual Status read(std::uint64_t offset, MutableBytes to) = 0;

 protected:
  ~Source() = default;
};

// Bytes that can be replaced too. What was written may be torn or lost until sync returned.
class Area : public Source {
 public:
  virtual std::uint64_t size() const = 0;
  // erase prepares a range for writing (a flash erase; on a file it may do nothing). Both ends lie
  // on erase units; a range that was not erased since it was last written must not be written.
  virtual Status erase(std::uint64_t offset, std::uint64_t size) = 0;
  virtual Status write(std::uint64_t offset, Bytes bytes) = 0;
  virtual Status sync() = 0;

 protected:
  ~Area() = default;
};

}  // namespace airlock
