// What the handles of the C ABI are, and how its functions begin and end.
#pragma once

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/abi/abi.h"
#include "engine/embed/airlock_abi.h"

// Readers share it with the caller, so that the two may be freed in any order.
struct airlock_abi_engine {
  std::shared_ptr<airlock::abi::Engine> engine;
};

struct airlock_abi_reader {
  std::shared_ptr<airlock::abi::Engine> engine;
  airlock::abi::Engine::Reader reader;
  std::optional<airlock::abi::Engine::View> held{};  // let go before the reader's seat is
  // What the last call gave.
  std::string text{};
  std::vector<std::uint8_t> content{};
  std::vector<std::uint8_t> proof{};
};

namespace airlock::embed {

inline int number_of(Code code) { return static_cast<int>(code); }

// guarded runs the body of a function that C calls. What is thrown in it is want of memory alone.
template <class Body>
int guarded(Body body) noexcept {
  try {
    const Status done = body();
    return done ? 0 : number_of(done.error().code);
  } catch (...) {
    return number_of(Code::no_room);
  }
}

// given refuses a pointer that is NULL.
template <class T>
Status given(const T* pointer) {
  return pointer != nullptr ? Status() : fail(Code::missing_field);
}

// text_from reads a text of C's. Errors: missing_field, oversized.
inline Result<std::string_view> text_from(const char* text, std::size_t size_max) {
  AIRLOCK_TRY(given(text));
  const std::size_t size = strnlen(text, size_max + 1);
  if (size > size_max) return fail(Code::oversized);
  return std::string_view(text, size);
}

// bytes_from reads bytes of C's, which may be none. Errors: missing_field, oversized.
inline Result<Bytes> bytes_from(const std::uint8_t* data, std::size_t size, std::size_t size_max) {
  if (size == 0) return Bytes();
  AIRLOCK_TRY(given(data));
  if (size > size_max) return fail(Code::oversized);
  return Bytes(data, size);
}

inline airlock_abi_bytes shown(const std::vector<std::uint8_t>& bytes) {
  return {bytes.data(), bytes.size()};
}
inline airlock_abi_text shown(const std::string& text) { return {text.c_str(), text.size()}; }

// committed_from reads what a manifest says of a pack. Errors: missing_field.
inline Result<package::Entries> committed_from(const airlock_abi_committed* committed) {
  AIRLOCK_TRY(given(committed));
  package::Entries entries;
  std::memcpy(entries.root.bytes.data(), committed->root, sizeof(committed->root));
  entries.count = committed->count;
  return entries;
}

// with_view calls `body` with the view that the reader holds, or with one of the newest.
template <class Body>
Status with_view(airlock_abi_reader& reader, Body body) {
  if (reader.held) return body(*reader.held);
  const abi::Engine::View view = reader.reader.view();
  return body(view);
}

}  // namespace airlock::embed
