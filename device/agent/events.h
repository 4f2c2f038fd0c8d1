// The events that effects answer with.
#pragma once

#include "core/update/update.h"

namespace airlock::agent {

inline update::Event event_of(update::Event::Type type) {
  update::Event event;
  event.type = type;
  return event;
}

inline update::Event went_back(Code reason) {
  update::Event event = event_of(update::Event::Type::went_back);
  event.error.code = reason;
  return event;
}

}  // namespace airlock::agent
