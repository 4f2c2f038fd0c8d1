// The scratch area as a whole: its header, and whether all of it stands.
#include "core/codec/codec.h"
#include "core/crypto/crypto.h"
#include "core/delta/facts.h"
#include "core/delta/internal/numbers.h"

namespace airlock::delta {

using internal::read_number;
using internal::write_number;

namespace {

constexpr std::array<std::uint8_t, 4> kScratchMagic = {'A', 'F', 'K', '1'};

}  // namespace

void ScratchHeader::write(std::span<std::uint8_t, kScratchHeaderSize> to) const {
  const MutableBytes bytes(to);
  const auto put = [&](std::size_t at, std::uint32_t value) {
    write_number(value, bytes.subspan(at, 4));
  };
  std::fill(to.begin(), to.end(), std::uint8_t{0});
  copy_into(bytes, kScratchMagic);
  copy_into(bytes.subspan(4), root);
  copy_into(bytes.subspan(36), body);
  bytes[68] = facts.profile;
  bytes[69] = facts.word_phase;
  bytes[70] = static_cast<std::uint8_t>(facts.regions.size());
  put(72, facts.segment_count);
  put(76, facts.chain_count);
  for (std::size_t i = 0; i < facts.regions.size(); ++i) {
    const Region& region = facts.regions[i];
    if (region.linked) bytes[71] = static_cast<std::uint8_t>(bytes[71] | 1U << i);
    put(80 + 12 * i, region.first);
    put(84 + 12 * i, region.size);
    put(88 + 12 * i, region.zero);
    put(128 + 4 * i, region.relocation);
  }
  put(kScratchHeaderSize - 4, codec::crc32c(bytes.first(kScratchHeaderSize - 4)));
}

bool ScratchHeader::read(std::span<const std::uint8_t, kScratchHeaderSize> from) {
  const Bytes bytes(from);
  const auto number = [&](std::size_t at) {
    return static_cast<std::uint32_t>(read_number(bytes.subspan(at, 4)));
  };
  if (!equal(bytes.first(4), kScratchMagic) ||
      number(kScratchHeaderSize - 4) != codec::crc32c(bytes.first(kScratchHeaderSize - 4))) {
    return false;
  }
  copy_into(root, bytes.subspan(4, root.size()));
  copy_into(body, bytes.subspan(36, body.size()));
  facts = {};
  facts.profile = bytes[68];
  facts.word_phase = bytes[69] & 3;
  facts.segment_count = number(72);
  facts.chain_count = number(76);
  for (std::size_t i = 0; i < bytes[70] && i < kRegionsMax; ++i) {
    const Region region = {number(80 + 12 * i), number(84 + 12 * i), number(88 + 12 * i),
                           (bytes[71] >> i & 1) != 0, number(128 + 4 * i)};
    if (!facts.regions.add(region)) return false;
  }
  return facts.segment_count <= kSegmentsMax && facts.chain_count <= facts.segment_count;
}

namespace {

struct Table {
  std::size_t at;
  std::size_t size;
};

Result<crypto::Digest> digest_of(Source& scratch, Table table, MutableBytes buffer) {
  crypto::Sha256 hash;
  while (table.size > 0) {
    const std::size_t size = std::min(buffer.size(), table.size);
    AIRLOCK_TRY(scratch.read(table.at, buffer.first(size)));
    hash.update(buffer.first(size));
    table.at += size;
    table.size -= size;
  }
  return hash.finish();
}

}  // namespace

Status read_header(Source& scratch, ScratchHeader& header) {
  std::array<std::uint8_t, kScratchHeaderSize> bytes;
  AIRLOCK_TRY(scratch.read(0, bytes));
  return header.read(bytes) ? Status{} : fail(Code::bad_checksum);
}

crypto::Digest body_of(const crypto::Digest& segments, const crypto::Digest& chain) {
  crypto::Sha256 hash;
  hash.update(segments.bytes);
  hash.update(chain.bytes);
  return hash.finish();
}

bool holds_body(Source& scratch, const ScratchHeader& header, MutableBytes buffer) {
  AIRLOCK_CHECK(!buffer.empty());
  const FactsHeader& facts = header.facts;
  const auto segments =
      digest_of(scratch, {kScratchHeaderSize, segments_size(facts.segment_count)}, buffer);
  const auto chain =
      digest_of(scratch, {chain_at(facts.segment_count), segments_size(facts.chain_count)}, buffer);
  return segments && chain && equal(body_of(*segments, *chain).bytes, header.body);
}

bool holds_facts(Source& scratch, Bytes root, MutableBytes buffer) {
  ScratchHeader header;
  return read_header(scratch, header) && equal(header.root, root) &&
         holds_body(scratch, header, buffer);
}

Result<std::uint64_t> kept_size(Source& scratch) {
  ScratchHeader header;
  AIRLOCK_TRY(read_header(scratch, header));
  return scratch_size(header.facts.segment_count, header.facts.chain_count);
}

bool doubts_facts(Code of_block) {
  return of_block == Code::patch_malformed || of_block == Code::block_rejected ||
         of_block == Code::bad_checksum;
}

// Zeros too: a file keeps what was erased.
Status forget_facts(Area& scratch) {
  constexpr std::array<std::uint8_t, kScratchHeaderSize> kNothing{};
  AIRLOCK_TRY(scratch.erase(0, scratch.size()));
  AIRLOCK_TRY(scratch.write(0, kNothing));
  return scratch.sync();
}

}  // namespace airlock::delta
