// The CRLs that were found authentic, kept for the next check.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "host/file/file.h"
#include "trust/x509/revocation_test.h"

namespace airlock::x509 {
namespace {

class CrlCacheTest : public LadderTest {
 protected:
  CrlCacheTest() { kept = &cache; }
  ~CrlCacheTest() override { std::filesystem::remove_all(folder_); }
  CrlWanted issued_at(std::int64_t moment) const {
    CrlWanted wanted;
    wanted.this_update = moment;
    return wanted;
  }
  static std::filesystem::path new_folder() {
    std::string name = testing::TempDir() + "/x509_crls_XXXXXX";
    return ::mkdtemp(name.data());
  }
  std::filesystem::path folder_ = new_folder();
  FolderCrls cache{folder_ / "crls"};
};

TEST_F(CrlCacheTest, KnowsARevocationThatItSawBeforeAnybodyAsked) {
  put_live("timeout");
  CrlWanted wanted;
  wanted.revoked = {9};
  crls = {root.crl(wanted)};
  EXPECT_EQ(judge().standing, Standing::good);
  // Another certificate, which the CRL of that time lists; the host brings a good staple alone.
  Wanted other = root.leaf(oid::kCodeSigning);
  other.serial = 9;
  follow(other);
  crls.clear();
  OcspWanted good;
  good.serial = 9;
  staple = root.ocsp(good);
  EXPECT_EQ(judge().standing, Standing::revoked);
}

TEST_F(CrlCacheTest, ServesWhereNoCrlComesAlong) {
  put_live("timeout");
  crls = {root.crl()};
  EXPECT_EQ(judge().standing, Standing::good);
  crls.clear();
  EXPECT_EQ(judge().by, Rung::crl);
}

TEST_F(CrlCacheTest, ServesHoweverManyThatHelpNobodyComeAlong) {
  put_live("timeout");
  crls = {root.crl()};
  EXPECT_EQ(judge().standing, Standing::good);
  crls.assign(kCrlsMax, stranger.crl());
  EXPECT_EQ(judge().by, Rung::crl);
}

TEST_F(CrlCacheTest, KeepsTheNewestAuthenticOneOfEachIssuer) {
  put_live("timeout");
  const Buffer older = root.crl(issued_at(kNow - 2 * kDay));
  const Buffer newer = root.crl(issued_at(kNow - kDay));
  for (const Buffer& crl : {newer, older, stranger.crl(issued_at(kNow)), kGarbage}) {
    crls = {crl};
    (void)judge();
  }
  EXPECT_EQ(cache.load(), std::vector<Buffer>{newer});
}

TEST_F(CrlCacheTest, TakesADamagedFileForNone) {
  put_live("timeout");
  const Buffer crl = root.crl();
  crls = {crl};
  (void)judge();
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "crls")) {
    ASSERT_TRUE(file::replace(entry.path(), kGarbage));
  }
  crls.clear();
  EXPECT_EQ(judge().standing, Standing::unknown);
  crls = {crl};
  EXPECT_EQ(judge().standing, Standing::good);
  EXPECT_EQ(cache.load(), std::vector<Buffer>{crl});
}

TEST_F(CrlCacheTest, HoldsNoMoreFilesThanItsLimit) {
  for (std::size_t i = 0; i < FolderCrls::kFilesMax + 2; ++i) {
    const Authority one("authority " + std::to_string(i));
    cache.keep(*Crl::from_der(one.crl()));
  }
  EXPECT_EQ(cache.load().size(), FolderCrls::kFilesMax);
}

}  // namespace
}  // namespace airlock::x509
