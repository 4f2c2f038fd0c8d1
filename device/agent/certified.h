// Whether the signers of a release hold the certificates that the keyring demands, and what the
// device remembers of certificates.
#pragma once

#include <string>
#include <vector>

#include "core/base/base.h"
#include "core/package/package.h"
#include "device/platform/device.h"
#include "trust/doors/certified.h"

namespace airlock::agent {

using crypto::Digest;

// The folder of what was revoked once ("revoked"), the CRLs that were believed ("crls/"), and how
// the last release stood ("verdicts.json").
inline constexpr std::string_view kCertificatesFolder = "certificates";

// What a release is judged with: its certificates as they came, the present, and whoever can be
// asked over the network (nullptr: nobody).
struct CertificateQuestion {
  Bytes envelope;
  Bytes bundle;
  std::int64_t moment = 0;
  x509::Responder* responder = nullptr;
};

// check_certified judges them by the keyring in force; nothing where its policy demands none. What
// is revoked is remembered, and how each key stands is kept for read_verdicts. Errors: those of
// doors::prove_certified, of x509::Bundle::parse, and of the disk.
Status check_certified(const platform::Device& device, const CertificateQuestion& question);

// How the signers of a release stood when certificates were judged last.
struct Verdicts {
  Digest manifest;  // zero: none were judged yet
  std::int64_t moment = 0;
  std::vector<doors::CertificateVerdict> signers;
};
// read_verdicts: what is damaged counts as absent, since nothing rests on it. Errors: those of the
// disk.
Result<Verdicts> read_verdicts(const platform::Device& device);

}  // namespace airlock::agent
