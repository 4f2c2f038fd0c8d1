// A signer below a root, and all that may be said of whether he was revoked.
#pragma once

#include <gtest/gtest.h>

#include <map>

#include "trust/x509/internal/fake_authority.h"
#include "trust/x509/x509.h"

namespace airlock::x509 {

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

inline const Buffer kGarbage = {0x30, 0x03, 0x02, 0x01, 0xff, 0x00};

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

inline void LadderTest::put_staple(std::string_view state) {
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

inline void LadderTest::put_live(std::string_view state) {
  responder.refusal = Code::ok;
  responder.drips = state == "slow drip";
  responder.takes = state == "timeout" ? 5000ms : 20ms;
  if (state == "timeout") responder.refusal = Code::timed_out;
  if (state == "500") responder.refusal = Code::http_failed;
  if (state == "good") responder.body = ocsp(OcspStatus::good);
  if (state == "revoked") responder.body = ocsp(OcspStatus::revoked);
  if (state == "garbage") responder.body = kGarbage;
}

inline void LadderTest::put_crl(std::string_view state) {
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

}  // namespace airlock::x509
