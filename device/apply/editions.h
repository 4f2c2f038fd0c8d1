// How what needs no slots comes into use, and out of it: the applier of every kind that has a
// shelf, ABI packs, fee policies and fee plugins.
//
// The functions are those of firmware: staging writes an edition's own file, and nothing that is in
// use; a trial is the time in which the new edition is in use and not committed; the floor moves at
// commit. Each may be repeated after a crash. What they are about is the kind's own shelf and
// floor, and no other.
#pragma once

#include <functional>

#include "device/apply/apply.h"
#include "device/apply/shelf.h"
#include "host/file/mapping.h"

namespace airlock::apply {

// Whether an edition may serve: everything in it reads, its golden cases come out as stated, and
// the wallet that reads it would use it (engine/abi, engine/fee).
using Judge = std::function<Status(Bytes content, const Edition& edition)>;
// A judge at each kind's place; where there is none, this device takes nothing of the kind.
using Judges = std::array<Judge, kShelfKinds.size()>;

// check_edition_room: no_space (at = missing bytes) where the file system has too little.
Status check_edition_room(platform::Device& device, const Work& work, Bytes envelope);

// stage_edition writes the edition's file, block by block, then its envelope beside it. Errors:
// those of delta, of the artifacts and of the disk. The next call goes on where this one stopped.
Status stage_edition(platform::Device& device, const Work& work, Bytes envelope,
                     Artifacts& artifacts, const OnBlock& on_block);

// An edition's file was read back whole, is this release, and serves.
class VerifiedEdition {
 public:
  const ShelfKind& kind() const { return *kind_; }
  const Edition& edition() const { return edition_; }

 private:
  friend Result<VerifiedEdition> verify_edition(platform::Device&, const package::Proven&, Bytes,
                                                const Judge&);
  VerifiedEdition(const ShelfKind& kind, const Edition& edition)
      : kind_(&kind), edition_(edition) {}
  const ShelfKind* kind_;
  Edition edition_;
};
// verify_edition reads file and envelope back and judges the content. Errors: image_rejected, those
// of the judge and of the disk.
Result<VerifiedEdition> verify_edition(platform::Device& device, const package::Proven& release,
                                       Bytes envelope, const Judge& judge);

// keep_edition_consent stores the owner's yes to an edition on its shelf, before it comes there.
Status keep_edition_consent(platform::Device& device, const ShelfKind& kind,
                            const Digest& manifest);

// use_edition puts the verified edition in use, on trial.
Status use_edition(platform::Device& device, const VerifiedEdition& verified);

// confirm_edition ends the trial well, then finishes. Errors: wrong_state unless this release is in
// use.
Status confirm_edition(platform::Device& device, const package::Proven& release);
// finish_edition raises floor and time by the edition that is committed already: what a power cut
// within confirm_edition left to be done.
Status finish_edition(platform::Device& device, const ShelfKind& kind);

// revert_edition ends a trial badly; without a trial there is nothing to do.
Status revert_edition(platform::Device& device, const ShelfKind& kind, Code reason);

// What the owner wants back.
struct Wanted {
  const ShelfKind& kind;
  Digest manifest;
};
// restore_edition puts a kept edition in use again, once it was judged anew. Errors: those of
// bring_back, of the judge and of the disk.
Status restore_edition(platform::Device& device, const Wanted& wanted, const Judge& judge);

// map_edition maps the file of an edition on the shelf. Nothing changes it: an edition that is
// dropped stays readable for whoever has mapped it. Errors: image_rejected (another size, or
// another digest where no tree of entries proves what is in it), those of the disk.
Result<file::Mapping> map_edition(const platform::Device& device, const ShelfKind& kind,
                                  const Edition& edition);

}  // namespace airlock::apply
