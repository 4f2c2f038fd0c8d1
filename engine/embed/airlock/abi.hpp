// airlock/abi.hpp: the C++ face of airlock_abi.h, which says what every call does and promises.
//
// It needs C++17 and nothing but that header: handles free themselves, texts and bytes are copies
// of the caller's own, and what can fail returns a Result. It throws nothing of its own.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "../airlock_abi.h"

namespace airlock::embed {

// Why something did not work.
struct Error {
  int code = AIRLOCK_ABI_OK;
  std::uint64_t at = 0;  // of a pack that was refused: a place, whose meaning belongs to the code
  std::string key{};     // of a pack that was refused: the entry to blame, where it is one

  std::string_view name() const { return airlock_abi_error_name(code); }
  std::string_view text() const { return airlock_abi_error_text(code); }
};

// A value, or why there is none. Asking for the one that is not there throws
// std::bad_variant_access.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : either_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : either_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return either_.index() == 0; }
  T& operator*() { return std::get<0>(either_); }
  const T& operator*() const { return std::get<0>(either_); }
  T* operator->() { return &std::get<0>(either_); }
  const T* operator->() const { return &std::get<0>(either_); }
  const Error& error() const { return std::get<1>(either_); }

 private:
  std::variant<T, Error> either_;
};

using Done = Result<std::monostate>;
using Bytes = std::vector<std::uint8_t>;

// What the committed manifest says of a pack.
struct Committed {
  Bytes root{};  // 32 bytes
  std::uint32_t count = 0;
  std::string version{};
};

// A call as a wallet is asked to sign it.
struct Call {
  std::string chain{};
  std::string target{};  // empty where the data itself names it
  Bytes data{};
  Bytes code_hash{};  // empty where it is not known
};

// A call to be written.
struct Request {
  std::string chain{};
  std::string target{};
  std::string call{};
  std::string arguments{};  // JSON
};

// What a screen is given as; the header says what each form holds.
struct Style {
  airlock_abi_form form = AIRLOCK_ABI_JSON;
  std::uint32_t columns = 80;
};

// A transaction's call, with what its screen depends on.
struct Sending {
  std::string chain{};
  std::string target{};
  std::string from{};       // empty where nobody knows yet
  std::string value = "0";  // in decimal and the smallest unit
  Bytes data{};
};

// A message of EIP-712.
struct Message {
  std::string json{};
  std::string from{};  // empty where nobody knows yet
};

// A message as it is shown, and the digest that is signed of it.
struct ShownMessage {
  std::string text{};
  Bytes digest{};
};

// An entry with the proof that the pack has it; or, where `is_there` is false, that it has none.
struct Entry {
  bool is_there = false;
  Bytes content{};
  Bytes proof{};
};

namespace detail {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* handle) const {
    kFree(handle);
  }
};

inline Done done(int code) {
  if (code != AIRLOCK_ABI_OK) return Error{code};
  return std::monostate();
}

inline Bytes bytes_of(airlock_abi_bytes bytes) {
  return bytes.size == 0 ? Bytes() : Bytes(bytes.data, bytes.data + bytes.size);
}

// Fills what C reads; the texts stay those of `from`. Returns the number of an error.
inline int fill(airlock_abi_committed& committed, const Committed& from) {
  if (from.root.size() != sizeof(committed.root)) return AIRLOCK_ABI_OUT_OF_RANGE;
  std::memcpy(committed.root, from.root.data(), sizeof(committed.root));
  committed.count = from.count;
  committed.version = from.version.c_str();
  return AIRLOCK_ABI_OK;
}

inline const char* text_or_null(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
}

// Text of C ends at its first NUL, so that one inside would be read as less than it is.
inline bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

template <class Load>
Done load(const Committed& from, Load load) {
  airlock_abi_committed committed{};
  if (has_nul(from.version)) return Error{AIRLOCK_ABI_BAD_TEXT};
  if (const int code = fill(committed, from); code != AIRLOCK_ABI_OK) return Error{code};
  airlock_abi_fault fault{};
  const int code = load(&committed, &fault);
  if (code != AIRLOCK_ABI_OK) return Error{code, fault.at, fault.key};
  return std::monostate();
}

template <class Check>
Done check(const Committed& from, const std::string& key, const Entry& entry, Check check) {
  airlock_abi_committed committed{};
  if (has_nul(key)) return Error{AIRLOCK_ABI_BAD_TEXT};
  if (const int code = fill(committed, from); code != AIRLOCK_ABI_OK) return Error{code};
  const airlock_abi_entry given{{entry.content.data(), entry.content.size()},
                                {entry.proof.data(), entry.proof.size()}};
  return done(check(&committed, key.c_str(), &given));
}

}  // namespace detail

// One thread's own. Moved, never copied.
class Reader {
 public:
  // hold lets this reader see the pack that serves now until let_go.
  Done hold() { return detail::done(airlock_abi_hold(handle_.get())); }
  Done let_go() { return detail::done(airlock_abi_let_go(handle_.get())); }

  Result<std::string> pack_version() {
    airlock_abi_text version{};
    const int code = airlock_abi_pack_version(handle_.get(), &version);
    if (code != AIRLOCK_ABI_OK) return Error{code};
    return std::string(version.text, version.size);
  }

  // decode returns JSON.
  Result<std::string> decode(const Call& call) {
    if (detail::has_nul(call.chain) || detail::has_nul(call.target))
      return Error{AIRLOCK_ABI_BAD_TEXT};
    const airlock_abi_call given{call.chain.c_str(), call.target.c_str(),   call.data.data(),
                                 call.data.size(),   call.code_hash.data(), call.code_hash.size()};
    airlock_abi_text json{};
    const int code = airlock_abi_decode(handle_.get(), &given, &json);
    if (code != AIRLOCK_ABI_OK) return Error{code};
    return std::string(json.text, json.size);
  }

  // read_transaction returns JSON: docs/formats/transaction.md.
  Result<std::string> read_transaction(const std::string& chain, const Bytes& data) {
    if (detail::has_nul(chain)) return Error{AIRLOCK_ABI_BAD_TEXT};
    airlock_abi_text json{};
    const int code =
        airlock_abi_read_transaction(handle_.get(), chain.c_str(), data.data(), data.size(), &json);
    if (code != AIRLOCK_ABI_OK) return Error{code};
    return std::string(json.text, json.size);
  }

  Result<Bytes> encode(const Request& request) {
    for (const auto* text : {&request.chain, &request.target, &request.call, &request.arguments}) {
      if (detail::has_nul(*text)) return Error{AIRLOCK_ABI_BAD_TEXT};
    }
    const airlock_abi_request given{request.chain.c_str(), request.target.c_str(),
                                    request.call.c_str(), request.arguments.c_str()};
    airlock_abi_bytes data{};
    const int code = airlock_abi_encode(handle_.get(), &given, &data);
    if (code != AIRLOCK_ABI_OK) return Error{code};
    return detail::bytes_of(data);
  }

  // show returns the screen of a call.
  Result<std::string> show(const Sending& sending, const Style& style = {}) {
    for (const auto* text : {&sending.chain, &sending.target, &sending.from, &sending.value}) {
      if (detail::has_nul(*text)) return Error{AIRLOCK_ABI_BAD_TEXT};
    }
    const airlock_abi_sending given{
        sending.chain.c_str(), sending.target.c_str(), detail::text_or_null(sending.from),
        sending.value.c_str(), sending.data.data(),    sending.data.size()};
    const airlock_abi_style asked{style.form, style.columns};
    airlock_abi_text text{};
    const int code = airlock_abi_show(handle_.get(), &given, &asked, &text);
    if (code != AIRLOCK_ABI_OK) return Error{code};
    return std::string(text.text, text.size);
  }

  // show_message returns the screen of a message, and the digest to be signed.
  Result<ShownMessage> show_message(const Message& message, const Style& style = {}) {
    if (detail::has_nul(message.json) || detail::has_nul(message.from))
      return Error{AIRLOCK_ABI_BAD_TEXT};
    const airlock_abi_message given{message.json.c_str(), detail::text_or_null(message.from)};
    const airlock_abi_style asked{style.form, style.columns};
    airlock_abi_text text{};
    Bytes digest(AIRLOCK_ABI_DIGEST_SIZE);
    const int code = airlock_abi_show_message(handle_.get(), &given, &asked, &text, digest.data());
    if (code != AIRLOCK_ABI_OK) return Error{code};
    return ShownMessage{std::string(text.text, text.size), std::move(digest)};
  }

  // read_entry returns the entry under a key, or the proof that there is none.
  Result<Entry> read_entry(const std::string& key) {
    if (detail::has_nul(key)) return Error{AIRLOCK_ABI_BAD_TEXT};
    airlock_abi_entry entry{};
    const int code = airlock_abi_read_entry(handle_.get(), key.c_str(), &entry);
    if (code != AIRLOCK_ABI_OK && code != AIRLOCK_ABI_NOT_FOUND) return Error{code};
    return Entry{code == AIRLOCK_ABI_OK, detail::bytes_of(entry.content),
                 detail::bytes_of(entry.proof)};
  }

 private:
  friend class Engine;
  explicit Reader(airlock_abi_reader* handle) : handle_(handle) {}
  std::unique_ptr<airlock_abi_reader, detail::Free<airlock_abi_reader_free>> handle_;
};

// What every thread of a program shares. Moved, never copied.
class Engine {
 public:
  static Result<Engine> make() {
    airlock_abi_engine* handle = nullptr;
    const int code = airlock_abi_engine_new(&handle);
    if (code != AIRLOCK_ABI_OK) return Error{code};
    return Engine(handle);
  }

  // load_file lets a pack serve once all of it was judged; on any error the old one keeps serving.
  Done load_file(const std::string& path, const Committed& committed) {
    if (detail::has_nul(path)) return Error{AIRLOCK_ABI_BAD_TEXT};
    return detail::load(committed, [&](const auto* given, auto* fault) {
      return airlock_abi_load_file(handle_.get(), path.c_str(), given, fault);
    });
  }
  Done load(const Bytes& pack, const Committed& committed) {
    return detail::load(committed, [&](const auto* given, auto* fault) {
      return airlock_abi_load(handle_.get(), pack.data(), pack.size(), given, fault);
    });
  }

  Result<Reader> reader() {
    airlock_abi_reader* handle = nullptr;
    const int code = airlock_abi_reader_new(handle_.get(), &handle);
    if (code != AIRLOCK_ABI_OK) return Error{code};
    return Reader(handle);
  }

 private:
  explicit Engine(airlock_abi_engine* handle) : handle_(handle) {}
  std::unique_ptr<airlock_abi_engine, detail::Free<airlock_abi_engine_free>> handle_;
};

// check_present and check_absent hold an entry and its proof against what was committed.
inline Done check_present(const Committed& committed, const std::string& key, const Entry& entry) {
  return detail::check(committed, key, entry, airlock_abi_check_present);
}
inline Done check_absent(const Committed& committed, const std::string& key, const Entry& entry) {
  return detail::check(committed, key, entry, airlock_abi_check_absent);
}

}  // namespace airlock::embed
