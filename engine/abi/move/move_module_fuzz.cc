// Any bytes as a module and as a script: refused, or every index of what was read leads somewhere,
// its types can be spelled, and a type map can be made of it within its limits.
#include "engine/abi/move/move.h"

using namespace airlock;

namespace {

void walk(const abi::move::Module& module) {
  for (const auto& signature : module.signatures()) {
    std::uint32_t token = signature.first;
    for (unsigned i = 0; i < signature.count; ++i) {
      std::string text;
      abi::move::append_type(text, module, token);
      AIRLOCK_CHECK(!text.empty());
      AIRLOCK_CHECK(module.tokens()[token].end > token);
      token = module.tokens()[token].end;
    }
  }
  for (const auto& definition : module.struct_definitions())
    AIRLOCK_CHECK(module.fields_of(definition).size() + module.variants_of(definition).size() ==
                  definition.count);
  for (const auto& function : module.function_definitions())
    AIRLOCK_CHECK(function.handle < module.functions().size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(data, size);
  if (const auto module = abi::move::Module::read(input)) {
    walk(*module);
    (void)abi::move::load({&input, 1});
  }
  if (const auto script = abi::move::Module::read(input, abi::move::Kind::script)) {
    walk(*script);
    (void)abi::move::load_script(input);
  }
  return 0;
}
