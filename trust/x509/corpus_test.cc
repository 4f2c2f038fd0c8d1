// Published cases that others keep: NIST PKITS, x509-limbo, and BoringSSL's OCSP and CRL cases.
// They live outside the repository (AIRLOCK_CORPUS, or ../shared/corpus beside it); the tests are
// skipped where they are absent. What a case of theirs states and we refuse on purpose stands in a
// list here, each with its reason.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "host/text/text.h"
#include "tests/fakes/corpus.h"
#include "trust/x509/x509.h"

namespace airlock::x509 {
namespace {

using nlohmann::json;
using namespace std::string_literals;

std::filesystem::path corpus(const char* name) {
  return fakes::corpus_file(std::string("crypto/") + name);
}

std::string read_text(const std::filesystem::path& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// Tells tools/corpus.py how many cases were judged as published, and which were not, and why.
class Counted {
 public:
  ~Counted() {
    testing::Test::RecordProperty("vectors", static_cast<int>(agreed));
    testing::Test::RecordProperty("excepted", excepted_);
  }
  void except(const std::string& id, const char* why) { excepted_ += id + "|" + why + "\n"; }

  std::size_t agreed = 0;

 private:
  std::string excepted_;
};

// ---- x509-limbo

// Cases of the whole published suite that are judged otherwise here, each with its reason. Those of
// the first list state FAILURE and are accepted; they are about the public web, whose suffixes and
// common names say nothing about a signer of ours or about a server under a root of ours.
const std::map<std::string, const char*> kWebOnly = {
    {"webpki::san::public-suffix-multi-label-wildcard-san",
     "takes the Public Suffix List, which a device does not carry"},
    {"webpki::san::public-suffix-private-namespace-wildcard-san",
     "takes the Public Suffix List, which a device does not carry"},
    {"webpki::cn::not-in-san", "common names are never compared with a host's name"},
    {"webpki::cn::punycode-not-in-san", "common names are never compared with a host's name"},
};
// These state SUCCESS and are refused: where RFC 5280 and the Baseline Requirements contradict each
// other, the suite holds both cases, and the stricter of the two is ours.
const std::map<std::string, const char*> kStricter = {
    {"rfc5280::ca-as-leaf", "contradicts webpki::ca-as-leaf: no authority ends a path"},
    {"pathlen::validation-ignores-pathlen-in-leaf", "as rfc5280::ca-as-leaf"},
    {"rfc5280::eku::ee-without-eku", "contradicts webpki::eku::ee-without-eku: a use is stated"},
    {"webpki::nc::permitted-dns-match-noncritical",
     "contradicts rfc5280::nc::permitted-dns-match-noncritical: constraints are critical"},
};

std::int64_t moment_of(const json& one) {
  const json& stated = one.at("validation_time");
  if (stated.is_null()) return 1'767'225'600;  // 2026-01-01: such cases hold for centuries
  const std::string text = stated;
  return *text::from_time(text.substr(0, 19) + "Z");  // whole seconds, rounded down
}

Purpose purpose_of(const json& one) {
  Purpose purpose;
  purpose.use = one.at("validation_kind") == "CLIENT" ? Use::client : Use::server;
  static const std::map<std::string, NameForm> kForms = {
      {"DNS", NameForm::dns}, {"IP", NameForm::ip}, {"RFC822", NameForm::email}};
  const auto add = [&](const json& name) {
    purpose.names.push_back({kForms.at(name.at("kind")), name.at("value")});
  };
  if (!one.at("expected_peer_name").is_null()) add(one.at("expected_peer_name"));
  for (const json& name : one.at("expected_peer_names")) add(name);
  if (!one.at("max_chain_depth").is_null()) purpose.intermediates_max = one.at("max_chain_depth");
  return purpose;
}

std::vector<Crl> crls_of(const json& one) {
  std::vector<Crl> crls;
  if (!one.contains("crls")) return crls;
  for (const json& pem : one.at("crls")) {
    const auto blocks = blocks_of(pem.get<std::string>(), "X509 CRL");
    for (const Buffer& block : *blocks) {
      if (auto crl = Crl::from_der(block)) crls.push_back(std::move(*crl));
    }
  }
  return crls;
}

// What the case gets here: nothing, or why it is refused.
std::expected<void, std::string> run_limbo(const json& one) {
  std::string pems = one.at("peer_certificate").get<std::string>();
  for (const json& pem : one.at("untrusted_intermediates")) pems += pem.get<std::string>();
  Roots roots;
  for (const json& pem : one.at("trusted_certs")) {
    const auto blocks = blocks_of(pem.get<std::string>(), "CERTIFICATE");
    for (const Buffer& block : *blocks) {
      if (const auto added = roots.add(Bytes(block)); !added) {
        return std::unexpected("root: "s + std::string(name(added.error().code)));
      }
    }
  }
  const auto chain = certificates_of(pems);
  if (!chain) return std::unexpected("chain: "s + std::string(name(chain.error().code)));
  const std::int64_t moment = moment_of(one);
  const auto path = validate(*chain, roots, moment, purpose_of(one));
  if (!path) return std::unexpected(path.error().why);
  // A CRL's age is not the suite's subject: its CRLs are as old as their validity allows.
  const Freshness freshness{moment, moment, Profile::airlock, false};
  const Finding finding = find_in_crls(path->certificates(), crls_of(one), {}, freshness);
  const bool is_fine = finding.answer == Answer::good || finding.answer == Answer::absent;
  if (!is_fine) return std::unexpected(finding.why);
  return {};
}

TEST(LimboCorpus, IsJudgedAsPublished) {
  const auto path = corpus("x509-limbo/limbo.public.json");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no corpus at " << path;
  const json file = json::parse(std::ifstream(path));
  const json& cases = file.at("testcases");
  Counted counted;
  for (const json& one : cases) {
    const std::string id = one.at("id");
    const bool expected = one.at("expected_result") == "SUCCESS";
    const auto verdict = run_limbo(one);
    if (verdict.has_value() == expected) {
      ++counted.agreed;
      continue;
    }
    const auto& list = expected ? kStricter : kWebOnly;
    const auto listed = list.find(id);
    EXPECT_NE(listed, list.end()) << id << (verdict ? ": accepted" : ": " + verdict.error());
    if (listed != list.end()) counted.except(id, listed->second);
  }
  std::printf("x509-limbo: %zu of %zu as published, the others on a list\n", counted.agreed,
              cases.size());
}

// ---- NIST PKITS

// Cases that state "valid" and are refused on purpose.
const std::map<std::string, const char*> kPkitsRefused = {
    {"4.1.4", "DSA is not taken"},
    {"4.1.5", "DSA is not taken"},
};

const std::map<std::string, std::string> kTestPolicies = {
    {"anyPolicy", "2.5.29.32.0"},
    {"NIST-test-policy-1", "2.16.840.1.101.3.2.1.48.1"},
    {"NIST-test-policy-2", "2.16.840.1.101.3.2.1.48.2"},
    {"NIST-test-policy-3", "2.16.840.1.101.3.2.1.48.3"},
    {"NIST-test-policy-4", "2.16.840.1.101.3.2.1.48.4"},
    {"NIST-test-policy-5", "2.16.840.1.101.3.2.1.48.5"},
    {"NIST-test-policy-6", "2.16.840.1.101.3.2.1.48.6"},
    {"NIST-test-policy-7", "2.16.840.1.101.3.2.1.48.7"},
    {"NIST-test-policy-8", "2.16.840.1.101.3.2.1.48.8"},
};

// The inputs of RFC 5280, 6.1.1 that a case states.
Purpose pkits_purpose(const json& info) {
  Purpose purpose;
  purpose.use = Use::path;
  const auto is_set = [&](const char* name) { return info.value(name, "") == "true"; };
  purpose.policies.explicit_policy = is_set("SetInitialExplicitPolicy");
  purpose.policies.inhibit_mapping = is_set("SetInitialPolicyMappingInhibit");
  purpose.policies.inhibit_any = is_set("SetInitialInhibitAnyPolicy");
  if (info.contains("SetInitialPolicySet")) {
    for (const json& policy : info.at("SetInitialPolicySet")) {
      purpose.policies.accepted.push_back(kTestPolicies.at(policy));
    }
  }
  return purpose;
}

// Each certificate of the path but the root must be known not to be revoked.
std::expected<void, std::string> check_each(const Path& path, std::span<const Crl> crls,
                                            std::span<const Certificate> others,
                                            const Freshness& freshness) {
  for (std::size_t i = 0; i + 1 < path.certificates().size(); ++i) {
    const auto finding = find_in_crls(path.certificates().subspan(i), crls, others, freshness);
    if (finding.answer != Answer::good) return std::unexpected(finding.why);
  }
  return {};
}

std::expected<void, std::string> run_pkits(const json& one, std::int64_t moment) {
  std::vector<Certificate> chain;
  Roots roots;
  const json& names = one.at("certs");
  for (std::size_t i = names.size(); i-- > 0;) {
    const auto der = read_text(corpus("pkits/certs") / (names[i].get<std::string>() + ".crt"));
    auto read = Certificate::from_der(bytes_of(der));
    if (!read) return std::unexpected(std::string(name(read.error().code)));
    if (i == 0) {
      EXPECT_TRUE(roots.add(bytes_of(der)));
    } else {
      chain.push_back(std::move(*read));
    }
  }
  std::vector<Crl> crls;
  for (const json& crl : one.at("crls")) {
    const auto der = read_text(corpus("pkits/crls") / (crl.get<std::string>() + ".crl"));
    if (auto read = Crl::from_der(bytes_of(der))) crls.push_back(std::move(*read));
  }
  const auto path = validate(chain, roots, moment, pkits_purpose(one.at("info")));
  if (!path) return std::unexpected(path.error().why);
  const Freshness freshness{moment, moment, Profile::published, true};
  return check_each(*path, crls, chain, freshness);
}

TEST(PkitsCorpus, IsJudgedAsPublished) {
  const auto path = corpus("pkits/cases.json");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no corpus at " << path;
  const json file = json::parse(std::ifstream(path));
  const std::int64_t moment = *text::from_time(file.at("verify_time_utc").get<std::string>());
  Counted counted;
  for (const json& one : file.at("cases")) {
    const auto verdict = run_pkits(one, moment);
    const std::string number = one.at("info").at("test_number");
    const auto refused = kPkitsRefused.find(number);
    const bool expected = one.at("expect") == "valid" && refused == kPkitsRefused.end();
    EXPECT_EQ(verdict.has_value(), expected)
        << number << " " << one.at("name") << (verdict ? ": accepted" : ": " + verdict.error());
    if (refused == kPkitsRefused.end()) {
      ++counted.agreed;
    } else {
      counted.except("PKITS " + number, refused->second);
    }
  }
  std::printf("PKITS: %zu of %zu as published, the others on a list\n", counted.agreed,
              file.at("cases").size());
}

// ---- CRL and OCSP cases

std::vector<Buffer> blocks(const std::string& pem, const char* label) {
  auto read = blocks_of(pem, label);
  return read ? std::move(*read) : std::vector<Buffer>();
}

// The certificate, its issuer, and the issuer's other certificate where there is one.
std::vector<Certificate> path_in(const std::string& pem) {
  std::vector<Certificate> path;
  for (const char* label : {"CERTIFICATE", "CA CERTIFICATE", "CA CERTIFICATE 2"}) {
    for (const Buffer& block : blocks(pem, label)) {
      auto read = Certificate::from_der(block);
      EXPECT_TRUE(read) << label;
      if (read) path.push_back(std::move(*read));
    }
  }
  return path;
}

const char* answer_in(const std::string& pem, const Freshness& freshness) {
  const auto crl = Crl::from_der(blocks(pem, "CRL").at(0));
  if (!crl) return "invalid->unknown";
  const auto finding = find_in_crls(path_in(pem), {&*crl, 1}, {}, freshness);
  if (finding.answer == Answer::good) return "good";
  return finding.answer == Answer::revoked ? "revoked" : "unknown";
}

TEST(CrlCorpus, IsJudgedAsPublished) {
  const auto path = corpus("crl/cases.json");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no corpus at " << path;
  const json file = json::parse(std::ifstream(path));
  const Freshness freshness{file.at("verify_time_unix"), file.at("max_age_s"), Profile::published,
                            false};
  Counted counted;
  for (const json& one : file.at("cases")) {
    const std::string name = one.at("file");
    const std::string pem = read_text(corpus("crl") / name);
    const std::string expected = one.at("expect");
    // That a CRL is malformed and that it says nothing are one answer to whoever asks.
    const bool is_unknown = expected.ends_with("unknown");
    const std::string answer = answer_in(pem, freshness);
    EXPECT_EQ(is_unknown ? answer.ends_with("unknown") : answer == expected, true)
        << name << ": " << answer;
    ++counted.agreed;
  }
}

struct OcspAnswer {
  const char* status;
  const char* verified;
};

// A case's answer in the words of its table. What cannot be read says why as far as it is asked.
OcspAnswer ocsp_answer_in(const std::string& pem, const Freshness& freshness) {
  const auto read = OcspResponse::from_der(blocks(pem, "OCSP RESPONSE").at(0));
  if (!read && read.error().code == Code::not_found) return {"UNKNOWN", "ERROR_RESPONSE"};
  if (!read && read.error().code == Code::unknown_field) {
    return {"UNKNOWN", "UNHANDLED_CRITICAL_EXTENSION"};
  }
  if (!read) return {"UNKNOWN", "PARSE_RESPONSE"};
  const Finding finding = find_in_ocsp(path_in(pem), *read, freshness);
  switch (finding.answer) {
    case Answer::good: return {"GOOD", "PROVIDED"};
    case Answer::revoked: return {"REVOKED", "PROVIDED"};
    case Answer::absent: return {"UNKNOWN", "NO_MATCHING_RESPONSE"};
    case Answer::stale:
      return {"UNKNOWN",
              finding.why.find("older") != std::string::npos ? "BAD_PRODUCED_AT" : "INVALID_DATE"};
    case Answer::unusable: return {"UNKNOWN", "PROVIDED"};
  }
  return {};
}

TEST(OcspCorpus, IsJudgedAsPublished) {
  const auto path = corpus("ocsp/cases.json");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no corpus at " << path;
  const json file = json::parse(std::ifstream(path));
  const Freshness freshness{file.at("verify_time_unix"), file.at("max_age_s"), Profile::published,
                            false};
  Counted counted;
  for (const json& one : file.at("cases")) {
    const std::string name = one.at("file");
    const OcspAnswer answer = ocsp_answer_in(read_text(corpus("ocsp") / name), freshness);
    EXPECT_EQ(answer.status, one.at("status").get<std::string>())
        << name << ": " << answer.verified;
    const std::string verified = one.at("verify");
    EXPECT_TRUE(verified.starts_with(answer.verified)) << name << ": " << answer.verified;
    ++counted.agreed;
  }
}

}  // namespace
}  // namespace airlock::x509
