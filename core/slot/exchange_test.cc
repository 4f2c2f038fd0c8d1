// Exchanging the images of two slots where one place executes.
#include "core/slot/exchange.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/codec/codec.h"
#include "core/slot/frame.h"
#include "tests/fakes/flash.h"

namespace airlock::slot {
namespace {

using fakes::Cut;
using fakes::Flash;
using fakes::Geometry;
using fakes::Power;
using Memory = std::vector<std::uint8_t>;

constexpr Geometry kGeometry = {512, 8, 0xff};
constexpr std::size_t kUnit = 512;
constexpr std::size_t kUnits = 3;

Memory image_of(char fill, std::size_t units) {
  Memory image(units * kUnit);
  for (std::size_t i = 0; i < image.size(); ++i) {
    image[i] = static_cast<std::uint8_t>(static_cast<std::size_t>(fill) + i / kUnit * 16 + i % 7);
  }
  return image;
}

// Two parts of three units and of one; a executes, b is staged.
struct Device {
  Power power;
  std::array<Flash, 2> execution{Flash(power, kGeometry, kUnits* kUnit),
                                 Flash(power, kGeometry, kUnit)};
  std::array<Flash, 2> staging{Flash(power, kGeometry, (kUnits + 1) * kUnit),
                               Flash(power, kGeometry, 2 * kUnit)};
  std::array<Flash, 2> pages;
  ExchangeAreas areas;

  explicit Device(std::size_t page_size = 4096)
      : pages{Flash(power, kGeometry, page_size), Flash(power, kGeometry, page_size)} {
    wire();
    AIRLOCK_CHECK(Exchange::format(areas, SlotId::a).has_value());
    Exchange exchange = *Exchange::open(areas);
    for (std::size_t part = 0; part < 2; ++part) {
      ExchangedSlot b(exchange, part, SlotId::b);
      AIRLOCK_CHECK(execution[part].write(0, image_of('a', units(part))).has_value());
      AIRLOCK_CHECK(b.erase(0, b.size()).has_value());
      AIRLOCK_CHECK(b.write(0, image_of('b', units(part))).has_value());
      AIRLOCK_CHECK(b.sync().has_value() && execution[part].sync().has_value());
    }
  }
  static std::size_t units(std::size_t part) { return part == 0 ? kUnits : 1; }
  void wire() {
    areas = {};
    for (std::size_t part = 0; part < 2; ++part) {
      AIRLOCK_CHECK(areas.parts.add({&execution[part], &staging[part], kUnit}).has_value());
    }
    areas.journal = {&pages[0], &pages[1]};
  }
  Result<Exchange> open() { return Exchange::open(areas); }
  // Whether that slot's images lie where they can execute, and the other slot's are whole too.
  void expect_executes(SlotId id) {
    Exchange exchange = *open();
    ASSERT_FALSE(exchange.is_pending());
    EXPECT_EQ(exchange.executing(), id);
    for (std::size_t part = 0; part < 2; ++part) {
      const char runs = id == SlotId::a ? 'a' : 'b';
      EXPECT_TRUE(equal(execution[part].contents(), image_of(runs, units(part))));
      for (SlotId each : {SlotId::a, SlotId::b}) {
        Memory held(units(part) * kUnit);
        ASSERT_TRUE(ExchangedSlot(exchange, part, each).read(0, held));
        EXPECT_EQ(held, image_of(each == SlotId::a ? 'a' : 'b', units(part)));
      }
    }
  }
};

TEST(Exchange, BringsTheOtherSlotAndTakesItBack) {
  Device device;
  device.expect_executes(SlotId::a);
  for (SlotId id : {SlotId::b, SlotId::a, SlotId::b}) {
    ASSERT_TRUE(device.open()->bring(id));
    device.expect_executes(id);
  }
}

TEST(Exchange, DoesNothingForWhatExecutesAlready) {
  Device device;
  const std::uint64_t before = device.power.operations();
  ASSERT_TRUE(device.open()->bring(SlotId::a));
  ASSERT_TRUE(device.open()->finish());
  EXPECT_EQ(device.power.operations(), before);
}

TEST(Exchange, EndsWhateverOperationThePowerFailsIn) {
  for (SlotId to : {SlotId::b, SlotId::a}) {
    for (std::uint64_t operation = 0;; ++operation) {
      bool all_done = true;
      for (Cut cut : fakes::kCuts) {
        Device device;
        if (to == SlotId::a) {
          ASSERT_TRUE(device.open()->bring(SlotId::b));
        }
        device.power.cut_at(operation, cut);
        if (device.open()->bring(to)) continue;
        all_done = false;
        device.power.switch_on();
        Result<Exchange> opened = device.open();
        ASSERT_TRUE(opened) << "operation " << operation;
        ASSERT_TRUE(opened->finish()) << "operation " << operation;
        ASSERT_TRUE(opened->bring(to));
        device.expect_executes(to);
      }
      if (all_done) break;
    }
  }
}

// Whoever erases a page while the other one is on its way to the medium may lose both.
class PagesOnTheMedium final : public fakes::Witness {
 public:
  explicit PagesOnTheMedium(Device& device) : device_(device) {
    for (std::size_t i = 0; i < 2; ++i) device.pages[i].number_as(kFirstPage + i);
    device.power.watch_by(this);
  }
  ~PagesOnTheMedium() { device_.power.watch_by(nullptr); }
  void before(const fakes::Operation& operation) override {
    for (std::size_t i = 0; i < 2; ++i) {
      if (operation.kind != fakes::Operation::Kind::erase) continue;
      if (operation.area != kFirstPage + i) continue;
      ++erased_;
      EXPECT_EQ(device_.pages[1 - i].unsynced(), 0U);
    }
  }
  int erased() const { return erased_; }

 private:
  static constexpr std::size_t kFirstPage = 4;

  Device& device_;
  int erased_ = 0;
};

TEST(Exchange, ErasesNoPageBeforeTheOtherIsOnTheMedium) {
  Device device;
  const PagesOnTheMedium witness(device);
  for (SlotId id : {SlotId::b, SlotId::a}) ASSERT_TRUE(device.open()->bring(id));
  EXPECT_GE(witness.erased(), 4);
}

TEST(Exchange, BringsBackWhatIsOnItsWay) {
  for (std::uint64_t operation = 0; operation < 60; operation += 7) {
    Device device;
    device.power.cut_at(operation, Cut::torn_half);
    ASSERT_FALSE(device.open()->bring(SlotId::b));
    device.power.switch_on();
    ASSERT_TRUE(device.open()->bring(SlotId::a));
    device.expect_executes(SlotId::a);
  }
}

TEST(Exchange, BeginsNewPagesWhereTheirMarksAreUsedUp) {
  // The smallest page of these sectors has room for a third of the marks.
  Device device(512);
  static_assert((512 - kExchangeHeadSize) / kExchangeMarkSize == 12);
  ASSERT_TRUE(device.open()->bring(SlotId::b));
  device.expect_executes(SlotId::b);
  const std::uint32_t erases = device.pages[0].rules().worst_erases();
  EXPECT_EQ(erases, 2U) << "once by the factory, once for eight steps";
}

TEST(Exchange, LetsNobodyChangeWhatExecutesOrLookIntoWhatIsPending) {
  Device device;
  Exchange exchange = *device.open();
  ExchangedSlot a(exchange, 0, SlotId::a);
  EXPECT_EQ(a.erase(0, kUnit).error().code, Code::slot_busy);
  EXPECT_EQ(a.write(0, image_of('x', 1)).error().code, Code::slot_busy);
  Memory held(16);
  EXPECT_EQ(a.read(kUnits * kUnit - 8, held).error().code, Code::out_of_range);
  device.power.cut_at(20, Cut::before);
  EXPECT_FALSE(exchange.bring(SlotId::b));
  device.power.switch_on();
  Exchange pending = *device.open();
  ASSERT_TRUE(pending.is_pending());
  ExchangedSlot b(pending, 0, SlotId::b);
  EXPECT_EQ(b.read(0, held).error().code, Code::wrong_state);
  EXPECT_EQ(b.erase(0, kUnit).error().code, Code::wrong_state);
}

TEST(Exchange, GoesOnByTheOtherPageWhereABitOfOneIsFlipped) {
  for (std::size_t page = 0; page < 2; ++page) {
    for (std::size_t at : {std::size_t{20}, kExchangeHeadSize + 2, kExchangeHeadSize + 66}) {
      Device device;
      Exchange exchange = *device.open();
      device.power.cut_at(50, Cut::torn_half);
      ASSERT_FALSE(exchange.bring(SlotId::b));
      device.power.switch_on();
      device.pages[page].damage(at, 4);
      Result<Exchange> opened = device.open();
      ASSERT_TRUE(opened);
      ASSERT_TRUE(opened->is_pending());
      ASSERT_TRUE(opened->finish());
      device.expect_executes(SlotId::b);
    }
  }
}

TEST(Exchange, SaysSoWhereNeitherPageReadsOrTheAreasAreOthers) {
  Device device;
  ExchangeAreas fewer = device.areas;
  fewer.parts.drop_last();
  EXPECT_EQ(Exchange::open(fewer).error().code, Code::wrong_state);
  device.pages[0].damage(3, 1);
  EXPECT_TRUE(device.open());
  device.pages[1].damage(3, 1);
  EXPECT_EQ(device.open().error().code, Code::record_lost);
}

// A unit that keeps one bit wrong.
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
    flash_.damage(static_cast<std::size_t>(offset), 1);
    return {};
  }
  Status sync() override { return flash_.sync(); }

 private:
  Flash& flash_;
};

TEST(Exchange, NoticesAUnitThatDoesNotKeepWhatWasCopied) {
  Device device;
  WornOut worn(device.execution[0]);
  ExchangeAreas areas = device.areas;
  areas.parts[0].execution = &worn;
  Exchange exchange = *Exchange::open(areas);
  EXPECT_EQ(exchange.bring(SlotId::b).error().code, Code::storage_failed);
  EXPECT_TRUE(exchange.is_pending());
  ASSERT_TRUE(device.open()->finish()) << "the same step again, on a unit that works";
  device.expect_executes(SlotId::b);
}

TEST(Exchange, CopiesAroundAWordThatDoesNotRead) {
  constexpr std::size_t kDeaf = 256, kDeafEnd = 288;
  struct Deaf final : Area {
    explicit Deaf(Flash& flash) : flash_(flash) {}
    std::uint64_t size() const override { return flash_.size(); }
    Status read(std::uint64_t offset, MutableBytes to) override {
      if (deaf_ && offset < kDeafEnd && offset + to.size() > kDeaf) {
        return fail(Code::storage_failed);
      }
      return flash_.read(offset, to);
    }
    Status erase(std::uint64_t offset, std::uint64_t size) override {
      deaf_ = false;
      return flash_.erase(offset, size);
    }
    Status write(std::uint64_t offset, Bytes bytes) override { return flash_.write(offset, bytes); }
    Status sync() override { return flash_.sync(); }
    Flash& flash_;
    bool deaf_ = true;
  };
  Device device;
  Deaf deaf(device.execution[0]);
  ExchangeAreas areas = device.areas;
  areas.parts[0].execution = &deaf;
  ASSERT_TRUE(Exchange::open(areas)->bring(SlotId::b));
  EXPECT_TRUE(equal(device.execution[0].contents(), image_of('b', kUnits)));
  const Bytes kept = device.staging[0].contents().first(kUnits * kUnit);
  EXPECT_TRUE(equal(kept.first(kDeaf), Bytes(image_of('a', kUnits)).first(kDeaf)));
  EXPECT_TRUE(equal(kept.subspan(kDeafEnd), Bytes(image_of('a', kUnits)).subspan(kDeafEnd)));
}

TEST(ExchangePage, ReadsWhatItWrites) {
  const ExchangePage page{7, SlotId::b, 12, 5};
  const ExchangeHead head = *encode_exchange_page(page);
  EXPECT_EQ(decode_exchange_page(head), page);
}

TEST(ExchangePage, IsRefusedWithAnyBitFlipped) {
  const ExchangeHead head = *encode_exchange_page({INT64_MAX, SlotId::b, 1 << 20, 1 << 20});
  const Result<ExchangePage> whole = decode_exchange_page(head);
  ASSERT_TRUE(whole);
  for (std::size_t bit = 0; bit < head.size() * 8; ++bit) {
    ExchangeHead flipped = head;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    const Result<ExchangePage> read = decode_exchange_page(flipped);
    EXPECT_TRUE(!read || *read == *whole) << "bit " << bit;
  }
}

// A head whose map holds the keys from 1 on, and then `behind` more bytes.
ExchangeHead head_with(std::uint8_t keys, std::size_t behind) {
  ExchangeHead head{};
  codec::CborWriter writer(body_room(head));
  writer.write_map(keys);
  for (std::uint8_t key = 1; key <= keys; ++key) {
    writer.write_unsigned(key);
    writer.write_unsigned(1);
  }
  AIRLOCK_CHECK(seal(head, {'A', 'L', 'X', 'J'}, writer.size() + behind).has_value());
  return head;
}

TEST(ExchangePage, DemandsEveryKeyAndNothingBehindThem) {
  EXPECT_TRUE(decode_exchange_page(head_with(5, 0)));
  EXPECT_EQ(decode_exchange_page(head_with(5, 1)).error().code, Code::trailing_bytes);
  for (std::uint8_t keys = 1; keys < 5; ++keys) {
    EXPECT_EQ(decode_exchange_page(head_with(keys, 0)).error(),
              (Error{Code::missing_field, keys + 1U}));
  }
}

TEST(Exchange, BelievesTheNewerPageWhereBothRead) {
  for (std::size_t newer = 0; newer < 2; ++newer) {
    Device device;
    for (std::size_t page = 0; page < 2; ++page) {
      const SlotId to = page == newer ? SlotId::b : SlotId::a;
      const ExchangeHead head = *encode_exchange_page({page == newer ? 6U : 5U, to, 8, 8});
      ASSERT_TRUE(device.pages[page].erase(0, device.pages[page].size()));
      ASSERT_TRUE(device.pages[page].write(0, head));
    }
    EXPECT_EQ(device.open()->executing(), SlotId::b);
  }
}

TEST(ExchangePage, RefusesMoreStepsThanThereAre) {
  EXPECT_EQ(decode_exchange_page(*encode_exchange_page({1, SlotId::a, 4, 5})).error().code,
            Code::out_of_range);
}

}  // namespace
}  // namespace airlock::slot
