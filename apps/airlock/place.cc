#include "apps/airlock/place.h"

namespace airlock::app {
namespace {

constexpr std::string_view kScheme = "https://";

}  // namespace

std::expected<std::unique_ptr<Place>, Refusal> Place::open(const std::string& text,
                                                           const std::string& ca) {
  std::string named = text;
  while (named.size() > 1 && named.ends_with('/')) named.pop_back();
  std::unique_ptr<Place> place(new Place(named));
  if (!named.starts_with(kScheme)) return place;
  if (ca.empty()) {
    return refuse(Code::usage, named + ": name the authority of this server with --ca");
  }
  const std::size_t slash = std::min(named.find('/', kScheme.size()), named.size());
  place->prefix_ = named.substr(slash);
  fetch::Endpoint endpoint;
  endpoint.server = named.substr(0, slash);
  endpoint.ca_file = ca;
  auto connection = fetch::Connection::open(endpoint);
  if (!connection) return refuse(Code::usage, named + ": write https://HOST:PORT/PATH or a folder");
  place->connection_.emplace(std::move(*connection));
  return place;
}

Result<file::Buffer> Place::fetch(std::string_view path, std::size_t size_max) {
  if (is_folder()) return file::read(file::Path(text_) / path, size_max);
  return connection_->get(prefix_ + "/" + std::string(path), size_max);
}

}  // namespace airlock::app
