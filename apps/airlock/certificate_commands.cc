#include <algorithm>
#include <cstdio>

#include "apps/airlock/certificates.h"
#include "apps/airlock/commands.h"
#include "apps/airlock/opened.h"
#include "apps/airlock/show.h"
#include "apps/airlock/typed.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"
#include "trust/x509/x509.h"

namespace airlock::app {
namespace {

struct CheckOptions {
  std::string chain;
  std::string roots;
  std::string staple;
  std::vector<std::string> crls;
  std::string at;
  std::string key;
  std::string use = "code-signing";
  std::string name;
  bool json = false;
};

// What was found, in the order of the questions; `code` is ok where all answers are good.
struct Report {
  Code code = Code::ok;
  std::string about;
  Shown shown;

  void add(std::string_view label, const char* member, const std::string& answer) {
    shown.text += line(label, answer);
    shown.value[member] = answer;
  }
  // refuse keeps the first reason: the questions go from the certificate's path to its key.
  void refuse(Code why, std::string what) {
    if (code != Code::ok) return;
    code = why;
    about = std::move(what);
  }
};

std::expected<x509::Roots, Refusal> read_roots(const std::string& path) {
  if (path.empty()) {
    AIRLOCK_ANSWER_ASSIGN(x509::Roots roots, x509::Roots::embedded(), "the roots compiled in");
    if (!roots.certificates().empty()) return roots;
    return refuse(Code::usage, "no roots are compiled in; name a PEM file of them with --roots");
  }
  AIRLOCK_ASSIGN(const auto blocks, pieces_of(path, "CERTIFICATE"));
  x509::Roots roots;
  for (const file::Buffer& block : blocks) AIRLOCK_ANSWER_TRY(roots.add(Bytes(block)), path);
  return roots;
}

x509::Purpose purpose_of(const CheckOptions& options) {
  x509::Purpose purpose;
  if (options.use == "server") purpose.use = x509::Use::server;
  if (options.use == "client") purpose.use = x509::Use::client;
  const bool is_address = options.name.find_first_not_of("0123456789.") == std::string::npos ||
                          options.name.find(':') != std::string::npos;
  if (!options.name.empty()) {
    const auto form = is_address ? x509::NameForm::ip : x509::NameForm::dns;
    purpose.names.push_back({form, options.name});
  }
  return purpose;
}

Answer report_revocation(const CheckOptions& options, const x509::Path& path, std::int64_t moment,
                         Report& report) {
  std::vector<file::Buffer> kept;
  x509::AtHand at_hand;
  for (const std::string& crl : options.crls) {
    AIRLOCK_ASSIGN(auto blocks, pieces_of(crl, "X509 CRL"));
    for (file::Buffer& block : blocks) kept.push_back(std::move(block));
  }
  const std::vector<Bytes> crls(kept.begin(), kept.end());
  at_hand.crls = crls;
  std::vector<file::Buffer> staples;
  if (!options.staple.empty()) {
    AIRLOCK_ASSIGN(staples, pieces_of(options.staple, "OCSP RESPONSE"));
    at_hand.staple = Bytes(staples.front());
  }
  x509::NoMemory memory;
  x509::NoClock clock;
  x509::Limits limits;
  limits.freshness.moment = moment;
  const x509::Verdict verdict = x509::check(path, at_hand, limits, {memory, clock});
  report.add("revocation", "revocation", verdict.why);
  if (const Status status = verdict.status(); !status) {
    report.refuse(status.error().code, verdict.why);
  }
  return {};
}

Answer report_key(const CheckOptions& options, const x509::Path& path, Report& report) {
  if (options.key.empty()) return {};
  AIRLOCK_ANSWER_ASSIGN(const auto keys, keys::read_public_keys(options.key), options.key);
  const bool is_same = std::ranges::any_of(
      keys, [&](const crypto::PublicKey& key) { return x509::certifies(path, key).has_value(); });
  report.add("key", "key", is_same ? "is the one that is certified" : "is not the certified one");
  if (!is_same) report.refuse(Code::key_mismatch, options.key);
  return {};
}

Answer fill(const CheckOptions& options, Report& report) {
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer pem, file::read(options.chain, x509::kPemSizeMax),
                        options.chain);
  AIRLOCK_ANSWER_ASSIGN(const auto chain, x509::certificates_of(text_of(pem)), options.chain);
  AIRLOCK_ASSIGN(const x509::Roots roots, read_roots(options.roots));
  const std::int64_t moment = options.at.empty() ? present() : *text::from_time(options.at);
  const auto path = x509::validate(chain, roots, moment, purpose_of(options));
  if (!path) {
    report.add("path", "path", path.error().why);
    report.refuse(path.error().code, path.error().why);
    return {};
  }
  json::Value names = json::Value::array();
  for (const x509::Certificate& one : path->certificates()) {
    report.shown.text += line(names.empty() ? "path" : "", one.subject_text());
    names.push_back(one.subject_text());
  }
  report.shown.value["path"] = std::move(names);
  AIRLOCK_TRY(report_revocation(options, *path, moment, report));
  return report_key(options, *path, report);
}

Answer check(const CheckOptions& options) {
  Report report;
  if (Answer filled = fill(options, report); !filled) return filled;
  const bool is_good = report.code == Code::ok;
  const std::string verdict(is_good ? "good" : name(report.code));
  report.add("verdict", "verdict", verdict);
  const std::string answer =
      options.json ? text::visible_json(json::write(report.shown.value)) + "\n" : report.shown.text;
  std::fwrite(answer.data(), 1, answer.size(), stdout);
  if (!is_good) return refuse(report.code, report.about);
  return {};
}

}  // namespace

void add_certificate_commands(CLI::App& app, Outcome& outcome) {
  CLI::App& family = add_family(
      app, "certificate", "Judge certificates as a device does, and put them beside a package.");
  auto made = add_command<CheckOptions>(
      family, outcome, "check",
      "Say whether a certificate may be relied on: its path, its revocation, its key.", &check);
  made.command
      .add_option("chain", made.options.chain, "PEM file: the certificate, then the others")
      ->required();
  made.command.add_option("--roots", made.options.roots,
                          "file of the trusted roots; otherwise those compiled in");
  made.command.add_option("--staple", made.options.staple, "OCSP response about the certificate");
  made.command.add_option("--crl", made.options.crls, "CRL; may be given several times")
      ->allow_extra_args(false);
  made.command.add_option("--at", made.options.at, "time of the question; otherwise now")
      ->check(kTime);
  made.command.add_option("--key", made.options.key, "public key that must be the certified one");
  made.command.add_option("--use", made.options.use, "what it is for")
      ->check(CLI::IsMember({"code-signing", "server", "client"}));
  made.command.add_option("--name", made.options.name, "host or address that it must carry");
  made.command.add_flag("--json", made.options.json, "answer as JSON");
  made.command.footer(
      "Example:\n  airlock certificate check signer-chain.pem --roots wallet-roots.pem \\\n"
      "      --staple signer.ocsp --key keys/vendor.pub");
  add_bundle_command(family, outcome);
}

}  // namespace airlock::app
