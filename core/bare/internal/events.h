// Events by their type.
#pragma once

#include "core/update/update.h"

namespace airlock::bare::internal {

inline update::Event event_of(update::Event::Type type) {
  update::Event event;
  event.type = type;
  return event;
}

inline update::Event failed(const Error& error) {
  update::Event event = event_of(update::Event::Type::failed);
  event.error = error;
  return event;
}

// is_of says whether an envelope reads as one of this manifest.
bool is_of(Bytes envelope, const crypto::Digest& manifest);

}  // namespace airlock::bare::internal
