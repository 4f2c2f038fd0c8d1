#include "publish/diff/diff.h"

#include <mutex>

#include "publish/diff/internal/match.h"
#include "publish/diff/internal/payload.h"
#include "publish/diff/internal/residuals.h"

namespace airlock::diff {
namespace {

// A patched block below this share of its size is not tried without the base too.
constexpr std::size_t kPatchShareClear = 4;

struct Input {
  Bytes image;
  Bytes base;
  std::vector<Copy> copies;
  const Options& options;
};

BlockRange range_of(const Input& input, std::size_t block) {
  const std::uint64_t at = std::uint64_t{block} * package::kBlockSize;
  return {at, static_cast<std::size_t>(
                  std::min<std::uint64_t>(package::kBlockSize, input.image.size() - at))};
}

// The smallest of what the payload allows; of equals, the one that is quickest to decode.
CodedBlock make_block(const Input& input, std::size_t block) {
  const BlockRange range = range_of(input, block);
  const Bytes bytes = input.image.subspan(static_cast<std::size_t>(range.at), range.size);
  CodedBlock best = {delta::Coding::raw, {bytes.begin(), bytes.end()}};
  const auto consider = [&](delta::Coding coding, const Residuals& residuals) {
    std::vector<std::uint8_t> coded = code_block(residuals);
    if (coded.size() < best.bytes.size()) best = {coding, std::move(coded)};
  };
  if (!input.copies.empty()) {
    const Residuals residuals = copied_residuals(input.image, input.base, input.copies, range);
    if (!residuals.segments.empty()) consider(delta::Coding::patch, residuals);
  }
  if (input.options.storage == Storage::compressed &&
      best.bytes.size() > bytes.size() / kPatchShareClear) {
    consider(delta::Coding::compressed, plain_residuals(bytes));
  }
  return best;
}

Result<std::vector<CodedBlock>> make_blocks(const Input& input, const Progress& progress) {
  const std::size_t count = (input.image.size() + package::kBlockSize - 1) / package::kBlockSize;
  std::vector<CodedBlock> blocks(count);
  std::mutex telling;
  std::size_t done = 0;
  const auto make = [&](std::size_t, std::size_t block) -> Status {
    blocks[block] = make_block(input, block);
    const std::scoped_lock lock(telling);
    ++done;
    if (progress) progress(done, count);
    return {};
  };
  AIRLOCK_TRY(parallel::for_each({0, count}, input.options.workers, make));
  return blocks;
}

// The payload of these blocks, once the device's code has made the image of it.
Result<BuiltPayload> build(const Input& input, const Progress& progress) {
  AIRLOCK_ASSIGN(const std::vector<CodedBlock> blocks, make_blocks(input, progress));
  BuiltPayload built = join_payload(blocks, input.options.piece_size);
  if (!input.base.empty()) {
    built.payload.type = package::PayloadType::patch;
    built.payload.base_size = input.base.size();
    built.payload.base_digest = crypto::sha256(input.base);
  }
  AIRLOCK_TRY(check_payload(built, input.image, input.base, input.options.workers));
  return built;
}

Status check_options(Bytes image, const Options& options) {
  if (image.empty()) return fail(Code::out_of_range);
  if (image.size() > package::kImageSizeMax) return fail(Code::oversized, image.size());
  if (options.piece_size < delta::kUsualPieceSizeMin ||
      options.piece_size > package::kPieceSizeMax) {
    return fail(Code::out_of_range, options.piece_size);
  }
  return {};
}

}  // namespace

package::Image BuiltImage::view() const {
  static_assert(sizeof(Digest) == Digest::kSize);
  package::Image image;
  image.size = size;
  image.digest = digest;
  image.block_digests = {reinterpret_cast<const std::uint8_t*>(block_digests.data()),
                         block_digests.size() * Digest::kSize};
  return image;
}

BuiltImage describe_image(Bytes image) {
  BuiltImage made = {image.size(), crypto::sha256(image), {}};
  for (std::size_t at = 0; at < image.size(); at += package::kBlockSize) {
    const std::size_t size = std::min<std::size_t>(package::kBlockSize, image.size() - at);
    made.block_digests.push_back(crypto::sha256(image.subspan(at, size)));
  }
  return made;
}

Result<BuiltPayload> build_full(Bytes image, const Options& options, const Progress& progress) {
  AIRLOCK_TRY(check_options(image, options));
  return build({image, {}, {}, options}, progress);
}

Result<BuiltPayload> build_patch(Bytes image, Bytes base, const Options& options,
                                 const Progress& progress) {
  AIRLOCK_TRY(check_options(image, options));
  if (base.empty()) return fail(Code::out_of_range);
  if (base.size() > kBaseSizeMax) return fail(Code::oversized, base.size());
  AIRLOCK_ASSIGN(std::vector<Copy> copies, find_copies(image, base));
  return build({image, base, std::move(copies), options}, progress);
}

}  // namespace airlock::diff
