// What waits for signatures in a repository, for people and for scripts.
#pragma once

#include "apps/airlock/opened.h"
#include "apps/airlock/show.h"

namespace airlock::app {

// show_draft says what a draft changes, by whom it is signed, and by whom it has yet to be.
Shown show_draft(const release::Waiting& draft);

// tell_settled says what went in, what waits, and what to do next.
void tell_settled(const release::Settled& settled, const std::string& repo);
json::Value settled_json(const release::Settled& settled);

}  // namespace airlock::app
