#include "apps/airlock/fees.h"

#include <algorithm>

#include "apps/airlock/opened.h"
#include "publish/release/release.h"

namespace airlock::app {
namespace {

std::expected<std::string, Refusal> read_text(const std::string& path) {
  // One byte more than a reader takes, so that it is the reader who says what is too long.
  AIRLOCK_ANSWER_ASSIGN(const file::Buffer bytes,
                        file::read_stream(path == "-" ? "/dev/stdin" : path, yaml::kSizeMax + 1),
                        path);
  return std::string(text_of(bytes));
}

std::expected<fee::Situation, Refusal> read_given(const std::string& text) {
  const auto tree = yaml::Tree::parse(text);
  if (!tree) return refuse_fault(tree.error(), "--given");
  auto read = fee::read_situation(tree->root());
  if (!read) return refuse_fault(read.error(), "--given");
  return std::move(*read);
}

}  // namespace

std::unexpected<Refusal> refuse_fault(const fee::Fault& fault, const std::string& path) {
  const std::string about = path + ": " + fault.text();
  return fault.instead.empty() ? refuse(fault.code, about) : refuse_advising(fault.code, about);
}

std::expected<PolicyFile, Refusal> read_policy_file(const std::string& path) {
  AIRLOCK_ASSIGN(const std::string text, read_text(path));
  auto policy = fee::Policy::read(text);
  if (!policy) return refuse_fault(policy.error(), path);
  const Bytes bytes = bytes_of(text);
  return PolicyFile{{bytes.begin(), bytes.end()}, std::move(*policy)};
}

std::expected<std::unique_ptr<const fee::Policy>, Refusal> read_policy(const std::string& path) {
  AIRLOCK_ASSIGN(PolicyFile read, read_policy_file(path));
  return std::move(read.policy);
}

std::expected<std::unique_ptr<const fee::Policy>, Refusal> read_policy_in(
    const file::Path& package, const package::Manifest& manifest) {
  const auto image = release::read_image(package, manifest, yaml::kSizeMax);
  if (!image) return refuse(image.error(), package.string());
  auto policy = fee::Policy::read(text_of(*image));
  if (!policy) return refuse_fault(policy.error(), package.string());
  if ((*policy)->version() != manifest.version.text)
    return refuse(Code::bad_policy, package.string() + ": the package says version " +
                                        std::string(manifest.version.text) + ", its policy " +
                                        std::string((*policy)->version()));
  return std::move(*policy);
}

std::expected<std::optional<fee::Limits>, Refusal> read_limits(const std::string& path) {
  if (path.empty()) return std::nullopt;
  AIRLOCK_ASSIGN(const std::string text, read_text(path));
  auto limits = fee::Limits::read(text);
  if (!limits) return refuse_fault(limits.error(), path);
  return std::move(*limits);
}

Result<fee::Quote> quote_of(const fee::Policy& policy, const std::optional<fee::Limits>& limits,
                            const fee::Asked& asked, fee::Steps* steps) {
  fee::Steps unseen;
  fee::Steps& noted = steps != nullptr ? *steps : unseen;
  if (limits) return fee::explain(policy, *limits, asked, noted);
  return steps != nullptr ? policy.explain(asked, noted) : policy.quote(asked);
}

bool SituationOptions::is_spelled_out() const {
  const std::string* const all[] = {&chain, &asset, &operation, &tier, &amount, &congestion, &time};
  return std::ranges::any_of(all, [](const std::string* one) { return !one->empty(); });
}

std::expected<fee::Situation, Refusal> situation_of(const SituationOptions& options) {
  if (!options.given.empty() && options.is_spelled_out())
    return refuse(Code::usage,
                  "--given holds all that the fee is asked for: write --amount, "
                  "--chain and the others into it, or leave it out");
  if (!options.given.empty()) return read_given(options.given);
  if (options.amount.empty())
    return refuse(Code::usage, "give --amount, or --given with all that the fee is asked for");
  fee::Situation made{options.chain, options.asset, options.operation, options.tier, {}, {}};
  const auto amount = number::read(options.amount);
  if (!amount) return refuse(Code::bad_amount, "--amount " + options.amount);
  made.rest.amount = *amount;
  if (!options.congestion.empty()) {
    const auto congestion = text::read_share(options.congestion);
    if (!congestion)
      return refuse_advising(
          congestion.error().code,
          "--congestion " + options.congestion + " is no share; write a percentage, such as 80%");
    made.rest.congestion = *congestion;
  }
  if (!options.time.empty()) {
    const auto time = text::from_time(options.time);
    if (!time)
      return refuse_advising(
          time.error().code,
          "--time " + options.time + " is no time; write it in UTC, such as 2026-01-02T15:04:05Z");
    made.rest.time = *time;
  }
  return made;
}

void add_situation_options(CLI::App& command, SituationOptions& options) {
  command.add_option("--amount", options.amount, "in the asset's smallest unit");
  command.add_option("--chain", options.chain, "CAIP-2, such as eip155:1");
  command.add_option("--asset", options.asset, "as the wallet names it");
  command.add_option("--operation", options.operation, "such as swap or network");
  command.add_option("--tier", options.tier, "of the user");
  command.add_option("--congestion", options.congestion, "of the chain, such as 80%");
  command.add_option("--time", options.time, "RFC 3339, in UTC");
  command.add_option(
      "--given", options.given,
      "all of it as in a golden case, with base_fee, priority_fees, units, signatures");
}

}  // namespace airlock::app
