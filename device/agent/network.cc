#include "device/agent/network.h"

#include <memory>

#include "device/apply/apply.h"
#include "host/text/text.h"
#include "trust/doors/certified.h"

namespace airlock::agent {

Result<Network> Network::open(const platform::Device& device) {
  fetch::Endpoint endpoint;
  endpoint.server = device.config().server;
  endpoint.ca_file = device.ca_file();
  if (device.config().server_roots) {
    AIRLOCK_ASSIGN(const apply::TrustedKeyring trusted, apply::trusted_keyring(device));
    const package::Keyring& keyring = trusted.keyring;
    AIRLOCK_ASSIGN(x509::Roots roots, doors::certificate_roots_of(keyring));
    endpoint.roots = std::make_shared<const x509::Roots>(std::move(roots));
  }
  AIRLOCK_ASSIGN(fetch::Connection connection, fetch::Connection::open(endpoint));
  return Network(std::move(connection), device.path("trust"));
}

Result<fetch::Answer> Network::check_in(const fetch::CheckIn& facts) {
  return fetch::check_in(remote_.connection(), facts);
}

Result<Listed> Network::refresh(std::string_view path, std::int64_t now) {
  fetch::Connection& connection = remote_.connection();
  tuf::FolderStore store(trust_);
  fetch::MetadataFetcher fetcher(connection);
  AIRLOCK_ASSIGN(const tuf::Repository repository, tuf::refresh(store, fetcher, now));
  AIRLOCK_ASSIGN(tuf::Target target, repository.find(path, store, fetcher));
  if (target.length > package::kEnvelopeSizeMax) return fail(Code::oversized, target.length);
  const std::string place = tuf::path_of_target(target, repository.consistent_snapshot());
  AIRLOCK_ASSIGN(file::Buffer envelope,
                 fetch::fetch_target(connection, place, static_cast<std::size_t>(target.length)));
  AIRLOCK_TRY(tuf::check_target(target, envelope));
  return Listed{std::move(target), std::move(envelope)};
}

Result<file::Buffer> Network::certificates(const Digest& manifest) {
  return remote_.connection().get("/certificates/" + text::to_hex(manifest.bytes),
                                  x509::kBundleSizeMax);
}

Status Network::report(const fetch::SignedReport& report) {
  AIRLOCK_TRY(fetch::post_report(remote_.connection(), report));
  return {};
}

Result<fetch::FeesAnswer> Network::ask_fees(const fetch::FeesQuestion& question) {
  return fetch::ask_fees(remote_.connection(), question);
}

Result<fetch::Receipt> Network::post_outcomes(const fetch::SignedReport& outcomes) {
  return fetch::post_outcomes(remote_.connection(), outcomes);
}

Result<Source*> Network::Remote::open(const package::Payload& payload) {
  open_.reset();
  AIRLOCK_ASSIGN(
      fetch::PayloadSource opened,
      fetch::PayloadSource::open(connection_, {payload.digest, payload.size, payload.head_size}));
  open_.emplace(std::move(opened));
  return &*open_;
}

Result<file::Buffer> Network::Remote::fetch(std::string_view path, std::size_t size_max) {
  return connection_.get("/log/" + std::string(path), size_max);
}

}  // namespace airlock::agent
