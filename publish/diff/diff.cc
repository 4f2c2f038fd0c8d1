#include "publish/diff/diff.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <numeric>
#include <optional>

#include "publish/diff/internal/align.h"
#include "publish/diff/internal/block.h"
#include "publish/diff/internal/facts.h"
#include "publish/diff/internal/fit.h"
#include "publish/diff/internal/match.h"
#include "publish/diff/internal/noise.h"
#include "publish/diff/internal/payload.h"

namespace airlock::diff {
namespace {

struct Input {
  Bytes image;
  Bytes base;
  const Options& options;
  const BaseIndex* index;  // nullptr for a full image
  const std::vector<std::uint8_t>& noise;
  std::vector<std::uint8_t> facts;
  std::vector<std::uint8_t> scratch;
};

std::size_t block_count(const Input& input) {
  return (input.image.size() + package::kBlockSize - 1) / package::kBlockSize;
}

BlockRange range_of(const Input& input, std::size_t block) {
  const std::uint64_t at = std::uint64_t{block} * package::kBlockSize;
  return {at, static_cast<std::size_t>(
                  std::min<std::uint64_t>(package::kBlockSize, input.image.size() - at))};
}

BlockInput block_input(const Input& input) {
  return {input.image, input.index, input.scratch, *input.options.profile};
}

// Noise is not coded unless copies make it.
bool stays_raw(const Input& input, std::size_t block) {
  return input.noise[block] != 0 && is_new(block_input(input), range_of(input, block));
}

// The smaller of what the payload allows; of equals, the one that is quickest to decode.
CodedBlock make_block(const Input& input, std::size_t block) {
  const BlockRange range = range_of(input, block);
  const Bytes bytes = input.image.subspan(static_cast<std::size_t>(range.at), range.size);
  CodedBlock raw = {delta::Coding::raw, {bytes.begin(), bytes.end()}};
  if (input.index == nullptr && input.options.storage == Storage::raw) return raw;
  if (stays_raw(input, block)) return raw;
  ShortestCoding coded = code_block(block_input(input), range);
  if (coded.bytes.size() >= bytes.size()) return raw;
  return {delta::Coding::coded, std::move(coded.bytes), coded.isa};
}

// each_block calls `use` with each block's number, side by side, and tells how many are done.
template <class Use>
void each_block(const Input& input, const Progress& progress, const Use& use) {
  const std::size_t count = block_count(input);
  std::mutex telling;
  std::size_t done = 0;
  const auto make = [&](std::size_t, std::size_t block) -> Status {
    use(block);
    const std::scoped_lock lock(telling);
    ++done;
    if (progress) progress(done, count);
    return {};
  };
  AIRLOCK_CHECK(parallel::for_each({0, count}, input.options.workers, make).has_value());
}

using Entries = std::vector<CodedBlock>;

Entries make_entries(const Input& input, const Progress& progress) {
  Entries entries(delta::entry_count(block_count(input)));
  entries[0] = {delta::Coding::facts, input.facts};
  each_block(input, progress,
             [&](std::size_t block) { entries[block + 1] = make_block(input, block); });
  return entries;
}

// What instruction sets the blocks have, told by some of them: code stands together.
constexpr std::size_t kBlocksAlike = 4;
std::vector<delta::Isa> likely_isas(const Input& input, const Progress& progress) {
  std::vector<delta::Isa> isas(block_count(input));
  each_block(input, progress, [&](std::size_t block) {
    if (block % kBlocksAlike != 0 || stays_raw(input, block)) return;
    isas[block] = cheapest_isa(block_input(input), range_of(input, block));
  });
  for (std::size_t i = 0; i < isas.size(); ++i) isas[i] = isas[i - i % kBlocksAlike];
  return isas;
}

// The payload of these blocks, once the device's code has made the image of it.
Result<BuiltPayload> built_of(const Input& input, const Entries& entries) {
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

// What payloads of any copies are made for.
struct Job {
  Bytes image;
  Bytes base;
  const Options& options;
  const BaseIndex* index;                  // nullptr for a full image
  const std::vector<std::uint8_t>& noise;  // 1 for each block that is
};

// Where more of an image than this part of it is new, its short copies may cost more than what they
// copy: these are the sizes from which on they are kept, the last one for no copy at all.
constexpr std::uint64_t kMostlyNew = 4;
constexpr std::array<std::uint64_t, 3> kShortestTried = {32, 256, UINT32_MAX};

// Bytes of the image that no copy has, or not as they are in the base.
std::uint64_t changed_bytes(Bytes image, Bytes base, const std::vector<delta::Segment>& copies) {
  std::uint64_t same = 0;
  for (const delta::Segment& each : copies) {
    const Bytes from = base.subspan(each.base, each.size);
    const Bytes to = image.subspan(each.image, each.size);
    same += static_cast<std::uint64_t>(
        std::inner_product(from.begin(), from.end(), to.begin(), std::int64_t{0}, std::plus<>{},
                           [](std::uint8_t a, std::uint8_t b) { return a == b ? 1 : 0; }));
  }
  return image.size() - same;
}

bool is_mostly_new(const Job& job, const std::vector<delta::Segment>& copies) {
  return changed_bytes(job.image, job.base, copies) > job.image.size() / kMostlyNew;
}

std::uint64_t total_size(const Entries& entries) {
  std::uint64_t size = 0;
  for (const CodedBlock& each : entries) size += each.bytes.size();
  return size;
}

// What a payload would take, by every `step`th of its blocks: coded, or of a larger image, whose
// instruction sets are told then, only looked at.
std::uint64_t estimated_size(const Input& input, const std::vector<delta::Isa>& isas,
                             std::size_t step) {
  const std::size_t count = block_count(input);
  std::vector<std::uint64_t> sizes((count + step - 1) / step);
  const auto size_of = [&](std::size_t block) -> std::uint64_t {
    if (isas.empty()) return make_block(input, block).bytes.size();
    const BlockRange range = range_of(input, block);
    if (stays_raw(input, block)) return range.size;
    return std::min(range.size, quick_size(block_input(input), range, isas[block]));
  };
  const auto make = [&](std::size_t, std::size_t sample) -> Status {
    sizes[sample] = size_of(sample * step);
    return {};
  };
  AIRLOCK_CHECK(parallel::for_each({0, sizes.size()}, input.options.workers, make).has_value());
  const std::uint64_t sampled = std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0});
  return input.facts.size() + sampled * count / sizes.size();
}

// By four blocks of a payload, or some more, is it compared with others of the same image.
std::size_t sampling_step(const Input& input) {
  constexpr std::size_t kSamples = 4;
  return std::max<std::size_t>(1, block_count(input) / kSamples);
}

// The half of a longer work that `half` is, 0 or 1.
Progress half_of(const Progress& progress, std::size_t half) {
  if (!progress) return progress;
  return [&progress, half](std::size_t done, std::size_t count) {
    progress(half * count + done, 2 * count);
  };
}

// What a payload is made of, and its blocks.
struct Made {
  Input input;
  Entries entries;
  bool is_of_less = false;  // without the copies that cost more than what they copy
};

// The inputs with all copies, and with those that look best of less by four blocks or some more.
struct Choice {
  Input all;
  Input less;
};

template <class With>
Choice choice_of(const With& with, Input all, const std::vector<delta::Isa>& isas) {
  const std::size_t step = sampling_step(all);
  std::optional<Input> less;
  std::uint64_t least = UINT64_MAX;
  for (const std::uint64_t shortest : kShortestTried) {
    Input tried = with(shortest);
    const std::uint64_t size = estimated_size(tried, isas, step);
    if (size >= least) continue;
    least = size;
    less.emplace(std::move(tried));
  }
  return {std::move(all), std::move(*less)};
}

// The smaller of both payloads. Of an image larger than this, whose time would be felt, only the
// one is made that a look at every second block finds smaller.
constexpr std::size_t kMadeBothWays = 256 << 10;
constexpr std::size_t kLook = 2;

template <class With>
Made make_mostly_new(const With& with, const Progress& progress) {
  Input whole = with(1);
  const bool is_looked_at = whole.image.size() > kMadeBothWays;
  const auto isas = is_looked_at ? likely_isas(whole, {}) : std::vector<delta::Isa>{};
  Choice choice = choice_of(with, std::move(whole), isas);
  if (is_looked_at) {
    const bool is_less =
        estimated_size(choice.less, isas, kLook) < estimated_size(choice.all, isas, kLook);
    Made made{std::move(is_less ? choice.less : choice.all), {}, is_less};
    made.entries = make_entries(made.input, progress);
    return made;
  }
  Entries all = make_entries(choice.all, half_of(progress, 0));
  Entries less = make_entries(choice.less, half_of(progress, 1));
  if (total_size(less) >= total_size(all)) return {std::move(choice.all), std::move(all)};
  return {std::move(choice.less), std::move(less)};
}

Input input_of(const Job& job, const std::vector<delta::Segment>& copies, std::uint64_t shortest) {
  std::vector<Input> inputs;
  for (const Facts& facts : fitting_facts({job.image, job.base, job.options}, copies, shortest)) {
    inputs.push_back({job.image, job.base, job.options, job.index, job.noise,
                      code_facts(facts, job.image.size(), job.base.size()), scratch_of(facts)});
  }
  if (inputs.size() == 1) return std::move(inputs.front());
  const auto cost = [](const Input& each) { return estimated_size(each, {}, sampling_step(each)); };
  return std::move(*std::ranges::min_element(inputs, {}, cost));
}

Made make_of(const Job& job, const std::vector<delta::Segment>& copies, const Progress& progress) {
  const auto with = [&](std::uint64_t shortest) { return input_of(job, copies, shortest); };
  if (!copies.empty() && is_mostly_new(job, copies)) return make_mostly_new(with, progress);
  Made made{with(1), {}};
  made.entries = make_entries(made.input, progress);
  return made;
}

// By how many bytes a match must beat going on with the last alignment: for copies by one rule, and
// for others, whose alignments are chosen among.
constexpr std::int64_t kAdvantage = 8;
constexpr std::array<std::int64_t, 2> kOtherAdvantages = {2, 20};
// In a large image every search takes long, and the first of these finds nearly all.
constexpr std::size_t kLargeImage = 16 << 20;

// The copies that would cost least, by the facts and instruction sets of copies by one rule.
std::vector<delta::Segment> aligned_copies(const Input& input, const std::vector<delta::Isa>& isas,
                                           const std::vector<delta::Segment>& copies) {
  const AlignedSizes sizes = {input.image.size(), input.base.size()};
  std::vector<Lane> lanes;
  add_lanes(lanes, copies, sizes);
  const bool is_large = sizes.image > kLargeImage;
  for (const std::int64_t advantage : std::span(kOtherAdvantages).first(is_large ? 1 : 2)) {
    add_lanes(lanes, find_copies(input.image, *input.index, {advantage, input.options.workers}),
              sizes);
  }
  return align({input.image, input.base, input.scratch, isas}, std::move(lanes));
}

// The smaller of the payload of copies by one rule, and of that of copies by what they cost.
Made make_smaller(const Job& job, const std::vector<delta::Segment>& copies,
                  const Progress& progress) {
  Made by_rule = make_of(job, copies, half_of(progress, 0));
  // Other alignments are found by short copies, which do not pay here.
  if (by_rule.is_of_less) {
    const std::size_t count = block_count(by_rule.input);
    if (progress) progress(2 * count, 2 * count);
    return by_rule;
  }
  std::vector<delta::Isa> isas;
  for (std::size_t i = 1; i < by_rule.entries.size(); ++i) isas.push_back(by_rule.entries[i].isa);
  Made aligned = make_of(job, aligned_copies(by_rule.input, isas, copies), half_of(progress, 1));
  const bool is_smaller = total_size(aligned.entries) < total_size(by_rule.entries);
  return is_smaller ? std::move(aligned) : std::move(by_rule);
}

// Of a large image only one payload is made: that of copies by what they cost.
Made make_large(const Job& job, const std::vector<delta::Segment>& copies,
                const Progress& progress) {
  Input by_rule = input_of(job, copies, 1);
  const std::vector<delta::Isa> isas = likely_isas(by_rule, half_of(progress, 0));
  Made made{input_of(job, aligned_copies(by_rule, isas, copies), 1), {}};
  made.entries = make_entries(made.input, half_of(progress, 1));
  return made;
}

Made make_any(const Job& job, const Progress& progress) {
  std::vector<delta::Segment> copies;
  if (job.index != nullptr) {
    copies = find_copies(job.image, *job.index, {kAdvantage, job.options.workers});
  }
  if (copies.empty()) return make_of(job, copies, progress);
  const bool is_large = job.image.size() > kLargeImage;
  return is_large && !is_mostly_new(job, copies) ? make_large(job, copies, progress)
                                                 : make_smaller(job, copies, progress);
}

std::vector<std::uint8_t> find_noise(Bytes image, const BaseIndex* index, const Options& options) {
  const std::vector<std::uint8_t> none;
  const Input input = {image, {}, options, index, none, {}, {}};
  std::vector<std::uint8_t> noise(block_count(input));
  each_block(input, {}, [&](std::size_t block) {
    noise[block] = is_noise(block_input(input), range_of(input, block)) ? 1 : 0;
  });
  return noise;
}

Result<BuiltPayload> build_on(Bytes image, Bytes base, std::optional<BaseIndex> index,
                              const Options& options, const Progress& progress) {
  const BaseIndex* const known = index ? &*index : nullptr;
  const std::vector<std::uint8_t> noise = find_noise(image, known, options);
  const Made made = make_any({image, base, options, known, noise}, progress);
  index.reset();  // four times the base, which the check has no use for
  return built_of(made.input, made.entries);
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
  if (options.scratch.value_or(kScratchMin) < kScratchMin) {
    return fail(Code::out_of_range, *options.scratch);
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
  return build_on(image, {}, std::nullopt, options, progress);
}

Result<BuiltPayload> build_patch(Bytes image, Bytes base, const Options& options,
                                 const Progress& progress) {
  AIRLOCK_TRY(check_options(image, options));
  if (base.empty()) return fail(Code::out_of_range);
  if (base.size() > kBaseSizeMax) return fail(Code::oversized, base.size());
  AIRLOCK_ASSIGN(BaseIndex index, BaseIndex::make(base));
  return build_on(image, base, std::move(index), options, progress);
}

}  // namespace airlock::diff
