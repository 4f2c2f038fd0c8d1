// What the delta commands read, and how they say what is wrong with it.
#pragma once

#include <optional>
#include <string>

#include "apps/airlock/command.h"
#include "host/file/file.h"
#include "host/file/mapping.h"
#include "publish/diff/delta_file.h"

namespace airlock::app {

// What --workers takes.
inline constexpr std::size_t kWorkersTypedMax = 1024;
extern const CLI::Validator kWorkers;
// What --scratch takes: bytes of a scratch area; without it patches are fitted to the usual one.
extern const CLI::Validator kScratch;
inline constexpr char kScratchHelp[] =
    "scratch area that a patch may take on the device; without it 65536 for images of up to 2 MiB, "
    "and no limit beyond";
// workers_of is how many threads there will be: `usual` where none were named.
std::size_t workers_of(std::size_t typed, std::size_t usual);

// An image or a patch: mapped, so that of a large one no copy is made; what cannot be mapped, such
// as a block device, is read.
class Input {
 public:
  static std::expected<Input, Refusal> open(const std::string& path);
  // open_image refuses an empty one.
  static std::expected<Input, Refusal> open_image(const std::string& path);
  Bytes bytes() const { return mapped_ ? mapped_->bytes() : Bytes(read_); }

 private:
  std::optional<file::Mapping> mapped_;
  file::Buffer read_;
};

struct OpenedDelta {
  Input file;
  diff::DeltaFile delta;  // views the file
  std::optional<Input> base;

  Bytes base_bytes() const { return base ? base->bytes() : Bytes(); }
};
// open_delta reads a patch, and its base where one is named, which must be the one that it is for.
std::expected<OpenedDelta, Refusal> open_delta(const std::string& patch, const std::string& base);

// refuse_delta says what is wrong with a file of a patch, and that there is nothing signed in it.
std::unexpected<Refusal> refuse_delta(const Error& error, const std::string& path);

std::string_view profile_name(std::uint32_t decoder_memory);

// add_delta_make registers delta make (delta_make.cc).
void add_delta_make(CLI::App& family, Outcome& outcome);

}  // namespace airlock::app
