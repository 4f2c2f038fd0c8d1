// What the simulated wallet keeps of what is read and not run: who judges it, listed, and restored.
#pragma once

#include "apps/airlock-device/commands.h"
#include "device/apply/editions.h"
#include "host/json/json.h"

namespace airlock::app {

// judges_of are what this wallet asks of each kind before it serves.
apply::Judges judges_of(const platform::Device& device);

// shelf_json is a shelf for status; null where there never was an edition.
json::Value shelf_json(const apply::Shelf& shelf);
// shelf_text is the same in a line: "2.0.0, kept: 1.1.0, 1.0.0".
std::string shelf_text(const json::Value& shelf);

struct ShelfOptions {
  file::Path dir;
  std::string restore;  // a version or a manifest's digest; empty: only list
  Output output = Output::people;
};
Answer shelf(const apply::ShelfKind& kind, const ShelfOptions& options);

}  // namespace airlock::app
