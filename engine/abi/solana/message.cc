#include "engine/abi/solana/message.h"

#include <bitset>

#include "engine/abi/solana/short_vector.h"

namespace airlock::abi::solana {
namespace {

constexpr std::uint8_t kVersionBit = 0x80;

// The parts of a look-up: a table, and the places in it of keys that may be written and of others.
struct LookUp {
  Bytes table;
  Bytes writable;
  Bytes readonly;
};

// Cuts pieces off the front.
class Cutter {
 public:
  explicit Cutter(Bytes rest) : whole_(rest.size()), rest_(rest) {}

  Bytes rest() const { return rest_; }
  std::size_t at() const { return whole_ - rest_.size(); }

  Result<Bytes> cut(std::size_t size) {
    if (size > rest_.size()) return fail(Code::truncated, whole_);
    const Bytes piece = rest_.first(size);
    rest_ = rest_.subspan(size);
    return piece;
  }
  Result<std::uint8_t> byte() {
    AIRLOCK_ASSIGN(const Bytes one, cut(1));
    return one[0];
  }
  Result<std::size_t> count() {
    AIRLOCK_ASSIGN(const Short read, read_short(rest_));
    rest_ = rest_.subspan(read.size);
    return std::size_t{read.value};
  }
  // bytes reads a count and as many bytes.
  Result<Bytes> bytes() {
    AIRLOCK_ASSIGN(const std::size_t size, count());
    return cut(size);
  }
  Result<Instruction> instruction() {
    Instruction made;
    AIRLOCK_ASSIGN(made.program, byte());
    AIRLOCK_ASSIGN(made.accounts, bytes());
    AIRLOCK_ASSIGN(made.data, bytes());
    return made;
  }
  Result<LookUp> look_up() {
    LookUp made;
    AIRLOCK_ASSIGN(made.table, cut(kKeySize));
    AIRLOCK_ASSIGN(made.writable, bytes());
    AIRLOCK_ASSIGN(made.readonly, bytes());
    return made;
  }

 private:
  std::size_t whole_;
  Bytes rest_;
};

}  // namespace

// Reads a message in the order in which it is written.
class Message::Reader {
 public:
  explicit Reader(Bytes bytes) : cutter_(bytes) {}

  Result<Message> read(Framing framing) {
    if (framing == Framing::transaction) AIRLOCK_TRY(read_signatures());
    AIRLOCK_TRY(read_head());
    AIRLOCK_TRY(read_instructions());
    if (made_.version_ == Version::v0) AIRLOCK_TRY(read_tables());
    if (!cutter_.rest().empty()) return fail(Code::trailing_bytes, cutter_.at());
    if (made_.key_count() > kKeysMax) return fail(Code::too_many, made_.key_count());
    AIRLOCK_TRY(made_.check_keys());
    AIRLOCK_TRY(made_.check_instructions());
    if (framing == Framing::transaction &&
        made_.signatures_.size() != std::size_t{made_.signers_} * kSignatureSize)
      return fail(Code::out_of_range, made_.signatures_.size() / kSignatureSize);
    return made_;
  }

 private:
  Status read_signatures() {
    AIRLOCK_ASSIGN(const std::size_t count, cutter_.count());
    AIRLOCK_ASSIGN(made_.signatures_, cutter_.cut(count * kSignatureSize));
    return {};
  }

  Status read_head() {
    AIRLOCK_ASSIGN(std::uint8_t first, cutter_.byte());
    if ((first & kVersionBit) != 0) {
      if (first != kVersionBit) return fail(Code::unsupported_version, first - kVersionBit);
      made_.version_ = Version::v0;
      AIRLOCK_ASSIGN(first, cutter_.byte());
    }
    made_.signers_ = first;
    AIRLOCK_ASSIGN(made_.readonly_signers_, cutter_.byte());
    AIRLOCK_ASSIGN(made_.readonly_others_, cutter_.byte());
    AIRLOCK_ASSIGN(const std::size_t count, cutter_.count());
    AIRLOCK_ASSIGN(made_.keys_, cutter_.cut(count * kKeySize));
    AIRLOCK_ASSIGN(made_.blockhash_, cutter_.cut(kKeySize));
    return {};
  }

  Status read_instructions() {
    AIRLOCK_ASSIGN(made_.instruction_count_, cutter_.count());
    const Bytes all = cutter_.rest();
    for (std::size_t i = 0; i < made_.instruction_count_; ++i) AIRLOCK_TRY(cutter_.instruction());
    made_.instructions_ = all.first(all.size() - cutter_.rest().size());
    return {};
  }

  Status read_tables() {
    AIRLOCK_ASSIGN(made_.table_count_, cutter_.count());
    const Bytes all = cutter_.rest();
    for (std::size_t i = 0; i < made_.table_count_; ++i) {
      AIRLOCK_ASSIGN(const LookUp look_up, cutter_.look_up());
      std::bitset<256> seen;
      for (const Bytes places : {look_up.writable, look_up.readonly})
        for (const std::uint8_t place : places) {
          if (seen[place]) return fail(Code::duplicate_key, place);
          seen.set(place);
        }
      if (seen.none()) return fail(Code::out_of_range, i);
      made_.looked_up_ += seen.count();
      made_.looked_up_writable_ += look_up.writable.size();
    }
    made_.tables_ = all.first(all.size() - cutter_.rest().size());
    return {};
  }

  Cutter cutter_;
  Message made_;
};

Result<Message> Message::read(Bytes bytes, Framing framing) {
  if (bytes.size() > kMessageSizeMax) return fail(Code::oversized, bytes.size());
  return Reader(bytes).read(framing);
}

Result<Message> Message::read_any(Bytes bytes) {
  const auto transaction = read(bytes, Framing::transaction);
  const auto message = read(bytes, Framing::message);
  if (transaction && message) return fail(Code::ambiguous);
  return message ? message : transaction;
}

Status Message::check_keys() const {
  const std::size_t known = keys_.size() / kKeySize;
  // Somebody must sign and be able to pay, and the header must not promise more keys than there
  // are.
  if (signers_ == 0 || readonly_signers_ >= signers_) return fail(Code::out_of_range, signers_);
  if (std::size_t{signers_} + readonly_others_ > known) return fail(Code::out_of_range, known);
  for (std::size_t i = 0; i < known; ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (equal(keys_.subspan(i * kKeySize, kKeySize), keys_.subspan(j * kKeySize, kKeySize)))
        return fail(Code::duplicate_key, i);
  return {};
}

Status Message::check_instructions() const {
  const std::size_t known = keys_.size() / kKeySize;
  for (const Instruction instruction : *this) {
    // The first key pays, so that it is no program; a program must be known before it is called.
    if (instruction.program == 0 || instruction.program >= known)
      return fail(Code::out_of_range, instruction.program);
    for (const std::uint8_t place : instruction.accounts)
      if (place >= key_count()) return fail(Code::out_of_range, place);
  }
  return {};
}

MessageKey Message::key(std::size_t place) const {
  AIRLOCK_CHECK(place < key_count());
  const std::size_t known = keys_.size() / kKeySize;
  if (place >= known) return looked_up(place - known);
  MessageKey made{.key = keys_.subspan(place * kKeySize, kKeySize)};
  made.is_signer = place < signers_;
  made.is_writable = made.is_signer ? place < std::size_t{signers_} - readonly_signers_
                                    : place < known - readonly_others_;
  return made;
}

// Keys of all tables that may be written come before all others.
MessageKey Message::looked_up(std::size_t place) const {
  MessageKey made{.is_writable = place < looked_up_writable_};
  if (!made.is_writable) place -= looked_up_writable_;
  Cutter cutter(tables_);
  for (std::size_t i = 0; i < table_count_; ++i) {
    const LookUp look_up = *cutter.look_up();
    const Bytes places = made.is_writable ? look_up.writable : look_up.readonly;
    if (place < places.size()) {
      made.table = look_up.table;
      made.place = places[place];
      return made;
    }
    place -= places.size();
  }
  AIRLOCK_CHECK(false);
  return made;
}

Instruction Message::Iterator::operator*() const { return *Cutter(rest_).instruction(); }

Message::Iterator& Message::Iterator::operator++() {
  Cutter cutter(rest_);
  AIRLOCK_CHECK(cutter.instruction().has_value());
  rest_ = cutter.rest();
  --left_;
  return *this;
}

}  // namespace airlock::abi::solana
