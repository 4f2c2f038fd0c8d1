# Compiles root certificates into trust/x509: a source that holds the text of a PEM file, or nothing.

set(AIRLOCK_ROOTS "" CACHE FILEPATH "PEM file of the root certificates that every program trusts")

function(airlock_embed_roots target file)
  set(pem "")
  if(file)
    file(READ "${file}" pem)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
    if(NOT pem MATCHES "-----BEGIN CERTIFICATE-----" OR pem MATCHES "PRIVATE KEY")
      message(FATAL_ERROR "AIRLOCK_ROOTS: ${file} must hold certificates and no private key")
    endif()
    # What stands around the blocks (names, comments) is for people, and left out.
    string(REGEX MATCHALL "-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\r\n]+-----END CERTIFICATE-----" blocks "${pem}")
    string(JOIN "\n" pem ${blocks})
  endif()
  set(source "${CMAKE_BINARY_DIR}/generated/embedded_roots.cc")
  file(CONFIGURE OUTPUT "${source}" @ONLY CONTENT [=[
#include "trust/x509/internal/embedded.h"

namespace airlock::x509::internal {

std::string_view embedded_pem() {
  static constexpr std::string_view kPem = R"pem(@pem@)pem";
  return kPem;
}

}  // namespace airlock::x509::internal
]=])
  target_sources(${target} PRIVATE "${source}")
endfunction()
