#include "server/http/files.h"

#include <charconv>

#include "trust/translog/tiles.h"

namespace airlock::http {

namespace {

struct Slice {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

bool read_number(std::string_view text, std::uint64_t& value) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && !text.empty();
}

// names_tag tells whether an if-none-match names this tag: one of a list, weak or not, or "*".
bool names_tag(std::string_view header, std::string_view etag) {
  while (!header.empty()) {
    const std::size_t comma = std::min(header.find(','), header.size());
    std::string_view tag = header.substr(0, comma);
    header.remove_prefix(std::min(comma + 1, header.size()));
    while (tag.starts_with(' ') || tag.starts_with('\t')) tag.remove_prefix(1);
    while (tag.ends_with(' ') || tag.ends_with('\t')) tag.remove_suffix(1);
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == etag || tag == "*") return true;
  }
  return false;
}

// read_range reads one range of bytes. nullopt: no range that is understood (send it all);
// out_of_range: understood, and outside the file.
std::optional<Result<Slice>> read_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit)) return std::nullopt;
  header.remove_prefix(kUnit.size());
  const std::size_t dash = header.find('-');
  if (dash == std::string_view::npos || header.find(',') != std::string_view::npos) {
    return std::nullopt;
  }
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  const std::string_view end = header.substr(dash + 1);
  if (dash == 0) {
    if (!read_number(end, last)) return std::nullopt;
    if (last == 0 || size == 0) return fail(Code::out_of_range);
    const std::uint64_t count = std::min(last, size);
    return Slice{size - count, count};
  }
  if (!read_number(header.substr(0, dash), first)) return std::nullopt;
  if (!end.empty() && (!read_number(end, last) || last < first)) return std::nullopt;
  if (first >= size) return fail(Code::out_of_range);
  const std::uint64_t stop = end.empty() ? size : std::min(last, size - 1) + 1;
  return Slice{first, stop - first};
}

// tag_of tells two versions of a file apart without reading it. It is of the file that is open:
// behind its name there may be the next one by now.
std::string tag_of(const file::File& file, std::uint64_t size) {
  struct stat found{};
  AIRLOCK_CHECK(::fstat(file.descriptor(), &found) == 0);
  return '"' + std::to_string(stamp_of(found)) + "-" + std::to_string(size) + '"';
}

}  // namespace

Response serve_file(const file::Path& path, const Request& request, const Served& served) {
  auto opened = file::File::open(path, file::Access::read);
  if (!opened) return error_response(opened.error());
  auto file = std::make_shared<file::File>(std::move(*opened));
  const auto size = file->size();
  if (!size) return error_response(size.error());
  Response response;
  response.content_type = served.content_type;
  const std::string etag = served.etag.empty() ? tag_of(*file, *size) : served.etag;
  response.headers = std::string(served.cache) + "accept-ranges: bytes\r\netag: " + etag + "\r\n";
  if (names_tag(request.if_none_match, etag)) {
    response.status = 304;
    return response;
  }
  Slice slice{0, *size};
  const bool same = request.if_range.empty() || request.if_range == etag;
  const bool ranged = same && request.method == Method::get;
  if (const auto range = ranged ? read_range(request.range, *size) : std::nullopt) {
    const std::string whole = "/" + std::to_string(*size) + "\r\n";
    if (!*range) {
      response = error_response(range->error());
      response.status = 416;
      response.headers = "content-range: bytes *" + whole;
      return response;
    }
    slice = **range;
    response.status = 206;
    response.headers += "content-range: bytes " + std::to_string(slice.offset) + "-" +
                        std::to_string(slice.offset + slice.size - 1) + whole;
  }
  response.file = FileSlice{std::move(file), slice.offset, slice.size};
  return response;
}

Response serve_log(const file::Path& folder, const Request& request) {
  const std::string_view name = request.target.substr(kLogPrefix.size());
  if (!translog::is_log_path(name)) return error_response({Code::not_found, 0});
  const bool is_immutable = translog::is_immutable_path(name);
  return serve_file(folder / name, request,
                    {is_immutable ? "application/octet-stream" : "text/plain; charset=utf-8",
                     is_immutable ? kImmutable : kNoCache});
}

}  // namespace airlock::http
