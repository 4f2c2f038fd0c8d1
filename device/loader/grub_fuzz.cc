// What is read of GRUB's block is written and reads as the same; a command line names a slot or
// none.
#include "device/loader/loader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace airlock;
  (void)loader::running_slot(text_of({data, size}));
  const auto variables = loader::parse_block({data, size});
  if (!variables) return 0;
  const auto block = loader::write_block(*variables, loader::kGrubBlockMax);
  if (!block) return 0;  // what was nearly full has no room for the second line of comment
  const auto again = loader::parse_block(*block);
  AIRLOCK_CHECK(again.has_value() && *again == *variables);
  return 0;
}
