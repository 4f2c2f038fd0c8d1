// How an ABI pack comes into use, and out of it: the applier of the kind abi-pack.
//
// The functions are those of firmware, for content that is read and not run: staging writes a
// version's own file, and nothing that is in use; a trial is the time in which the new version is
// in use and not committed; the floor moves at commit. Each may be repeated after a crash.
#pragma once

#include <functional>

#include "device/apply/apply.h"
#include "device/apply/shelf.h"
#include "host/file/mapping.h"

namespace airlock::apply {

inline constexpr std::uint64_t kPackSizeMax = 256 << 20;   // of the file
inline constexpr std::string_view kPackComponent = "abi";  // the one component of such a package

// Whether a pack may serve: every entry reads, and the cases in it and in the firmware decode as
// stated (engine/abi).
using JudgePack = std::function<Status(Bytes pack, const package::Entries& committed)>;

// check_pack_room: no_space (at = missing bytes) where the file system has too little.
Status check_pack_room(platform::Device& device, const Work& work, Bytes envelope);

// stage_pack writes the version's file, block by block, then its envelope beside it. Errors: those
// of delta, of the artifacts and of the disk. The next call goes on where this one stopped.
Status stage_pack(platform::Device& device, const Work& work, Bytes envelope, Artifacts& artifacts,
                  const OnBlock& on_block);

// A version's file was read back whole, is this release, and serves.
class VerifiedPack {
 public:
  const KeptPack& pack() const { return pack_; }

 private:
  friend Result<VerifiedPack> verify_pack(platform::Device&, const package::Proven&, Bytes,
                                          const JudgePack&);
  explicit VerifiedPack(const KeptPack& pack) : pack_(pack) {}
  KeptPack pack_;
};
// verify_pack reads file and envelope back and judges the pack. Errors: image_rejected, those of
// the judge and of the disk.
Result<VerifiedPack> verify_pack(platform::Device& device, const package::Proven& release,
                                 Bytes envelope, const JudgePack& judge);

// use_pack puts the verified version in use, on trial.
Status use_pack(platform::Device& device, const VerifiedPack& verified);

// confirm_pack ends the trial well, then finishes. Errors: wrong_state unless this release is in
// use.
Status confirm_pack(platform::Device& device, const package::Proven& release);
// finish_pack raises floor and time by the pack that is committed already: what a power cut within
// confirm_pack left to be done.
Status finish_pack(platform::Device& device);

// revert_pack ends a trial badly; without a trial there is nothing to do.
Status revert_pack(platform::Device& device, Code reason);

// restore_pack puts a kept version in use again, once it was judged anew. Errors: those of
// bring_back, of the judge and of the disk.
Status restore_pack(platform::Device& device, const Digest& manifest, const JudgePack& judge);

// map_pack maps the file of a version on the shelf. Nothing changes it: a version that is dropped
// stays readable for whoever has mapped it. Errors: image_rejected (another size), those of the
// disk.
Result<file::Mapping> map_pack(const platform::Device& device, const KeptPack& pack);

}  // namespace airlock::apply
