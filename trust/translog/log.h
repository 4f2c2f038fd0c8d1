// Writing a log's folder, and making proofs from a log.
#pragma once

#include <string>

#include "trust/translog/note.h"
#include "trust/translog/tiles.h"

namespace airlock::translog {

// A checkpoint that the log signed, and its text, which the parsed one views.
struct SignedHead {
  std::string note;
  TreeHead head;
};
// read_checkpoint fetches the newest checkpoint. Errors: those of the fetcher, of
// Checkpoint::parse and of check_log_signature.
Result<SignedHead> read_checkpoint(Fetcher& fetcher, const LogIdentity& log);

// create makes an empty log in a folder. Errors: exists_already, bad_text (no name for a log),
// those of sign_checkpoint and of writing.
Status create(const file::Path& folder, const LogIdentity& log, const Sign& sign);

struct Added {
  std::uint64_t index = 0;
  TreeHead head;
  bool is_new = true;  // it stood there already
};
// add appends a release to the log in a folder, and publishes the checkpoint that speaks of it. One
// that stands in the log already keeps its place. Errors: busy (another process writes), those of
// read_checkpoint, log_damaged (the tiles do not make the root that the checkpoint states; nothing
// is signed), log_full, and those of writing.
Result<Added> add(const file::Path& folder, const LogIdentity& log, const Digest& manifest,
                  const Sign& sign);

// keep_cosignatures adds witnesses' lines to the checkpoint of a folder. Errors: as
// read_checkpoint; bad_text where they are no signature lines.
Status keep_cosignatures(const file::Path& folder, const LogIdentity& log, std::string_view lines);

// cosignatures_in takes the signature lines of the policy's witnesses out of a note over the very
// checkpoint that is wanted: empty where the note is over another one, or where none verifies.
std::string cosignatures_in(std::string_view note, const package::Checkpoint& wanted,
                            const package::LogPolicy& policy);

// make_proof makes the proof of a release under the newest checkpoint, with the cosignatures that
// it has there. Errors: not_in_log, those of read_checkpoint and of Tree.
Result<std::string> make_proof(Fetcher& fetcher, const LogIdentity& log, const Digest& manifest);

// copy_tiles copies every tile of hashes of the first `size` entries below another folder, so that
// whoever has that folder can be shown how the log grew to it.
Status copy_tiles(Fetcher& fetcher, std::uint64_t size, const file::Path& to);

}  // namespace airlock::translog
