// The audit: every change that an operator makes is noted in the transaction of the change.
#pragma once

#include "server/store/database.h"
#include "server/store/store.h"

namespace airlock::store::internal {

// check_deed refuses a change that nobody made (unauthorised), or without a reason
// (missing_field, oversized).
Status check_deed(const Deed& deed);
Status note(Connection& connection, const Deed& deed, std::string_view what,
            std::string_view detail);

}  // namespace airlock::store::internal
