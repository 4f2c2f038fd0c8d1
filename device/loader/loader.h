// device/loader: what a Linux device's own loader is told, and what it tells.
//
// GRUB and U-Boot know no quorum and no digest: they start the slot that their environment names,
// and count. This room is for writing that environment after the boot record changed, and for
// reading it after the power came. It promises that the record alone decides: the environment
// repeats it, and where the two differ the record is what is told again; that whatever else stands
// in the environment stays there; and that a trial which the loader's count has used up is never
// begun anew. It never starts or restarts anything, and it proves nothing: core/slot/boot.h does,
// before the system of a slot is handed the machine. docs/formats/loader.md has the variables.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/base.h"
#include "core/slot/slot.h"
#include "host/file/file.h"

namespace airlock::loader {

using crypto::Digest;
using slot::SlotId;

// Which loader starts the device. Without one the agent plays its bootloader (core/slot/boot.h).
enum class Kind : std::uint8_t { none, grub, u_boot };
std::string_view name_of(Kind kind);             // "", "grub", "u-boot"
Result<Kind> kind_named(std::string_view name);  // out_of_range

// Where it keeps its environment: GRUB's block (grubenv), or the fw_env.config that says where
// U-Boot's copies lie.
struct Environment {
  Kind kind = Kind::none;
  file::Path path;
};

// What a loader goes by.
struct Told {
  struct Trial {
    std::uint8_t boots_left = 0;  // the loader takes one before each boot of the other slot
    Digest manifest;              // of what is tried
    friend bool operator==(const Trial&, const Trial&) = default;
  };
  SlotId active = SlotId::a;   // boots where no trial has boots left
  std::optional<Trial> trial;  // of the other slot
  friend bool operator==(const Told&, const Told&) = default;
};

// What stands in an environment.
struct Known {
  Told told;
  std::string start;  // the boot id of the start in which it was told; "" where it was not noted
};

// read returns nothing where nobody told it yet. Errors: loader_unreadable (no such environment,
// damaged, or values that nobody wrote who knows this), and those of the disk.
Result<std::optional<Known>> read(const Environment& environment);
// tell writes it, durably, with the boot id of the present start. GRUB's block, where it is
// damaged, is made anew; U-Boot's is not, since the device's own variables were lost with it.
// Errors: loader_unreadable, oversized (GRUB's block has no room), and those of the disk.
Status tell(const Environment& environment, const Told& told, std::string_view start);

// ---- decisions

// told_of is what a loader has to be told of a record. Boots of the trial that it knows already
// stay as it counted them.
Told told_of(const slot::Record& record, const std::optional<Known>& before);

// was_told_before says whether this start followed what is to be told: it was told in an earlier
// one. What was told since the power came changes nothing before the next start.
bool was_told_before(const Told& told, const std::optional<Known>& known, std::string_view start);

// What follows, before a slot is judged, from which slot the loader started.
enum class Next : std::uint8_t {
  judge,    // slot::boot decides
  give_up,  // the trial was told, and the committed slot was started: the loader has given it up
  restart,  // the trial was not told before this start: tell it and restart
};
struct Start {
  SlotId runs = SlotId::a;
  std::string_view id;  // the kernel's boot id
};
Next next_of(const slot::Record& record, const Start& start, const std::optional<Known>& known);

// running_slot reads which slot was started from the kernel's command line, where the loader says
// airlock.slot=a or b; the last one counts, as with the kernel's own. Errors: running_slot_unknown.
Result<SlotId> running_slot(std::string_view command_line);

// ---- GRUB's environment block, for tests and fuzzing

inline constexpr std::size_t kGrubBlockSize = 1024;  // what grub-editenv makes
inline constexpr std::size_t kGrubBlockMax = 64 << 10;

struct Variable {
  std::string name;
  std::string value;
  friend bool operator==(const Variable&, const Variable&) = default;
};
// parse_block reads a block whole, in its order. Errors: loader_unreadable.
Result<std::vector<Variable>> parse_block(Bytes block);
// write_block makes one of `size` bytes: oversized where it does not fit.
Result<file::Buffer> write_block(const std::vector<Variable>& variables, std::size_t size);

}  // namespace airlock::loader
