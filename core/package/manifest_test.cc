// A manifest that parses keeps every promise of manifest.h; each way of being wrong is tried.
#include "core/package/manifest.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/fakes/fields.h"
#include "tests/fakes/signers.h"

namespace airlock::package {
namespace {

using fakes::Buffer;
using fakes::cbor_bytes;
using fakes::cbor_integer;
using fakes::cbor_number;
using fakes::cbor_text;
using fakes::Fields;
using fakes::Release;

Digest digest_of(std::string_view text) { return crypto::sha256(bytes_of(text)); }

// A release that has everything a manifest can have.
Release full_release() {
  Release release;
  release.models = {"wallet-one", "wallet-two"};
  release.version = "2.3.4-rc.1";
  release.security_version = 7;
  release.from_versions = {{"1.0.0", "1.9.9"}, {"2.0.0", "2.3.3"}};
  release.bootloader_min = 3;
  release.secure_boot_min = 2;
  release.data_version = 5;
  release.data_version_min = 4;
  release.ramp.start_seconds = 1'700'000'100;
  release.ramp.seed = digest_of("seed");
  EXPECT_TRUE(release.ramp.stages.add({0, 100}));
  EXPECT_TRUE(release.ramp.stages.add({3600, kShareWhole}));
  release.notes = "Fixes the random generator.\nInstall now.";
  release.components.push_back(Release::component("radio", 70'000));
  release.components[0].payloads.push_back(Release::patch(9000, digest_of("base"), 99'000));
  release.extensions = {{1000, {1, 2, 3}}, {1999, {}}};
  return release;
}

Result<Manifest> parse(const Buffer& encoded) { return Manifest::parse(encoded); }

Code refusal(const Buffer& encoded) {
  const Result<Manifest> parsed = Manifest::parse(encoded);
  return parsed ? Code::ok : parsed.error().code;
}

Code refusal(const Release& release) {
  const Result<Buffer> encoded = release.try_encode();
  return encoded ? Code::ok : encoded.error().code;
}

TEST(Manifest, SaysWhatTheReleaseSaid) {
  const Release release = full_release();
  const Buffer encoded = release.encode();
  const Result<Manifest> parsed = parse(encoded);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->kind, Kind::firmware);
  ASSERT_EQ(parsed->models.size(), 2u);
  EXPECT_EQ(parsed->models[1], "wallet-two");
  EXPECT_EQ(parsed->version.text, "2.3.4-rc.1");
  EXPECT_EQ(parsed->security_version, 7u);
  EXPECT_EQ(parsed->created, release.created);
  EXPECT_EQ(parsed->not_before, release.not_before);
  EXPECT_EQ(parsed->expires, release.expires);
  ASSERT_EQ(parsed->from_versions.size(), 2u);
  EXPECT_EQ(parsed->from_versions[1].max.text, "2.3.3");
  EXPECT_EQ(parsed->bootloader_min, 3u);
  EXPECT_EQ(parsed->secure_boot_min, 2u);
  EXPECT_EQ(parsed->data_version, 5u);
  EXPECT_EQ(parsed->data_version_min, 4u);
  EXPECT_EQ(parsed->ramp.seed, release.ramp.seed);
  ASSERT_EQ(parsed->ramp.stages.size(), 2u);
  EXPECT_EQ(parsed->ramp.stages[1].after_seconds, 3600u);
  EXPECT_EQ(parsed->notes, release.notes);
  ASSERT_EQ(parsed->extensions.size(), 2u);
  EXPECT_EQ(parsed->extensions[0].value.size(), 3u);
  EXPECT_EQ(parsed->component_count(), 2u);
  EXPECT_EQ(parsed->digest(), crypto::sha256(encoded));
}

TEST(Manifest, ParsesWhatIsUnsaidAsAbsent) {
  const Buffer encoded = Release().encode();
  const Manifest parsed = *parse(encoded);
  EXPECT_TRUE(parsed.from_versions.empty());
  EXPECT_TRUE(parsed.ramp.stages.empty());
  EXPECT_TRUE(parsed.notes.empty());
  EXPECT_TRUE(parsed.content.empty());
  EXPECT_TRUE(parsed.extensions.empty());
}

TEST(Manifest, RefusesEveryMissingField) {
  const Buffer encoded = full_release().encode();
  for (std::int64_t key : {1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13}) {
    Fields fields(encoded);
    fields.erase(key);
    const Result<Manifest> parsed = parse(fields.encode());
    ASSERT_FALSE(parsed) << key;
    EXPECT_EQ(parsed.error(), (Error{Code::missing_field, 0}));
  }
  Fields components(encoded);
  components.erase(17);
  EXPECT_EQ(refusal(components.encode()), Code::bad_manifest);
}

TEST(Manifest, RefusesEveryFieldOfAnotherType) {
  const Buffer encoded = full_release().encode();
  const Buffer wrong[] = {cbor_number(0), cbor_integer(-1), cbor_text("x"), cbor_bytes(Buffer(3)),
                          Buffer{0x80},   Buffer{0xa0},     Buffer{0xf6},   Buffer{0xf5}};
  for (const auto& [key, value] : Fields(encoded).entries) {
    for (const Buffer& other : wrong) {
      if (other[0] >> 5 == value[0] >> 5) continue;  // of the same major type
      Fields fields(encoded);
      fields.at(key) = other;
      EXPECT_EQ(refusal(fields.encode()), Code::wrong_type) << key;
    }
  }
}

TEST(Manifest, RefusesEveryFieldThatComesTwice) {
  const Buffer encoded = full_release().encode();
  const std::size_t count = Fields(encoded).entries.size();
  for (std::size_t i = 0; i < count; ++i) {
    Fields fields(Release().encode());
    if (i >= fields.entries.size()) break;
    fields.entries.insert(fields.entries.begin() + static_cast<std::ptrdiff_t>(i),
                          fields.entries[i]);
    EXPECT_EQ(refusal(fields.encode()), Code::duplicate_key) << i;
  }
}

TEST(Manifest, RefusesFieldsOutOfOrder) {
  const Buffer encoded = full_release().encode();
  const std::size_t count = Fields(encoded).entries.size();
  for (std::size_t i = 0; i + 1 < count; ++i) {
    Fields fields(encoded);
    std::swap(fields.entries[i], fields.entries[i + 1]);
    EXPECT_EQ(refusal(fields.encode()), Code::not_canonical) << i;
  }
}

TEST(Manifest, RefusesEveryTruncation) {
  const Buffer encoded = full_release().encode();
  for (std::size_t size = 0; size < encoded.size(); ++size) {
    EXPECT_EQ(Manifest::parse(Bytes(encoded).first(size)).error().code, Code::truncated) << size;
  }
}

TEST(Manifest, RefusesBytesAfterTheEnd) {
  Buffer encoded = Release().encode();
  encoded.push_back(0);
  EXPECT_EQ(refusal(encoded), Code::trailing_bytes);
}

TEST(Manifest, RefusesKeysThatItDoesNotKnow) {
  for (std::int64_t key : {19, 20, 31, 32, 999, 2000}) {
    Fields fields(Release().encode());
    fields.append(key, cbor_bytes({}));
    EXPECT_EQ(refusal(fields.encode()), Code::unknown_field) << key;
  }
  Fields negative(Release().encode());
  negative.append(-1, cbor_bytes({}));
  EXPECT_EQ(refusal(negative.encode()), Code::unknown_field);
}

TEST(Manifest, BoundsItsExtensions) {
  Release many;
  for (std::uint16_t i = 0; i < kExtensionsMax; ++i) {
    many.extensions.push_back({static_cast<std::uint16_t>(1000 + i), Buffer(kExtensionSizeMax)});
  }
  EXPECT_EQ(refusal(many), Code::ok);
  many.extensions.push_back({1900, {}});
  EXPECT_EQ(refusal(many), Code::too_many);
  Release large;
  large.extensions = {{1000, Buffer(kExtensionSizeMax + 1)}};
  EXPECT_EQ(refusal(large), Code::oversized);
}

TEST(Manifest, RefusesAnotherFormatVersionFirst) {
  Fields fields(Release().encode());
  fields.at(1) = cbor_number(2);
  EXPECT_EQ(refusal(fields.encode()), Code::unsupported_version);
  const Buffer encoded = fields.encode();
  EXPECT_EQ(Manifest::kind_of(encoded).error().code, Code::unsupported_version);
}

TEST(Manifest, RefusesAKindThatDoesNotExist) {
  for (std::uint64_t number : {0ULL, 7ULL, 255ULL, 257ULL, 1ULL << 32 | 1}) {
    Fields fields(Release().encode());
    fields.at(2) = cbor_number(number);
    EXPECT_EQ(refusal(fields.encode()), Code::out_of_range) << number;
  }
}

TEST(KindOf, ReadsTheKindAndNothingElse) {
  for (Kind kind : kKinds) {
    Fields fields(Release().encode());
    fields.at(2) = cbor_number(static_cast<std::uint64_t>(kind));
    fields.at(4) = cbor_text("rubbish");  // never looked at
    const Buffer encoded = fields.encode();
    EXPECT_EQ(*Manifest::kind_of(encoded), kind);
  }
}

TEST(KindOf, RefusesAManifestThatDoesNotBeginWithFormatAndKind) {
  const Buffer encoded = Release().encode();
  for (std::int64_t key : {1, 2}) {
    Fields fields(encoded);
    fields.erase(key);
    const Buffer bad = fields.encode();
    EXPECT_EQ(Manifest::kind_of(bad).error().code, Code::missing_field);
  }
  EXPECT_EQ(Manifest::kind_of(Buffer{0xa0}).error().code, Code::missing_field);
}

TEST(Manifest, BoundsItsModels) {
  Release release;
  release.models = {};
  EXPECT_EQ(refusal(release), Code::bad_manifest);
  release.models = {"same", "same"};
  EXPECT_EQ(refusal(release), Code::bad_manifest);
  release.models = {"*", "one"};
  EXPECT_EQ(refusal(release), Code::bad_manifest);
  release.models = {"*"};
  EXPECT_EQ(refusal(release), Code::ok);
  for (const char* bad : {"", "with space", "caf\xc3\xa9", "new\nline"}) {
    release.models = {bad};
    EXPECT_EQ(refusal(release), Code::bad_manifest) << bad;
  }
  release.models = {std::string(kModelTextMax, 'm')};
  EXPECT_EQ(refusal(release), Code::ok);
  release.models = {std::string(kModelTextMax + 1, 'm')};
  EXPECT_EQ(refusal(release), Code::oversized);
  release.models.clear();
  for (std::size_t i = 0; i < kModelsMax; ++i) release.models.push_back("m" + std::to_string(i));
  EXPECT_EQ(refusal(release), Code::ok);
  release.models.push_back("one-more");
  EXPECT_EQ(refusal(release), Code::too_many);
  release.models.front() = "with space";  // refused by its length, before any model is read
  EXPECT_EQ(refusal(release), Code::too_many);
}

TEST(Manifest, RefusesVersionsThatAreNotSemantic) {
  for (const char* bad : {"", "1", "1.2", "1.2.3.4", "01.2.3", "v1.2.3", "1.2.3-"}) {
    Release release;
    release.version = bad;
    EXPECT_EQ(refusal(release), Code::bad_semver) << bad;
  }
  Release range;
  range.from_versions = {{"1.0.0", "next"}};
  EXPECT_EQ(refusal(range), Code::bad_semver);
}

TEST(Manifest, RefusesRangesThatRunBackwardsOrAreTooMany) {
  Release release;
  release.from_versions = {{"2.0.0", "1.0.0"}};
  EXPECT_EQ(refusal(release), Code::bad_manifest);
  release.from_versions.assign(kFromVersionsMax, {"1.0.0", "1.0.0"});
  EXPECT_EQ(refusal(release), Code::ok);
  release.from_versions.push_back({"1.0.0", "2.0.0"});
  EXPECT_EQ(refusal(release), Code::too_many);
}

TEST(Manifest, RefusesEmptyListsAndTextsWhereAbsenceIsMeant) {
  const Buffer encoded = full_release().encode();
  for (const auto& [key, empty] :
       {std::pair<std::int64_t, Buffer>{9, {0x80}}, {15, {0x60}}, {17, {0x80}}}) {
    Fields fields(encoded);
    fields.at(key) = empty;
    EXPECT_EQ(refusal(fields.encode()), Code::not_canonical) << key;
  }
}

TEST(Manifest, RefusesTimesOutOfOrderOrOutOfRange) {
  Release release;
  release.expires = release.not_before - 1;
  EXPECT_EQ(refusal(release), Code::bad_manifest);
  release = Release();
  release.created = release.expires + 1;
  EXPECT_EQ(refusal(release), Code::bad_manifest);
  for (std::int64_t key : {6, 7, 8}) {
    Fields fields(Release().encode());
    fields.at(key) = cbor_number(static_cast<std::uint64_t>(kTimeMax) + 1);
    EXPECT_EQ(refusal(fields.encode()), Code::out_of_range) << key;
  }
}

TEST(Manifest, RefusesNumbersBeyondThirtyTwoBits) {
  for (std::int64_t key : {5, 10, 11, 12, 13}) {
    Fields fields(Release().encode());
    fields.at(key) = cbor_number(std::uint64_t{1} << 32);
    EXPECT_EQ(refusal(fields.encode()), Code::out_of_range) << key;
  }
}

TEST(Manifest, RefusesADataVersionThatItCannotReadItself) {
  Release release;
  release.data_version_min = release.data_version + 1;
  EXPECT_EQ(refusal(release), Code::bad_manifest);
}

TEST(Manifest, RefusesARampThatDoesNotClimb) {
  const auto with = [](std::initializer_list<RampStage> stages) {
    Release release;
    for (RampStage stage : stages) EXPECT_TRUE(release.ramp.stages.add(stage));
    return refusal(release);
  };
  EXPECT_EQ(with({{0, 1}, {1, 2}, {2, kShareWhole}}), Code::ok);
  EXPECT_EQ(with({{0, 0}}), Code::bad_manifest);
  EXPECT_EQ(with({{5, 1}, {5, 2}}), Code::bad_manifest);
  EXPECT_EQ(with({{5, 1}, {4, 2}}), Code::bad_manifest);
  EXPECT_EQ(with({{5, 2}, {6, 2}}), Code::bad_manifest);
  EXPECT_EQ(with({{0, kShareWhole + 1}}), Code::out_of_range);
}

TEST(Manifest, RefusesARampWithAMissingOrUnknownPart) {
  const Buffer encoded = full_release().encode();
  for (std::int64_t key : {1, 2, 3}) {
    Fields fields(encoded);
    Fields ramp(fields.at(14));
    ramp.erase(key);
    fields.at(14) = ramp.encode();
    EXPECT_EQ(refusal(fields.encode()), Code::missing_field) << key;
    ramp.append(4, cbor_number(0));
    fields.at(14) = ramp.encode();
    EXPECT_EQ(refusal(fields.encode()), Code::unknown_field) << key;
  }
}

TEST(Manifest, CarriesContentOrComponentsByItsKind) {
  for (Kind kind : kKinds) {
    Release with_components;
    with_components.kind = kind;
    EXPECT_EQ(refusal(with_components), carries_content(kind) ? Code::bad_manifest : Code::ok);
    const Release with_content = Release::of_content(kind, {'x'});
    EXPECT_EQ(refusal(with_content), carries_content(kind) ? Code::ok : Code::bad_manifest);
    Release both;
    both.kind = kind;
    both.content = {'x'};
    EXPECT_EQ(refusal(both), Code::bad_manifest) << name_of(kind);
  }
}

TEST(Manifest, ListsEntriesIfItIsOfAnAbiPackAndOnlyThen) {
  Release pack;
  pack.kind = Kind::abi_pack;
  Fields fields(pack.encode());
  const auto entries = fields.at(18);
  fields.erase(18);
  EXPECT_EQ(refusal(fields.encode()), Code::bad_manifest);
  Fields firmware(Release().encode());
  firmware.append(18, entries);
  EXPECT_EQ(refusal(firmware.encode()), Code::bad_manifest);
  const auto parsed = Manifest::parse(pack.encode());
  EXPECT_EQ(parsed->entries->count, 1U);
}

TEST(Manifest, RefusesEntriesThatAreNotWhole) {
  Release pack;
  pack.kind = Kind::abi_pack;
  const auto encoded = pack.encode();
  for (const std::int64_t key : {1, 2}) {
    Fields fields(encoded);
    Fields entries(fields.at(18));
    entries.erase(key);
    fields.at(18) = entries.encode();
    EXPECT_EQ(refusal(fields.encode()), Code::missing_field) << key;
  }
  Fields fields(encoded);
  Fields entries(fields.at(18));
  entries.at(2) = cbor_number(kEntriesMax + 1);
  fields.at(18) = entries.encode();
  EXPECT_EQ(refusal(fields.encode()), Code::out_of_range);
}

TEST(Manifest, BoundsContentAndNotes) {
  EXPECT_EQ(refusal(Release::of_content(Kind::advisory, Buffer(kContentMax))), Code::ok);
  EXPECT_EQ(refusal(Release::of_content(Kind::advisory, Buffer(kContentMax + 1))), Code::oversized);
  Release notes;
  notes.notes = std::string(kNotesMax, 'n');
  EXPECT_EQ(refusal(notes), Code::ok);
  notes.notes += 'n';
  EXPECT_EQ(refusal(notes), Code::oversized);
  notes.notes = "bell\a";
  EXPECT_EQ(refusal(notes), Code::bad_text);
}

TEST(Manifest, RefusesMoreThanItsSizeLimitUnread) {
  const Buffer large(kManifestSizeMax + 1);
  EXPECT_EQ(refusal(large), Code::oversized);
}

TEST(Manifest, KeepsItsMeaningOrFailsUnderEveryFlippedByte) {
  // Unproven, a flipped byte may be another valid manifest; it is never the same one.
  const Buffer encoded = full_release().encode();
  const Digest digest = parse(encoded)->digest();
  for (std::size_t at = 0; at < encoded.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      Buffer bad = encoded;
      bad[at] = static_cast<std::uint8_t>(bad[at] ^ 1U << bit);
      const Result<Manifest> parsed = parse(bad);
      if (!parsed) continue;
      ASSERT_NE(parsed->digest(), digest) << at;
      for (std::size_t i = 0; i < parsed->component_count(); ++i) (void)parsed->component(i);
    }
  }
}

}  // namespace
}  // namespace airlock::package
