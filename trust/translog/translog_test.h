// A log in a folder, its key and its witnesses, for the tests of this room.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "tests/fakes/public_log.h"
#include "trust/translog/translog.h"

namespace airlock::translog {

inline Digest release_of(std::uint64_t number) {
  return crypto::sha256(bytes_of(std::to_string(number)));
}

inline Sign signs(const fakes::Signer& signer) {
  return [&signer](Bytes message) -> Result<Buffer> { return signer.sign_message(message); };
}

// The files of a log of many entries, as the standard defines them.
class TilesInMemory final : public Fetcher {
 public:
  explicit TilesInMemory(std::uint64_t size) {
    std::vector<Digest> level;
    for (std::uint64_t i = 0; i < size; ++i) {
      level.push_back(package::leaf_hash(release_of(i).bytes));
    }
    for (unsigned number = 0; !level.empty(); ++number) level = put(number, level);
    for (std::uint64_t i = 0; i < size; i += kTileWidth)
      put_bundle(i, std::min(size, i + kTileWidth));
  }
  Result<Buffer> fetch(std::string_view path, std::size_t size_max) override {
    const auto found = files_.find(path);
    if (found == files_.end()) return fail(Code::not_found);
    if (found->second.size() > size_max) return fail(Code::oversized);
    return found->second;
  }
  std::map<std::string, Buffer, std::less<>> files_;

 private:
  void put_bundle(std::uint64_t first, std::uint64_t end) {
    Buffer& file = files_[bundle_path({first / kTileWidth, end - first})];
    for (std::uint64_t i = first; i < end; ++i) {
      const Digest release = release_of(i);
      file.insert(file.end(), {0, Digest::kSize});
      file.insert(file.end(), release.bytes.begin(), release.bytes.end());
    }
  }
  std::vector<Digest> put(unsigned number, std::span<const Digest> level) {
    std::vector<Digest> above;
    for (std::uint64_t index = 0; !level.empty(); ++index) {
      const auto tile = level.first(std::min<std::size_t>(level.size(), kTileWidth));
      Buffer& file = files_[tile_path(number, {index, tile.size()})];
      package::TreeHasher hasher;
      for (const Digest& hash : tile) {
        file.insert(file.end(), hash.bytes.begin(), hash.bytes.end());
        hasher.add(hash);
      }
      if (tile.size() == kTileWidth) above.push_back(hasher.root());
      level = level.subspan(tile.size());
    }
    return above;
  }
};

// Its fake twin, of the same keys, says what the log must come to.
class LogInAFolder : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "airlock-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    log_ = folder_ / "log";
    ASSERT_TRUE(create(log_, identity_, sign_));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void add_releases(std::uint64_t until) {
    while (twin_.size() < until) {
      const Digest release = release_of(twin_.size());
      const auto added = add(log_, identity_, release, sign_);
      ASSERT_TRUE(added) << name(added.error().code);
      ASSERT_EQ(added->index, twin_.add(release));
      ASSERT_EQ(added->head, twin_.head(twin_.size()));
    }
  }
  // lay_out makes the log's files at once, without waiting for the disk.
  void lay_out(std::uint64_t size) {
    const auto put = [&](const std::string& path, std::string_view bytes) {
      std::filesystem::create_directories((log_ / path).parent_path());
      std::ofstream(log_ / path, std::ios::binary) << bytes;
    };
    const TilesInMemory tiles(size);
    for (const auto& [path, bytes] : tiles.files_) put(path, text_of(bytes));
    while (twin_.size() < size) twin_.add(release_of(twin_.size()));
    put("checkpoint", twin_.checkpoint(size, fakes::PublicLog::kNobody));
  }
  // The log's folder as it is now, to go back to.
  file::Path copy_of_log(const char* name) {
    const file::Path to = folder_ / name;
    std::filesystem::remove_all(to);
    std::filesystem::copy(log_, to, std::filesystem::copy_options::recursive);
    return to;
  }

  fakes::PublicLog twin_;
  LogIdentity identity_{twin_.origin(), twin_.log().key()};
  Sign sign_ = signs(twin_.log());
  file::Path folder_;
  file::Path log_;
};

}  // namespace airlock::translog
