// The boot record as bytes, and its two copies.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/codec/codec.h"
#include "core/slot/frame.h"
#include "core/slot/slot.h"
#include "tests/fakes/flash.h"

namespace airlock::slot {
namespace {

using fakes::Cut;
using fakes::Flash;
using fakes::Power;

Digest digest_of(std::string_view text) { return crypto::sha256(bytes_of(text)); }

Record full_record() {
  Record record;
  record.sequence = UINT32_MAX + std::uint64_t{7};
  record.active = SlotId::b;
  record.trial_boots = 3;
  record.slots = {Slot{digest_of("one"), 7, true}, Slot{digest_of("two"), UINT32_MAX, false}};
  const std::string longest = "1.0.0-" + std::string(package::kSemverTextMax - 6, 'x');
  for (Slot& slot : record.slots) {
    slot.version = *FixedText<package::kSemverTextMax>::from(longest);
    slot.data_version = UINT32_MAX;
  }
  record.consent = digest_of("one");
  record.floors.fill(UINT32_MAX);
  record.time_bound = package::kTimeMax;
  record.last_revert = {Code::unhealthy, digest_of("three"), UINT32_MAX};
  return record;
}

std::vector<std::uint8_t> encoded(const Record& record) {
  std::vector<std::uint8_t> buffer(kRecordSizeMax);
  const Result<Bytes> bytes = encode_record(record, buffer);
  AIRLOCK_CHECK(bytes.has_value());
  return {bytes->begin(), bytes->end()};
}

constexpr Magic kMagic = {'A', 'L', 'B', 'R'};

// frame makes a record of fields that a test writes itself.
template <class Write>
std::vector<std::uint8_t> frame(Write write) {
  std::vector<std::uint8_t> buffer(kRecordSizeMax);
  codec::CborWriter writer(body_room(buffer));
  write(writer);
  const Result<Bytes> sealed = seal(buffer, kMagic, writer.size());
  AIRLOCK_CHECK(sealed.has_value());
  return {sealed->begin(), sealed->end()};
}

TEST(Record, ComesBackAsItWasWritten) {
  for (const Record& record : {Record{}, full_record()}) {
    const Result<Record> back = decode_record(encoded(record));
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, record);
  }
}

TEST(Record, LeavesHalfItsRoomToLaterVersions) {
  EXPECT_LE(encoded(full_record()).size(), kRecordSizeMax / 2 + 64);
}

TEST(Record, RefusesEveryFlippedBitAndEveryTruncation) {
  const std::vector<std::uint8_t> good = encoded(full_record());
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::vector<std::uint8_t> bad = good;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1U << (bit % 8)));
    EXPECT_FALSE(decode_record(bad)) << "bit " << bit;
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(decode_record(Bytes(good).first(size))) << "size " << size;
  }
}

TEST(Record, IgnoresWhatFollowsItInItsUnit) {
  std::vector<std::uint8_t> unit = encoded(full_record());
  unit.resize(kRecordUnit, 0xa5);
  EXPECT_EQ(*decode_record(unit), full_record());
}

// What version N adds (a field, a field of a slot, a kind, a code), N-1 passes over.
TEST(Record, ReadsWhatALaterVersionLeft) {
  const auto later = frame([](codec::CborWriter& writer) {
    writer.write_map(8);
    writer.write_unsigned(1);
    writer.write_unsigned(1);  // format
    writer.write_unsigned(2);
    writer.write_unsigned(9);  // sequence
    writer.write_unsigned(3);
    writer.write_unsigned(0);  // active
    writer.write_unsigned(5);
    writer.write_array(2);
    writer.write_map(2);
    writer.write_unsigned(2);
    writer.write_unsigned(4);
    writer.write_unsigned(77);
    writer.write_text("later");
    writer.write_map(0);
    writer.write_unsigned(7);
    writer.write_map(2);  // floors: firmware and a kind to come
    writer.write_unsigned(1);
    writer.write_unsigned(3);
    writer.write_unsigned(200);
    writer.write_unsigned(4);
    writer.write_unsigned(9);
    writer.write_map(1);
    writer.write_unsigned(1);
    writer.write_unsigned(65'000);  // a reason to come
    writer.write_unsigned(30);
    writer.write_array(1);
    writer.write_map(0);
    writer.write_integer(-1);
    writer.write_null();
  });
  const Result<Record> record = decode_record(later);
  ASSERT_TRUE(record) << name(record.error().code);
  EXPECT_EQ(record->sequence, 9U);
  EXPECT_EQ(record->slots[0].security_version, 4U);
  EXPECT_EQ(record->floors[0], 3U);
  EXPECT_EQ(static_cast<int>(record->last_revert.reason), 65'000);
  EXPECT_EQ(*decode_record(encoded(*record)), *record);
}

TEST(Record, RefusesAnotherFormatAndMissingFields) {
  const auto format_of = [](std::uint64_t format) {
    return frame([&](codec::CborWriter& writer) {
      writer.write_map(1);
      writer.write_unsigned(1);
      writer.write_unsigned(format);
    });
  };
  EXPECT_EQ(decode_record(format_of(2)).error().code, Code::unsupported_version);
  EXPECT_EQ(decode_record(format_of(1)).error().code, Code::missing_field);
}

TEST(Record, RefusesWhatStandsBehindItsMap) {
  const std::vector<std::uint8_t> good = encoded(Record{});
  std::vector<std::uint8_t> longer(good.size() + 1);
  const std::size_t body = good.size() - kFrameOverhead;
  copy_into(body_room(longer), Bytes(good).subspan(kFrameHead, body));
  ASSERT_TRUE(seal(longer, kMagic, body + 1));
  EXPECT_EQ(decode_record(longer).error().code, Code::trailing_bytes);
}

TEST(Record, RefusesABufferThatIsTooSmall) {
  for (std::size_t size = 0; size < encoded(Record{}).size(); ++size) {
    std::vector<std::uint8_t> buffer(size);
    EXPECT_EQ(encode_record(Record{}, buffer).error().code, Code::no_room) << size;
  }
}

TEST(Record, NamesItsSlots) {
  EXPECT_EQ(name_of(SlotId::a), "a");
  EXPECT_EQ(name_of(SlotId::b), "b");
}

struct TwoCopies {
  Power power;
  Flash first{power, {4096, 8, 0xff}, kRecordUnit};
  Flash second{power, {4096, 8, 0xff}, kRecordUnit};
  RecordAreas areas{{&first, &second}};
};

TEST(Store, KeepsTheOlderStateUntilTheNewerIsWhole) {
  for (std::uint64_t operation = 0; operation < 3; ++operation) {
    for (Cut cut : fakes::kCuts) {
      TwoCopies copies;
      Record record;
      ASSERT_TRUE(format(copies.areas, record));
      record.time_bound = 100;
      ASSERT_TRUE(store(copies.areas, record));
      record.time_bound = 200;
      copies.power.cut_at(operation, cut);
      EXPECT_FALSE(store(copies.areas, record));
      copies.power.switch_on();
      const Result<Record> found = load(copies.areas);
      ASSERT_TRUE(found);
      EXPECT_TRUE(found->time_bound == 100 || found->time_bound == 200);
      ASSERT_TRUE(store(copies.areas, record));
      EXPECT_EQ(load(copies.areas)->time_bound, 200);
    }
  }
}

TEST(Store, NumbersEachRecordOneHigher) {
  TwoCopies copies;
  Record record;
  ASSERT_TRUE(format(copies.areas, record));
  for (std::uint64_t sequence = 2; sequence < 6; ++sequence) {
    ASSERT_TRUE(store(copies.areas, record));
    EXPECT_EQ(record.sequence, sequence);
    EXPECT_EQ(load(copies.areas)->sequence, sequence);
  }
}

TEST(Store, KeepsARaisedFloorInBothCopiesAndSettlesWhatACutLeft) {
  TwoCopies copies;
  Record record;
  ASSERT_TRUE(format(copies.areas, record));
  const auto floor_in = [](Flash& copy) { return decode_record(copy.contents())->floors[0]; };
  record.floors[0] = 2;
  ASSERT_TRUE(store(copies.areas, record));
  EXPECT_EQ(floor_in(copies.first), 2U);
  EXPECT_EQ(floor_in(copies.second), 2U);
  record.floors[0] = 3;
  copies.power.cut_at(3, Cut::before);  // of erase, write, sync, the second erase
  EXPECT_FALSE(store(copies.areas, record));
  copies.power.switch_on();
  EXPECT_NE(floor_in(copies.first), floor_in(copies.second));
  ASSERT_TRUE(settle(copies.areas));
  EXPECT_EQ(floor_in(copies.first), 3U);
  EXPECT_EQ(floor_in(copies.second), 3U);
}

TEST(Store, KeepsARaisedTimeBoundInBothCopies) {
  TwoCopies copies;
  Record record;
  ASSERT_TRUE(format(copies.areas, record));
  record.time_bound = 200;
  ASSERT_TRUE(store(copies.areas, record));
  for (Flash* copy : {&copies.first, &copies.second}) {
    EXPECT_EQ(decode_record(copy->contents())->time_bound, 200);
  }
}

TEST(Store, NamesTheActiveSlotInBothCopiesAndSettlesWhatACutLeft) {
  TwoCopies copies;
  Record record;
  ASSERT_TRUE(format(copies.areas, record));
  record.active = SlotId::b;
  ASSERT_TRUE(store(copies.areas, record));
  for (Flash* copy : {&copies.first, &copies.second}) {
    EXPECT_EQ(decode_record(copy->contents())->active, SlotId::b);
  }
  record.active = SlotId::a;
  copies.power.cut_at(3, Cut::before);  // of erase, write, sync, the second erase
  EXPECT_FALSE(store(copies.areas, record));
  copies.power.switch_on();
  ASSERT_TRUE(settle(copies.areas));
  for (Flash* copy : {&copies.first, &copies.second}) {
    EXPECT_EQ(decode_record(copy->contents())->active, SlotId::a);
  }
}

TEST(Store, ReplacesADamagedCopyAndNotTheGoodOne) {
  for (int damaged = 0; damaged < 2; ++damaged) {
    TwoCopies copies;
    Record record;
    record.time_bound = 5;
    ASSERT_TRUE(format(copies.areas, record));
    (damaged == 0 ? copies.first : copies.second).damage(20, 1);
    copies.power.cut_at(1, Cut::torn_half);
    EXPECT_FALSE(store(copies.areas, record));
    copies.power.switch_on();
    ASSERT_TRUE(load(copies.areas)) << "the good copy was touched";
    EXPECT_EQ(load(copies.areas)->time_bound, 5);
  }
}

// Flash at its end: an operation succeeds, and a bit is not what was written.
class WornOut final : public Area {
 public:
  explicit WornOut(Flash& flash) : flash_(flash) {}
  std::uint64_t size() const override { return flash_.size(); }
  Status read(std::uint64_t offset, MutableBytes to) override { return flash_.read(offset, to); }
  Status erase(std::uint64_t offset, std::uint64_t size) override {
    return flash_.erase(offset, size);
  }
  Status write(std::uint64_t offset, Bytes bytes) override {
    AIRLOCK_TRY(flash_.write(offset, bytes));
    flash_.damage(20, 1);
    return {};
  }
  Status sync() override { return flash_.sync(); }

 private:
  Flash& flash_;
};

TEST(Store, NoticesAUnitThatDoesNotKeepWhatWasWritten) {
  TwoCopies copies;
  Record record;
  ASSERT_TRUE(format(copies.areas, record));
  ASSERT_TRUE(store(copies.areas, record));
  WornOut first(copies.first);
  WornOut second(copies.second);
  record.time_bound = 5;
  EXPECT_EQ(store({{&first, &second}}, record).error().code, Code::storage_failed);
  EXPECT_EQ(load(copies.areas)->time_bound, 0) << "the other copy was touched";
}

TEST(Load, SaysSoWhereNeitherCopyReads) {
  TwoCopies copies;
  EXPECT_EQ(load(copies.areas).error().code, Code::record_lost);
  Record record;
  EXPECT_EQ(store(copies.areas, record).error().code, Code::record_lost);
}

}  // namespace
}  // namespace airlock::slot
