// Writing what logs and witnesses sign: checkpoints, cosignatures, proofs.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/base.h"
#include "core/package/package.h"
#include "host/file/file.h"

namespace airlock::translog {

using crypto::Digest;
using file::Buffer;
using package::TreeHead;

// A log: its name, and the key that signs its checkpoints.
struct LogIdentity {
  std::string origin;
  crypto::PublicKey key;
};

// Whoever holds the secret half signs a message: 64 bytes of Ed25519.
using Sign = std::function<Result<Buffer>(Bytes message)>;

// checkpoint_text is what is signed: origin, size, root.
std::string checkpoint_text(std::string_view origin, const TreeHead& head);

// sign_checkpoint makes the log's signed note. Errors: those of `sign`; bad_signature where it is
// by another key.
Result<std::string> sign_checkpoint(const LogIdentity& log, const TreeHead& head, const Sign& sign);

// cosign makes a witness' signature line over a checkpoint. Errors: as sign_checkpoint.
Result<std::string> cosign(const package::Checkpoint& checkpoint, const package::Witness& witness,
                           std::int64_t time, const Sign& sign);

// signature_line writes a signature as its note has it.
std::string signature_line(const package::NoteSignature& signature);

// with_cosignatures adds signature lines to a checkpoint's note; a line by a key that is there
// already takes its place. Errors: those of Checkpoint::parse over the result.
Result<std::string> with_cosignatures(std::string_view checkpoint, std::string_view lines);

// write_growth writes "old SIZE", hashes, an empty line; what follows is the checkpoint.
std::string write_growth(std::uint64_t old_size, std::span<const Digest> path);
// write_proof writes a C2SP tlog-proof.
std::string write_proof(std::uint64_t index, std::span<const Digest> path,
                        std::string_view checkpoint);

// verifier_key is how a key of a note is written for other tools: "name+<8 hex>+<Base 64>".
std::string verifier_key(std::string_view name, package::NoteKeyType type,
                         const crypto::PublicKey& key);

}  // namespace airlock::translog
