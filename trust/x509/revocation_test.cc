#include "trust/x509/revocation_test.h"

#include <fstream>
#include <set>
#include <sstream>

namespace airlock::x509 {
namespace {

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

}  // namespace
}  // namespace airlock::x509
