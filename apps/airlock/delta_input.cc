#include "apps/airlock/delta_input.h"

#include <algorithm>
#include <charconv>

#include "apps/airlock/show.h"

namespace airlock::app {
namespace {

constexpr std::size_t kFileMax = package::kPayloadSizeMax;

std::string told(std::uint64_t size, const crypto::Digest& digest) {
  return std::to_string(size) + " bytes with SHA-256 " + digest_hex(digest);
}

// Of a base that is another one people must find the right one: a name says nothing.
Answer check_base(const package::Payload& wanted, Bytes given, const std::string& patch,
                  const std::string& path) {
  const crypto::Digest digest = crypto::sha256(given);
  if (given.size() == wanted.base_size && digest == wanted.base_digest) return {};
  return refuse_advising(Code::base_mismatch,
                         patch + " is for a base of " + told(wanted.base_size, wanted.base_digest) +
                             "; " + path + " has " + told(given.size(), digest) +
                             "; name the other one: --base");
}

CLI::Validator number_from_to(std::uint64_t least, std::uint64_t most) {
  const auto check = [least, most](const std::string& typed) -> std::string {
    std::uint64_t number = 0;
    const char* const end = typed.data() + typed.size();
    const auto [read, error] = std::from_chars(typed.data(), end, number);
    if (error == std::errc() && read == end && number >= least && number <= most) return "";
    return "takes a number from " + std::to_string(least) + " to " + std::to_string(most) +
           ", found " + text::visible_line(typed);
  };
  return {check, std::to_string(least) + "-" + std::to_string(most)};
}

}  // namespace

const CLI::Validator kWorkers = number_from_to(1, kWorkersTypedMax);
const CLI::Validator kScratch = number_from_to(diff::kScratchMin, UINT32_MAX);

std::size_t workers_of(std::size_t typed, std::size_t usual) {
  return typed > 0 ? std::min(typed, diff::kWorkersMax) : usual;
}

std::expected<Input, Refusal> Input::open(const std::string& path) {
  Input input;
  Result<file::Mapping> mapped = file::Mapping::open(path, kFileMax);
  if (mapped) {
    input.mapped_.emplace(std::move(*mapped));
    return input;
  }
  if (mapped.error().code != Code::not_a_file) return refuse(mapped.error(), path);
  AIRLOCK_ANSWER_ASSIGN(input.read_, file::read(path, kFileMax), path);
  return input;
}

std::expected<Input, Refusal> Input::open_image(const std::string& path) {
  auto opened = open(path);
  const bool is_oversized = opened ? opened->bytes().size() > package::kImageSizeMax
                                   : opened.error().error.code == Code::oversized;
  if (is_oversized) {
    return refuse_advising(Code::oversized, path + " is larger than an image may be, " +
                                                text::human_size(package::kImageSizeMax) +
                                                "; name the image");
  }
  AIRLOCK_ASSIGN(Input input, std::move(opened));
  if (!input.bytes().empty()) return input;
  return refuse_advising(Code::out_of_range,
                         path + " is empty, and an image is one byte at least; name the image");
}

std::expected<OpenedDelta, Refusal> open_delta(const std::string& patch, const std::string& base) {
  AIRLOCK_ASSIGN(Input file, Input::open(patch));
  OpenedDelta made{std::move(file), {}, {}};
  auto read = diff::read_delta_file(made.file.bytes());
  if (!read) return refuse_delta(read.error(), patch);
  made.delta = std::move(*read);
  if (base.empty()) return made;
  if (!made.delta.is_patch()) {
    return refuse_advising(Code::usage,
                           patch + " holds a whole image and is for no base; leave out --base");
  }
  AIRLOCK_ASSIGN(Input opened, Input::open_image(base));
  AIRLOCK_TRY(check_base(made.delta.payload, opened.bytes(), patch, base));
  made.base.emplace(std::move(opened));
  return made;
}

std::unexpected<Refusal> refuse_delta(const Error& error, const std::string& path) {
  const std::string again = "have it made again: airlock delta make";
  if (error.code == Code::wrong_magic) {
    return refuse_advising(error.code, path +
                                           " is no file of a patch; name one that airlock delta "
                                           "make has made");
  }
  if (error.code == Code::digest_mismatch) {
    return refuse_advising(error.code, path +
                                           " is damaged, for its bytes do not have the digests "
                                           "that stand in it; copy it again, or " +
                                           again);
  }
  if (error.code == Code::out_of_range) {
    return refuse_advising(error.code, path + " is damaged: at byte " + std::to_string(error.at) +
                                           " stands a number that no such file has; copy it "
                                           "again, or " +
                                           again);
  }
  if (error.code == Code::patch_malformed) {
    return refuse_advising(error.code, path + " breaks the format of patches; " + again);
  }
  return refuse(error, path);
}

std::string_view profile_name(std::uint32_t decoder_memory) {
  return decoder_memory <= delta::kSmall.memory ? "small" : "large";
}

}  // namespace airlock::app
