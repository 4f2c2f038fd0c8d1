// A repository's metadata as far as the server reads it, for tests. Nothing is signed.
#pragma once

#include <filesystem>
#include <string>

#include "core/crypto/sha256.h"
#include "host/file/file.h"
#include "host/json/json.h"
#include "host/text/text.h"

namespace airlock::rollout {

class FakeMetadata {
 public:
  explicit FakeMetadata(const file::Path& repository) : folder_(repository / "metadata") {
    std::filesystem::create_directories(folder_);
  }

  file::Path path(std::int64_t version, const std::string& role) const {
    return folder_ / (std::to_string(version) + "." + role + ".json");
  }
  file::Path timestamp() const { return folder_ / "timestamp.json"; }

  // publish writes targets and the snapshot that names them. Nothing offers them yet.
  void publish(std::int64_t version, const json::Value& targets) const {
    put(path(version, "targets"), {{"targets", targets}});
    put(path(version, "snapshot"),
        {{"meta", {{"targets.json", entry_of(version, path(version, "targets"))}}}});
  }
  // offer writes a timestamp that names a snapshot.
  void offer(std::int64_t version) const {
    put(timestamp(), {{"meta", {{"snapshot.json", entry_of(version, path(version, "snapshot"))}}}});
  }

 private:
  static void put(const file::Path& path, const json::Value& signed_part) {
    const std::string text =
        json::write({{"signatures", json::Value::array()}, {"signed", signed_part}});
    AIRLOCK_CHECK(file::replace(path, bytes_of(text)).has_value());
  }
  static json::Value entry_of(std::int64_t version, const file::Path& path) {
    const file::Buffer bytes = *file::read(path, 1 << 20);
    return {{"version", version},
            {"length", bytes.size()},
            {"hashes", {{"sha256", text::to_hex(crypto::sha256(bytes).bytes)}}}};
  }

  file::Path folder_;
};

}  // namespace airlock::rollout
