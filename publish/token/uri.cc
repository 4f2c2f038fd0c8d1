#include <string>

#include "publish/token/internal.h"

namespace airlock::token {

bool is_uri(std::string_view text) { return text.starts_with("pkcs11:"); }

Result<Uri> Uri::parse(std::string_view text) {
  if (text.size() > kUriSizeMax) return fail(Code::oversized, text.size());
  auto parsed = std::make_shared<Parsed>();
  parsed->uri.reset(p11_kit_uri_new());
  AIRLOCK_CHECK(parsed->uri != nullptr);
  P11KitUri* uri = parsed->uri.get();
  if (text.contains('\0') ||
      p11_kit_uri_parse(std::string(text).c_str(), P11_KIT_URI_FOR_ANY, uri) != P11_KIT_URI_OK ||
      p11_kit_uri_any_unrecognized(uri) != 0) {
    return fail(Code::bad_text);
  }
  if (p11_kit_uri_get_pin_value(uri) != nullptr) return fail(Code::pin_in_uri);
  return Uri(std::move(parsed));
}

std::optional<file::Path> Uri::module_path() const {
  const char* path = p11_kit_uri_get_module_path(parsed_->uri.get());
  return path == nullptr ? std::nullopt : std::optional<file::Path>(path);
}

std::optional<file::Path> Uri::pin_source() const {
  const char* source = p11_kit_uri_get_pin_source(parsed_->uri.get());
  if (source == nullptr) return std::nullopt;
  std::string_view path = source;
  if (path.starts_with("file:")) path.remove_prefix(5);
  return file::Path(path);
}

}  // namespace airlock::token
