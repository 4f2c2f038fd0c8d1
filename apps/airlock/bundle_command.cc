// certificate bundle: what travels with a release for those who judge its signers.
#include <cstdio>

#include "apps/airlock/certificates.h"
#include "apps/airlock/commands.h"
#include "device/fetch/responder.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"

namespace airlock::app {
namespace {

struct BundleOptions {
  std::string package;
  std::string keyring;
  std::vector<std::string> chains;
  std::vector<std::string> staples;
  std::vector<std::string> crls;
  std::vector<std::string> responders;
  std::string repo;
  bool ask = false;
  bool json = false;
};

Answer append_pieces(const std::vector<std::string>& paths, std::string_view label,
                     std::vector<file::Buffer>& pieces) {
  for (const std::string& path : paths) {
    AIRLOCK_ASSIGN(auto found, pieces_of(path, label));
    for (file::Buffer& piece : found) pieces.push_back(std::move(piece));
  }
  return {};
}

Answer check(const BundleOptions& options) {
  for (const std::string& place : options.responders) {
    if (!fetch::is_place(place)) {
      return refuse(Code::usage, "--responder takes HOST:PORT, found " + place);
    }
  }
  return {};
}

std::expected<release::MadeBundle, Refusal> make(const BundleOptions& options,
                                                 const package::Keyring& keyring) {
  fetch::HttpResponder responder(options.responders);
  release::BundleOrder order{
      {}, {}, {}, {}, keyring, present(), options.ask ? &responder : nullptr};
  for (const std::string& path : options.chains) {
    AIRLOCK_ASSIGN(auto chain, pieces_of(path, "CERTIFICATE"));
    order.chains.push_back(std::move(chain));
  }
  if (options.chains.empty()) {
    AIRLOCK_ASSIGN(order.bundle, read_bundle_of(options.package));
    if (order.bundle.leaves.empty()) {
      return refuse(Code::usage, release::bundle_path(options.package).string() +
                                     " is not there to be renewed; name the signers' certificates "
                                     "with --chain");
    }
  }
  AIRLOCK_TRY(append_pieces(options.staples, "OCSP RESPONSE", order.staples));
  AIRLOCK_TRY(append_pieces(options.crls, "X509 CRL", order.crls));
  auto made = release::make_bundle(order);
  if (!made) return refuse(made.error(), options.package);
  return std::move(*made);
}

Answer write(const BundleOptions& options, const crypto::Digest& manifest, Bytes encoded) {
  const file::Path path = release::bundle_path(options.package);
  AIRLOCK_ANSWER_TRY(file::replace(path, encoded), path.string());
  if (options.repo.empty()) return {};
  const file::Path folder = file::Path(options.repo) / release::kCertificatesFolder;
  const file::Path served = folder / digest_hex(manifest);
  AIRLOCK_ANSWER_TRY(file::make_folders(folder), folder.string());
  AIRLOCK_ANSWER_TRY(file::replace(served, encoded), served.string());
  return {};
}

void tell(const BundleOptions& options, const release::MadeBundle& made,
          std::span<const doors::CertificateVerdict> verdicts) {
  for (const std::string& failure : made.failures) {
    std::fprintf(stderr, "warning: %s\n", text::visible_line(failure).c_str());
  }
  if (options.json) {
    std::printf("%s\n",
                text::visible_json(json::write({{"signers", verdicts_json(verdicts)}})).c_str());
    return;
  }
  std::printf("%s: certificates %zu, CRLs %zu.\n%s",
              release::bundle_path(options.package).string().c_str(), made.bundle.leaves.size(),
              made.bundle.crls.size(), verdicts_text(verdicts).c_str());
}

// What is missing is told, and is an error where the signatures alone would be enough.
Answer bundle(const BundleOptions& options) {
  AIRLOCK_TRY(check(options));
  AIRLOCK_ASSIGN(const auto keyring, open_keyring(options.keyring));
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer envelope, release::read_envelope(options.package),
                        release::envelope_path(options.package).string());
  AIRLOCK_ANSWER_ASSIGN(const package::Manifest manifest, package::read_unproven(envelope),
                        about_package(options.package, envelope));
  AIRLOCK_ASSIGN(const release::MadeBundle made, make(options, keyring->keyring));
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer encoded, made.bundle.encode(), options.package);
  AIRLOCK_TRY(write(options, manifest.digest(), encoded));
  const std::int64_t now = present();
  AIRLOCK_ANSWER_ASSIGN(const auto verdicts,
                        release::standing_of(envelope, keyring->keyring, made.bundle, now),
                        options.package);
  tell(options, made, verdicts);
  const auto proven = release::prove_certified(envelope, keyring->keyring, made.bundle, now);
  if (proven || proven.error().error.code == Code::quorum_missing) return {};
  return refuse(proven.error(), options.package);
}

}  // namespace

void add_bundle_command(CLI::App& family, Outcome& outcome) {
  auto made = add_command<BundleOptions>(
      family, outcome, "bundle",
      "Put the signers' certificates beside a package, with what says that they are not revoked; "
      "without --chain renew what lies there.",
      &bundle);
  BundleOptions& options = made.options;
  made.command.add_option("package", options.package, "package folder or .cose file")->required();
  made.command.add_option("--keyring", options.keyring, "keyring package of the devices")
      ->required();
  made.command
      .add_option("--chain", options.chains,
                  "a signer's certificate and those above it, PEM; may be given several times")
      ->allow_extra_args(false);
  made.command
      .add_option("--staple", options.staples,
                  "OCSP response about one of them; may be given several times")
      ->allow_extra_args(false);
  made.command.add_option("--crl", options.crls, "CRL; may be given several times")
      ->allow_extra_args(false);
  made.command.add_flag("--ask", options.ask,
                        "fetch OCSP responses and CRLs from where the certificates say");
  made.command
      .add_option("--responder", options.responders,
                  "a place that may be asked though it is not on the public internet; may be given "
                  "several times")
      ->type_name("HOST:PORT")
      ->allow_extra_args(false);
  made.command.add_option("--repo", options.repo,
                          "put it into this repository too, for a release that is published");
  made.command.add_flag("--json", options.json, "answer as JSON");
  made.command.footer(
      "Example:\n  airlock certificate bundle release-1.1.0 --keyring keys/keyring.cose \\\n"
      "      --chain vendor-chain.pem --chain committee-1-chain.pem --ask\n"
      "  airlock certificate bundle release-1.1.0 --keyring keys/keyring.cose --ask --repo repo");
}

}  // namespace airlock::app
