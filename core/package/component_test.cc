// Components, their images and their payloads: what a manifest may say of them.
#include <gtest/gtest.h>

#include <vector>

#include "core/package/manifest.h"
#include "tests/fakes/fields.h"
#include "tests/fakes/signers.h"

namespace airlock::package {
namespace {

using fakes::Buffer;
using fakes::cbor_bytes;
using fakes::cbor_number;
using fakes::cbor_text;
using fakes::Fields;
using fakes::Items;
using fakes::Release;

constexpr std::int64_t kComponents = 17;

Code refusal(const Release& release) {
  const Result<Buffer> encoded = release.try_encode();
  return encoded ? Code::ok : encoded.error().code;
}

// The release with its first component's map changed.
template <class Change>
Code with_component(Change change) {
  Release release;
  release.components[0].payloads.push_back(Release::patch(500, crypto::sha256({}), 900));
  Fields manifest(release.encode());
  Items components(manifest.at(kComponents));
  Fields component(components.items[0]);
  change(component);
  components.items[0] = component.encode();
  manifest.at(kComponents) = components.encode();
  const Buffer encoded = manifest.encode();
  const Result<Manifest> parsed = Manifest::parse(encoded);
  return parsed ? Code::ok : parsed.error().code;
}

// The same, with one image (key 2) or payload (key 3) changed.
template <class Change>
Code with_item(std::int64_t list, std::size_t index, Change change) {
  return with_component([&](Fields& component) {
    Items items(component.at(list));
    Fields item(items.items[index]);
    change(item);
    items.items[index] = item.encode();
    component.at(list) = items.encode();
  });
}

TEST(Component, SaysWhatTheReleaseSaid) {
  Release release;
  release.components = {Release::component("mcu", 2 * kBlockSize + 5),
                        Release::component("radio", 100)};
  const Digest base = crypto::sha256(bytes_of("base"));
  release.components[0].payloads.push_back(Release::patch(4321, base, 77'777));
  const Buffer encoded = release.encode();
  const Manifest parsed = *Manifest::parse(encoded);
  const Component mcu = parsed.component(0);
  EXPECT_EQ(mcu.id, "mcu");
  ASSERT_EQ(mcu.image_count(), 1u);
  const Image image = mcu.image(0);
  EXPECT_FALSE(image.load_address);
  ASSERT_EQ(image.block_count(), 3u);
  EXPECT_EQ(image.block_size(0), kBlockSize);
  EXPECT_EQ(image.block_size(2), 5u);
  EXPECT_EQ(image.block_digest(2), release.components[0].images[0].block_digests[2]);
  ASSERT_EQ(mcu.payload_count(), 2u);
  const Payload patch = mcu.payload(1);
  EXPECT_EQ(patch.type, PayloadType::patch);
  EXPECT_EQ(patch.size, 4321u);
  EXPECT_EQ(patch.head_size, 128u);
  EXPECT_EQ(patch.base_digest, base);
  EXPECT_EQ(patch.base_size, 77'777u);
  EXPECT_EQ(patch.scratch_size, 160u);
  EXPECT_EQ(parsed.component(1).id, "radio");
  EXPECT_EQ(parsed.component(1).image(0).block_size(0), 100u);
}

TEST(Component, RefusesANameThatIsNotPlain_CVE_2026_24686) {
  for (const char* bad : {"", "-mcu", "MCU", "a b", "a/b", "..", "m\xc3\xa9"}) {
    Release release;
    release.components[0].id = bad;
    EXPECT_EQ(refusal(release), Code::bad_manifest) << bad;
  }
  Release longest;
  longest.components[0].id = std::string(kComponentIdMax, 'x');
  EXPECT_EQ(refusal(longest), Code::ok);
  longest.components[0].id += 'x';
  EXPECT_EQ(refusal(longest), Code::oversized);
}

TEST(Component, RefusesTheSameIdTwice) {
  Release release;
  release.components.push_back(release.components[0]);
  EXPECT_EQ(refusal(release), Code::bad_manifest);
}

TEST(Component, RefusesMoreComponentsThanItsLimit) {
  Release release;
  release.components.clear();
  for (std::size_t i = 0; i < kComponentsMax; ++i) {
    release.components.push_back(Release::component("part-" + std::to_string(i), 10));
  }
  EXPECT_EQ(refusal(release), Code::ok);
  release.components.push_back(Release::component("one-more", 10));
  EXPECT_EQ(refusal(release), Code::too_many);
}

TEST(Component, RefusesEveryMissingPart) {
  for (std::int64_t key : {1, 2, 3}) {
    EXPECT_NE(with_component([&](Fields& component) { component.erase(key); }), Code::ok) << key;
  }
  for (std::int64_t key : {2, 3, 4}) {
    EXPECT_EQ(with_item(2, 0, [&](Fields& image) { image.erase(key); }), Code::missing_field);
  }
  for (std::int64_t key : {1, 2, 3, 4, 5, 6, 7, 8}) {
    EXPECT_EQ(with_item(3, 0, [&](Fields& payload) { payload.erase(key); }), Code::missing_field);
  }
}

TEST(Component, RefusesUnknownParts) {
  const auto more = [](Fields& fields) {
    fields.entries.pop_back();
    fields.append(12, cbor_number(0));
  };
  EXPECT_EQ(with_component(more), Code::unknown_field);
  EXPECT_EQ(with_item(2, 0, more), Code::unknown_field);
  EXPECT_EQ(with_item(3, 0, more), Code::unknown_field);
}

TEST(Component, RefusesPartsOfAnotherType) {
  for (std::int64_t key : {2, 3, 4}) {
    EXPECT_EQ(with_item(2, 0, [&](Fields& image) { image.at(key) = cbor_text("x"); }),
              Code::wrong_type);
  }
  for (std::int64_t key = 1; key <= 10; ++key) {
    EXPECT_EQ(with_item(3, 1, [&](Fields& payload) { payload.at(key) = cbor_text("x"); }),
              Code::wrong_type)
        << key;
  }
}

TEST(Image, RefusesSizesThatItsBlocksDoNotCover) {
  for (std::uint64_t size :
       {std::uint64_t{0}, std::uint64_t{kBlockSize}, std::uint64_t{2 * kBlockSize + 1}}) {
    EXPECT_EQ(with_item(2, 0, [&](Fields& image) { image.at(2) = cbor_number(size); }),
              Code::bad_manifest)
        << size;
  }
  EXPECT_EQ(with_item(2, 0, [&](Fields& image) { image.at(2) = cbor_number(kImageSizeMax + 1); }),
            Code::out_of_range);
  EXPECT_EQ(with_item(2, 0, [](Fields& image) { image.at(4) = cbor_bytes(Buffer(63)); }),
            Code::bad_manifest);
  EXPECT_EQ(with_item(2, 0, [](Fields& image) { image.at(3) = cbor_bytes(Buffer(31)); }),
            Code::truncated);
}

TEST(Image, HasAnAddressWhereThereAreSeveralAndNoAddressTwice) {
  const auto with = [](std::vector<std::optional<std::uint64_t>> addresses) {
    Release release;
    Release::Component& mcu = release.components[0];
    const Release::Image image = mcu.images[0];
    const Payload payload = mcu.payloads[0];
    mcu.images.clear();
    mcu.payloads.clear();
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      mcu.images.push_back(image);
      mcu.images.back().load_address = addresses[i];
      mcu.payloads.push_back(payload);
      mcu.payloads.back().image = static_cast<std::uint8_t>(i);
    }
    return refusal(release);
  };
  EXPECT_EQ(with({std::nullopt}), Code::ok);
  EXPECT_EQ(with({0x1000}), Code::ok);
  EXPECT_EQ(with({0x1000, 0x2000, 0x3000, 0x4000}), Code::ok);
  EXPECT_EQ(with({}), Code::bad_manifest);
  EXPECT_EQ(with({0x1000, std::nullopt}), Code::bad_manifest);
  EXPECT_EQ(with({0x1000, 0x1000}), Code::bad_manifest);
  EXPECT_EQ(with({1, 2, 3, 4, 5}), Code::too_many);
}

TEST(Payload, MakesAnImageThatIsThere) {
  Release outside;
  outside.components[0].payloads[0].image = 1;
  EXPECT_EQ(refusal(outside), Code::bad_manifest);
  Release beyond;
  beyond.components[0].payloads[0].image = kImagesMax;
  EXPECT_EQ(refusal(beyond), Code::out_of_range);
  Release none;
  none.components[0].payloads.clear();
  EXPECT_EQ(refusal(none), Code::bad_manifest);
}

TEST(Payload, NamesABaseExactlyWhereItIsAPatch) {
  for (std::int64_t key : {9, 10}) {
    EXPECT_EQ(with_item(3, 1, [&](Fields& patch) { patch.erase(key); }), Code::bad_manifest);
  }
  EXPECT_EQ(with_item(3, 0, [](Fields& full) { full.append(9, cbor_number(1)); }),
            Code::bad_manifest);
  EXPECT_EQ(with_item(3, 0, [](Fields& full) { full.at(1) = cbor_number(2); }), Code::bad_manifest);
  EXPECT_EQ(with_item(3, 0, [](Fields& full) { full.at(1) = cbor_number(3); }), Code::bad_manifest);
}

// Older manifests, which stand in slots, have no such number.
TEST(Payload, StatesWhatItsFactsTakeOnlyWhereItIsAPatch) {
  EXPECT_EQ(with_item(3, 1, [](Fields& patch) { patch.erase(11); }), Code::ok);
  EXPECT_EQ(with_item(3, 0, [](Fields& full) { full.append(11, cbor_number(160)); }),
            Code::bad_manifest);
}

TEST(Payload, RefusesTheDigestOfNothingAsABase) {
  EXPECT_EQ(with_item(3, 1, [](Fields& patch) { patch.at(10) = cbor_bytes(Buffer(32)); }),
            Code::bad_manifest);
  EXPECT_EQ(with_item(3, 1, [](Fields& patch) { patch.at(9) = cbor_number(0); }),
            Code::bad_manifest);
}

TEST(Payload, BoundsItsPiecesAndItsHead) {
  const auto full = [](std::int64_t key, std::uint64_t value) {
    return with_item(3, 0, [&](Fields& payload) { payload.at(key) = cbor_number(value); });
  };
  EXPECT_EQ(full(7, kPieceSizeMin - 1), Code::bad_manifest);
  EXPECT_EQ(full(7, kPieceSizeMin), Code::ok);
  EXPECT_EQ(full(7, kPieceSizeMax + 1), Code::out_of_range);
  EXPECT_EQ(full(5, 0), Code::bad_manifest);
  EXPECT_EQ(full(3, 255), Code::bad_manifest);  // smaller than its own head
  EXPECT_EQ(full(3, kPayloadSizeMax + 1), Code::out_of_range);
}

TEST(Payload, RefusesMoreThanItsLimit) {
  Release release;
  release.components[0].payloads.resize(kPayloadsMax, release.components[0].payloads[0]);
  EXPECT_EQ(refusal(release), Code::ok);
  release.components[0].payloads.push_back(release.components[0].payloads[0]);
  EXPECT_EQ(refusal(release), Code::too_many);
}

}  // namespace
}  // namespace airlock::package
