#include "publish/token/token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto uri = airlock::token::Uri::parse(text)) (void)uri->pin_source();
  return 0;
}
