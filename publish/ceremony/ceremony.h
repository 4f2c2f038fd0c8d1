// publish/ceremony: what makes a signing something that others can check afterwards.
//
// It is for a person who signs a release on a machine that no network reaches, while others watch
// or listen on the telephone: a QR code of the digest for whoever has a camera, and a transcript of
// what was shown, asked and answered. It promises that each line of a transcript is on the disk
// before the ceremony goes on, that a line binds all lines before it, that the seal is made by the
// key that signed, over bytes that can never be taken for a package's, and that audit accepts
// nothing that was changed, shortened or put together from two. It never signs a package, never
// asks a person anything, and holds no secret.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/base.h"
#include "core/crypto/crypto.h"
#include "host/file/file.h"
#include "publish/keys/keys.h"

namespace airlock::ceremony {

inline constexpr std::size_t kTranscriptSizeMax = 256 << 10;
inline constexpr std::size_t kEntriesMax = 200;
inline constexpr std::size_t kFactSizeMax = 16 << 10;
inline constexpr std::size_t kSealsMax = 8;

// One thing that happened: "shown", "compared", "signed", .. with its facts by name.
struct Entry {
  std::string event;
  std::string time;  // RFC 3339, by the clock of the machine: nothing trusts it
  std::map<std::string, std::string> facts;
};

// A transcript being written (docs/formats/transcript.md): one line of JSON for each entry.
class Transcript {
 public:
  // begin makes the file, which must not exist: exists_already.
  static Result<Transcript> begin(file::Path path);
  // note adds an entry and has it on the disk when it returns. Errors: too_many, oversized (a
  // fact), and those of writing.
  Status note(const Entry& entry);
  // seal ends the transcript with a key's signature over all of it; more keys of the same signer
  // may seal it after that, and nothing else follows.
  Status seal(const keys::SigningKey& key);

 private:
  explicit Transcript(file::Path path) : path_(std::move(path)) {}
  Status add_line(const std::string& line);

  file::Path path_;
  std::string text_;
  std::size_t entries_ = 0;
  std::size_t seals_ = 0;
};

struct Audited {
  std::vector<Entry> entries;
  std::vector<crypto::PublicKey> sealed_by;  // each of whose signatures verified
};

// audit reads a whole transcript. Errors: bad_transcript (at: the line, from 1, that does not
// belong where it is), bad_signature (a seal), transcript_unsealed, oversized, too_many, and
// those of reading JSON.
Result<Audited> audit(std::string_view transcript);

// qr_code draws a text as a QR code (ISO/IEC 18004, level M) for a terminal: two rows of modules to
// a line, light on dark or the other way round, as a camera reads both. Errors: oversized.
Result<std::string> qr_code(std::string_view text);

}  // namespace airlock::ceremony
