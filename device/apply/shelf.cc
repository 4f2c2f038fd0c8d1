#include "device/apply/shelf.h"

#include <algorithm>

#include "core/codec/codec.h"
#include "core/slot/frame.h"
#include "host/text/text.h"

namespace airlock::apply {
namespace {

using codec::CborReader;
using codec::CborWriter;

constexpr slot::Magic kMagic = {'A', 'L', 'P', 'S'};
constexpr std::uint64_t kFormat = 1;
constexpr std::string_view kShelfName = "shelf";
constexpr std::string_view kEnvelopeEnding = ".manifest";
constexpr std::size_t kEditionParts = 8;

enum class ShelfKey : std::int64_t {
  format = 1,
  editions = 2,
  on_trial = 3,
  given_up = 4,
  reason = 5,
  consents = 6
};

void write_edition(CborWriter& writer, const Edition& edition) {
  writer.write_array(kEditionParts);
  writer.write_bytes(edition.manifest.bytes);
  writer.write_bytes(edition.image.bytes);
  writer.write_unsigned(edition.size);
  writer.write_unsigned(edition.security_version);
  writer.write_integer(edition.created);
  writer.write_text(edition.version.view());
  writer.write_bytes(edition.entries.root.bytes);
  writer.write_unsigned(edition.entries.count);
}

Result<Edition> read_edition(CborReader& reader) {
  AIRLOCK_ASSIGN(const std::size_t parts, reader.read_array(kEditionParts));
  if (parts != kEditionParts) return fail(Code::missing_field);
  Edition edition;
  AIRLOCK_TRY(reader.read_exactly(edition.manifest.bytes));
  AIRLOCK_TRY(reader.read_exactly(edition.image.bytes));
  AIRLOCK_ASSIGN(edition.size, reader.read_unsigned());
  AIRLOCK_ASSIGN(const std::uint64_t security_version, reader.read_unsigned(UINT32_MAX));
  edition.security_version = static_cast<std::uint32_t>(security_version);
  AIRLOCK_ASSIGN(edition.created, reader.read_integer());
  AIRLOCK_ASSIGN(const std::string_view version, reader.read_text(package::kSemverTextMax));
  AIRLOCK_ASSIGN(edition.version, FixedText<package::kSemverTextMax>::from(version));
  AIRLOCK_TRY(reader.read_exactly(edition.entries.root.bytes));
  AIRLOCK_ASSIGN(const std::uint64_t count, reader.read_unsigned(package::kEntriesMax));
  edition.entries.count = static_cast<std::uint32_t>(count);
  return edition;
}

Status read_editions(CborReader& reader, Shelf& shelf) {
  AIRLOCK_ASSIGN(const std::size_t count, reader.read_array(kEditionsMax));
  for (std::size_t i = 0; i < count; ++i) {
    AIRLOCK_ASSIGN(const Edition edition, read_edition(reader));
    AIRLOCK_TRY(shelf.editions.add(edition));
  }
  return {};
}

Status read_consents(CborReader& reader, Shelf& shelf) {
  AIRLOCK_ASSIGN(const std::size_t count, reader.read_array(kEditionsMax + 1));
  for (std::size_t i = 0; i < count; ++i) {
    Digest manifest;
    AIRLOCK_TRY(reader.read_exactly(manifest.bytes));
    AIRLOCK_TRY(shelf.consents.add(manifest));
  }
  return {};
}

Result<Shelf> read_body(Bytes body) {
  CborReader reader(body);
  AIRLOCK_ASSIGN(codec::CborMapReader map, codec::CborMapReader::enter(reader, 8));
  Shelf shelf;
  bool has_format = false;
  while (!map.done()) {
    AIRLOCK_ASSIGN(const std::int64_t key, map.next_key());
    switch (static_cast<ShelfKey>(key)) {
      case ShelfKey::format: {
        AIRLOCK_ASSIGN(const std::uint64_t format, reader.read_unsigned());
        if (format != kFormat) return fail(Code::unsupported_version, format);
        has_format = true;
        continue;
      }
      case ShelfKey::editions: AIRLOCK_TRY(read_editions(reader, shelf)); continue;
      case ShelfKey::on_trial: {
        AIRLOCK_ASSIGN(shelf.on_trial, reader.read_bool());
        continue;
      }
      case ShelfKey::given_up: AIRLOCK_TRY(reader.read_exactly(shelf.given_up.bytes)); continue;
      case ShelfKey::reason: {
        AIRLOCK_ASSIGN(const std::uint64_t number, reader.read_unsigned());
        // A later version's code is not known here; that there was a reason is.
        shelf.reason = known_code(number).value_or(Code::unhealthy);
        continue;
      }
      case ShelfKey::consents: AIRLOCK_TRY(read_consents(reader, shelf)); continue;
    }
    AIRLOCK_TRY(reader.skip_item());  // of a later version
  }
  if (!has_format) return fail(Code::missing_field);
  AIRLOCK_TRY(reader.finish());
  if (shelf.on_trial && shelf.editions.empty()) return fail(Code::missing_field);
  return shelf;
}

// The list without one edition, and with another one in front where there is one.
FixedList<Edition, kEditionsMax> in_front(const FixedList<Edition, kEditionsMax>& editions,
                                          const Edition& first) {
  FixedList<Edition, kEditionsMax> next;
  AIRLOCK_CHECK(next.add(first).has_value());
  for (const Edition& edition : editions) {
    if (!(edition == first) && !next.full()) AIRLOCK_CHECK(next.add(edition).has_value());
  }
  return next;
}

std::string name_of(const Digest& manifest) { return text::to_hex(manifest.bytes); }

}  // namespace

const ShelfKind* shelf_kind(package::Kind kind) {
  for (const ShelfKind* const one : kShelfKinds) {
    if (one->kind == kind) return one;
  }
  return nullptr;
}

const Edition* Shelf::find(const Digest& manifest) const {
  const auto found = std::find_if(editions.begin(), editions.end(), [&](const Edition& edition) {
    return edition.manifest == manifest;
  });
  return found == editions.end() ? nullptr : found;
}

Result<Bytes> encode_shelf(const Shelf& shelf, MutableBytes buffer) {
  CborWriter writer(slot::body_room(buffer));
  const auto write_key = [&](ShelfKey key) {
    writer.write_integer(static_cast<std::int64_t>(key));
  };
  writer.write_map(shelf.consents.empty() ? 5 : 6);
  write_key(ShelfKey::format);
  writer.write_unsigned(kFormat);
  write_key(ShelfKey::editions);
  writer.write_array(shelf.editions.size());
  for (const Edition& edition : shelf.editions) write_edition(writer, edition);
  write_key(ShelfKey::on_trial);
  writer.write_bool(shelf.on_trial);
  write_key(ShelfKey::given_up);
  writer.write_bytes(shelf.given_up.bytes);
  write_key(ShelfKey::reason);
  writer.write_unsigned(static_cast<std::uint64_t>(shelf.reason));
  if (!shelf.consents.empty()) {
    write_key(ShelfKey::consents);
    writer.write_array(shelf.consents.size());
    for (const Digest& manifest : shelf.consents) writer.write_bytes(manifest.bytes);
  }
  AIRLOCK_ASSIGN(const Bytes body, writer.finish());
  return slot::seal(buffer, kMagic, body.size());
}

Result<Shelf> decode_shelf(Bytes encoded) {
  const Result<Bytes> body = slot::unseal(encoded, kMagic);
  if (!body) return fail(Code::record_lost, static_cast<std::uint64_t>(body.error().code));
  const Result<Shelf> shelf = read_body(*body);
  if (!shelf && shelf.error().code != Code::unsupported_version)
    return fail(Code::record_lost, static_cast<std::uint64_t>(shelf.error().code));
  return shelf;
}

Shelf begin_trial(const Shelf& shelf, const Edition& edition) {
  if (shelf.in_use() != nullptr && *shelf.in_use() == edition) return shelf;
  Shelf next = shelf;
  next.editions = in_front(shelf.editions, edition);
  next.on_trial = true;
  return next;
}

Shelf end_trial(const Shelf& shelf) {
  Shelf next = shelf;
  next.on_trial = false;
  return next;
}

Shelf take_back(const Shelf& shelf, Code reason) {
  if (!shelf.on_trial) return shelf;
  Shelf next;
  next.given_up = shelf.editions[0].manifest;
  next.reason = reason;
  next.consents = shelf.consents;
  for (std::size_t i = 1; i < shelf.editions.size(); ++i)
    AIRLOCK_CHECK(next.editions.add(shelf.editions[i]).has_value());
  return next;
}

Shelf note_consent(const Shelf& shelf, const Digest& manifest) {
  Shelf next = shelf;
  next.consents = {};
  for (const Digest& one : shelf.consents) {
    if (one != manifest && shelf.find(one) != nullptr)
      AIRLOCK_CHECK(next.consents.add(one).has_value());
  }
  AIRLOCK_CHECK(next.consents.add(manifest).has_value());
  return next;
}

Result<Shelf> bring_back(const Shelf& shelf, const Digest& manifest, std::uint32_t floor) {
  if (shelf.on_trial) return fail(Code::wrong_state);
  const Edition* const kept = shelf.find(manifest);
  if (kept == nullptr) return fail(Code::not_found);
  if (kept == shelf.in_use()) return fail(Code::already_installed);
  if (kept->security_version < floor) return fail(Code::below_floor, floor);
  Shelf next = shelf;
  // What the owner leaves does not come back by itself.
  next.given_up = shelf.editions[0].manifest;
  next.reason = Code::reverted_on_request;
  next.editions = in_front(shelf.editions, *kept);
  return next;
}

file::Path shelf_path(const platform::Device& device, const ShelfKind& kind) {
  return device.path(kind.folder) / kShelfName;
}

Result<Shelf> read_shelf(const platform::Device& device, const ShelfKind& kind) {
  const Result<file::Buffer> stored = file::read(shelf_path(device, kind), kShelfSizeMax);
  if (!stored && stored.error().code == Code::not_found) return Shelf{};
  if (!stored) return std::unexpected(stored.error());
  Result<Shelf> shelf = decode_shelf(*stored);
  if (!shelf && shelf.error().code == Code::record_lost) {
    Shelf lost;
    lost.reason = Code::record_lost;
    return lost;
  }
  return shelf;
}

Result<Shelves> read_shelves(const platform::Device& device) {
  Shelves shelves;
  for (const ShelfKind* const kind : kShelfKinds) {
    AIRLOCK_ASSIGN(shelves[kind->place], read_shelf(device, *kind));
  }
  return shelves;
}

Status store_shelf(const platform::Device& device, const ShelfKind& kind, const Shelf& shelf) {
  std::array<std::uint8_t, kShelfSizeMax> buffer;
  AIRLOCK_ASSIGN(const Bytes encoded, encode_shelf(shelf, buffer));
  return file::replace(shelf_path(device, kind), encoded);
}

file::Path edition_path(const platform::Device& device, const ShelfKind& kind,
                        const Digest& manifest) {
  return device.path(kind.folder) / (name_of(manifest) + std::string(kind.ending));
}

file::Path edition_envelope_path(const platform::Device& device, const ShelfKind& kind,
                                 const Digest& manifest) {
  return device.path(kind.folder) / (name_of(manifest) + std::string(kEnvelopeEnding));
}

Status drop_unlisted(const platform::Device& device, const ShelfKind& kind, const Shelf& shelf,
                     const Digest& at_hand) {
  std::error_code failed;
  std::vector<file::Path> gone;
  for (const auto& entry : std::filesystem::directory_iterator(device.path(kind.folder), failed)) {
    const std::string ending = entry.path().extension().string();
    if (ending != kind.ending && ending != kEnvelopeEnding) continue;
    const auto manifest = text::digest_from_hex(entry.path().stem().string());
    if (manifest && (*manifest == at_hand || shelf.find(*manifest) != nullptr)) continue;
    gone.push_back(entry.path());
  }
  for (const file::Path& path : gone) AIRLOCK_TRY(file::remove_file(path));
  return {};
}

}  // namespace airlock::apply
