// The repository in its smallest form: one list, one root, for readers that are too small for TUF.
#pragma once

#include "core/minimal/minimal.h"
#include "publish/release/repository.h"

namespace airlock::release {

inline constexpr std::string_view kMinimalRoot = "root.json";
inline constexpr std::string_view kMinimalMetadata = "metadata.json";
inline constexpr std::string_view kMinimalSignatures = "metadata.json.sig";

enum class Signatures : std::uint8_t { complete, partial };

struct ExportOrder {
  Path repository;
  Path out;
  std::string only;  // targets whose path begins so; "" for all
  RoleSigners signers;
  Signatures demand = Signatures::complete;
  std::int64_t now = 0;
};
struct Exported {
  std::uint64_t version = 0;
  std::int64_t expires = 0;
  std::size_t targets = 0;
  std::size_t signatures = 0;
};
// export_minimal writes the newest top-level targets as docs/formats/minimal.md describes it,
// signed by the targets keys, after core/minimal has taken it. The same repository gives the same
// bytes. A folder that holds an export is brought up to date, and never goes back. Errors:
// no_role_for_key, key_too_weak (the targets role has too few Ed25519 keys), threshold_missing,
// bad_text (a path), oversized, metadata_expired, metadata_rollback and mixed_metadata (what lies
// there is newer, or another list of this version), and those of reading and writing.
Answer<Exported> export_minimal(const ExportOrder& order);

}  // namespace airlock::release
