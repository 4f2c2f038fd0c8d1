// The session as bytes (docs/formats/journal.md).
#include "core/codec/codec.h"
#include "core/slot/frame.h"
#include "core/update/update.h"

namespace airlock::update {
namespace {

using codec::CborFields;
using codec::CborReader;
using codec::CborWriter;
using codec::FieldKey;
using codec::read_number;

constexpr slot::Magic kJournalMagic = {'A', 'L', 'J', 'N'};
constexpr std::uint64_t kJournalFormat = 1;
constexpr std::uint64_t kErrandMax = static_cast<std::uint64_t>(Errand::restore);
constexpr std::size_t kEntriesMax = 32;  // known fields and those of later versions

enum class Key : FieldKey {
  format = 1,
  phase = 2,
  kind = 3,
  manifest = 4,
  version = 5,
  rollout = 6,
  attempts = 7,
  outcome = 8,
  at = 9,
  failed_in = 10,
  report_sequence = 11,
  errand = 12,
};

// Every field is written, so that the size of a journal does not tell its story.
void write_session(CborWriter& writer, const Session& session) {
  const auto number = [&](Key key, std::uint64_t value) {
    writer.write_integer(static_cast<std::int64_t>(key));
    writer.write_unsigned(value);
  };
  writer.write_map(12);
  number(Key::format, kJournalFormat);
  number(Key::phase, static_cast<std::uint64_t>(session.phase));
  number(Key::kind, static_cast<std::uint64_t>(session.kind));
  writer.write_integer(static_cast<std::int64_t>(Key::manifest));
  writer.write_bytes(session.manifest.bytes);
  writer.write_integer(static_cast<std::int64_t>(Key::version));
  writer.write_text(session.version.view());
  number(Key::rollout, session.rollout);
  number(Key::attempts, session.attempts);
  number(Key::outcome, static_cast<std::uint64_t>(session.outcome));
  number(Key::at, session.at);
  number(Key::failed_in, static_cast<std::uint64_t>(session.failed_in));
  number(Key::report_sequence, session.report_sequence);
  number(Key::errand, static_cast<std::uint64_t>(session.errand));
}

Status read_phase(CborReader& reader, Phase& to) {
  return read_number(reader, to, kPhaseCount - 1);
}

Status read_kind(CborReader& reader, Kind& to) {
  AIRLOCK_ASSIGN(const std::uint64_t number, reader.read_unsigned());
  AIRLOCK_ASSIGN(to, package::known_kind(number));
  return {};
}

Status read_version(CborReader& reader, Session& session) {
  AIRLOCK_ASSIGN(const std::string_view text, reader.read_text(package::kSemverTextMax));
  return session.version.set(text);
}

Status read_field(CborReader& reader, FieldKey key, Session& session) {
  switch (static_cast<Key>(key)) {
    case Key::format: return codec::read_format(reader, kJournalFormat);
    case Key::phase: return read_phase(reader, session.phase);
    case Key::kind: return read_kind(reader, session.kind);
    case Key::manifest: return reader.read_exactly(session.manifest.bytes);
    case Key::version: return read_version(reader, session);
    case Key::rollout: return read_number(reader, session.rollout);
    case Key::attempts: return read_number(reader, session.attempts, kAttemptsMax - 1);
    case Key::outcome: return read_number(reader, session.outcome, UINT16_MAX);
    case Key::at: return read_number(reader, session.at);
    case Key::failed_in: return read_phase(reader, session.failed_in);
    case Key::report_sequence: return read_number(reader, session.report_sequence);
    case Key::errand: return read_number(reader, session.errand, kErrandMax);
  }
  return codec::pass_over(reader);  // of a later version
}

// Past asking and idle a phase is about one known release; only installed and offered may begin
// without knowing it.
bool is_consistent(const Session& session) {
  const bool nameless = session.phase <= Phase::proving;
  return nameless || !session.manifest.is_zero();
}

Result<Session> read_session(Bytes encoded) {
  AIRLOCK_ASSIGN(const Bytes body, slot::unseal(encoded, kJournalMagic));
  Session session;
  CborReader reader(body);
  CborFields fields(reader, kEntriesMax);
  while (fields.next()) fields.took(read_field(reader, fields.key(), session));
  AIRLOCK_TRY(fields.finish());
  AIRLOCK_TRY(reader.finish());
  constexpr std::uint32_t kRequired = 1U << static_cast<unsigned>(Key::format) |
                                      1U << static_cast<unsigned>(Key::phase) |
                                      1U << static_cast<unsigned>(Key::manifest);
  const std::uint32_t missing = kRequired & ~fields.seen();
  if (missing != 0) return fail(Code::missing_field, missing);
  if (!is_consistent(session)) return fail(Code::missing_field);
  return session;
}

}  // namespace

Result<Bytes> encode_session(const Session& session, MutableBytes buffer) {
  CborWriter writer(slot::body_room(buffer));
  write_session(writer, session);
  AIRLOCK_TRY(writer.finish());
  return slot::seal(buffer, kJournalMagic, writer.size());
}

Result<Session> decode_session(Bytes encoded) {
  const Result<Session> session = read_session(encoded);
  if (session) return session;
  if (session.error().code == Code::unsupported_version) return session;
  return fail(Code::journal_lost, static_cast<std::uint64_t>(session.error().code));
}

}  // namespace airlock::update
