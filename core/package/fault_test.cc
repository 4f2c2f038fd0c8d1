// Whoever made a wrong package is told the field, as far in as it has a name.
#include "core/package/fault.h"

#include <gtest/gtest.h>

#include <string>

#include "core/package/package.h"
#include "tests/fakes/fields.h"
#include "tests/fakes/signers.h"

namespace airlock::package {
namespace {

using fakes::Buffer;
using fakes::cbor_bytes;
using fakes::cbor_number;
using fakes::cbor_text;
using fakes::Encoding;
using fakes::Fields;
using fakes::Items;
using fakes::Release;

std::string in_manifest(Bytes manifest) { return std::string(fault_in_manifest(manifest).view()); }
std::string in_keyring(Bytes keyring) { return std::string(fault_in_keyring(keyring).view()); }

Buffer keyring_bytes() {
  const fakes::Signers cast;
  return {cast.keyring_encoded().begin(), cast.keyring_encoded().end()};
}

// The same map with one value put in another's place.
Encoding with(Bytes map, std::int64_t key, const Encoding& value) {
  Fields fields(map);
  fields.at(key) = value;
  return fields.encode();
}

Encoding without(Bytes map, std::int64_t key) {
  Fields fields(map);
  fields.erase(key);
  return fields.encode();
}

// The same array with its last item changed.
template <class Change>
Encoding with_last(Bytes array, Change change) {
  Items items(array);
  items.items.back() = change(Bytes(items.items.back()));
  return items.encode();
}

Buffer release() {
  Release made;
  made.models = {"wallet-one", "wallet-two"};
  made.components.push_back(Release::component("radio", 70'000));
  made.components[1].payloads.push_back(Release::patch(9000, crypto::sha256({}), 99'000));
  return made.encode();
}

// What is said where the last component's last item of one of its lists is changed.
template <class Change>
std::string in_last(std::int64_t list, Change change) {
  Fields manifest(release());
  manifest.at(17) = with_last(manifest.at(17), [&](Bytes component) {
    Fields fields(component);
    fields.at(list) = with_last(fields.at(list), change);
    return fields.encode();
  });
  return in_manifest(manifest.encode());
}

TEST(Fault, IsNowhereInWhatIsRight) {
  EXPECT_EQ(in_manifest(release()), "");
  EXPECT_EQ(in_keyring(keyring_bytes()), "");
}

TEST(Fault, NamesTheFieldWhoseValueIsWrong) {
  const auto starts = [](const std::string& text, const std::string& with) {
    EXPECT_TRUE(text.starts_with(with + ", byte ")) << text << " not " << with;
  };
  starts(in_manifest(with(release(), 4, cbor_text("one"))), "manifest field \"version\"");
  starts(in_manifest(with(release(), 6, cbor_text("now"))), "manifest field \"created\"");
  starts(in_manifest(with(release(), 3, Encoding{0x80})), "manifest field \"models\"");
  starts(in_manifest(with(release(), 13, cbor_number(99))), "manifest field \"data version min\"");
  starts(
      in_manifest(with(release(), 3,
                       with_last(Fields(release()).at(3), [](Bytes) { return cbor_text("a b"); }))),
      "manifest field \"models[1]\"");
}

TEST(Fault, NamesTheFieldInsideComponents) {
  const auto in_image = [](std::int64_t key, const Encoding& value) {
    return in_last(2, [&](Bytes image) { return with(image, key, value); });
  };
  const auto in_payload = [](std::int64_t key, const Encoding& value) {
    return in_last(3, [&](Bytes payload) { return with(payload, key, value); });
  };
  const auto names = [](const std::string& text, const std::string& path) {
    EXPECT_TRUE(text.starts_with("manifest field \"" + path + "\", byte ")) << text;
  };
  names(in_image(3, cbor_bytes(Buffer(31))), "components[1].images[0].digest");
  names(in_image(2, cbor_number(0)), "components[1].images[0]");
  names(in_payload(10, cbor_text("x")), "components[1].payloads[1].base digest");
  names(in_payload(1, cbor_number(3)), "components[1].payloads[1].type");
  names(in_payload(9, cbor_number(0)), "components[1].payloads[1]");
}

TEST(Fault, NamesWhatIsMissing) {
  EXPECT_EQ(in_manifest(without(release(), 4)), "manifest field \"version\"");
  EXPECT_EQ(in_last(2, [](Bytes image) { return without(image, 3); }),
            "manifest field \"components[1].images[0].digest\"");
  // Nothing is wrong with a field that is not there: it is the kind that asks for it.
  EXPECT_TRUE(in_manifest(without(release(), 17)).starts_with("manifest field \"kind\""));
}

TEST(Fault, PointsAtTheByteOfTheField) {
  const Encoding manifest = with(release(), 4, cbor_text("rubbish"));
  const std::string text = in_manifest(manifest);
  const std::size_t at = std::stoul(text.substr(text.rfind(' ')));
  ASSERT_LT(at + 7, manifest.size());
  EXPECT_EQ(text_of(Bytes(manifest).subspan(at + 1, 7)), "rubbish");
}

TEST(Fault, NamesTheFieldOfAKeyring) {
  const Buffer keyring = keyring_bytes();
  const auto names = [](const std::string& text, const std::string& path) {
    EXPECT_TRUE(text.starts_with("keyring field \"" + path + "\"")) << text;
  };
  names(in_keyring(with(keyring, 2, cbor_number(0))), "version");
  names(in_keyring(without(keyring, 6)), "policies");
  const auto with_key = [&](std::int64_t field, const Encoding& value) {
    Fields fields(keyring);
    Items keys(fields.at(5));
    keys.items[2] = with(keys.items[2], field, value);
    fields.at(5) = keys.encode();
    return in_keyring(fields.encode());
  };
  names(with_key(3, cbor_number(200)), "keys[2]");
  names(with_key(4, cbor_text("a\nb")), "keys[2]");
  names(with_key(2, cbor_text("x")), "keys[2].public key");
  Fields with_log(keyring);
  with_log.append(8, fakes::cbor([](codec::CborWriter& writer) {
                    writer.write_map(1);
                    writer.write_unsigned(1);
                    writer.write_unsigned(2);
                  }));
  names(in_keyring(with_log.encode()), "log.origin");
}

TEST(Fault, TellsAWrongEnvelopeFromAWrongManifest) {
  const Buffer manifest = with(release(), 4, cbor_text("rubbish"));
  Buffer room(64 << 10);
  const Bytes envelope = *encode_envelope(manifest, {}, room);
  EXPECT_TRUE(fault_in_envelope(envelope).view().starts_with("manifest field \"version\""));
  EXPECT_EQ(fault_in_envelope(envelope.first(20)).view().substr(0, 5), "byte ");
  EXPECT_TRUE(fault_in_envelope(envelope.first(20)).view().ends_with(" of the envelope"));
}

TEST(Fault, EndsOnAnyBytes) {
  const Buffer whole = release();
  for (std::size_t size = 0; size < 200; ++size) {
    Buffer cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_NE(in_manifest(cut), "");
    if (size > 0) cut.back() = 0xff;
    EXPECT_NE(in_manifest(cut), "");
  }
}

}  // namespace
}  // namespace airlock::package
