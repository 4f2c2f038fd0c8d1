#include "server/store/internal/audit.h"

namespace airlock::store::internal {

Status check_deed(const Deed& deed) {
  if (deed.who.empty()) return fail(Code::unauthorised);
  if (deed.why.empty()) return fail(Code::missing_field);
  if (deed.why.size() > kWhyMax) return fail(Code::oversized, deed.why.size());
  return {};
}

Status note(Connection& connection, const Deed& deed, std::string_view what,
            std::string_view detail) {
  AIRLOCK_ASSIGN(auto insert,
                 connection.prepare("INSERT INTO audit (at, who, what, why, detail) VALUES "
                                    "(?, ?, ?, ?, ?)"));
  insert.bind(0, deed.when).bind(1, deed.who).bind(2, what).bind(3, deed.why).bind(4, detail);
  return insert.run();
}

}  // namespace airlock::store::internal
