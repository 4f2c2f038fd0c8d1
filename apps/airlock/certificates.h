// What the commands around certificates share.
#pragma once

#include <string>
#include <vector>

#include "apps/airlock/opened.h"
#include "apps/airlock/show.h"
#include "trust/doors/certified.h"

namespace airlock::app {

// pieces_of reads a file that is DER, or PEM with blocks of this label: one piece at least.
std::expected<std::vector<file::Buffer>, Refusal> pieces_of(const std::string& path,
                                                            std::string_view label);

// read_bundle_of reads what lies beside a package; nothing where nothing does.
std::expected<x509::Bundle, Refusal> read_bundle_of(const std::string& package);

// verdicts_text has a line for each key; verdicts_json the same for scripts.
std::string verdicts_text(std::span<const doors::CertificateVerdict> verdicts);
json::Value verdicts_json(std::span<const doors::CertificateVerdict> verdicts);

// tell_certificates prints how the certificates stand of those who signed a package, where the
// keyring demands them.
Answer tell_certificates(const std::string& package, Bytes envelope,
                         const package::Keyring& keyring);

// add_bundle_command adds `certificate bundle`.
void add_bundle_command(CLI::App& family, Outcome& outcome);

}  // namespace airlock::app
