#include <algorithm>
#include <map>

#include "host/text/text.h"
#include "publish/object/object.h"
#include "trust/x509/x509.h"

namespace airlock::object {
namespace {

using package::Component;
using package::Manifest;
using package::Payload;
using release::Answer;
using release::naming;
using release::Refusal;

// In the order of their digests, as a carton has them.
using Payloads = std::map<Digest, Payload>;

bool holds(const std::vector<Digest>& digests, const Digest& digest) {
  return std::find(digests.begin(), digests.end(), digest) != digests.end();
}

bool is_wanted(const Payload& payload, const Wanted& wanted) {
  if (wanted.all || holds(wanted.digests, payload.digest)) return true;
  if (payload.type == package::PayloadType::full) return wanted.full;
  return holds(wanted.digests, payload.base_digest);
}

// A digest that nothing has is a mistake of whoever typed it.
Answer<void> check_all_found(const Payloads& chosen, const Wanted& wanted) {
  for (const Digest& digest : wanted.digests) {
    const bool found = std::any_of(chosen.begin(), chosen.end(), [&](const auto& one) {
      const Payload& payload = one.second;
      const bool is_base =
          payload.type == package::PayloadType::patch && payload.base_digest == digest;
      return payload.digest == digest || is_base;
    });
    if (!found) return Refusal::of(Code::no_usable_payload, text::to_hex(digest.bytes));
  }
  return {};
}

Answer<Payloads> choose(const Manifest& manifest, const Wanted& wanted) {
  Payloads chosen;
  for (std::size_t i = 0; i < manifest.component_count(); ++i) {
    const Component component = manifest.component(i);
    bool has_one = false;
    for (std::size_t k = 0; k < component.payload_count(); ++k) {
      const Payload payload = component.payload(k);
      if (!is_wanted(payload, wanted)) continue;
      has_one = true;
      chosen.emplace(payload.digest, payload);
    }
    if (!has_one) return Refusal::of(Code::no_usable_payload, std::string(component.id));
  }
  AIRLOCK_TRY(check_all_found(chosen, wanted));
  return chosen;
}

struct Piece {
  carton::Entry entry;
  Buffer bytes;
};

Answer<Buffer> read_artifact(const Path& package, const Payload& payload) {
  const Path path = package / release::kArtifactsFolder / text::to_hex(payload.digest.bytes);
  AIRLOCK_ASSIGN(Buffer bytes,
                 naming(path, file::read(path, static_cast<std::size_t>(payload.size))));
  if (crypto::sha256(bytes) != payload.digest) {
    return Refusal::of(Code::target_mismatch, path.string());
  }
  return bytes;
}

// What may lie beside the envelope, or not.
struct Beside {
  carton::Part part;
  Path path;
  std::size_t size_max;
};

Answer<void> add_beside(const Beside& beside, std::vector<Piece>& pieces) {
  Result<Buffer> bytes = file::read(beside.path, beside.size_max);
  if (!bytes && bytes.error().code == Code::not_found) return {};
  if (!bytes) return Refusal::of(bytes.error(), beside.path.string());
  if (!bytes->empty()) pieces.push_back({{beside.part, 0, 0, {}}, std::move(*bytes)});
  return {};
}

Buffer join(std::vector<Piece>& pieces) {
  std::uint64_t end = carton::kHeadSize + pieces.size() * carton::kEntrySize;
  for (Piece& piece : pieces) {
    piece.entry.offset = carton::aligned(end);
    piece.entry.size = piece.bytes.size();
    end = piece.entry.offset + piece.entry.size;
  }
  Buffer made(static_cast<std::size_t>(end));
  const MutableBytes to(made);
  carton::write_head(pieces.size(), end, to);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const carton::Entry& entry = pieces[i].entry;
    carton::write_entry(entry, to.subspan(carton::kHeadSize + i * carton::kEntrySize));
    copy_into(to.subspan(static_cast<std::size_t>(entry.offset)), pieces[i].bytes);
  }
  return made;
}

}  // namespace

Answer<Buffer> make_carton(const Path& package, const Wanted& wanted) {
  const Path envelope_path = release::envelope_path(package);
  std::vector<Piece> pieces(1);
  AIRLOCK_ASSIGN(pieces[0].bytes, naming(envelope_path, release::read_envelope(package)));
  const Buffer envelope = pieces[0].bytes;  // what the manifest views
  AIRLOCK_ASSIGN(const Manifest manifest, naming(envelope_path, package::read_unproven(envelope)));
  AIRLOCK_ASSIGN(const Payloads chosen, choose(manifest, wanted));
  AIRLOCK_TRY(add_beside(
      {carton::Part::log_proof, release::proof_path(package), package::kProofSizeMax}, pieces));
  AIRLOCK_TRY(add_beside(
      {carton::Part::certificates, release::bundle_path(package), x509::kBundleSizeMax}, pieces));
  for (const auto& [digest, payload] : chosen) {
    AIRLOCK_ASSIGN(Buffer bytes, read_artifact(package, payload));
    pieces.push_back({{carton::Part::payload, 0, 0, digest}, std::move(bytes)});
  }
  return join(pieces);
}

}  // namespace airlock::object
