#include "trust/x509/pem.h"

#include <string>

#include "host/text/text.h"

namespace airlock::x509 {

Result<std::vector<Buffer>> blocks_of(std::string_view pem, std::string_view label) {
  if (pem.size() > kPemSizeMax) return fail(Code::oversized, pem.size());
  const std::string begin = "-----BEGIN " + std::string(label) + "-----";
  const std::string end = "-----END " + std::string(label) + "-----";
  std::vector<Buffer> blocks;
  std::size_t at = 0;
  while ((at = pem.find(begin, at)) != std::string_view::npos) {
    if (blocks.size() == kPemBlocksMax) return fail(Code::too_many, kPemBlocksMax);
    at += begin.size();
    const std::size_t stop = pem.find(end, at);
    if (stop == std::string_view::npos) return fail(Code::truncated, at);
    std::string base64;
    for (const char c : pem.substr(at, stop - at)) {
      if (c != '\n' && c != '\r') base64 += c;
    }
    AIRLOCK_ASSIGN(Buffer block, text::from_base64(base64));
    blocks.push_back(std::move(block));
    at = stop + end.size();
  }
  return blocks;
}

Result<std::vector<Certificate>> certificates_of(std::string_view pem) {
  AIRLOCK_ASSIGN(const std::vector<Buffer> blocks, blocks_of(pem, "CERTIFICATE"));
  if (blocks.empty()) return fail(Code::not_found);
  std::vector<Certificate> certificates;
  for (const Buffer& block : blocks) {
    AIRLOCK_ASSIGN(Certificate certificate, Certificate::from_der(block));
    certificates.push_back(std::move(certificate));
  }
  return certificates;
}

}  // namespace airlock::x509
