#include "trust/x509/revocation.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "host/file/file.h"
#include "trust/x509/internal/fake_authority.h"
#include "trust/x509/x509.h"

namespace airlock::x509 {
namespace {

using namespace std::chrono_literals;
using fakes::Authority;
using fakes::CrlWanted;
using fakes::kDay;
using fakes::Key;
using fakes::kNow;
using fakes::OcspWanted;
using fakes::Wanted;

class FakeClock final : public Clock {
 public:
  Milliseconds now() override { return now_; }
  void pass(Milliseconds time) { now_ += time; }

 private:
  Milliseconds now_{1000};
};

class FakeMemory final : public Memory {
 public:
  Result<bool> holds(const crypto::Digest& id) override {
    if (is_broken) return fail(Code::bad_checksum);
    return ids.contains(id);
  }
  Status add(const crypto::Digest& id) override {
    if (is_broken) return fail(Code::io_failed);
    ids.insert(id);
    return {};
  }
  std::set<crypto::Digest> ids;
  bool is_broken = false;
};

// Answers as it is told to, and keeps the deadline as a Responder must.
class FakeResponder final : public Responder {
 public:
  explicit FakeResponder(FakeClock& clock) : clock_(clock) {}
  Result<Buffer> ask(std::string_view url, Bytes, Milliseconds time_left) override {
    ++asked;
    last_url = url;
    last_time_left = time_left;
    if (drips) {
      // A byte now and then: the answer is never complete, and the deadline ends it.
      while (time_left > 0ms) {
        clock_.pass(100ms);
        time_left -= 100ms;
      }
      return fail(Code::timed_out);
    }
    clock_.pass(takes);
    if (refusal != Code::ok) return fail(refusal);
    return body;
  }
  Result<Buffer> fetch_crl(std::string_view url, Milliseconds time_left) override {
    fetched.emplace_back(url);
    last_time_left = time_left;
    clock_.pass(takes);
    if (crl.empty()) return fail(Code::http_failed);
    return crl;
  }

  Buffer body;
  Code refusal = Code::ok;
  bool drips = false;
  Milliseconds takes{20};
  int asked = 0;
  Buffer crl;
  std::vector<std::string> fetched;
  std::string last_url;
  Milliseconds last_time_left{0};

 private:
  FakeClock& clock_;
};

const Buffer kGarbage = {0x30, 0x03, 0x02, 0x01, 0xff, 0x00};

// A signer below a root, and everything that an authority says about it.
class LadderTest : public testing::Test {
 protected:
  LadderTest() {
    Roots roots;
    EXPECT_TRUE(roots.add(Bytes(root.certificate)));
    std::vector<Certificate> chain;
    auto leaf = Certificate::from_der(root.issue(root.leaf(oid::kCodeSigning), key));
    EXPECT_TRUE(leaf);
    chain.push_back(std::move(*leaf));
    auto found = validate(chain, roots, kNow, Purpose{});
    EXPECT_TRUE(found) << found.error().why;
    path.emplace(std::move(*found));
  }

  // The signer's certificate is one that says this.
  void follow(const Wanted& wanted) {
    Roots roots;
    ASSERT_TRUE(roots.add(Bytes(root.certificate)));
    std::vector<Certificate> chain;
    chain.push_back(std::move(*Certificate::from_der(root.issue(wanted, key))));
    path.emplace(std::move(*validate(chain, roots, kNow, Purpose{})));
  }
  void point_at_crl() {
    Wanted wanted = root.leaf(oid::kCodeSigning);
    wanted.extensions.push_back(fakes::distribution_points());
    follow(wanted);
  }

  Verdict judge() {
    std::vector<Bytes> cache(crls.begin(), crls.end());
    AtHand at_hand;
    if (staple) at_hand.staple = Bytes(*staple);
    at_hand.crls = cache;
    at_hand.nonce = nonce;
    Limits limits;
    limits.freshness.moment = kNow;
    return check(*path, at_hand, limits, {memory, clock, &responder, kept});
  }

  // An answer of the authority, with one thing changed.
  Buffer ocsp(OcspStatus status) const {
    OcspWanted wanted;
    wanted.status = status;
    return root.ocsp(wanted);
  }
  Buffer ocsp_at(std::int64_t this_update, std::int64_t next_update) const {
    OcspWanted wanted;
    wanted.this_update = this_update;
    wanted.next_update = next_update;
    return root.ocsp(wanted);
  }
  Buffer revoking_crl() const {
    CrlWanted wanted;
    wanted.revoked = {5, 7};
    return root.crl(wanted);
  }

  void put_staple(std::string_view state);
  void put_live(std::string_view state);
  void put_crl(std::string_view state);

  Authority root{"root"};
  Authority stranger{"root"};  // of the same name, with another key
  Key key{fakes::KeyKind::ed25519};
  std::optional<Path> path;
  FakeClock clock;
  FakeMemory memory;
  FakeResponder responder{clock};
  CrlCache* kept = nullptr;
  std::optional<Buffer> staple;
  std::vector<Buffer> crls;
  Buffer nonce;
};

void LadderTest::put_staple(std::string_view state) {
  OcspWanted other;
  other.serial = 8;
  staple.reset();
  if (state == "absent") return;
  const std::map<std::string_view, Buffer> made = {
      {"good", ocsp(OcspStatus::good)},
      {"revoked", ocsp(OcspStatus::revoked)},
      {"expired", ocsp_at(kNow - 3 * kDay, kNow - 1)},
      {"garbage", kGarbage},
      {"other serial", root.ocsp(other)},
      {"wrong signer", root.ocsp_by(stranger.key(), "root", {}, {})},
      {"future", ocsp_at(kNow + 301, kNow + kDay)},
  };
  staple = made.at(state);
}

void LadderTest::put_live(std::string_view state) {
  responder.refusal = Code::ok;
  responder.drips = state == "slow drip";
  responder.takes = state == "timeout" ? 5000ms : 20ms;
  if (state == "timeout") responder.refusal = Code::timed_out;
  if (state == "500") responder.refusal = Code::http_failed;
  if (state == "good") responder.body = ocsp(OcspStatus::good);
  if (state == "revoked") responder.body = ocsp(OcspStatus::revoked);
  if (state == "garbage") responder.body = kGarbage;
}

void LadderTest::put_crl(std::string_view state) {
  crls.clear();
  if (state == "missing") return;
  CrlWanted stale;
  stale.this_update = kNow - 3 * kDay;
  stale.next_update = kNow - 1;
  const std::map<std::string_view, Buffer> made = {
      {"fresh", root.crl()},
      {"stale", root.crl(stale)},
      {"revoked", revoking_crl()},
      {"bad signature", stranger.crl()},
  };
  crls.push_back(made.at(state));
}

// ---- the table of docs/formats/certificates.md

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::stringstream row(line.substr(std::min<std::size_t>(line.size(), 2)));
  for (std::string cell; std::getline(row, cell, '|');) {
    const std::size_t begin = cell.find_first_not_of(' ');
    const std::size_t end = cell.find_last_not_of(' ');
    cells.push_back(begin == std::string::npos ? "" : cell.substr(begin, end - begin + 1));
  }
  return cells;
}

struct Cell {
  std::string staple, live, crl, verdict;
};

std::vector<Cell> table() {
  std::vector<Cell> cells;
  std::ifstream page("docs/formats/certificates.md");
  std::vector<std::string> head;
  for (std::string line; std::getline(page, line);) {
    const auto row = line.starts_with("| ") ? cells_of(line) : std::vector<std::string>();
    if (row.size() != 7) {
      if (!line.starts_with("|")) head.clear();
      continue;
    }
    if (row[0] == "staple" && row[1] == "live OCSP") {
      head = row;
    } else if (!head.empty()) {
      for (std::size_t i = 2; i < row.size(); ++i) {
        cells.push_back({row[0], row[1], head[i].substr(4), row[i]});
      }
    }
  }
  return cells;
}

std::string_view word_of(Standing standing) {
  switch (standing) {
    case Standing::good: return "good";
    case Standing::revoked: return "revoked";
    case Standing::unknown: break;
  }
  return "unknown";
}

TEST_F(LadderTest, GivesEveryCombinationTheVerdictOfThePage) {
  const std::vector<Cell> cells = table();
  ASSERT_EQ(cells.size(), 240u);
  std::set<std::string> played;
  for (const Cell& cell : cells) {
    const std::string about = cell.staple + " / " + cell.live + " / " + cell.crl;
    EXPECT_TRUE(played.insert(about).second) << about;
    put_staple(cell.staple);
    put_live(cell.live);
    put_crl(cell.crl);
    memory.ids.clear();
    const Milliseconds begin = clock.now();
    const Verdict verdict = judge();
    EXPECT_EQ(word_of(verdict.standing), cell.verdict) << about << ": " << verdict.why;
    EXPECT_LE((clock.now() - begin).count(), 5050) << about;
    EXPECT_EQ(verdict.status().has_value(), cell.verdict == "good") << about;
    EXPECT_FALSE(verdict.why.empty()) << about;
    // What is refused as revoked is remembered, whatever rung said it.
    EXPECT_EQ(memory.ids.size(), cell.verdict == "revoked" ? 1u : 0u) << about;
  }
}

TEST_F(LadderTest, AsksTheResponderOnlyWhereNothingNearerSettlesIt) {
  put_live("good");
  put_crl("fresh");
  put_staple("good");
  EXPECT_EQ(judge().by, Rung::staple);
  EXPECT_EQ(responder.asked, 0);
  put_staple("garbage");
  EXPECT_EQ(judge().by, Rung::live);
  EXPECT_EQ(responder.asked, 1);
  EXPECT_EQ(responder.last_url, fakes::kResponderUrl);
  put_crl("revoked");
  EXPECT_EQ(judge().by, Rung::crl);
  EXPECT_EQ(responder.asked, 1);
}

TEST_F(LadderTest, RefusesAReplayedGoodOnceItWasRevoked) {
  put_live("timeout");
  put_staple("revoked");
  EXPECT_EQ(judge().standing, Standing::revoked);
  put_staple("good");
  put_live("good");
  put_crl("fresh");
  const Verdict replayed = judge();
  EXPECT_EQ(replayed.standing, Standing::revoked);
  EXPECT_EQ(replayed.by, Rung::memory);
}

TEST_F(LadderTest, TakesARevocationHoweverOldItsProofIs) {
  put_live("timeout");
  OcspWanted old;
  old.status = OcspStatus::revoked;
  old.this_update = kNow - 20 * kDay;
  old.next_update = kNow - 19 * kDay;
  staple = root.ocsp(old);
  EXPECT_EQ(judge().standing, Standing::revoked);
}

TEST_F(LadderTest, SaysWhatEachRungSaidWhereNothingIsKnown) {
  put_staple("expired");
  put_live("500");
  put_crl("bad signature");
  EXPECT_EQ(judge().why,
            "CN=leaf: nothing fresh says that it is not revoked: staple: the OCSP answer's time is "
            "over; live: the OCSP responder gave no answer in time; cache: no key of the issuer "
            "signed the CRL");
}

TEST_F(LadderTest, CountsNothingAsGoodWhereItsMemoryCannotBeRead) {
  put_staple("good");
  memory.is_broken = true;
  EXPECT_EQ(judge().standing, Standing::unknown);
}

TEST_F(LadderTest, DropsAnAnswerThatComesAfterItsDeadline) {
  put_live("good");
  responder.takes = 5001ms;
  EXPECT_EQ(judge().standing, Standing::unknown);
  EXPECT_EQ(responder.last_time_left, 5000ms);
}

TEST_F(LadderTest, RefusesALiveAnswerToAnotherQuestion) {
  nonce = {1, 2, 3, 4};
  OcspWanted wanted;
  wanted.nonce = {1, 2, 3, 5};
  responder.body = root.ocsp(wanted);
  EXPECT_EQ(judge().standing, Standing::unknown);
  wanted.nonce = nonce;
  responder.body = root.ocsp(wanted);
  EXPECT_EQ(judge().standing, Standing::good);
}

TEST_F(LadderTest, TakesOneGarbageCrlForNoCrl) {
  put_live("timeout");
  crls = {kGarbage, root.crl()};
  EXPECT_EQ(judge().standing, Standing::good);
  crls = {kGarbage, root.crl(), revoking_crl()};
  EXPECT_EQ(judge().standing, Standing::revoked);
}

TEST_F(LadderTest, TakesAnAnswerOfAResponderWhoseClockIsAheadALittle) {
  put_live("timeout");
  staple = ocsp_at(kNow + 300, kNow + kDay);
  EXPECT_EQ(judge().standing, Standing::good);
}

// ---- fetching the CRL

TEST_F(LadderTest, FetchesTheCrlWhereNothingElseSettlesIt) {
  point_at_crl();
  put_live("500");
  responder.crl = root.crl();
  EXPECT_EQ(judge().by, Rung::crl);
  EXPECT_EQ(responder.fetched, std::vector<std::string>{std::string(fakes::kCrlUrl)});
  responder.crl = revoking_crl();
  EXPECT_EQ(judge().standing, Standing::revoked);
}

TEST_F(LadderTest, FetchesTheCrlHoweverManyThatHelpNobodyCameAlong) {
  point_at_crl();
  put_live("500");
  crls.assign(kCrlsMax, stranger.crl());
  responder.crl = root.crl();
  EXPECT_EQ(judge().by, Rung::crl);
}

TEST_F(LadderTest, FetchesFromNoMorePlacesThanItsLimit) {
  Wanted wanted = root.leaf(oid::kCodeSigning);
  wanted.extensions.push_back(fakes::distribution_points(kFetchesMax + 1));
  follow(wanted);
  put_live("500");
  EXPECT_EQ(judge().standing, Standing::unknown);
  EXPECT_EQ(responder.fetched.size(), kFetchesMax);
}

TEST_F(LadderTest, FetchesNoCrlWhereSomethingNearerSettlesIt) {
  point_at_crl();
  responder.crl = revoking_crl();
  put_live("good");
  EXPECT_EQ(judge().standing, Standing::good);
  put_live("garbage");
  put_crl("fresh");
  EXPECT_EQ(judge().standing, Standing::good);
  EXPECT_TRUE(responder.fetched.empty());
}

TEST_F(LadderTest, TakesAFetchedCrlThatIsGarbageStaleOrLateForNone) {
  point_at_crl();
  put_live("500");
  responder.crl = kGarbage;
  EXPECT_EQ(judge().standing, Standing::unknown);
  responder.crl = stranger.crl();
  EXPECT_EQ(judge().standing, Standing::unknown);
  responder.crl = root.crl();
  responder.takes = 2600ms;  // of the question before it too
  EXPECT_EQ(judge().standing, Standing::unknown);
  EXPECT_EQ(responder.last_time_left, 2400ms);
}

TEST_F(LadderTest, FollowsNoOtherSchemeThanHttp) {
  Wanted wanted = root.leaf(oid::kCodeSigning);
  wanted.extensions.pop_back();
  const Buffer access =
      fakes::sequence({fakes::tlv(der::kOid, oid::kOcsp),
                       fakes::tlv(der::primitive(6), fakes::text_bytes("https://ocsp.example/"))});
  wanted.extensions.push_back({oid::kAuthorityInfoAccess, fakes::sequence({access}), false});
  follow(wanted);
  put_live("good");
  EXPECT_EQ(judge().standing, Standing::unknown);
  EXPECT_EQ(responder.asked, 0);
}

// ---- who may answer for an authority

TEST_F(LadderTest, TakesADelegateThatTheIssuerMadeForOcspAndNoOther) {
  const Key delegate_key;
  Wanted wanted;
  wanted.subject = "responder";
  wanted.extensions = {fakes::usage_for(oid::kOcspSigning),
                       fakes::authority_key_id(root.key()),
                       {oid::kOcspNoCheck, Buffer{5, 0}}};
  const auto standing_with = [&](const Wanted& one, const Authority& issuer) {
    staple = root.ocsp_by(delegate_key, "responder", {}, issuer.issue(one, delegate_key));
    put_live("timeout");
    return judge().standing;
  };
  EXPECT_EQ(standing_with(wanted, root), Standing::good);
  EXPECT_EQ(standing_with(wanted, stranger), Standing::unknown);
  Wanted expired = wanted;
  expired.not_after = kNow - 1;
  EXPECT_EQ(standing_with(expired, root), Standing::unknown);
  Wanted unchecked = wanted;
  unchecked.extensions.pop_back();
  EXPECT_EQ(standing_with(unchecked, root), Standing::unknown);
  Wanted for_code = wanted;
  for_code.extensions[0] = fakes::usage_for(oid::kCodeSigning);
  EXPECT_EQ(standing_with(for_code, root), Standing::unknown);
}

// ---- the other certificates of a path

TEST_F(LadderTest, AsksAboutIntermediatesToo) {
  const Authority middle("middle", root);
  Roots roots;
  ASSERT_TRUE(roots.add(Bytes(root.certificate)));
  std::vector<Certificate> chain;
  for (const Buffer& der :
       {middle.issue(middle.leaf(oid::kCodeSigning), key), middle.certificate}) {
    chain.push_back(std::move(*Certificate::from_der(der)));
  }
  path.emplace(std::move(*validate(chain, roots, kNow, Purpose{})));
  put_live("timeout");
  crls = {middle.crl()};
  EXPECT_EQ(judge().standing, Standing::unknown);
  crls = {middle.crl(), root.crl()};
  EXPECT_EQ(judge().standing, Standing::good);
  CrlWanted revoking;
  revoking.revoked = {2};  // the intermediate's serial
  crls = {middle.crl(), root.crl(revoking)};
  const Verdict verdict = judge();
  EXPECT_EQ(verdict.standing, Standing::revoked);
  EXPECT_EQ(verdict.why, "CN=middle: a CRL of its issuer lists it");
}

// ---- the folder

crypto::Digest digest(std::uint8_t first) {
  crypto::Digest made;
  made.bytes[0] = first;
  return made;
}

class FolderMemoryTest : public testing::Test {
 protected:
  // A folder of its own: the same tests may run elsewhere on the machine.
  FolderMemoryTest() {
    std::string name = testing::TempDir() + "/x509_memory_XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~FolderMemoryTest() override {
    file::set_interruption(nullptr);
    std::filesystem::remove_all(folder_);
  }
  std::filesystem::path folder_;
};

TEST_F(FolderMemoryTest, RemembersAcrossProcesses) {
  EXPECT_FALSE(*FolderMemory(folder_).holds(digest(1)));
  ASSERT_TRUE(FolderMemory(folder_).add(digest(1)));
  ASSERT_TRUE(FolderMemory(folder_).add(digest(2)));
  ASSERT_TRUE(FolderMemory(folder_).add(digest(2)));
  EXPECT_TRUE(*FolderMemory(folder_).holds(digest(1)));
  EXPECT_TRUE(*FolderMemory(folder_).holds(digest(2)));
  EXPECT_FALSE(*FolderMemory(folder_).holds(digest(3)));
}

TEST_F(FolderMemoryTest, RefusesEveryFlippedBitAndEveryTruncation) {
  ASSERT_TRUE(FolderMemory(folder_).add(digest(1)));
  const auto path = folder_ / "revoked";
  const auto read = file::read(path, 4096);
  ASSERT_TRUE(read);
  const Buffer& whole = *read;
  for (std::size_t bit = 0; bit < whole.size() * 8; bit += 3) {
    Buffer flipped = whole;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    ASSERT_TRUE(file::replace(path, flipped));
    EXPECT_FALSE(FolderMemory(folder_).holds(digest(1))) << bit;
  }
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    ASSERT_TRUE(file::replace(path, Bytes(whole).first(size)));
    EXPECT_FALSE(FolderMemory(folder_).holds(digest(1))) << size;
  }
}

TEST_F(FolderMemoryTest, KnowsNobodyAsGoodOnceItIsFull) {
  Buffer file = fakes::text_bytes("airlock-revoked-1\n");
  const auto append = [&file](const crypto::Digest& id) {
    file.insert(file.end(), id.bytes.begin(), id.bytes.end());
  };
  const auto write = [&] {
    Buffer whole = file;
    const crypto::Digest check = crypto::sha256(whole);
    whole.insert(whole.end(), check.bytes.begin(), check.bytes.end());
    ASSERT_TRUE(file::replace(folder_ / FolderMemory::kFileName, whole));
  };
  for (std::size_t i = 0; i + 1 < FolderMemory::kEntriesMax; ++i) append(digest(1));
  write();
  FolderMemory memory(folder_);
  EXPECT_FALSE(*memory.holds(digest(2)));
  ASSERT_TRUE(memory.add(digest(2)));
  EXPECT_TRUE(*memory.holds(digest(1)));
  EXPECT_EQ(memory.holds(digest(3)).error().code, Code::too_many);
  EXPECT_EQ(memory.add(digest(3)).error().code, Code::too_many);
}

// ---- the CRLs that are kept

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

int operations_left = 0;

TEST_F(FolderMemoryTest, HoldsTheOldListOrTheNewOneAfterACutAtAnyOperation) {
  ASSERT_TRUE(FolderMemory(folder_).add(digest(1)));
  bool was_cut = true;
  for (int cut = 0; was_cut; ++cut) {
    ASSERT_LT(cut, 100);
    operations_left = cut;
    file::set_interruption([](std::string_view, const file::Path&) {
      return operations_left-- > 0 ? Code::ok : Code::io_failed;
    });
    was_cut = !FolderMemory(folder_).add(digest(2));
    file::set_interruption(nullptr);
    const auto held = FolderMemory(folder_).holds(digest(1));
    ASSERT_TRUE(held) << cut;
    EXPECT_TRUE(*held) << cut;
  }
  EXPECT_TRUE(*FolderMemory(folder_).holds(digest(2)));
}

}  // namespace
}  // namespace airlock::x509
