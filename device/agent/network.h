// The real outside: one server, reached by device/fetch, judged by trust/tuf.
#pragma once

#include <optional>

#include "device/agent/fees.h"
#include "device/agent/outside.h"
#include "device/platform/platform.h"

namespace airlock::agent {

class Network final : public Outside, public FeesServer {
 public:
  // open connects to nothing yet. Errors: bad_text where the configured server is no URL.
  static Result<Network> open(const platform::Device& device);

  Result<fetch::Answer> check_in(const fetch::CheckIn& facts) override;
  Result<Listed> refresh(std::string_view target, std::int64_t now) override;
  apply::Artifacts& artifacts() override { return remote_; }
  translog::Fetcher& log() override { return remote_; }
  Result<file::Buffer> certificates(const Digest& manifest) override;
  Status report(const fetch::SignedReport& report) override;
  Result<fetch::FeesAnswer> ask_fees(const fetch::FeesQuestion& question) override;
  Result<fetch::Receipt> post_outcomes(const fetch::SignedReport& outcomes) override;

 private:
  // Payloads and the log's files, over one connection.
  class Remote final : public apply::Artifacts, public translog::Fetcher {
   public:
    explicit Remote(fetch::Connection connection) : connection_(std::move(connection)) {}
    Result<Source*> open(const package::Payload& payload) override;
    bool is_stream() const override { return true; }
    Result<file::Buffer> fetch(std::string_view path, std::size_t size_max) override;
    fetch::Connection& connection() { return connection_; }

   private:
    fetch::Connection connection_;
    std::optional<fetch::PayloadSource> open_;  // reads through connection_
  };

  Network(fetch::Connection connection, file::Path trust)
      : remote_(std::move(connection)), trust_(std::move(trust)) {}

  Remote remote_;
  file::Path trust_;
};

}  // namespace airlock::agent
