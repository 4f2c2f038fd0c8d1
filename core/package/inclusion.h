// Does a release stand in the public log? (docs/formats/log.md)
//
// A leaf of the log is a manifest's digest, 32 bytes. The proof that travels with a release is a
// C2SP tlog-proof: the leaf's place, its path to the root, and a checkpoint over that root. It is
// judged by the keyring alone: the log's key, its witnesses and how many of them must have cosigned
// stand there. What a device saw of the log binds it: of two checkpoints the smaller one must be
// the beginning of the larger one, and the device keeps the larger one.
#pragma once

#include "core/package/checkpoint.h"

namespace airlock::package {

inline constexpr std::size_t kLogPathMax = 63;  // hashes of a proof (C2SP tlog-witness)
inline constexpr std::size_t kProofSizeMax = kNoteSizeMax + (4 << 10);
using LogPath = FixedList<Digest, kLogPathMax>;

// A tlog-proof taken apart, nothing trusted.
struct LogProof {
  std::uint64_t index = 0;
  LogPath path;
  Checkpoint checkpoint;

  // parse reads "c2sp.org/tlog-proof@v1". Extra data is read over: nothing vouches for it. Errors:
  // wrong_magic (another first line), oversized, too_many, truncated, and those of
  // Checkpoint::parse.
  static Result<LogProof> parse(std::string_view proof);
};

// log_for is what the keyring demands for a package of this kind; none where it demands nothing: it
// names no log, or the package is a keyring, without which a lost log could not be replaced. What
// it views is the keyring's encoding.
std::optional<LogPolicy> log_for(const Keyring& keyring, Kind kind);

// A manifest that stands in a log under a witnessed checkpoint. Only prove_included makes one.
class Included {
 public:
  std::uint64_t index() const { return index_; }
  const TreeHead& head() const { return witnessed_.head(); }
  const Witnessed& witnessed() const { return witnessed_; }

 private:
  friend Result<Included> prove_included(const Digest&, std::string_view, const LogPolicy&);
  Included(std::uint64_t index, const Witnessed& witnessed)
      : index_(index), witnessed_(witnessed) {}
  std::uint64_t index_;
  Witnessed witnessed_;
};

// prove_included judges the proof of a manifest's digest. Errors: proof_missing (an empty proof),
// bad_proof (it does not lead to the root), those of LogProof::parse and check_witnessed.
Result<Included> prove_included(const Digest& manifest, std::string_view proof,
                                const LogPolicy& policy);

// A consistency proof as text: "old SIZE", a hash a line, an empty line; the head of a request to a
// witness (C2SP tlog-witness), and what a host relays to a bare device.
struct Growth {
  std::uint64_t old_size = 0;
  LogPath path;

  // take reads it from the front of `text`, and takes it off. Errors: bad_text, out_of_range,
  // too_many, truncated.
  static Result<Growth> take(std::string_view& text);
};

// follow returns what a device remembers of the log once it accepts the checkpoint `found`: the
// larger of the two. The path proves that the smaller is the beginning of the larger; it is empty
// where their sizes are equal, or where nothing was seen (size 0). Errors: consistency_missing (a
// path is needed and there is none), log_forked.
Result<TreeHead> follow(const TreeHead& seen, const TreeHead& found, std::span<const Digest> path);

}  // namespace airlock::package
