#include "trust/x509/internal/names.h"

#include <gtest/gtest.h>

#include "trust/x509/internal/der.h"

namespace airlock::x509::internal {
namespace {

Buffer bytes(std::initializer_list<int> values) {
  Buffer made;
  for (const int value : values) made.push_back(static_cast<std::uint8_t>(value));
  return made;
}

TEST(Names, TakeHostsInPreferredNameSyntaxAlone) {
  for (const char* host : {"a", "example.com", "xn--n3h.com", "1.example", "a-b.c0"}) {
    EXPECT_TRUE(is_host(host)) << host;
  }
  for (const char* other :
       {"", ".", ".example.com", "example.com.", "a..b", "foo_bar.com", "-a.com", "a-.com",
        "8.8.8.8", "exa mple.com", "*.example.com", "b\xc3\xbc.de"}) {
    EXPECT_FALSE(is_host(other)) << other;
  }
  EXPECT_FALSE(is_host(std::string(64, 'a')));
  EXPECT_TRUE(is_host(std::string(63, 'a')));
}

TEST(Names, TakeAWildcardAsTheWholeFirstLabelBeforeTwoOthers) {
  EXPECT_TRUE(is_presented_host("*.example.com"));
  for (const char* other :
       {"*", "*.com", "ba*.example.com", "foo.*.example.com", "*.*.example.com"}) {
    EXPECT_FALSE(is_presented_host(other)) << other;
  }
  EXPECT_TRUE(host_matches("*.Example.com", "foo.example.COM"));
  EXPECT_FALSE(host_matches("*.example.com", "example.com"));
  EXPECT_FALSE(host_matches("*.example.com", "a.b.example.com"));
  EXPECT_FALSE(host_matches("*.example.com", "*.example.com"));
}

TEST(Names, TakeMailboxesOfOneHost) {
  EXPECT_TRUE(is_mailbox("foo@example.com"));
  EXPECT_TRUE(is_mailbox("*@example.com"));
  for (const char* other : {"foo", "@example.com", "a@b@example.com", "foo@", "foo@.example.com"}) {
    EXPECT_FALSE(is_mailbox(other)) << other;
  }
}

TEST(Names, WriteAddressesInTheirOneSpelling) {
  EXPECT_EQ(address_text(*address_of("192.0.2.1")), "192.0.2.1");
  for (const char* spelling : {"2001:db8::1", "::", "::1", "1::", "2001:db8:0:1:1:1:1:1",
                               "2001:db8::8a2e:370:7334", "2001:db8::1:0:0:1"}) {
    EXPECT_EQ(address_text(*address_of(spelling)), spelling);
  }
  EXPECT_EQ(address_text(*address_of("2001:DB8:0:0:1:0:0:1")), "2001:db8::1:0:0:1");
  EXPECT_FALSE(address_of("192.0.2"));
  EXPECT_EQ(address_text(bytes({1, 2, 3})), "");
}

TEST(Names, KnowWhatOnlyAnAddressLooksLike) {
  for (const char* address : {"192.168.1.1", "0xC0A80101", "0xC0.0xA8.0x01.0x01", "192.168.001.001",
                              "2001:DB8::1", "127.1"}) {
    EXPECT_TRUE(looks_like_address(address)) << address;
  }
  for (const char* other : {"example.com", "12345", "1.example", "Wallet: one", ""}) {
    EXPECT_FALSE(looks_like_address(other)) << other;
  }
}

// ---- the reader below everything

TEST(Der, RefusesEveryOtherSpellingOfWhatItReads) {
  using der::open;
  EXPECT_TRUE(open(bytes({0x30, 0x00}), der::kSequence));
  const Buffer others[] = {
      bytes({0x30}),                    // no length
      bytes({0x30, 0x80, 0x00, 0x00}),  // indefinite
      bytes({0x30, 0x81, 0x00}),        // a longer length than needed
      bytes({0x30, 0x82, 0x00, 0x01, 0x00}),
      bytes({0x30, 0x01}),        // more than there is
      bytes({0x30, 0x00, 0x00}),  // something behind the end
      bytes({0x3f, 0x10, 0x00}),  // a tag of two bytes
      bytes({0x31, 0x00}),        // another tag
  };
  for (const Buffer& other : others) EXPECT_FALSE(open(other, der::kSequence));
}

TEST(Der, TakesTheShortestIntegerAlone) {
  EXPECT_TRUE(der::Reader(bytes({2, 1, 0x80})).integer());
  EXPECT_TRUE(der::Reader(bytes({2, 2, 0x00, 0x80})).integer());
  EXPECT_FALSE(der::Reader(bytes({2, 2, 0x00, 0x7f})).integer());
  EXPECT_FALSE(der::Reader(bytes({2, 2, 0xff, 0x80})).integer());
  EXPECT_FALSE(der::Reader(bytes({2, 0})).integer());
}

TEST(Der, TakesBooleansAsDerWritesThem) {
  EXPECT_TRUE(*der::Reader(bytes({1, 1, 0xff})).optional_false());
  EXPECT_FALSE(*der::Reader(bytes({2, 1, 0})).optional_false());  // left out
  EXPECT_FALSE(der::Reader(bytes({1, 1, 0x00})).optional_false());
  EXPECT_FALSE(der::Reader(bytes({1, 1, 0x01})).optional_false());
}

Result<std::int64_t> time_of(std::uint8_t tag, std::string_view text) {
  Buffer made = {tag, static_cast<std::uint8_t>(text.size())};
  made.insert(made.end(), text.begin(), text.end());
  return der::Reader(made).time();
}

TEST(Der, ReadsTimesThatExist) {
  EXPECT_EQ(time_of(der::kUtcTime, "700101000000Z"), 0);
  EXPECT_EQ(time_of(der::kUtcTime, "491231235959Z"), 2'524'607'999);
  EXPECT_EQ(time_of(der::kUtcTime, "500101000000Z"), -631'152'000);
  EXPECT_EQ(time_of(der::kGeneralizedTime, "20500101000000Z"), 2'524'608'000);
  EXPECT_TRUE(time_of(der::kUtcTime, "240229000000Z"));
  for (const char* wrong : {"250229000000Z", "241301000000Z", "240101240000Z", "240101006000Z",
                            "2401010000Z", "240101000000", "240101000000+0100", "24010100000xZ"}) {
    EXPECT_FALSE(time_of(der::kUtcTime, wrong)) << wrong;
  }
  EXPECT_FALSE(time_of(der::kGeneralizedTime, "20500101000000.5Z"));
}

}  // namespace
}  // namespace airlock::x509::internal
