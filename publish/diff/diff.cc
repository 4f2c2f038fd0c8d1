#include "publish/diff/diff.h"

#include <mutex>

#include "publish/diff/internal/block.h"
#include "publish/diff/internal/facts.h"
#include "publish/diff/internal/match.h"
#include "publish/diff/internal/payload.h"

namespace airlock::diff {
namespace {

struct Input {
  Bytes image;
  Bytes base;
  const Options& options;
  const BaseIndex* index;  // nullptr for a full image
  std::vector<std::uint8_t> facts;
  std::vector<std::uint8_t> scratch;
};

BlockRange range_of(const Input& input, std::size_t block) {
  const std::uint64_t at = std::uint64_t{block} * package::kBlockSize;
  return {at, static_cast<std::size_t>(
                  std::min<std::uint64_t>(package::kBlockSize, input.image.size() - at))};
}

// The smaller of what the payload allows; of equals, the one that is quickest to decode.
CodedBlock make_block(const Input& input, std::size_t block) {
  const BlockRange range = range_of(input, block);
  const Bytes bytes = input.image.subspan(static_cast<std::size_t>(range.at), range.size);
  CodedBlock raw = {delta::Coding::raw, {bytes.begin(), bytes.end()}};
  if (input.index == nullptr && input.options.storage == Storage::raw) return raw;
  std::vector<std::uint8_t> coded =
      code_block({input.image, input.index, input.scratch, *input.options.profile}, range);
  if (coded.size() >= bytes.size()) return raw;
  return {delta::Coding::coded, std::move(coded)};
}

Result<std::vector<CodedBlock>> make_entries(const Input& input, const Progress& progress) {
  const std::size_t count = (input.image.size() + package::kBlockSize - 1) / package::kBlockSize;
  std::vector<CodedBlock> entries(delta::entry_count(count));
  entries[0] = {delta::Coding::facts, input.facts};
  std::mutex telling;
  std::size_t done = 0;
  const auto make = [&](std::size_t, std::size_t block) -> Status {
    entries[block + 1] = make_block(input, block);
    const std::scoped_lock lock(telling);
    ++done;
    if (progress) progress(done, count);
    return {};
  };
  AIRLOCK_TRY(parallel::for_each({0, count}, input.options.workers, make));
  return entries;
}

// The payload of these blocks, once the device's code has made the image of it.
Result<BuiltPayload> build(const Input& input, const Progress& progress) {
  AIRLOCK_ASSIGN(const std::vector<CodedBlock> entries, make_entries(input, progress));
  BuiltPayload built = join_payload(entries, input.options.piece_size);
  built.payload.decoder_memory = input.options.profile->memory;
  if (!input.base.empty()) {
    built.payload.type = package::PayloadType::patch;
    built.payload.base_size = input.base.size();
    built.payload.base_digest = crypto::sha256(input.base);
    built.payload.scratch_size = static_cast<std::uint32_t>(input.scratch.size());
  }
  AIRLOCK_TRY(check_payload(built, input.image, input.base, input.options.workers));
  return built;
}

// Facts travel in as many pieces as a block does; where there are more, the shortest segments go.
Facts fitting_facts(Bytes image, Bytes base, const std::vector<delta::Segment>& copies,
                    const Options& options) {
  const std::size_t pieces =
      options.profile == &delta::kSmall ? delta::kSmallPiecesMax : delta::kBlockPiecesMax;
  for (std::uint32_t shortest = 1;; shortest *= 2) {
    std::vector<delta::Segment> kept;
    for (const delta::Segment& each : copies) {
      if (each.size >= shortest) kept.push_back(each);
    }
    if (kept.size() > delta::kSegmentsMax) continue;
    Facts facts = find_facts(image, base, std::move(kept), *options.profile, options.workers);
    if (code_facts(facts, image.size(), base.size()).size() <= pieces * options.piece_size) {
      return facts;
    }
  }
}

Result<BuiltPayload> build_on(Bytes image, Bytes base, const BaseIndex* index,
                              const Options& options, const Progress& progress) {
  std::vector<delta::Segment> copies;
  if (index != nullptr) copies = find_copies(image, *index, options.workers);
  const Facts facts = fitting_facts(image, base, copies, options);
  return build({image, base, options, index, code_facts(facts, image.size(), base.size()),
                scratch_of(facts)},
               progress);
}

Status check_options(Bytes image, const Options& options) {
  if (image.empty()) return fail(Code::out_of_range);
  if (image.size() > package::kImageSizeMax) return fail(Code::oversized, image.size());
  const bool is_small = options.profile == &delta::kSmall;
  const std::size_t least = is_small ? delta::kSmallPieceSize : delta::kUsualPieceSizeMin;
  const std::size_t most = is_small ? delta::kSmallPieceSize : package::kPieceSizeMax;
  if (options.piece_size < least || options.piece_size > most) {
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
  return build_on(image, {}, nullptr, options, progress);
}

Result<BuiltPayload> build_patch(Bytes image, Bytes base, const Options& options,
                                 const Progress& progress) {
  AIRLOCK_TRY(check_options(image, options));
  if (base.empty()) return fail(Code::out_of_range);
  if (base.size() > kBaseSizeMax) return fail(Code::oversized, base.size());
  AIRLOCK_ASSIGN(const BaseIndex index, BaseIndex::make(base));
  return build_on(image, base, &index, options, progress);
}

}  // namespace airlock::diff
