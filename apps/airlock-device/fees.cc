#include "apps/airlock-device/fees.h"

#include <iostream>

#include "apps/airlock-device/fees_wallet.h"
#include "engine/fee/show.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"

namespace airlock::app {
namespace {

using platform::Fault;
using platform::located;

constexpr std::uint64_t kPaymentMsMax = 3'600'000;

std::unexpected<Fault> refuse(const fee::Fault& fault, const std::string& about) {
  return std::unexpected(Fault(Error{fault.code}, about + ": " + fault.text()));
}

std::string said(Code code, const std::string& about) {
  return text::visible_json(
             json::write({{"refused", name(code)}, {"about", text::visible_line(about)}})) +
         "\n";
}

using fee::plugin::Answered;

std::string_view place_of(const std::shared_ptr<const fee::plugin::Serving>& plugin) {
  return plugin != nullptr && !plugin->report() ? "in-process" : "confined";
}

// What a plugin charges, and how it runs.
std::string answer_of(const FeesWallet::Served& served, const Answered& answered,
                      std::string_view place, Output output) {
  if (output == Output::people) {
    std::string lines = "fee     " + fee::text_of(answered.fee.total) + "\n";
    for (const auto& one : answered.fee.payments)
      lines += (&one == answered.fee.payments.data() ? "paid to " : "        ") + one.recipient +
               ": " + fee::text_of(one.amount) + "\n";
    return lines + "rule    " + answered.fee.rule + " of plugin " + answered.version + ", " +
           text::short_digest(answered.digest) + ", " + std::string(place) + "\n";
  }
  json::Value pay = json::Value::object();
  for (const auto& one : answered.fee.payments) pay[one.recipient] = fee::text_of(one.amount);
  return text::visible_json(json::write({{"version", answered.version},
                                         {"digest", text::to_hex(answered.digest.bytes)},
                                         {"rule", answered.fee.rule},
                                         {"total", fee::text_of(answered.fee.total)},
                                         {"pay", pay},
                                         {"manifest", text::to_hex(served.plugin.bytes)},
                                         {"plugin", place},
                                         {"instead_of", nullptr},
                                         {"advice", nullptr}})) +
         "\n";
}

// The policy's quote, by which edition and advice, and why no plugin answered where one should.
std::string answer_of(const FeesWallet::Served& served, const fee::Quote& quote,
                      const fee::Asked& asked, Code instead_of, Output output) {
  if (output == Output::people) {
    std::string lines = fee::lines_of(quote, asked);
    if (served.advice)
      lines += "advice  arm " + text::visible_line(served.advice->arm) + " of experiment " +
               std::to_string(served.advice->experiment) + "\n";
    if (instead_of != Code::ok)
      lines += "instead of the plugin: " + std::string(name(instead_of)) + "\n";
    return lines;
  }
  json::Value value = fee::json_of(quote, asked);
  value["manifest"] = text::to_hex(served.manifest.bytes);
  value["plugin"] = nullptr;
  value["instead_of"] = nullptr;
  if (instead_of != Code::ok) value["instead_of"] = name(instead_of);
  value["advice"] = nullptr;
  if (served.advice)
    value["advice"] = {{"experiment", served.advice->experiment}, {"arm", served.advice->arm}};
  return text::visible_json(json::write(value)) + "\n";
}

// What a wallet does line by line. It knows by which advice the last quote was made.
class Counter {
 public:
  Counter(FeesWallet& wallet, fee::Engine::Reader policies, fee::plugin::Engine::Reader plugins)
      : wallet_(wallet), policies_(std::move(policies)), plugins_(std::move(plugins)) {}

  platform::Located<std::string> quote(yaml::Node given, Output output) {
    const auto situation = fee::read_situation(given);
    if (!situation) return refuse(situation.error(), "the question");
    last_.reset();
    AIRLOCK_ASSIGN(const FeesWallet::Served served, wallet_.keep_up());
    const fee::Asked asked = situation->asked();
    const fee::plugin::Engine::View view = plugins_.view();
    AIRLOCK_ASSIGN(const Answered answered, located("the fee", view.quote(asked)));
    // A payment whose fee a plugin named says nothing of the policy that was advised.
    if (answered.is_by_plugin)
      return answer_of(served, answered, place_of(wallet_.plugins().serving()), output);
    const fee::Engine::View policy = policies_.view();
    AIRLOCK_ASSIGN(const fee::Quote quote, located("the fee", policy.quote(asked)));
    last_ = served.advice;
    const bool is_loaded = served.plugin_fault == Code::ok;
    return answer_of(served, quote, asked, is_loaded ? answered.instead_of : served.plugin_fault,
                     output);
  }

  // {paid: true, ms: 120}: how the payment went whose fee was asked last.
  platform::Located<std::string> note(yaml::Node line) {
    const auto outcome = read_payment(line);
    if (!outcome) return refuse(outcome.error(), "the payment");
    if (!last_) return std::string("{\"noted\":false}\n");
    agent::Outcome noted = *outcome;
    noted.experiment = last_->experiment;
    noted.arm = last_->arm;
    noted.stage = last_->stage;
    last_.reset();
    AIRLOCK_TRY(wallet_.note(noted));
    return std::string("{\"noted\":true}\n");
  }

  platform::Located<std::string> answer(const std::string& line) {
    const auto tree = yaml::Tree::parse(line);
    if (!tree) return refuse(tree.error(), "the line");
    const yaml::Node root = tree->root();
    const bool is_payment = root.is_mapping() && root.member("paid");
    return is_payment ? note(root) : quote(root, Output::json);
  }

 private:
  static fee::Read<agent::Outcome> read_payment(yaml::Node line) {
    AIRLOCK_ASSIGN(const fee::Fields fields, fee::Fields::of(line, {"paid", "ms"}));
    AIRLOCK_ASSIGN(const yaml::Node paid, fields.required("paid"));
    AIRLOCK_ASSIGN(const yaml::Node time, fields.required("ms"));
    AIRLOCK_ASSIGN(const std::uint64_t ms, fee::integer(time, {"ms", 0, kPaymentMsMax}));
    const bool is_known = paid.is_scalar() && (paid.scalar() == "true" || paid.scalar() == "false");
    if (!is_known)
      return fee::refuse_at(paid, Code::wrong_type, "whether it was paid is not said",
                            "write true or false");
    agent::Outcome outcome;
    if (paid.scalar() == "false") outcome.payment = agent::Outcome::Payment::failed;
    outcome.ms = static_cast<std::uint32_t>(ms);
    return outcome;
  }

  FeesWallet& wallet_;
  fee::Engine::Reader policies_;
  fee::plugin::Engine::Reader plugins_;
  std::optional<fetch::FeesAdvice> last_;
};

Answer follow(FeesWallet& wallet, Counter& counter) {
  AIRLOCK_TRY(wallet.begin_asking());
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto answer = counter.answer(line);
    std::cout << (answer ? *answer : said(answer.error().code, answer.error().about)) << std::flush;
  }
  return {};
}

}  // namespace

platform::Located<fee::Limits> read_fee_limits(const file::Path& path) {
  AIRLOCK_ASSIGN(const file::Buffer text, located(path, file::read(path, yaml::kSizeMax)));
  auto limits = fee::Limits::read(text_of(text));
  if (!limits) return refuse(limits.error(), path.string());
  return std::move(*limits);
}

Status judge_fees(const file::Path& path, Bytes content, const apply::Edition& edition) {
  const auto limits = read_fee_limits(path);
  if (!limits) return fail(limits.error().code);
  const auto policy = fee::Policy::read(text_of(content));
  if (!policy) return fail(policy.error().code);
  if ((*policy)->version() != edition.version.view()) return fail(Code::bad_policy);
  const auto admitted = limits->admits(**policy);
  if (!admitted) return fail(admitted.error().code);
  return {};
}

Answer ask_fee(const FeeOptions& options) {
  AIRLOCK_ASSIGN(const auto wallet, FeesWallet::open(options.dir));
  AIRLOCK_ASSIGN(fee::Engine::Reader policies, located(options.dir, wallet->engine().reader()));
  AIRLOCK_ASSIGN(fee::plugin::Engine::Reader plugins,
                 located(options.dir, wallet->plugins().reader()));
  Counter counter(*wallet, std::move(policies), std::move(plugins));
  if (options.follow) return follow(*wallet, counter);
  const auto tree = yaml::Tree::parse(options.given);
  if (!tree) return refuse(tree.error(), "the question");
  AIRLOCK_ASSIGN(const std::string answer, counter.quote(tree->root(), options.output));
  std::cout << answer;
  return {};
}

}  // namespace airlock::app
