// Any bytes: the readers of checkpoints and proofs refuse them, or what they read lies within the
// input and its limits; and nothing that is made up passes a policy whose keys signed nothing.
#include "core/package/package.h"

using namespace airlock;

namespace {

// The key of the example in C2SP signed-note: its secret is not here, so nothing can be signed.
package::LogPolicy policy() {
  constexpr std::uint8_t kKey[] = {0xe9, 0x32, 0x79, 0x1a, 0xe6, 0xe7, 0xa8, 0x40, 0xa4, 0x61, 0x64,
                                   0xc9, 0x04, 0x78, 0x64, 0x26, 0xd5, 0xe7, 0x82, 0x1d, 0xd8, 0xb2,
                                   0x9a, 0x00, 0xd6, 0x1c, 0xae, 0x72, 0xaf, 0xdd, 0x4d, 0xa4};
  package::LogPolicy made{"log", {}, {}, 1};
  if (const auto key = crypto::make_public_key(crypto::Algorithm::eddsa, kKey)) made.key = *key;
  (void)made.witnesses.add({"witness", made.key});
  return made;
}

bool lies_in(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = text_of(Bytes(data, size));
  static const package::LogPolicy kPolicy = policy();
  if (const auto checkpoint = package::Checkpoint::parse(input)) {
    AIRLOCK_CHECK(lies_in(checkpoint->origin, input) && lies_in(checkpoint->note.text, input));
    AIRLOCK_CHECK(!checkpoint->note.signatures.empty());
    AIRLOCK_CHECK(!package::check_witnessed(*checkpoint, kPolicy));
  }
  if (const auto proof = package::LogProof::parse(input)) {
    AIRLOCK_CHECK(proof->path.size() <= package::kLogPathMax);
  }
  AIRLOCK_CHECK(!package::prove_included({}, input, kPolicy));
  std::string_view rest = input;
  if (const auto growth = package::Growth::take(rest)) AIRLOCK_CHECK(lies_in(rest, input));
  return 0;
}
