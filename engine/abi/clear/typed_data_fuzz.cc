// Messages of unknown origin: what is read has all its values inside, and is shown.
#include "engine/abi/clear/clear.h"
#include "engine/abi/clear/fake_source.h"
#include "engine/abi/clear/structs.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace airlock;
  using namespace airlock::abi;
  const auto read = clear::TypedData::read(text_of({data, size}));
  if (!read) return 0;
  const auto structs = clear::Structs::read_spelling(read->spelling());
  AIRLOCK_CHECK(structs.has_value());
  const auto spelling = structs->spell(read->primary_type());
  AIRLOCK_CHECK(spelling.has_value() && *spelling == read->spelling());
  std::vector<type::Node> nodes(1);
  type::Tape tape(nodes);
  const auto shown = clear::show_message(nullptr, *read, std::nullopt, clear::FakeSource(), tape);
  AIRLOCK_CHECK(!clear::json_of(shown).empty() && !clear::lines_of(shown, 80).empty());
  return 0;
}
