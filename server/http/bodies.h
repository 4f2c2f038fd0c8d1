// The bodies that strangers send, read strictly.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/base.h"
#include "host/json/tree.h"
#include "server/experiment/experiment.h"
#include "server/rollout/rollout.h"
#include "server/store/outcome_writer.h"
#include "server/store/store.h"

namespace airlock::http {

inline constexpr std::size_t kCheckInMax = 16 << 10;  // bytes of a check-in
inline constexpr std::size_t kReportMax = 16 << 10;   // bytes of a report with its signature
inline constexpr std::size_t kAdminBodyMax = 1 << 20;

// A check-in that owns what its facts view.
class CheckInBody {
 public:
  // parse reads a check-in. It names a duid, or a pseudonym and perhaps buckets, never both.
  // Errors: those of host/json, bad_text, bad_semver, bad_request.
  static Result<std::unique_ptr<CheckInBody>> parse(std::string_view body);
  explicit CheckInBody(json::Tree tree) : tree_(std::move(tree)) {}
  const rollout::CheckIn& facts() const { return facts_; }
  // sighting is what the store keeps of it.
  store::Sighting sighting(std::int64_t at) const;

 private:
  json::Tree tree_;
  std::string_view version_;
  rollout::CheckIn facts_;  // views tree_
};

// parse_report reads a signed report and proves it: the signature is by the key, and the key makes
// the DUID that the report names. Whether the key is enrolled is for the store. Errors: those of
// host/json, bad_text, bad_key, bad_signature, unauthorised (another device's name).
Result<store::Report> parse_report(std::string_view body, std::int64_t received);
// read_report reads what stands behind the signature. Errors: those of host/json, bad_request.
Result<store::Report> read_report(std::string_view text);

// What a wallet says of itself to be told its fee policies.
inline constexpr std::size_t kKeptMax = 16;  // policies that a wallet keeps
struct FeesBody {
  std::string duid;  // empty where a device names itself to nobody
  std::string region;
  std::string group;
  std::string tier;
  std::vector<std::string> kept;  // manifests of the policies that it keeps
};
// parse_fees errors: those of host/json, bad_request.
Result<FeesBody> parse_fees(std::string_view body);

// parse_outcomes reads a signed batch of outcomes and proves it, as parse_report does. Errors:
// those of parse_report, too_many.
Result<store::OutcomeBatch> parse_outcomes(std::string_view body, std::int64_t received);
// read_outcomes reads what stands behind the signature. Errors: those of host/json, bad_request.
Result<store::OutcomeBatch> read_outcomes(std::string_view text);

struct RolloutBody {
  store::Rollout draft;
  std::string why;
};
// parse_rollout errors: those of host/json, bad_text (also what no screen should show), bad_semver,
// empty_range (a range or window that ends before it begins), bad_request.
Result<RolloutBody> parse_rollout(std::string_view body);
struct ChangeBody {
  std::uint32_t share = 0;  // of an advance
  std::string arm;          // whose policy everybody gets
  std::string why;
};
enum class ChangeKind : std::uint8_t { step, advance, adopt };
Result<ChangeBody> parse_change(std::string_view body, ChangeKind kind);
struct ExperimentBody {
  experiment::Definition definition;
  std::string why;
  bool starts = true;
};
// parse_experiment errors: those of Definition::parse, bad_text, bad_request (its state). `reading`
// is that of Definition::parse.
Result<ExperimentBody> parse_experiment(std::string_view body, std::string& reading);

struct DevicesBody {
  std::vector<std::string> keys;
  std::string why;
};
Result<DevicesBody> parse_devices(std::string_view body);

}  // namespace airlock::http
