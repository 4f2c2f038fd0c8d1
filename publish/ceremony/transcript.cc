#include <ctime>
#include <optional>

#include "host/json/json.h"
#include "host/text/text.h"
#include "publish/ceremony/ceremony.h"

namespace airlock::ceremony {
namespace {

using json::Value;

// What a seal signs begins with this, as no COSE structure does, whose first byte is an array's.
constexpr std::string_view kSealed = "airlock ceremony transcript 1\n";
constexpr std::string_view kSealEvent = "sealed";
constexpr std::size_t kLineSizeMax = 64 << 10;

std::string digest_of(std::string_view text) {
  return text::to_hex(crypto::sha256(bytes_of(text)).bytes);
}

// The bytes that a seal signs, for everything before it.
std::string sealed_message(std::string_view all_before) {
  return std::string(kSealed) + digest_of(all_before);
}

Value to_json(const Entry& entry, std::string_view all_before) {
  Value facts = Value::object();
  for (const auto& [name, fact] : entry.facts) facts[name] = fact;
  return {{"event", entry.event},
          {"facts", std::move(facts)},
          {"previous", digest_of(all_before)},
          {"time", entry.time}};
}

Result<Entry> read_entry(const Value& line) {
  if (line.size() != 4) return fail(Code::bad_transcript);
  Entry entry;
  AIRLOCK_ASSIGN(entry.event, json::text(line, "event", kFactSizeMax));
  AIRLOCK_ASSIGN(entry.time, json::text(line, "time", kFactSizeMax));
  AIRLOCK_TRY(text::from_time(entry.time));
  AIRLOCK_ASSIGN(const Value* facts, json::object(line, "facts"));
  for (const auto& [name, fact] : facts->items()) {
    AIRLOCK_ASSIGN(entry.facts[name], json::text(*facts, name, kFactSizeMax));
  }
  return entry;
}

Result<crypto::PublicKey> read_seal(const Value& line, std::string_view all_before) {
  if (line.size() != 5) return fail(Code::bad_transcript);
  AIRLOCK_ASSIGN(const std::int64_t number, json::integer(line, "algorithm", INT16_MIN, INT16_MAX));
  AIRLOCK_ASSIGN(const crypto::Algorithm algorithm, crypto::known_algorithm(number));
  AIRLOCK_ASSIGN(const std::string key_text, json::text(line, "key", kFactSizeMax));
  AIRLOCK_ASSIGN(const auto key_bytes, text::from_hex(key_text));
  AIRLOCK_ASSIGN(const crypto::PublicKey key, crypto::make_public_key(algorithm, key_bytes));
  AIRLOCK_ASSIGN(const std::string signature_text, json::text(line, "signature", kFactSizeMax));
  AIRLOCK_ASSIGN(const auto signature, text::from_base64(signature_text));
  const std::string message = sealed_message(all_before);
  AIRLOCK_TRY(crypto::verify(key, std::array{bytes_of(message)}, signature));
  return key;
}

// Reading line by line; `read` is all that was accepted so far.
class Audit {
 public:
  explicit Audit(std::string_view text) : text_(text) {}

  Result<Audited> run() {
    while (read_ < text_.size()) AIRLOCK_TRY(take_line());
    if (found_.sealed_by.empty()) return fail(Code::transcript_unsealed, lines_);
    return std::move(found_);
  }

 private:
  Status take_line() {
    ++lines_;
    const std::size_t end = text_.find('\n', read_);
    if (end == std::string_view::npos) return fail(Code::bad_transcript, lines_);
    AIRLOCK_ASSIGN(const Value line, json::parse(text_.substr(read_, end - read_), kLineSizeMax));
    const std::string_view before = text_.substr(0, read_);
    AIRLOCK_ASSIGN(const std::string previous, json::text(line, "previous", kFactSizeMax));
    if (previous != digest_of(before)) return fail(Code::bad_transcript, lines_);
    AIRLOCK_TRY(take(line, before));
    read_ = end + 1;
    return {};
  }

  Status take(const Value& line, std::string_view before) {
    AIRLOCK_ASSIGN(const std::string event, json::text(line, "event", kFactSizeMax));
    if (event == kSealEvent) {
      if (found_.sealed_by.size() == kSealsMax) return fail(Code::too_many, lines_);
      AIRLOCK_ASSIGN(const crypto::PublicKey key, read_seal(line, before));
      found_.sealed_by.push_back(key);
      return {};
    }
    if (!found_.sealed_by.empty()) return fail(Code::bad_transcript, lines_);  // nothing follows
    if (found_.entries.size() == kEntriesMax) return fail(Code::too_many, lines_);
    AIRLOCK_ASSIGN(Entry entry, read_entry(line));
    found_.entries.push_back(std::move(entry));
    return {};
  }

  std::string_view text_;
  std::size_t read_ = 0;
  std::size_t lines_ = 0;
  Audited found_;
};

bool is_too_large(const Entry& entry) {
  for (const auto& [name, fact] : entry.facts) {
    if (fact.size() > kFactSizeMax) return true;
  }
  return false;
}

}  // namespace

Result<Transcript> Transcript::begin(file::Path path) {
  AIRLOCK_TRY(file::create(path, {}));
  return Transcript(std::move(path));
}

Status Transcript::add_line(const std::string& line) {
  const std::string longer = text_ + line + "\n";
  if (longer.size() > kTranscriptSizeMax) return fail(Code::oversized, longer.size());
  AIRLOCK_TRY(file::replace(path_, bytes_of(longer)));
  text_ = longer;
  return {};
}

Status Transcript::note(const Entry& entry) {
  AIRLOCK_CHECK(seals_ == 0);
  AIRLOCK_CHECK(entry.event != kSealEvent);
  if (entries_ == kEntriesMax) return fail(Code::too_many, entries_);
  if (is_too_large(entry)) return fail(Code::oversized, kFactSizeMax);
  AIRLOCK_TRY(add_line(json::write(to_json(entry, text_))));
  ++entries_;
  return {};
}

Status Transcript::seal(const keys::SigningKey& key) {
  if (seals_ == kSealsMax) return fail(Code::too_many, seals_);
  const std::string message = sealed_message(text_);
  AIRLOCK_ASSIGN(const auto signature, key.sign(std::array{bytes_of(message)}));
  const crypto::PublicKey& by = key.public_key();
  const Value line = {{"algorithm", static_cast<int>(by.algorithm)},
                      {"event", kSealEvent},
                      {"key", text::to_hex(by.view())},
                      {"previous", digest_of(text_)},
                      {"signature", text::to_base64(signature)}};
  AIRLOCK_TRY(add_line(json::write(line)));
  ++seals_;
  return {};
}

Result<Audited> audit(std::string_view transcript) {
  if (transcript.size() > kTranscriptSizeMax) return fail(Code::oversized, transcript.size());
  return Audit(transcript).run();
}

}  // namespace airlock::ceremony
