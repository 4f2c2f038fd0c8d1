// Events by their type, and what most effects answer: one of them.
#pragma once

#include "core/update/update.h"

namespace airlock::bare::internal {

update::Event event_of(update::Event::Type type);
Result<update::Event> happened(update::Event::Type type);

inline update::Event failed(const Error& error) {
  update::Event event = event_of(update::Event::Type::failed);
  event.error = error;
  return event;
}

// is_of says whether an envelope reads as one of this manifest.
bool is_of(Bytes envelope, const crypto::Digest& manifest);

}  // namespace airlock::bare::internal
