#include "trust/translog/witness.h"

#include "trust/translog/translog_test.h"

namespace airlock::translog {
namespace {

constexpr std::int64_t kNow = 1'750'000'000;

class Witnessing : public LogInAFolder {
 protected:
  Witness opened() {
    const fakes::Signer& signer = twin_.witness(0);
    Result<Witness> made =
        Witness::open(folder_ / "witness", {signer.name(), signer.key(), identity_}, signs(signer));
    EXPECT_TRUE(made) << name(made.error().code);
    return std::move(*made);
  }
  std::string request(std::uint64_t old_size, std::uint64_t size) {
    return write_growth(old_size, twin_.growth(old_size, size)) +
           twin_.checkpoint(size, fakes::PublicLog::kNobody);
  }
  void fill(std::uint64_t until) {
    while (twin_.size() < until) twin_.add(release_of(twin_.size()));
  }
  static fakes::PublicLog& forked(std::uint64_t size) {
    static fakes::PublicLog fork;
    while (fork.size() < size) fork.add(release_of(fork.size() + 1'000));
    return fork;
  }
};

TEST_F(Witnessing, CosignsWhatContinuesAndSaysWhen) {
  fill(9);
  Witness witness = opened();
  const Reply first = witness.add_checkpoint(request(0, 4), kNow);
  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(first.body, fakes::cosignature_line(twin_.witness(0), kNow, twin_.text(4)));
  EXPECT_EQ(witness.add_checkpoint(request(4, 9), kNow + 1).status, 200);
  EXPECT_EQ(witness.latest().body, twin_.checkpoint(9, {kNow + 1, 0, 0}));
  EXPECT_EQ(witness.add_checkpoint(request(9, 9), kNow + 2).status, 200);
}

TEST_F(Witnessing, RefusesAForkWhateverItsProof) {
  fill(9);
  Witness witness = opened();
  ASSERT_EQ(witness.add_checkpoint(request(0, 4), kNow).status, 200);
  fakes::PublicLog& fork = forked(9);
  const std::string same_size = write_growth(4, {}) + fork.checkpoint(4, fakes::PublicLog::kNobody);
  EXPECT_EQ(witness.add_checkpoint(same_size, kNow).status, 422);
  const std::string grown =
      write_growth(4, fork.growth(4, 9)) + fork.checkpoint(9, fakes::PublicLog::kNobody);
  EXPECT_EQ(witness.add_checkpoint(grown, kNow).status, 422);
  EXPECT_EQ(witness
                .add_checkpoint(
                    write_growth(4, {}) + twin_.checkpoint(9, fakes::PublicLog::kNobody), kNow)
                .status,
            422);
  EXPECT_EQ(witness.size(), 4U);
}

TEST_F(Witnessing, AnswersAsTheStandardSays) {
  fill(9);
  Witness witness = opened();
  EXPECT_EQ(witness.latest().status, 404);
  ASSERT_EQ(witness.add_checkpoint(request(0, 4), kNow).status, 200);
  const Reply conflict = witness.add_checkpoint(request(0, 9), kNow);
  EXPECT_EQ(conflict.status, 409);
  EXPECT_EQ(conflict.body, "4\n");
  EXPECT_EQ(conflict.content_type, "text/x.tlog.size");
  EXPECT_EQ(witness.add_checkpoint("nonsense", kNow).status, 400);
  EXPECT_EQ(witness.add_checkpoint("old 4\n\nnonsense", kNow).status, 400);
  EXPECT_EQ(witness.add_checkpoint(write_growth(4, {}) + twin_.checkpoint(3), kNow).status, 400);
  const fakes::PublicLog stranger("stranger");
  EXPECT_EQ(witness.add_checkpoint(write_growth(0, {}) + stranger.checkpoint(0), kNow).status, 403);
  std::string other = request(4, 9);
  other.replace(other.find("log.example.com"), 3, "lag");
  EXPECT_EQ(witness.add_checkpoint(other, kNow).status, 404);
}

TEST_F(Witnessing, RemembersAcrossItsEndAndIsOneProcess) {
  fill(9);
  {
    Witness witness = opened();
    ASSERT_EQ(witness.add_checkpoint(request(0, 4), kNow).status, 200);
    const fakes::Signer& signer = twin_.witness(0);
    EXPECT_EQ(
        Witness::open(folder_ / "witness", {signer.name(), signer.key(), identity_}, signs(signer))
            .error()
            .code,
        Code::busy);
  }
  Witness again = opened();
  EXPECT_EQ(again.size(), 4U);
  EXPECT_EQ(again.add_checkpoint(request(0, 9), kNow).status, 409);
}

TEST_F(Witnessing, NeverStartsOverWhereItsMemoryIsDamaged) {
  fill(4);
  {
    ASSERT_EQ(opened().add_checkpoint(request(0, 4), kNow).status, 200);
  }
  ASSERT_TRUE(file::replace(folder_ / "witness/checkpoint", bytes_of("damaged")));
  const fakes::Signer& signer = twin_.witness(0);
  EXPECT_FALSE(
      Witness::open(folder_ / "witness", {signer.name(), signer.key(), identity_}, signs(signer)));
}

Code disk_is_full(std::string_view, const file::Path&) { return Code::disk_full; }

TEST_F(Witnessing, SaysNothingThatItCouldNotStore) {
  fill(4);
  Witness witness = opened();
  file::set_interruption(&disk_is_full);
  const Reply reply = witness.add_checkpoint(request(0, 4), kNow);
  file::set_interruption(nullptr);
  EXPECT_EQ(reply.status, 500);
  EXPECT_EQ(reply.body.find("witness-1"), std::string::npos);
  EXPECT_EQ(witness.size(), 0U);
}

TEST_F(Witnessing, VisitsALogByItself) {
  add_releases(3);
  Witness witness = opened();
  FolderFetcher fetcher(log_);
  const file::Path young = copy_of_log("young");
  const auto line = visit(fetcher, identity_, witness, kNow);
  ASSERT_TRUE(line);
  EXPECT_TRUE(keep_cosignatures(log_, identity_, *line));
  add_releases(8);
  EXPECT_TRUE(visit(fetcher, identity_, witness, kNow));
  FolderFetcher back(young);
  EXPECT_EQ(visit(back, identity_, witness, kNow).error().code, Code::log_went_back);
}

}  // namespace
}  // namespace airlock::translog
