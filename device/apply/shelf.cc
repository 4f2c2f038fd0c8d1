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
constexpr std::string_view kFolder = "packs";
constexpr std::string_view kShelfName = "packs/shelf";
constexpr std::size_t kPackParts = 8;

enum class ShelfKey : std::int64_t {
  format = 1,
  packs = 2,
  on_trial = 3,
  given_up = 4,
  reason = 5
};

void write_pack(CborWriter& writer, const KeptPack& pack) {
  writer.write_array(kPackParts);
  writer.write_bytes(pack.manifest.bytes);
  writer.write_bytes(pack.image.bytes);
  writer.write_unsigned(pack.size);
  writer.write_unsigned(pack.security_version);
  writer.write_integer(pack.created);
  writer.write_text(pack.version.view());
  writer.write_bytes(pack.entries.root.bytes);
  writer.write_unsigned(pack.entries.count);
}

Result<KeptPack> read_pack(CborReader& reader) {
  AIRLOCK_ASSIGN(const std::size_t parts, reader.read_array(kPackParts));
  if (parts != kPackParts) return fail(Code::missing_field);
  KeptPack pack;
  AIRLOCK_TRY(reader.read_exactly(pack.manifest.bytes));
  AIRLOCK_TRY(reader.read_exactly(pack.image.bytes));
  AIRLOCK_ASSIGN(pack.size, reader.read_unsigned());
  AIRLOCK_ASSIGN(const std::uint64_t security_version, reader.read_unsigned(UINT32_MAX));
  pack.security_version = static_cast<std::uint32_t>(security_version);
  AIRLOCK_ASSIGN(pack.created, reader.read_integer());
  AIRLOCK_ASSIGN(const std::string_view version, reader.read_text(package::kSemverTextMax));
  AIRLOCK_ASSIGN(pack.version, FixedText<package::kSemverTextMax>::from(version));
  AIRLOCK_TRY(reader.read_exactly(pack.entries.root.bytes));
  AIRLOCK_ASSIGN(const std::uint64_t count, reader.read_unsigned(package::kEntriesMax));
  pack.entries.count = static_cast<std::uint32_t>(count);
  return pack;
}

Status read_packs(CborReader& reader, Shelf& shelf) {
  AIRLOCK_ASSIGN(const std::size_t count, reader.read_array(kKeptPacksMax));
  for (std::size_t i = 0; i < count; ++i) {
    AIRLOCK_ASSIGN(const KeptPack pack, read_pack(reader));
    AIRLOCK_TRY(shelf.packs.add(pack));
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
      case ShelfKey::packs: AIRLOCK_TRY(read_packs(reader, shelf)); continue;
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
    }
    AIRLOCK_TRY(reader.skip_item());  // of a later version
  }
  if (!has_format) return fail(Code::missing_field);
  AIRLOCK_TRY(reader.finish());
  if (shelf.on_trial && shelf.packs.empty()) return fail(Code::missing_field);
  return shelf;
}

// The list without one pack, and with another one in front where there is one.
FixedList<KeptPack, kKeptPacksMax> in_front(const FixedList<KeptPack, kKeptPacksMax>& packs,
                                            const KeptPack& first) {
  FixedList<KeptPack, kKeptPacksMax> next;
  AIRLOCK_CHECK(next.add(first).has_value());
  for (const KeptPack& pack : packs) {
    if (!(pack == first) && !next.full()) AIRLOCK_CHECK(next.add(pack).has_value());
  }
  return next;
}

std::string name_of(const Digest& manifest) { return text::to_hex(manifest.bytes); }

}  // namespace

const KeptPack* Shelf::find(const Digest& manifest) const {
  const auto found = std::find_if(packs.begin(), packs.end(),
                                  [&](const KeptPack& pack) { return pack.manifest == manifest; });
  return found == packs.end() ? nullptr : found;
}

Result<Bytes> encode_shelf(const Shelf& shelf, MutableBytes buffer) {
  CborWriter writer(slot::body_room(buffer));
  const auto write_key = [&](ShelfKey key) {
    writer.write_integer(static_cast<std::int64_t>(key));
  };
  writer.write_map(5);
  write_key(ShelfKey::format);
  writer.write_unsigned(kFormat);
  write_key(ShelfKey::packs);
  writer.write_array(shelf.packs.size());
  for (const KeptPack& pack : shelf.packs) write_pack(writer, pack);
  write_key(ShelfKey::on_trial);
  writer.write_bool(shelf.on_trial);
  write_key(ShelfKey::given_up);
  writer.write_bytes(shelf.given_up.bytes);
  write_key(ShelfKey::reason);
  writer.write_unsigned(static_cast<std::uint64_t>(shelf.reason));
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

Shelf begin_trial(const Shelf& shelf, const KeptPack& pack) {
  if (shelf.in_use() != nullptr && *shelf.in_use() == pack) return shelf;
  Shelf next = shelf;
  next.packs = in_front(shelf.packs, pack);
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
  next.given_up = shelf.packs[0].manifest;
  next.reason = reason;
  for (std::size_t i = 1; i < shelf.packs.size(); ++i)
    AIRLOCK_CHECK(next.packs.add(shelf.packs[i]).has_value());
  return next;
}

Result<Shelf> bring_back(const Shelf& shelf, const Digest& manifest, std::uint32_t floor) {
  if (shelf.on_trial) return fail(Code::wrong_state);
  const KeptPack* const kept = shelf.find(manifest);
  if (kept == nullptr) return fail(Code::not_found);
  if (kept == shelf.in_use()) return fail(Code::already_installed);
  if (kept->security_version < floor) return fail(Code::below_floor, floor);
  Shelf next = shelf;
  // What the owner leaves does not come back by itself.
  next.given_up = shelf.packs[0].manifest;
  next.reason = Code::reverted_on_request;
  next.packs = in_front(shelf.packs, *kept);
  return next;
}

Result<Shelf> read_shelf(const platform::Device& device) {
  const Result<file::Buffer> stored = file::read(device.path(kShelfName), kShelfSizeMax);
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

Status store_shelf(const platform::Device& device, const Shelf& shelf) {
  std::array<std::uint8_t, kShelfSizeMax> buffer;
  AIRLOCK_ASSIGN(const Bytes encoded, encode_shelf(shelf, buffer));
  return file::replace(device.path(kShelfName), encoded);
}

file::Path pack_path(const platform::Device& device, const Digest& manifest) {
  return device.path(kFolder) / (name_of(manifest) + ".pack");
}

file::Path pack_envelope_path(const platform::Device& device, const Digest& manifest) {
  return device.path(kFolder) / (name_of(manifest) + ".manifest");
}

Status drop_unlisted(const platform::Device& device, const Shelf& shelf, const Digest& at_hand) {
  std::error_code failed;
  std::vector<file::Path> gone;
  for (const auto& entry : std::filesystem::directory_iterator(device.path(kFolder), failed)) {
    const std::string extension = entry.path().extension().string();
    if (extension != ".pack" && extension != ".manifest") continue;
    const auto manifest = text::digest_from_hex(entry.path().stem().string());
    if (manifest && (*manifest == at_hand || shelf.find(*manifest) != nullptr)) continue;
    gone.push_back(entry.path());
  }
  for (const file::Path& path : gone) AIRLOCK_TRY(file::remove_file(path));
  return {};
}

}  // namespace airlock::apply
