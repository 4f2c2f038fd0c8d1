// How a companion reaches the server, in whatever way.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/base.h"
#include "core/package/package.h"
#include "device/fetch/fetch.h"
#include "host/file/file.h"

namespace airlock::fleet {

// Errors of every request: those of fetch::Connection.
class Line {
 public:
  // check_in tells the server what fetch::write_check_in wrote.
  virtual Result<fetch::Answer> check_in(const std::string& told) = 0;
  // get fetches a file of at most `size_max` bytes.
  virtual Result<file::Buffer> get(const std::string& path, std::size_t size_max) = 0;
  // fetch_rest fetches what `have` lacks of a payload. After an error it has what came by then.
  virtual Status fetch_rest(const package::Payload& payload, file::Buffer& have) = 0;
  virtual Result<fetch::Receipt> report(const fetch::SignedReport& report) = 0;

 protected:
  ~Line() = default;
};

}  // namespace airlock::fleet
