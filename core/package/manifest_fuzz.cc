// Any bytes: the package door's readers refuse them, or what they read walks without a fault. An
// envelope that is read is written back to the very same bytes.
#include <vector>

#include "core/package/package.h"

using namespace airlock;

namespace {

void walk(const package::Manifest& manifest) {
  for (std::size_t i = 0; i < manifest.component_count(); ++i) {
    const package::Component component = manifest.component(i);
    for (std::size_t k = 0; k < component.image_count(); ++k) {
      const package::Image image = component.image(k);
      AIRLOCK_CHECK(image.block_count() > 0);
      (void)image.block_size(image.block_count() - 1);
      (void)image.block_digest(image.block_count() - 1);
    }
    for (std::size_t k = 0; k < component.payload_count(); ++k) {
      AIRLOCK_CHECK(component.payload(k).image < component.image_count());
    }
  }
}

void write_back(const package::Envelope& envelope, Bytes input) {
  std::vector<package::SignatureDraft> drafts;
  for (const package::SignatureView& view : envelope.signatures) {
    const auto algorithm = crypto::known_algorithm(view.algorithm);
    if (!algorithm) return;
    drafts.push_back({*algorithm, *crypto::Digest::from(view.key_id), view.signature});
  }
  std::vector<std::uint8_t> room(input.size() + 64);
  const auto written = package::encode_envelope(envelope.payload, drafts, room);
  AIRLOCK_CHECK(written ? equal(*written, input) : written.error().code == Code::duplicate_signer);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(data, size);
  (void)package::Manifest::kind_of(input);
  if (const auto manifest = package::Manifest::parse(input)) walk(*manifest);
  if (const auto envelope = package::Envelope::parse(input)) write_back(*envelope, input);
  if (const auto manifest = package::read_unproven(input)) walk(*manifest);
  return 0;
}
