// The release at hand, kept in incoming/ so that a killed process finds it again.
#pragma once

#include <optional>
#include <string>

#include "core/base/base.h"
#include "core/package/package.h"
#include "device/platform/platform.h"
#include "trust/tuf/tuf.h"

namespace airlock::agent {

using crypto::Digest;

// Where the release at hand came from.
struct Origin {
  std::string path;                   // by the server: of the target in the repository
  std::optional<tuf::Target> target;  // set when the repository door has opened
  std::string folder;                 // by hand: where its artifacts are, absolute
  bool built_in = false;              // it is a part of this program (Surroundings::built_in)

  // by_hand says that somebody brought it, and no server did.
  bool by_hand() const { return built_in || !folder.empty(); }
};
Status keep_origin(const platform::Device& device, const Origin& origin);
Result<Origin> read_origin(const platform::Device& device);

Status keep_envelope(const platform::Device& device, Bytes envelope);

// The proof that the release stands in the public log; empty where none came with it.
Status keep_proof(const platform::Device& device, Bytes proof);
Result<file::Buffer> read_proof(const platform::Device& device);
// proof_beside is where a package that is handed in has its proof: beside the envelope.
file::Path proof_beside(const file::Path& envelope);

// The certificates that came with the release (x509::Bundle), in the same way.
Status keep_bundle(const platform::Device& device, Bytes bundle);
Result<file::Buffer> read_bundle(const platform::Device& device);
file::Path bundle_beside(const file::Path& envelope);
// read_beside reads what lies beside an envelope: empty where nothing does.
Result<file::Buffer> read_beside(const file::Path& path, std::size_t size_max);

// A proven release and the bytes that it views. Moving it leaves the bytes where they are.
struct Release {
  file::Buffer envelope;
  package::Proven proven;
};
// prove_incoming opens the package door for the envelope at hand, by the signatures: whether their
// keys are certified is asked once, as a release comes in (check_certified). Errors of
// package::prove.
Result<Release> prove_incoming(const platform::Device& device);
// prove_envelope does it for any envelope.
Result<Release> prove_envelope(file::Buffer envelope, const package::Keyring& keyring);

}  // namespace airlock::agent
