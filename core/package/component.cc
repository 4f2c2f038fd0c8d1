// Components of a manifest: checked whole when the manifest is parsed, and walked again whenever
// one part is asked for, so that no array of them stands on a bootloader's stack.
#include "core/package/internal/shapes.h"
#include "core/package/manifest.h"
#include "core/package/names.h"

namespace airlock::package {
namespace {

using codec::CborReader;
using codec::FieldKey;
using codec::read_number;
using internal::ComponentKey;
using internal::ImageKey;
using internal::PayloadKey;

constexpr std::uint32_t kBaseKeys =
    internal::key_set(PayloadKey::base_size, PayloadKey::base_digest);

Status check_image(const Image& image) {
  if (image.size == 0) return fail(Code::bad_manifest);
  const std::uint64_t blocks = (image.size + kBlockSize - 1) / kBlockSize;
  if (image.block_digests.size() != blocks * Digest::kSize) return fail(Code::bad_manifest);
  return {};
}

Status read_image(CborReader& reader, Image& image) {
  const auto read_one = [&](FieldKey key) -> Status {
    switch (static_cast<ImageKey>(key)) {
      case ImageKey::load_address: return read_number(reader, image.load_address.emplace());
      case ImageKey::size: return read_number(reader, image.size, kImageSizeMax);
      case ImageKey::digest: return reader.read_exactly(image.digest.bytes);
      case ImageKey::block_digests:
        return codec::read_bytes(reader, image.block_digests, kBlocksMax * Digest::kSize);
    }
    return fail(Code::unknown_field);
  };
  AIRLOCK_TRY(internal::read_map(reader, internal::kImageShape, read_one));
  return check_image(image);
}

Status read_payload_type(CborReader& reader, PayloadType& to) {
  AIRLOCK_ASSIGN(const std::uint64_t number, reader.read_unsigned());
  to = static_cast<PayloadType>(number);
  const bool is_known = number == static_cast<std::uint64_t>(PayloadType::full) ||
                        number == static_cast<std::uint64_t>(PayloadType::patch);
  return is_known ? Status{} : fail(Code::bad_manifest);
}

Status read_payload_field(Payload& payload, FieldKey key, CborReader& reader) {
  switch (static_cast<PayloadKey>(key)) {
    case PayloadKey::type: return read_payload_type(reader, payload.type);
    case PayloadKey::image: return read_number(reader, payload.image, kImagesMax - 1);
    case PayloadKey::size: return read_number(reader, payload.size, kPayloadSizeMax);
    case PayloadKey::digest: return reader.read_exactly(payload.digest.bytes);
    case PayloadKey::head_size: return read_number(reader, payload.head_size);
    case PayloadKey::root: return reader.read_exactly(payload.root.bytes);
    case PayloadKey::piece_size: return read_number(reader, payload.piece_size, kPieceSizeMax);
    case PayloadKey::decoder_memory: return read_number(reader, payload.decoder_memory);
    case PayloadKey::base_size: return read_number(reader, payload.base_size, kImageSizeMax);
    case PayloadKey::base_digest: return reader.read_exactly(payload.base_digest.bytes);
    case PayloadKey::scratch_size: return read_number(reader, payload.scratch_size);
  }
  return fail(Code::unknown_field);
}

// A patch names its base, and nothing else does, nor what facts take. The digest of "nothing
// runs" is no base.
Status check_payload(const Payload& payload, std::uint32_t seen) {
  const std::uint32_t base_keys = payload.type == PayloadType::patch ? kBaseKeys : 0;
  if ((seen & kBaseKeys) != base_keys) return fail(Code::bad_manifest);
  const bool has_scratch = (seen & internal::key_set(PayloadKey::scratch_size)) != 0;
  if (has_scratch && base_keys == 0) return fail(Code::bad_manifest);
  if (base_keys != 0 && (payload.base_size == 0 || payload.base_digest.is_zero())) {
    return fail(Code::bad_manifest);
  }
  if (payload.head_size == 0 || payload.head_size > payload.size) {
    return fail(Code::bad_manifest);
  }
  if (payload.piece_size < kPieceSizeMin) return fail(Code::bad_manifest);
  return {};
}

Status read_payload(CborReader& reader, Payload& payload) {
  std::uint32_t seen = 0;
  const auto read_one = [&](FieldKey key) -> Status {
    AIRLOCK_TRY(read_payload_field(payload, key, reader));
    seen |= internal::key_set(static_cast<PayloadKey>(key));
    return {};
  };
  AIRLOCK_TRY(internal::read_map(reader, internal::kPayloadShape, read_one));
  return check_payload(payload, seen);
}

// One image runs anywhere or at its address; several are for different addresses.
Status read_images(CborReader& reader, std::size_t count) {
  FixedList<std::uint64_t, kImagesMax> addresses;
  return internal::read_items(reader, count, [&]() -> Status {
    Image image;
    AIRLOCK_TRY(read_image(reader, image));
    if (!image.load_address) return count > 1 ? fail(Code::bad_manifest) : Status{};
    for (std::uint64_t other : addresses) {
      if (other == *image.load_address) return fail(Code::bad_manifest);
    }
    return addresses.add(*image.load_address);
  });
}

// Every payload makes an image of its component, and every image is made by a payload.
Status read_payloads(CborReader& reader, std::size_t count, std::size_t image_count) {
  std::uint32_t made = 0;
  const Status read = internal::read_items(reader, count, [&]() -> Status {
    Payload payload;
    AIRLOCK_TRY(read_payload(reader, payload));
    if (payload.image >= image_count) return fail(Code::bad_manifest);
    made |= 1U << payload.image;
    return {};
  });
  AIRLOCK_TRY(read);
  if (made != (1U << image_count) - 1) return fail(Code::bad_manifest);
  return {};
}

// Steps over `index` items, which parse has checked before.
CborReader at_item(Bytes items, std::size_t index) {
  CborReader reader(items);
  for (std::size_t i = 0; i < index; ++i) AIRLOCK_CHECK(reader.skip_item().has_value());
  return reader;
}

}  // namespace

std::size_t Image::block_size(std::size_t block) const {
  AIRLOCK_CHECK(block < block_count());
  const std::uint64_t start = std::uint64_t{block} * kBlockSize;
  AIRLOCK_CHECK(start < size);
  return static_cast<std::size_t>(std::min<std::uint64_t>(size - start, kBlockSize));
}

Digest Image::block_digest(std::size_t block) const {
  AIRLOCK_CHECK(block < block_count());
  return *Digest::from(block_digests.subspan(block * Digest::kSize, Digest::kSize));
}

Status Component::read(CborReader& reader, Bytes whole) {
  const auto read_one = [&](FieldKey key) -> Status {
    switch (static_cast<ComponentKey>(key)) {
      case ComponentKey::id: {
        AIRLOCK_TRY(codec::read_text(reader, id, kComponentIdMax));
        return is_plain_name(id) ? Status{} : fail(Code::bad_manifest);
      }
      case ComponentKey::images: {
        AIRLOCK_ASSIGN(image_count_, reader.read_array(kImagesMax));
        const std::size_t start = reader.position();
        AIRLOCK_TRY(read_images(reader, image_count_));
        images_ = whole.subspan(start, reader.position() - start);
        return {};
      }
      case ComponentKey::payloads: {
        AIRLOCK_ASSIGN(payload_count_, reader.read_array(kPayloadsMax));
        const std::size_t start = reader.position();
        AIRLOCK_TRY(read_payloads(reader, payload_count_, image_count_));
        payloads_ = whole.subspan(start, reader.position() - start);
        return {};
      }
    }
    return fail(Code::unknown_field);
  };
  AIRLOCK_TRY(internal::read_map(reader, internal::kComponentShape, read_one));
  return image_count_ > 0 ? Status{} : fail(Code::bad_manifest);
}

Image Component::image(std::size_t index) const {
  AIRLOCK_CHECK(index < image_count_);
  CborReader reader = at_item(images_, index);
  Image image;
  AIRLOCK_CHECK(read_image(reader, image).has_value());
  return image;
}

Payload Component::payload(std::size_t index) const {
  AIRLOCK_CHECK(index < payload_count_);
  CborReader reader = at_item(payloads_, index);
  Payload payload;
  AIRLOCK_CHECK(read_payload(reader, payload).has_value());
  return payload;
}

}  // namespace airlock::package
