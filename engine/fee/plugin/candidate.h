// A plugin that was judged, and of which nothing has run yet.
#pragma once

#include <memory>

#include "core/crypto/sha256.h"
#include "engine/elf/elf.h"
#include "engine/fee/plugin/sealed.h"
#include "engine/fee/policy/golden.h"

namespace airlock::fee::plugin {

inline constexpr std::size_t kGoldenSizeMax = 64 << 10;

class Candidate {
 public:
  // judge seals the bytes and then looks at nothing else: their digest, what they would do to a
  // process that loads them, and whether they are a plugin of this version. Codes:
  // digest_mismatch, no_room; those of elf::Library::read; plugin_needs_library,
  // plugin_symbol_missing, plugin_abi_version, plugin_malformed, bad_text, bad_semver, oversized;
  // and those of golden cases. Of another machine than this one it can be read and not run.
  static Read<std::shared_ptr<const Candidate>> judge(Bytes file, const crypto::Digest& stated,
                                                      elf::Machine machine = this_machine());
  static elf::Machine this_machine();

  const crypto::Digest& digest() const { return digest_; }
  std::string_view name() const { return name_; }
  std::string_view release() const { return release_; }
  std::span<const GoldenCase> golden_cases() const { return golden_; }
  const elf::Library& library() const { return *library_; }
  elf::Machine machine() const { return machine_; }
  // Where its function lies in the library, and the file as the loader may have it.
  std::uint64_t evaluate() const { return evaluate_; }
  int descriptor() const { return sealed_.descriptor(); }

 private:
  explicit Candidate(Sealed sealed) : sealed_(std::move(sealed)) {}
  Read<void> read();
  Status read_symbols();
  Status read_about(Bytes bytes);
  Read<void> read_golden(Bytes bytes);

  Sealed sealed_;
  crypto::Digest digest_{};
  elf::Machine machine_{};
  std::optional<elf::Library> library_{};
  std::string name_{}, release_{};
  std::uint64_t evaluate_ = 0;
  Bytes golden_text_{};
  std::vector<GoldenCase> golden_{};
};

}  // namespace airlock::fee::plugin
