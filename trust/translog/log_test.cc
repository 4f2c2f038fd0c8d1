#include "trust/translog/log.h"

#include "trust/translog/translog_test.h"

namespace airlock::translog {
namespace {

TEST(Tiles, HaveThePathsOfTheStandardsExample) {
  EXPECT_EQ(tile_path(0, {1'234'067}), "tile/0/x001/x234/067");
  EXPECT_EQ(tile_path(1, {0, 1}), "tile/1/000.p/1");
  EXPECT_EQ(bundle_path({273, 112}), "tile/entries/273.p/112");
  EXPECT_EQ(bundle_path({1000, 255}), "tile/entries/x001/000.p/255");
}

TEST(Tiles, AreServedUnderOneSpellingOnly) {
  const std::string digest(64, 'a');
  for (const std::string& path :
       {std::string("checkpoint"), std::string("tile/0/000"), std::string("tile/63/x001/x234/067"),
        std::string("tile/0/000.p/255"), std::string("tile/entries/x001/000.p/1"),
        "proof/" + digest + ".tlog-proof"}) {
    EXPECT_TRUE(is_log_path(path)) << path;
    EXPECT_EQ(is_immutable_path(path), path.starts_with("tile/")) << path;
  }
  for (const std::string& path : {std::string(""),
                                  std::string("checkpoint/"),
                                  std::string("log.lock"),
                                  std::string("tile"),
                                  std::string("tile/"),
                                  std::string("tile/0"),
                                  std::string("tile/0/"),
                                  std::string("tile/00/000"),
                                  std::string("tile/64/000"),
                                  std::string("tile/0/00"),
                                  std::string("tile/0/0000"),
                                  std::string("tile/0/x000/000"),
                                  std::string("tile/0/001/000"),
                                  std::string("tile/0/x01/000"),
                                  std::string("tile/0/000.p/0"),
                                  std::string("tile/0/000.p/256"),
                                  std::string("tile/0/000.p/01"),
                                  std::string("tile/0/000.p/"),
                                  std::string("tile/0/000.p/1/.."),
                                  std::string("tile/0/x001/../000"),
                                  std::string("tile/entries"),
                                  std::string("tile/entries/../../checkpoint"),
                                  std::string("tile/-1/000"),
                                  std::string("proof/x.tlog-proof"),
                                  "proof/" + digest,
                                  "proof/../" + digest + ".tlog-proof",
                                  std::string("proof/.tlog-proof")}) {
    EXPECT_FALSE(is_log_path(path)) << path;
  }
}

TEST(Tree, OfSeventyThousandEntriesHasTheTilesOfTheStandardsExample) {
  TilesInMemory tiles(70'000);
  EXPECT_EQ(tiles.files_.size(), 273U + 1 + 1 + 1 + 1 + 274);  // and the bundles
  for (const char* path :
       {"tile/0/272", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"}) {
    EXPECT_TRUE(tiles.files_.contains(path)) << path;
  }
  Tree tree(tiles, 70'000);
  const TreeHead head{70'000, *tree.root(70'000)};
  package::TreeHasher hasher;
  for (std::uint64_t i = 0; i < 70'000; ++i) hasher.add(package::leaf_hash(release_of(i).bytes));
  EXPECT_EQ(head.root, hasher.root());
  for (const std::uint64_t index : {0U, 255U, 256U, 65'535U, 65'536U, 69'887U, 69'888U, 69'999U}) {
    const auto path = tree.inclusion(index);
    ASSERT_TRUE(path);
    EXPECT_TRUE(package::verify_inclusion(package::leaf_hash(release_of(index).bytes), index,
                                          head.size, *path, head.root))
        << index;
  }
  for (const std::uint64_t old_size :
       {1U, 255U, 256U, 257U, 65'536U, 65'537U, 69'888U, 69'999U, 70'000U}) {
    const auto path = tree.growth(old_size);
    ASSERT_TRUE(path);
    EXPECT_TRUE(package::verify_consistency({old_size, *tree.root(old_size)}, head, *path))
        << old_size;
  }
}

TEST(Tree, MakesTheProofsOfTheStandardForEverySize) {
  fakes::PublicLog twin;
  TilesInMemory tiles(0);
  for (std::uint64_t size = 1; size <= 40; ++size) {
    twin.add(release_of(size - 1));
    TilesInMemory grown(size);
    Tree tree(grown, size);
    for (std::uint64_t index = 0; index < size; ++index) {
      EXPECT_EQ(*tree.inclusion(index), twin.path(index, size));
    }
    for (std::uint64_t old_size = 0; old_size <= size; ++old_size) {
      EXPECT_EQ(*tree.growth(old_size), twin.growth(old_size, size));
    }
  }
}

TEST(Tree, ReadsTheWholeTileWhereThePartialOneIsGone) {
  TilesInMemory tiles(256);
  Tree tree(tiles, 100);
  fakes::PublicLog twin;
  for (std::uint64_t i = 0; i < 100; ++i) twin.add(release_of(i));
  EXPECT_EQ(*tree.root(100), twin.head(100).root);
}

TEST(Tree, SaysWhichTileIsNotOne) {
  TilesInMemory tiles(300);
  tiles.files_["tile/0/001.p/44"].pop_back();
  Tree tree(tiles, 300);
  EXPECT_EQ(tree.root(300).error().code, Code::log_damaged);
  tiles.files_.erase("tile/0/001.p/44");
  EXPECT_EQ(tree.root(300).error().code, Code::not_found);
}

TEST_F(LogInAFolder, GrowsOverTheEdgeOfATileAndProvesEachRelease) {
  lay_out(253);
  add_releases(258);
  for (const char* path : {"tile/0/000", "tile/0/001.p/2", "tile/1/000.p/1", "tile/entries/000",
                           "tile/entries/001.p/2"}) {
    EXPECT_TRUE(std::filesystem::exists(log_ / path)) << path;
  }
  FolderFetcher fetcher(log_);
  const package::LogPolicy policy = twin_.policy(0);
  for (std::uint64_t index = 0; index < 258; index += 7) {
    const auto proof = make_proof(fetcher, identity_, release_of(index));
    ASSERT_TRUE(proof);
    EXPECT_EQ(*proof, twin_.proof(index, 258, fakes::PublicLog::kNobody));
    EXPECT_TRUE(package::prove_included(release_of(index), *proof, policy));
  }
  EXPECT_EQ(make_proof(fetcher, identity_, release_of(999)).error().code, Code::not_in_log);
  const auto entries = read_entries(fetcher, 250, 258);
  ASSERT_TRUE(entries);
  for (std::uint64_t i = 0; i < 8; ++i) EXPECT_EQ((*entries)[i], release_of(250 + i));
}

TEST_F(LogInAFolder, KeepsThePlaceOfAReleaseThatIsAddedAgain) {
  add_releases(3);
  const auto again = add(log_, identity_, release_of(1), sign_);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->is_new);
  EXPECT_EQ(again->index, 1U);
  EXPECT_EQ(again->head, twin_.head(3));
}

TEST_F(LogInAFolder, IsNeverMadeTwice) {
  add_releases(2);
  EXPECT_EQ(create(log_, identity_, sign_).error().code, Code::exists_already);
  EXPECT_EQ(create(folder_ / "x", {"two words", identity_.key}, sign_).error().code,
            Code::bad_text);
}

TEST_F(LogInAFolder, SignsNothingOverDamagedTilesOrEntries) {
  add_releases(5);
  for (const char* path : {"tile/0/000.p/5", "tile/entries/000.p/5"}) {
    const Buffer whole = *file::read(log_ / path, 1 << 16);
    for (const std::size_t at : {std::size_t{0}, whole.size() - 1}) {
      Buffer bad = whole;
      bad[at] ^= 1;
      ASSERT_TRUE(file::replace(log_ / path, bad));
      EXPECT_EQ(add(log_, identity_, release_of(5), sign_).error().code, Code::log_damaged) << path;
    }
    std::filesystem::remove(log_ / path);
    EXPECT_EQ(add(log_, identity_, release_of(5), sign_).error().code, Code::log_damaged) << path;
    ASSERT_TRUE(file::replace(log_ / path, whole));
  }
  FolderFetcher fetcher(log_);
  EXPECT_EQ(read_checkpoint(fetcher, identity_)->head, twin_.head(5));
  add_releases(6);
}

TEST_F(LogInAFolder, SignsNothingForAnotherKey) {
  add_releases(1);
  const fakes::Signer thief("log", crypto::Algorithm::eddsa, "thief");
  EXPECT_EQ(add(log_, {identity_.origin, thief.key()}, release_of(1), signs(thief)).error().code,
            Code::wrong_log);
  EXPECT_EQ(add(log_, identity_, release_of(1), signs(thief)).error().code, Code::bad_signature);
  FolderFetcher fetcher(log_);
  EXPECT_EQ(read_checkpoint(fetcher, identity_)->head, twin_.head(1));
}

TEST_F(LogInAFolder, KeepsCosignaturesWithItsCheckpointAndInItsProofs) {
  add_releases(2);
  const std::string text = twin_.text(2);
  const std::string first = fakes::cosignature_line(twin_.witness(0), 1'700'000'000, text);
  const std::string later = fakes::cosignature_line(twin_.witness(0), 1'700'000'100, text);
  const std::string second = fakes::cosignature_line(twin_.witness(1), 1'700'000'200, text);
  ASSERT_TRUE(keep_cosignatures(log_, identity_, first));
  ASSERT_TRUE(keep_cosignatures(log_, identity_, later + second));
  FolderFetcher fetcher(log_);
  EXPECT_EQ(read_checkpoint(fetcher, identity_)->note,
            twin_.checkpoint(2, {1'700'000'100, 1'700'000'200, 0}));
  const auto proof = make_proof(fetcher, identity_, release_of(0));
  EXPECT_TRUE(package::prove_included(release_of(0), *proof, twin_.policy(2)));
  EXPECT_FALSE(keep_cosignatures(log_, identity_, "no line\n"));
}

TEST_F(LogInAFolder, IsCopiedWithAllThatProvesHowItGrew) {
  add_releases(9);
  FolderFetcher fetcher(log_);
  ASSERT_TRUE(copy_tiles(fetcher, 9, folder_ / "copy"));
  FolderFetcher copied(folder_ / "copy");
  Tree tree(copied, 9);
  EXPECT_EQ(*tree.growth(4), twin_.growth(4, 9));
}

// The power goes at one operation of the disk, and nothing is written after it.
int operations_left = 0;
Code power_is_cut(std::string_view, const file::Path&) {
  return operations_left-- > 0 ? Code::ok : Code::io_failed;
}

class PowerCut : public LogInAFolder, public testing::WithParamInterface<std::uint64_t> {};

TEST_P(PowerCut, AtAnyOperationLeavesTheLogBeforeOrAfterAndItGrowsOn) {
  const std::uint64_t size = GetParam();
  lay_out(size);
  const file::Path before = copy_of_log("before");
  const Digest release = release_of(size);
  twin_.add(release);
  bool finished = false;
  int cuts = 0;
  for (; !finished; ++cuts) {
    ASSERT_LT(cuts, 100);
    std::filesystem::remove_all(log_);
    std::filesystem::copy(before, log_, std::filesystem::copy_options::recursive);
    operations_left = cuts;
    file::set_interruption(&power_is_cut);
    finished = add(log_, identity_, release, sign_).has_value();
    file::set_interruption(nullptr);
    FolderFetcher fetcher(log_);
    const auto found = read_checkpoint(fetcher, identity_);
    ASSERT_TRUE(found) << cuts;
    ASSERT_TRUE(found->head == twin_.head(size) || found->head == twin_.head(size + 1)) << cuts;
    Tree tree(fetcher, found->head.size);
    EXPECT_EQ(*tree.root(found->head.size), found->head.root) << cuts;
    const auto entries = read_entries(fetcher, 0, found->head.size);
    ASSERT_TRUE(entries) << cuts;
    EXPECT_EQ(entries->size(), found->head.size);
    const Digest other = release_of(5'000);  // another one than was interrupted
    ASSERT_TRUE(add(log_, identity_, other, sign_)) << cuts;
    EXPECT_TRUE(make_proof(fetcher, identity_, other)) << cuts;
  }
  EXPECT_GT(cuts, 6);
}

INSTANTIATE_TEST_SUITE_P(Sizes, PowerCut, testing::Values(0, 1, 5, 255, 256));

}  // namespace
}  // namespace airlock::translog
