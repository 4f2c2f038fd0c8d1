#include "apps/airlock/certificates.h"

#include <cstdio>

#include "host/text/text.h"

namespace airlock::app {

std::expected<std::vector<file::Buffer>, Refusal> pieces_of(const std::string& path,
                                                            std::string_view label) {
  AIRLOCK_ANSWER_ASSIGN(file::Buffer bytes, file::read(path, x509::kPemSizeMax), path);
  if (text_of(bytes).find("-----BEGIN ") == std::string_view::npos) {
    std::vector<file::Buffer> whole;
    whole.push_back(std::move(bytes));
    return whole;
  }
  AIRLOCK_ANSWER_ASSIGN(std::vector<file::Buffer> blocks, x509::blocks_of(text_of(bytes), label),
                        path);
  if (blocks.empty()) return refuse(Code::wrong_magic, path + " holds no " + std::string(label));
  return blocks;
}

std::expected<x509::Bundle, Refusal> read_bundle_of(const std::string& package) {
  const file::Path path = release::bundle_path(package);
  const Result<file::Buffer> encoded = file::read(path, x509::kBundleSizeMax);
  if (!encoded && encoded.error().code == Code::not_found) return x509::Bundle{};
  if (!encoded) return refuse(encoded.error(), path.string());
  AIRLOCK_ANSWER_ASSIGN(x509::Bundle bundle, x509::Bundle::parse(*encoded), path.string());
  return bundle;
}

std::string verdicts_text(std::span<const doors::CertificateVerdict> verdicts) {
  std::string made;
  for (const doors::CertificateVerdict& one : verdicts) {
    made +=
        line(text::visible_line(one.signer) + ", " + std::string(package::name_of(one.algorithm)),
             (one.code == Code::ok ? "good: " : std::string(name(one.code)) + ": ") +
                 text::visible_line(one.why));
  }
  return made;
}

json::Value verdicts_json(std::span<const doors::CertificateVerdict> verdicts) {
  json::Value list = json::Value::array();
  for (const doors::CertificateVerdict& one : verdicts) {
    list.push_back(doors::json_of(one));
  }
  return list;
}

Answer tell_certificates(const std::string& package, Bytes envelope,
                         const package::Keyring& keyring) {
  AIRLOCK_ASSIGN(const x509::Bundle bundle, read_bundle_of(package));
  AIRLOCK_ANSWER_ASSIGN(const auto verdicts,
                        release::standing_of(envelope, keyring, bundle, present()), package);
  if (verdicts.empty()) return {};
  std::printf("The keyring demands certificates (airlock certificate bundle):\n%s",
              verdicts_text(verdicts).c_str());
  return {};
}

}  // namespace airlock::app
