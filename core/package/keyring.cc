#include "core/package/keyring.h"

#include "core/package/internal/shapes.h"
#include "core/package/names.h"

namespace airlock::package {

static_assert(sizeof(Keyring) <= 512);  // on a bootloader's stack, twice

namespace {

using codec::CborReader;
using codec::FieldKey;
using codec::read_number;
using internal::KeyringKey;
using internal::LogKey;
using internal::SignerKey;
using internal::WitnessKey;

Status read_groups(Keyring& keyring, CborReader& reader) {
  AIRLOCK_ASSIGN(const std::size_t count, reader.read_array(kGroupsMax));
  const std::size_t start = reader.position();
  std::size_t before = 0;
  AIRLOCK_TRY(internal::read_items(reader, count, [&]() -> Status {
    const Items<std::string_view> others(reader.since(start), before++);
    AIRLOCK_ASSIGN(const std::string_view group, reader.read_text(kNameMax));
    if (!is_plain_name(group)) return fail(Code::bad_keyring);
    const bool is_known = std::find(others.begin(), others.end(), group) != others.end();
    return is_known ? fail(Code::bad_keyring) : Status{};
  }));
  keyring.groups = {reader.since(start), count};
  return {};
}

// Names are for people and may hold any letters, on one line.
bool is_signer_name(std::string_view text) {
  return !text.empty() && text.find('\n') == std::string_view::npos;
}

// A key as it stands in the encoding.
struct Written {
  crypto::Algorithm algorithm{};
  Bytes bytes;
  std::uint8_t group = 0;
  std::string_view name;
};

Status read_written(CborReader& reader, Written& key) {
  const auto read_one = [&](FieldKey number) -> Status {
    switch (static_cast<SignerKey>(number)) {
      case SignerKey::algorithm: {
        AIRLOCK_ASSIGN(const std::int64_t found, reader.read_integer());
        AIRLOCK_ASSIGN(key.algorithm, crypto::known_algorithm(found));
        return {};
      }
      case SignerKey::public_key:
        return codec::read_bytes(reader, key.bytes, crypto::kPublicKeySizeMax);
      case SignerKey::group: return read_number(reader, key.group);
      case SignerKey::name: return codec::read_text(reader, key.name, kNameMax);
    }
    return fail(Code::unknown_field);
  };
  AIRLOCK_TRY(internal::read_map(reader, internal::kSignerShape, read_one));
  return is_signer_name(key.name) ? Status{} : fail(Code::bad_keyring);
}

// The key whose item begins here, in a keyring that was checked so far.
Written written_at(Bytes encoded, std::size_t offset) {
  CborReader reader(encoded.subspan(offset));
  Written key;
  AIRLOCK_CHECK(read_written(reader, key).has_value());
  return key;
}

Digest id_of(crypto::Algorithm algorithm, Bytes bytes) {
  const auto number = static_cast<std::uint16_t>(algorithm);  // two's complement
  const std::uint8_t prefix[] = {static_cast<std::uint8_t>(number >> 8),
                                 static_cast<std::uint8_t>(number)};
  crypto::Sha256 hash;
  hash.update(prefix);
  hash.update(bytes);
  return hash.finish();
}

// Whether one secret signs for both keys: the same point, or its negative, which the encodings of
// both curves mark with a sign; the bytes alone where the algorithms differ.
bool have_one_holder(const Written& a, const Written& b) {
  if (a.algorithm != b.algorithm || a.bytes.size() != b.bytes.size()) {
    return equal(a.bytes, b.bytes);
  }
  switch (a.algorithm) {
    case crypto::Algorithm::eddsa:
      return equal(a.bytes.first(31), b.bytes.first(31)) &&
             ((a.bytes[31] ^ b.bytes[31]) & 0x7f) == 0;
    case crypto::Algorithm::es256k: return equal(a.bytes.subspan(1), b.bytes.subspan(1));
    case crypto::Algorithm::slh_dsa_sha2_128s: return equal(a.bytes, b.bytes);
  }
  return equal(a.bytes, b.bytes);
}

// Keys of one name are one signer's: in one group, each of an algorithm of its own.
Status demand_one_signer(const Written& key, const Written& other) {
  if (other.name != key.name) return {};
  const bool is_apart = other.group != key.group || other.algorithm == key.algorithm;
  return is_apart ? fail(Code::bad_keyring) : Status{};
}

// How many signers the clause counts where all of them sign by all their keys.
std::size_t countable(const Keyring& keyring, const Clause& clause) {
  std::array<AlgorithmSet, kKeysMax> held;
  for (std::size_t i = 0; i < keyring.keys.size(); ++i) {
    if (keyring.keys.group_of(i) != clause.group) continue;
    held[keyring.keys.signer_of(i)].add(keyring.keys[i].key.algorithm);
  }
  return static_cast<std::size_t>(
      std::count_if(held.begin(), held.end(),
                    [&](AlgorithmSet algorithms) { return clause.counts(algorithms); }));
}

Status read_algorithms(CborReader& reader, AlgorithmSet& algorithms) {
  AIRLOCK_ASSIGN(const std::size_t count, reader.read_array(crypto::kAlgorithms.size()));
  std::int64_t last = std::numeric_limits<std::int64_t>::min();
  for (std::size_t i = 0; i < count; ++i) {
    AIRLOCK_ASSIGN(const std::int64_t number, reader.read_integer());
    AIRLOCK_ASSIGN(const crypto::Algorithm algorithm, crypto::known_algorithm(number));
    if (number <= last) return fail(Code::not_canonical);
    algorithms.add(algorithm);
    last = number;
  }
  return {};
}

// What is not there is left out from the end on; no algorithms stand there only before a condition.
Status read_clause(CborReader& reader, Clause& clause) {
  AIRLOCK_ASSIGN(const std::size_t parts, reader.read_array(internal::kClausePartsMax));
  if (parts < internal::kClausePartsMin) return fail(Code::bad_keyring);
  AIRLOCK_TRY(read_number(reader, clause.group));
  AIRLOCK_TRY(read_number(reader, clause.threshold));
  if (parts == internal::kClausePartsMin) return {};
  AIRLOCK_TRY(read_algorithms(reader, clause.algorithms));
  clause.certified = parts == internal::kClausePartsMax;
  if (!clause.certified) return internal::present(clause.algorithms.size());
  AIRLOCK_ASSIGN(const std::uint64_t condition, reader.read_unsigned());
  return condition == internal::kConditionCertified ? Status{} : fail(Code::unknown_field);
}

Status read_policy(const Keyring& keyring, SigningPolicy& policy, CborReader& reader) {
  AIRLOCK_ASSIGN(const std::size_t count, reader.read_array(kClausesMax));
  AIRLOCK_TRY(internal::present(count));
  return internal::read_items(reader, count, [&]() -> Status {
    Clause clause;
    AIRLOCK_TRY(read_clause(reader, clause));
    const bool ascends = policy.clauses.empty() || clause.group > policy.clauses.last().group;
    if (!ascends) return fail(Code::not_canonical);
    if (clause.group >= keyring.groups.size()) return fail(Code::bad_keyring);
    if (clause.threshold == 0 || clause.threshold > countable(keyring, clause)) {
      return fail(Code::bad_keyring);
    }
    return policy.clauses.add(clause);
  });
}

Status read_policy_for(FieldKey number, Keyring& keyring, CborReader& reader) {
  const Result<Kind> kind = known_kind(static_cast<std::uint64_t>(number));
  if (!kind) return fail(Code::unknown_field);
  const std::size_t start = reader.position();
  SigningPolicy& policy = keyring.policies[index_of(*kind)];
  return internal::placed(read_policy(keyring, policy, reader), reader, start);
}

Status read_policies(Keyring& keyring, CborReader& reader) {
  codec::CborFields fields(reader, kKindCount);
  while (fields.next()) fields.took(read_policy_for(fields.key(), keyring, reader));
  return fields.finish();
}

Status read_retained(Keyring& keyring, CborReader& reader) {
  AIRLOCK_ASSIGN(const std::size_t count, reader.read_array(kRetainedMax));
  AIRLOCK_TRY(internal::present(count));
  const std::size_t start = reader.position();
  std::optional<Digest> last;
  const Status read = internal::read_items(reader, count, [&]() -> Status {
    Digest digest;
    AIRLOCK_TRY(reader.read_exactly(digest.bytes));
    if (last && digest <= *last) return fail(Code::not_canonical);
    last = digest;
    return {};
  });
  AIRLOCK_TRY(read);
  keyring.retained = {reader.since(start), count};
  return {};
}

// The keys that watch a log are Ed25519, and nobody's twice: a signer who also were a witness, or
// the log itself, would be asked about himself.
Status read_note_key(const Keyring& keyring, const LogPolicy& log, CborReader& reader,
                     crypto::PublicKey& to) {
  AIRLOCK_ASSIGN(const Bytes bytes, reader.read_bytes(crypto::kEd25519KeySize));
  AIRLOCK_ASSIGN(const crypto::PublicKey key,
                 crypto::make_public_key(crypto::Algorithm::eddsa, bytes));
  const auto is_held = [&key](const crypto::PublicKey& other) {
    return have_one_holder({key.algorithm, key.view(), 0, {}},
                           {other.algorithm, other.view(), 0, {}});
  };
  bool is_known = is_held(log.key);
  for (const Witness& witness : log.witnesses) is_known |= is_held(witness.key);
  for (const Key& signer : keyring.keys) is_known |= is_held(signer.key);
  if (is_known) return fail(Code::bad_keyring);
  to = key;
  return {};
}

Status read_witness(const Keyring& keyring, const LogPolicy& log, CborReader& reader,
                    Witness& witness) {
  const auto read_one = [&](FieldKey number) -> Status {
    switch (static_cast<WitnessKey>(number)) {
      case WitnessKey::name: return codec::read_text(reader, witness.name, kNameMax);
      case WitnessKey::public_key: return read_note_key(keyring, log, reader, witness.key);
    }
    return fail(Code::unknown_field);
  };
  AIRLOCK_TRY(internal::read_map(reader, internal::kWitnessShape, read_one));
  return is_note_name(witness.name) ? Status{} : fail(Code::bad_keyring);
}

Status read_witnesses(const Keyring& keyring, LogPolicy& log, CborReader& reader) {
  AIRLOCK_ASSIGN(const std::size_t count, reader.read_array(kWitnessesMax));
  AIRLOCK_TRY(internal::present(count));
  return internal::read_items(reader, count, [&]() -> Status {
    Witness witness;
    AIRLOCK_TRY(read_witness(keyring, log, reader, witness));
    if (!log.witnesses.empty() && witness.name <= log.witnesses.last().name) {
      return fail(Code::not_canonical);
    }
    return log.witnesses.add(witness);
  });
}

Status read_log(const Keyring& keyring, CborReader& reader, LogPolicy& log) {
  const auto read_one = [&](FieldKey number) -> Status {
    switch (static_cast<LogKey>(number)) {
      case LogKey::origin: return codec::read_text(reader, log.origin, kOriginMax);
      case LogKey::public_key: return read_note_key(keyring, log, reader, log.key);
      case LogKey::witnesses: return read_witnesses(keyring, log, reader);
      case LogKey::required: return read_number(reader, log.required);
    }
    return fail(Code::unknown_field);
  };
  AIRLOCK_TRY(internal::read_map(reader, internal::kLogShape, read_one));
  if (!is_note_name(log.origin)) return fail(Code::bad_keyring);
  if (log.required == 0 || log.required > log.witnesses.size()) return fail(Code::bad_keyring);
  return {};
}

// The log as it is encoded, once it was seen to be one.
Status check_log(const Keyring& keyring, CborReader& reader, Bytes& encoded) {
  LogPolicy log;
  const std::size_t start = reader.position();
  AIRLOCK_TRY(read_log(keyring, reader, log));
  encoded = reader.since(start);
  return {};
}

Status read_certificate_roots(Keyring& keyring, CborReader& reader) {
  AIRLOCK_ASSIGN(const std::size_t count, reader.read_array(kCertificateRootsMax));
  AIRLOCK_TRY(internal::present(count));
  return internal::read_items(reader, count, [&]() -> Status {
    AIRLOCK_ASSIGN(const Bytes root, reader.read_bytes(kCertificateSizeMax));
    if (root.empty()) return fail(Code::bad_keyring);
    auto& roots = keyring.certificate_roots;
    if (!roots.empty() && text_of(root) <= text_of(roots.last())) return fail(Code::not_canonical);
    return roots.add(root);
  });
}

// The root group signs keyrings, alone, and nothing else, whatever became of the authorities; so a
// keyring always has a successor.
Status check_root(const Keyring& keyring, Bytes encoded) {
  const auto broken = [&] {
    return fail(Code::bad_keyring, internal::offset_of(encoded, KeyringKey::policies));
  };
  for (Kind kind : kKinds) {
    const SigningPolicy& policy = keyring.policy(kind);
    const bool of_root = kind == Kind::keyring;
    if (of_root && policy.clauses.size() != 1) return broken();
    for (const Clause& clause : policy.clauses) {
      if ((keyring.groups[clause.group] == kRootGroup) != of_root) return broken();
      if (of_root && clause.certified) return broken();
    }
  }
  return {};
}

}  // namespace

Digest key_id(const crypto::PublicKey& key) { return id_of(key.algorithm, key.view()); }

template <>
Digest take_item(Bytes& items) {
  Digest digest;
  CborReader reader(items);
  AIRLOCK_CHECK(reader.read_exactly(digest.bytes).has_value());
  items = items.subspan(reader.position());
  return digest;
}

// Whether the bytes are a key was asked when the keyring was parsed.
Key Keys::operator[](std::size_t index) const {
  const Place& place = places_[index];
  const Written written = written_at(encoded_, place.offset);
  Key key;
  key.key.algorithm = written.algorithm;
  for (const std::uint8_t byte : written.bytes) {
    AIRLOCK_CHECK(key.key.bytes.add(byte).has_value());
  }
  key.id = key_id(key.key);
  key.group = place.group;
  key.name = written.name;
  key.signer = place.signer;
  return key;
}

Status Keyring::admit_key(CborReader& reader, Digest& last) {
  Keys::Place place;
  place.offset = static_cast<std::uint16_t>(reader.position());
  place.signer = static_cast<std::uint8_t>(keys.size());
  Written key;
  AIRLOCK_TRY(read_written(reader, key));
  AIRLOCK_TRY(crypto::make_public_key(key.algorithm, key.bytes));
  place.group = key.group;
  if (key.group >= groups.size()) return fail(Code::bad_keyring);
  for (const Keys::Place& known : keys.places_) {
    if (!have_one_holder(key, written_at(keys.encoded_, known.offset))) continue;
    const bool apart = key.group != known.group;
    return fail(apart ? Code::key_in_two_groups : Code::bad_keyring);
  }
  const Digest id = id_of(key.algorithm, key.bytes);
  if (!keys.empty() && id <= last) return fail(Code::not_canonical);
  last = id;
  for (const Keys::Place& known : keys.places_) {
    const Written other = written_at(keys.encoded_, known.offset);
    AIRLOCK_TRY(demand_one_signer(key, other));
    if (other.name == key.name) place.signer = known.signer;
  }
  return keys.places_.add(place);
}

Status Keyring::read_keys(CborReader& reader) {
  AIRLOCK_ASSIGN(const std::size_t count, reader.read_array(kKeysMax));
  Digest last;
  return internal::read_items(reader, count, [&] { return admit_key(reader, last); });
}

// Read where it is returned: a keyring is never moved.
Result<Keyring> Keyring::parse(Bytes encoded) {
  Result<Keyring> made(std::in_place);
  if (const Status read = made->read(encoded); !read) made = std::unexpected(read.error());
  return made;
}

Status Keyring::read(Bytes encoded) {
  if (encoded.size() > kKeyringSizeMax) return fail(Code::oversized, encoded.size());
  Keyring& keyring = *this;
  keys.encoded_ = encoded;
  CborReader reader(encoded);
  const auto read_one = [&](FieldKey key) -> Status {
    switch (static_cast<KeyringKey>(key)) {
      case KeyringKey::format: return codec::read_format(reader, kKeyringFormat);
      case KeyringKey::version: return read_number(reader, keyring.version);
      case KeyringKey::created:
        return read_number(reader, keyring.created, std::uint64_t{kTimeMax});
      case KeyringKey::groups: return read_groups(keyring, reader);
      case KeyringKey::keys: return read_keys(reader);
      case KeyringKey::policies: return read_policies(keyring, reader);
      case KeyringKey::retained: return read_retained(keyring, reader);
      case KeyringKey::log: return check_log(keyring, reader, log_);
      case KeyringKey::certificate_roots: return read_certificate_roots(keyring, reader);
    }
    return fail(Code::unknown_field);
  };
  AIRLOCK_TRY(internal::read_map(reader, internal::kKeyringShape, read_one));
  AIRLOCK_TRY(reader.finish());
  if (keyring.version == 0) {
    return fail(Code::bad_keyring, internal::offset_of(encoded, KeyringKey::version));
  }
  return check_root(keyring, encoded);
}

// By halves, since every id that is looked at is a hash.
std::optional<Key> Keyring::find(Bytes id) const {
  std::size_t first = 0;
  for (std::size_t end = keys.size(); first < end;) {
    const std::size_t middle = first + (end - first) / 2;
    const Key key = keys[middle];
    if (equal(key.id.bytes, id)) return key;
    if (text_of(key.id.bytes) < text_of(id)) {
      first = middle + 1;
    } else {
      end = middle;
    }
  }
  return std::nullopt;
}

bool Keyring::retains(const Digest& manifest) const {
  return std::find(retained.begin(), retained.end(), manifest) != retained.end();
}

std::optional<LogPolicy> Keyring::log() const {
  if (log_.empty()) return std::nullopt;
  CborReader reader(log_);
  std::optional<LogPolicy> log(std::in_place);
  AIRLOCK_CHECK(read_log(*this, reader, *log).has_value());
  return log;
}

}  // namespace airlock::package
