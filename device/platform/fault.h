// An error together with what it is about, for whoever has to find it.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "core/base/base.h"
#include "host/file/file.h"

namespace airlock::platform {

// An error, and the file or setting that is at fault; "" where that is not known.
struct Fault : Error {
  Fault(const Error& error, std::string at_fault = {}, std::string what_to_do = {})
      : Error(error), about(std::move(at_fault)), advice(std::move(what_to_do)) {}
  std::string about;
  std::string advice;  // in the place of the code's own; "" where that will do
};
template <class T>
using Located = std::expected<T, Fault>;

// located says at which file a result failed.
template <class T>
Located<T> located(const file::Path& file, Result<T> result) {
  if (!result) return std::unexpected(Fault(result.error(), file.string()));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*result);
  }
}

}  // namespace airlock::platform
