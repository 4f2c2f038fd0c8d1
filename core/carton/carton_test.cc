#include "core/carton/carton.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace airlock::carton {
namespace {

using Buffer = std::vector<std::uint8_t>;

struct Piece {
  Part part = Part::envelope;
  Buffer bytes;
  std::uint8_t name = 0;  // of a payload: every byte of its digest
};

Digest named(std::uint8_t fill) {
  Digest digest;
  digest.bytes.fill(fill);
  return digest;
}

// Written from the page: docs/formats/carton.md.
Buffer carton_of(const std::vector<Piece>& pieces) {
  Buffer made(kHeadSize + pieces.size() * kEntrySize);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    made.resize(static_cast<std::size_t>(aligned(made.size())));
    const Entry entry{pieces[i].part, made.size(), pieces[i].bytes.size(), named(pieces[i].name)};
    write_entry(entry, MutableBytes(made).subspan(kHeadSize + i * kEntrySize));
    made.insert(made.end(), pieces[i].bytes.begin(), pieces[i].bytes.end());
  }
  write_head(pieces.size(), made.size(), made);
  return made;
}

Buffer usual() {
  return carton_of({{Part::envelope, {1, 2, 3}, 0},
                    {Part::log_proof, {4}, 0},
                    {Part::certificates, {5, 6}, 0},
                    {Part::payload, Buffer(40, 7), 0x11},
                    {Part::payload, Buffer(16, 8), 0x22}});
}

void expect_refused(const Buffer& bytes, Code code) {
  const auto opened = Carton::open(bytes);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, code) << name(opened.error().code);
}

TEST(Carton, HandsOutItsPartsWithoutCopyingThem) {
  const Buffer bytes = usual();
  const auto opened = Carton::open(bytes);
  ASSERT_TRUE(opened) << name(opened.error().code);
  EXPECT_TRUE(equal(opened->envelope(), Buffer{1, 2, 3}));
  EXPECT_TRUE(equal(opened->log_proof(), Buffer{4}));
  EXPECT_TRUE(equal(opened->certificates(), Buffer{5, 6}));
  EXPECT_EQ(opened->envelope().data(), bytes.data() + aligned(kHeadSize + 5 * kEntrySize));
  EXPECT_TRUE(equal(*opened->payload(named(0x22)), Buffer(16, 8)));
  EXPECT_EQ(opened->payload(named(0x33)).error().code, Code::not_found);
}

TEST(Carton, NeedsAnEnvelopeAndNothingElse) {
  const Buffer keyring = carton_of({{Part::envelope, {1}, 0}});
  const auto opened = Carton::open(keyring);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->log_proof().empty());
  EXPECT_TRUE(opened->certificates().empty());
  expect_refused(carton_of({}), Code::missing_field);
  expect_refused(carton_of({{Part::payload, {1}, 1}}), Code::missing_field);
}

// The bytes of one carton, spelled out: a reader of another language begins here.
TEST(Carton, HasTheBytesThatThePageSays) {
  const Buffer bytes = carton_of({{Part::envelope, {0xaa}, 0}, {Part::payload, {0xbb, 0xcc}, 9}});
  Buffer golden = {'A', 'L', 'C', '1', 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 146,  //
                   1,   0,   0,   0,   0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 128,  //
                   0,   0,   0,   0,   0, 0, 0, 1};
  golden.insert(golden.end(), 32, 0);
  const Buffer payload = {4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 144, 0, 0, 0, 0, 0, 0, 0, 2};
  golden.insert(golden.end(), payload.begin(), payload.end());
  golden.insert(golden.end(), 32, 9);
  golden.push_back(0xaa);
  golden.insert(golden.end(), 15, 0);
  golden.insert(golden.end(), {0xbb, 0xcc});
  EXPECT_EQ(bytes, golden);
}

TEST(Carton, RefusesEveryTruncationAndWhatStandsBehindIt) {
  const Buffer bytes = usual();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(Carton::open(Bytes(bytes).first(size))) << size;
  }
  expect_refused({bytes.begin(), bytes.end() - 1}, Code::truncated);
  Buffer longer = bytes;
  longer.push_back(0);
  expect_refused(longer, Code::trailing_bytes);
  write_head(5, longer.size(), longer);  // and says so
  expect_refused(longer, Code::trailing_bytes);
}

struct Malformed {
  const char* what;
  Code code;
  std::function<void(Buffer&)> spoil;
};

void write_size(Buffer& bytes, std::size_t at, std::uint64_t value) {
  for (std::size_t i = 8; i-- > 0; value >>= 8) bytes[at + i] = static_cast<std::uint8_t>(value);
}

TEST(Carton, RefusesWhatIsMalformedWithTheCodeOfItsFault) {
  const std::size_t second = kHeadSize + kEntrySize;
  const std::size_t fourth = kHeadSize + 3 * kEntrySize;
  const std::vector<Malformed> cases = {
      {"another kind of file", Code::wrong_magic, [](Buffer& b) { b[0] = 'X'; }},
      {"a later version", Code::unsupported_version, [](Buffer& b) { b[3] = '2'; }},
      {"more parts than there may be", Code::too_many, [](Buffer& b) { b[7] = 132; }},
      {"more parts than fit", Code::truncated, [](Buffer& b) { b[7] = 131; }},
      {"no part", Code::missing_field, [](Buffer& b) { b[7] = 0; }},
      {"a part of no kind", Code::unknown_field, [&](Buffer& b) { b[second] = 0; }},
      {"a part of a later kind", Code::unknown_field, [&](Buffer& b) { b[second] = 5; }},
      {"two envelopes", Code::not_canonical, [&](Buffer& b) { b[second] = 1; }},
      {"parts out of order", Code::not_canonical, [&](Buffer& b) { b[second] = 3; }},
      {"bytes that mean nothing", Code::not_canonical, [&](Buffer& b) { b[second + 5] = 1; }},
      {"a name where none is", Code::not_canonical, [&](Buffer& b) { b[second + 24] = 1; }},
      {"payloads out of order", Code::not_canonical, [&](Buffer& b) { b[fourth + 24] = 0x77; }},
      {"a payload twice", Code::not_canonical,
       [&](Buffer& b) { std::fill_n(b.begin() + static_cast<int>(fourth) + 24, 32, 0x22); }},
      {"a payload without a name", Code::not_canonical,
       [&](Buffer& b) { std::fill_n(b.begin() + static_cast<int>(fourth) + 24, 32, 0); }},
      {"an empty part", Code::not_canonical, [&](Buffer& b) { b[second + 23] = 0; }},
      {"parts that overlap", Code::not_canonical, [&](Buffer& b) { b[second + 15] -= 16; }},
      {"a size of 2^64 - 1", Code::truncated,
       [&](Buffer& b) { write_size(b, second + 16, UINT64_MAX); }},
      {"an offset of 2^64 - 16", Code::not_canonical,
       [&](Buffer& b) { write_size(b, second + 8, UINT64_MAX - 15); }},
      {"something between two parts", Code::not_canonical,
       [&](Buffer& b) { b[b.size() - 16 - 1] = 1; }},
  };
  for (const Malformed& one : cases) {
    Buffer bytes = usual();
    one.spoil(bytes);
    const auto opened = Carton::open(bytes);
    ASSERT_FALSE(opened) << one.what;
    EXPECT_EQ(opened.error().code, one.code) << one.what << ": " << name(opened.error().code);
  }
}

}  // namespace
}  // namespace airlock::carton
