// How a module is read: the tables here, the functions' bodies in code.cc.
#pragma once

#include "engine/abi/move/cursor.h"
#include "engine/abi/move/module.h"

namespace airlock::abi::move {

// Reads functions of a module whose other tables are read and checked.
class CodeReader {
 public:
  explicit CodeReader(Module& module);
  void read_functions(Cursor& cursor);
  // read_body passes over a body. `handle` says what its function takes.
  void read_body(Cursor& cursor, const FunctionHandle& handle);

 private:
  void read_function(Cursor& cursor);
  std::size_t read_operands(Cursor& cursor, std::size_t count, std::size_t locals,
                            std::size_t parameters);
  void read_jump_tables(Cursor& cursor, std::size_t code_size, std::size_t switch_count);
  // generic_fits says whether the type arguments of an instance fit a function's parameters.
  bool generic_fits(std::span<const Instance> pool, std::uint64_t index,
                    std::size_t parameters) const;

  Module& module_;
  std::array<std::size_t, 32> pool_sizes_{};
};

}  // namespace airlock::abi::move
