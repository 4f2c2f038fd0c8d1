// Whole messages, as wallets sign them: legacy and version 0.
//
// What is read is what a validator would take in: anything that its checks refuse is refused, and
// bytes after the end are. Keys that stand in a look-up table are known by their table and place
// alone; only the chain knows them.
#pragma once

#include <array>
#include <span>

#include "core/base/base.h"

namespace airlock::abi::solana {

inline constexpr std::size_t kMessageSizeMax = 1232;  // of a transaction, signatures included
inline constexpr std::size_t kKeySize = 32;
inline constexpr std::size_t kSignatureSize = 64;
inline constexpr std::size_t kKeysMax = 256;  // looked up ones included

enum class Version : std::uint8_t { legacy, v0 };

// Whether signatures stand before the message.
enum class Framing : std::uint8_t { message, transaction };

// One account of a message.
struct MessageKey {
  Bytes key{};             // 32 bytes; empty where the chain must look it up
  Bytes table{};           // the look-up table's address; empty where `key` is known
  std::uint8_t place = 0;  // in the table
  bool is_signer = false;
  bool is_writable = false;
  bool is_known() const { return !key.empty(); }
};

// One call of a program: places among the message's keys.
struct Instruction {
  std::uint8_t program = 0;
  Bytes accounts;
  Bytes data;
};

// A checked message, as a view: the bytes must outlive it. Copied like a pointer.
class Message {
 public:
  // read checks all of it. Errors: truncated, trailing_bytes, oversized, not_canonical (a length in
  // a longer form than needed), unsupported_version, out_of_range (an index, a count, the header),
  // too_many, duplicate_key.
  static Result<Message> read(Bytes bytes, Framing framing);
  // read_any takes either framing. Errors: those of read as a transaction; ambiguous where the
  // bytes are both.
  static Result<Message> read_any(Bytes bytes);

  Version version() const { return version_; }
  Bytes signatures() const { return signatures_; }  // 64 bytes each
  Bytes blockhash() const { return blockhash_; }
  std::uint8_t signer_count() const { return signers_; }
  std::size_t key_count() const { return keys_.size() / kKeySize + looked_up_; }
  // key returns an account by its place below key_count().
  MessageKey key(std::size_t place) const;

  std::size_t instruction_count() const { return instruction_count_; }

  class Iterator {
   public:
    Instruction operator*() const;
    Iterator& operator++();
    bool operator==(const Iterator& other) const { return left_ == other.left_; }

   private:
    friend class Message;
    Iterator(Bytes rest, std::size_t left) : rest_(rest), left_(left) {}
    Bytes rest_;
    std::size_t left_;
  };
  // The instructions, for a range-for.
  Iterator begin() const { return {instructions_, instruction_count_}; }
  Iterator end() const { return {{}, 0}; }

 private:
  class Reader;
  MessageKey looked_up(std::size_t place) const;
  Status check_keys() const;
  Status check_instructions() const;

  Version version_ = Version::legacy;
  std::uint8_t signers_ = 0;
  std::uint8_t readonly_signers_ = 0;
  std::uint8_t readonly_others_ = 0;
  Bytes signatures_;
  Bytes keys_;
  Bytes blockhash_;
  Bytes instructions_;  // behind their count
  std::size_t instruction_count_ = 0;
  Bytes tables_;  // behind their count
  std::size_t table_count_ = 0;
  std::size_t looked_up_ = 0;
  std::size_t looked_up_writable_ = 0;
};

}  // namespace airlock::abi::solana
