// What travels with a release: one encoding, nothing judged.
#include "trust/x509/bundle.h"

#include <gtest/gtest.h>

#include "tests/fakes/fields.h"
#include "trust/x509/internal/fake_authority.h"

namespace airlock::x509 {
namespace {

using fakes::Authority;
using fakes::Key;
namespace cbor = airlock::fakes;

Bundle whole() {
  Bundle bundle;
  bundle.leaves = {{{1, 2}, {3}}, {{4}, {}}};
  bundle.authorities = {{5}, {6, 7}};
  bundle.crls = {{8}};
  return bundle;
}

Code refusal(Bytes encoded) {
  const auto bundle = Bundle::parse(encoded);
  return bundle ? Code::ok : bundle.error().code;
}

TEST(BundleTest, ReadsBackWhatItWrote) {
  const Bundle read = *Bundle::parse(*whole().encode());
  ASSERT_EQ(read.leaves.size(), 2u);
  EXPECT_EQ(read.leaves[0].certificate, (Buffer{1, 2}));
  EXPECT_EQ(read.leaves[0].staple, Buffer{3});
  EXPECT_TRUE(read.leaves[1].staple.empty());
  EXPECT_EQ(read.authorities, whole().authorities);
  EXPECT_EQ(read.crls, whole().crls);
  EXPECT_EQ(read.encode(), whole().encode());
}

TEST(BundleTest, IsEmptyWhereNothingCame) {
  EXPECT_TRUE(Bundle::parse({})->leaves.empty());
  EXPECT_TRUE(Bundle::parse(*Bundle{}.encode())->leaves.empty());
}

TEST(BundleTest, HasOneEncoding) {
  const Buffer encoded = *whole().encode();
  const auto with = [&](auto change) {
    cbor::Fields fields{Bytes(encoded)};
    change(fields);
    return refusal(fields.encode());
  };
  const cbor::Encoding none = cbor::Items().encode();
  EXPECT_EQ(with([](cbor::Fields&) {}), Code::ok);
  EXPECT_EQ(with([](cbor::Fields& it) { it.erase(1); }), Code::missing_field);
  EXPECT_EQ(with([](cbor::Fields& it) { it.at(1) = cbor::cbor_number(2); }),
            Code::unsupported_version);
  EXPECT_EQ(with([](cbor::Fields& it) { it.entries[3].first = 5; }), Code::unknown_field);
  EXPECT_EQ(with([](cbor::Fields& it) { std::swap(it.entries[2], it.entries[3]); }),
            Code::not_canonical);
  for (const std::int64_t key : {2, 3, 4}) {
    EXPECT_EQ(with([&](cbor::Fields& it) { it.at(key) = none; }), Code::not_canonical) << key;
    EXPECT_EQ(with([&](cbor::Fields& it) { it.at(key) = cbor::cbor_number(1); }), Code::wrong_type);
  }
  const auto with_leaf = [&](auto change) {
    return with([&](cbor::Fields& it) {
      cbor::Items leaves(it.at(2));
      cbor::Fields leaf(leaves.items[0]);
      change(leaf);
      leaves.items[0] = leaf.encode();
      it.at(2) = leaves.encode();
    });
  };
  EXPECT_EQ(with_leaf([](cbor::Fields& leaf) { leaf.erase(1); }), Code::missing_field);
  EXPECT_EQ(with_leaf([](cbor::Fields& leaf) { leaf.entries[1].first = 3; }), Code::unknown_field);
  EXPECT_EQ(with_leaf([](cbor::Fields& leaf) { leaf.at(2) = cbor::cbor_bytes({}); }),
            Code::not_canonical);
  for (std::size_t size = 1; size < encoded.size(); ++size) {
    EXPECT_NE(refusal(Bytes(encoded).first(size)), Code::ok) << size;
  }
  Buffer longer = encoded;
  longer.push_back(0);
  EXPECT_EQ(refusal(longer), Code::trailing_bytes);
}

TEST(BundleTest, KeepsItsLimits) {
  Bundle many = whole();
  many.leaves.resize(kBundleLeavesMax, {{1}, {}});
  many.authorities.resize(kBundleAuthoritiesMax, {1});
  many.crls.resize(kBundleCrlsMax, {1});
  EXPECT_TRUE(many.encode());
  for (const auto add : {+[](Bundle& it) { it.leaves.push_back({{1}, {}}); },
                         +[](Bundle& it) { it.authorities.push_back({1}); },
                         +[](Bundle& it) { it.crls.push_back({1}); }}) {
    Bundle more = many;
    add(more);
    EXPECT_EQ(more.encode().error().code, Code::too_many);
  }
  Bundle large = whole();
  large.leaves[0].certificate.resize(kCertificateSizeMax + 1);
  EXPECT_EQ(large.encode().error().code, Code::oversized);
  large = whole();
  large.leaves[0].staple.resize(kOcspSizeMax + 1);
  EXPECT_EQ(large.encode().error().code, Code::oversized);
  large = whole();
  large.crls[0].resize(kBundleSizeMax);
  EXPECT_EQ(large.encode().error().code, Code::oversized);
  EXPECT_EQ(refusal(Buffer(kBundleSizeMax + 1)), Code::oversized);
}

TEST(BundleTest, MakesAChainOfALeafAndWhatCanBeRead) {
  const Authority root("root");
  const Authority middle("middle", root);
  const Key key;
  Bundle bundle;
  bundle.leaves = {{middle.issue(middle.leaf(oid::kCodeSigning), key), {}}, {{0x30}, {}}};
  bundle.authorities = {{0x30, 0x03}, middle.certificate};
  const auto chain = bundle.chain_of(0);
  ASSERT_TRUE(chain);
  ASSERT_EQ(chain->size(), 2u);
  EXPECT_EQ((*chain)[0].subject_text(), "CN=leaf");
  EXPECT_EQ((*chain)[1].subject_text(), "CN=middle");
  EXPECT_FALSE(bundle.chain_of(1));
}

}  // namespace
}  // namespace airlock::x509
