// A log or a repository as the command line names it: a folder, or the URL at which it is served.
#pragma once

#include <memory>
#include <string>

#include "apps/airlock/command.h"
#include "device/fetch/fetch.h"
#include "trust/translog/translog.h"
#include "trust/tuf/tuf.h"

namespace airlock::app {

class Place final : public translog::Fetcher {
 public:
  // open connects to nothing yet. `ca` is the PEM file of the authority that certifies a URL's
  // server. Errors: usage where a URL is none, or comes without an authority.
  static std::expected<std::unique_ptr<Place>, Refusal> open(const std::string& text,
                                                             const std::string& ca);

  bool is_folder() const { return !connection_; }
  // below is a path below this place, to be opened as another one.
  std::string below(std::string_view path) const { return text_ + "/" + std::string(path); }
  const std::string& text() const { return text_; }

  Result<file::Buffer> fetch(std::string_view path, std::size_t size_max) override;

 private:
  explicit Place(std::string text) : text_(std::move(text)) {}
  std::string text_;
  std::string prefix_;  // of a URL: its path
  std::optional<fetch::Connection> connection_;
};

// The metadata of a repository at a place.
class PlaceMetadata final : public tuf::Fetcher {
 public:
  explicit PlaceMetadata(Place& place) : place_(place) {}
  Result<file::Buffer> fetch(std::string_view name, std::size_t size_max) override {
    const std::string folder = place_.is_folder() ? "metadata/" : "tuf/";
    return place_.fetch(folder + std::string(name), size_max);
  }

 private:
  Place& place_;
};

}  // namespace airlock::app
