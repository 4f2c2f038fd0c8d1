#include "device/agent/report.h"

#include "host/json/json.h"
#include "host/text/text.h"

namespace airlock::agent {
namespace {

using update::Phase;

std::string_view outcome_of(const update::Session& session) {
  if (session.phase != Phase::reporting) return "progress";
  if (session.outcome == Code::ok) return "committed";
  // Its turn has not come: most of a fleet says so with each look while a ramp climbs.
  if (session.outcome == Code::outside_ramp) return "progress";
  return update::ran_again(session) ? "went_back" : "failed";
}

Phase phase_of(const update::Session& session) {
  if (session.phase != Phase::reporting) return session.phase;
  return session.outcome == Code::ok ? Phase::committing : session.failed_in;
}

}  // namespace

Result<fetch::SignedReport> sign_text(const platform::DeviceKey& key, std::string_view context,
                                      std::string text) {
  AIRLOCK_ASSIGN(const auto signature, key.sign(bytes_of(std::string(context) + text)));
  return fetch::SignedReport{std::move(text), text::to_hex(key.public_key()),
                             text::to_hex(signature)};
}

Result<fetch::SignedReport> make_report(const platform::DeviceKey& key,
                                        const update::Session& session, std::int64_t time_bound) {
  const json::Value value = {{"duid", key.duid()},
                             {"sequence", session.report_sequence},
                             {"rollout", session.rollout},
                             {"manifest", text::to_hex(session.manifest.bytes)},
                             {"version", session.version.view()},
                             {"phase", update::name_of(phase_of(session))},
                             {"outcome", outcome_of(session)},
                             {"reason", name(session.outcome)},
                             {"time_bound", time_bound}};
  return sign_text(key, kReportContext, json::write(value));
}

}  // namespace airlock::agent
