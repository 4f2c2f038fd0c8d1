#include "core/package/fault.h"

#include "core/package/internal/shapes.h"
#include "core/package/keyring.h"
#include "core/package/quorum.h"

namespace airlock::package {
namespace {

using codec::CborReader;
using internal::MapShape;

enum class Form : std::uint8_t { one, list };

struct Layout;
struct Field {
  std::int64_t key;
  std::string_view name;
  Form form = Form::one;
  const Layout* map = nullptr;  // what it, or each of its items, is made of
};
struct Layout {
  MapShape shape;
  std::span<const Field> fields;

  const Field* find(std::int64_t key) const {
    for (const Field& field : fields) {
      if (field.key == key) return &field;
    }
    return nullptr;
  }
};

// As docs/formats/manifest.md and docs/formats/keyring.md name them.
constexpr Field kRampFields[] = {{1, "start"}, {2, "seed"}, {3, "stages", Form::list}};
constexpr Layout kRamp = {internal::kRampShape, kRampFields};
constexpr Field kImageFields[] = {
    {1, "load address"}, {2, "size"}, {3, "digest"}, {4, "block digests"}};
constexpr Layout kImage = {internal::kImageShape, kImageFields};
constexpr Field kPayloadFields[] = {
    {1, "type"}, {2, "image"},      {3, "size"},           {4, "digest"},    {5, "head size"},
    {6, "root"}, {7, "piece size"}, {8, "decoder memory"}, {9, "base size"}, {10, "base digest"}};
constexpr Layout kPayload = {internal::kPayloadShape, kPayloadFields};
constexpr Field kComponentFields[] = {
    {1, "id"}, {2, "images", Form::list, &kImage}, {3, "payloads", Form::list, &kPayload}};
constexpr Layout kComponent = {internal::kComponentShape, kComponentFields};
constexpr Field kEntriesFields[] = {{1, "root"}, {2, "count"}};
constexpr Layout kEntries = {internal::kEntriesShape, kEntriesFields};
constexpr Field kManifestFields[] = {{1, "format"},
                                     {2, "kind"},
                                     {3, "models", Form::list},
                                     {4, "version"},
                                     {5, "security version"},
                                     {6, "created"},
                                     {7, "not before"},
                                     {8, "expires"},
                                     {9, "from versions", Form::list},
                                     {10, "bootloader min"},
                                     {11, "secure boot min"},
                                     {12, "data version"},
                                     {13, "data version min"},
                                     {14, "ramp", Form::one, &kRamp},
                                     {15, "notes"},
                                     {16, "content"},
                                     {17, "components", Form::list, &kComponent},
                                     {18, "entries", Form::one, &kEntries}};
constexpr Layout kManifest = {internal::kManifestShape, kManifestFields};
constexpr Field kSignerFields[] = {{1, "algorithm"}, {2, "public key"}, {3, "group"}, {4, "name"}};
constexpr Layout kSigner = {internal::kSignerShape, kSignerFields};
constexpr Field kPolicyFields[] = {{1, "firmware", Form::list},   {2, "abi-pack", Form::list},
                                   {3, "fee-policy", Form::list}, {4, "fee-plugin", Form::list},
                                   {5, "advisory", Form::list},   {6, "keyring", Form::list}};
constexpr Layout kPolicies = {{}, kPolicyFields};
constexpr Field kWitnessFields[] = {{1, "name"}, {2, "public key"}};
constexpr Layout kWitness = {internal::kWitnessShape, kWitnessFields};
constexpr Field kLogFields[] = {
    {1, "origin"}, {2, "public key"}, {3, "witnesses", Form::list, &kWitness}, {4, "required"}};
constexpr Layout kLog = {internal::kLogShape, kLogFields};
constexpr Field kKeyringFields[] = {{1, "format"},
                                    {2, "version"},
                                    {3, "created"},
                                    {4, "groups", Form::list},
                                    {5, "keys", Form::list, &kSigner},
                                    {6, "policies", Form::one, &kPolicies},
                                    {7, "retained", Form::list},
                                    {8, "log", Form::one, &kLog},
                                    {9, "certificate roots", Form::list}};
constexpr Layout kKeyring = {internal::kKeyringShape, kKeyringFields};

// A text that is written piece by piece; what does not fit is left out.
class Line {
 public:
  Line& add(std::string_view text) {
    for (char c : text) {
      if (size_ < chars_.size()) chars_[size_++] = c;
    }
    return *this;
  }
  Line& add(std::uint64_t number) {
    std::array<char, 20> digits;
    std::size_t at = digits.size();
    do {
      digits[--at] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    return add({&digits[at], digits.size() - at});
  }
  bool empty() const { return size_ == 0; }
  FaultText text() const { return *FaultText::from({chars_.data(), size_}); }

 private:
  std::array<char, kFaultTextMax> chars_{};
  std::size_t size_ = 0;
};

// Whether the next item holds the offset; reader stands behind the item otherwise. An item that
// cannot be stepped over holds everything that follows.
bool holds(CborReader& reader, std::uint64_t at) {
  CborReader ahead = reader;
  if (!ahead.skip_item() || at < ahead.position()) return true;
  reader = ahead;
  return false;
}

// The key of the entry that holds the offset, the reader before its value.
std::optional<std::int64_t> find_entry(CborReader& reader, std::uint64_t at) {
  const Result<std::size_t> count = reader.read_map(SIZE_MAX);
  for (std::size_t i = 0; count && i < *count; ++i) {
    const Result<std::int64_t> key = reader.read_integer();
    if (!key) break;
    if (holds(reader, at)) return *key;
  }
  return std::nullopt;
}

// The index of the item that holds the offset, the reader before it.
std::optional<std::size_t> find_item(CborReader& reader, std::uint64_t at) {
  const Result<std::size_t> count = reader.read_array(SIZE_MAX);
  for (std::size_t i = 0; count && i < *count; ++i) {
    if (holds(reader, at)) return i;
  }
  return std::nullopt;
}

// The first required field that a map does not have.
const Field* missing_in(CborReader reader, const Layout& layout) {
  std::uint32_t seen = 0;
  const Result<std::size_t> count = reader.read_map(SIZE_MAX);
  for (std::size_t i = 0; count && i < *count; ++i) {
    const Result<std::int64_t> key = reader.read_integer();
    if (!key || !reader.skip_item()) return nullptr;
    if (*key >= 0 && *key < 32) seen |= 1U << *key;
  }
  for (const Field& field : layout.fields) {
    if ((layout.shape.required & ~seen & (1U << field.key)) != 0) return &field;
  }
  return nullptr;
}

// The path of names from the outer map to the error, as deep as names go.
void write_path(Line& line, Bytes encoded, const Error& error, const Layout& top) {
  CborReader reader(encoded);
  for (const Layout* layout = &top; layout != nullptr;) {
    if (reader.position() == error.at) {
      if (error.code != Code::missing_field) return;
      if (const Field* missing = missing_in(reader, *layout)) {
        line.add(line.empty() ? "" : ".").add(missing->name);
      }
      return;
    }
    const std::optional<std::int64_t> key = find_entry(reader, error.at);
    const Field* field = key ? layout->find(*key) : nullptr;
    if (field == nullptr) return;
    line.add(line.empty() ? "" : ".").add(field->name);
    layout = field->map;
    if (field->form == Form::one || reader.position() == error.at) continue;
    const std::optional<std::size_t> index = find_item(reader, error.at);
    if (!index) return;
    line.add("[").add(*index).add("]");
  }
}

FaultText describe(std::string_view whole, Bytes encoded, const Error& error, const Layout& top) {
  Line path;
  write_path(path, encoded, error, top);
  Line line;
  line.add(whole);
  if (!path.empty()) line.add(" field \"").add(path.text().view()).add("\"");
  if (error.code == Code::missing_field) return line.text();
  return line.add(", byte ").add(error.at).text();
}

}  // namespace

FaultText fault_in_manifest(Bytes manifest) {
  const Result<Manifest> parsed = Manifest::parse(manifest);
  if (!parsed) return describe("manifest", manifest, parsed.error(), kManifest);
  return parsed->kind == Kind::keyring ? fault_in_keyring(parsed->content) : FaultText{};
}

FaultText fault_in_keyring(Bytes keyring) {
  const Result<Keyring> parsed = Keyring::parse(keyring);
  return parsed ? FaultText{} : describe("keyring", keyring, parsed.error(), kKeyring);
}

FaultText fault_in_envelope(Bytes envelope) {
  const Result<Envelope> parsed = Envelope::parse(envelope);
  if (parsed) return fault_in_manifest(parsed->payload);
  return Line().add("byte ").add(parsed.error().at).add(" of the envelope").text();
}

}  // namespace airlock::package
