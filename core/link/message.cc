#include "core/link/message.h"

#include <array>

#include "core/codec/codec.h"

namespace airlock::link {
namespace {

using codec::CborReader;
using codec::CborWriter;

constexpr std::size_t kItemsMax = 16;  // of one message, later versions included
constexpr std::size_t kRequestHead = 2;
constexpr std::size_t kAnswerHead = 3;

std::size_t items_of(Request::Type type) {
  switch (type) {
    case Request::Type::hello: return kRequestHead + 3;
    case Request::Type::ask: return kRequestHead;
    case Request::Type::fetch: return kRequestHead + 3;
    case Request::Type::report: return kRequestHead + 1;
  }
  broken_promise();
}

std::size_t items_of(Answer::Type type) {
  switch (type) {
    case Answer::Type::hello: return kAnswerHead + 2;
    case Answer::Type::offer: return kAnswerHead + 3;
    case Answer::Type::bytes: return kAnswerHead + 1;
    case Answer::Type::no_release:
    case Answer::Type::missing:
    case Answer::Type::heard: return kAnswerHead;
  }
  broken_promise();
}

Result<std::uint32_t> read_u32(CborReader& reader, std::uint32_t max = UINT32_MAX) {
  AIRLOCK_ASSIGN(const std::uint64_t value, reader.read_unsigned(max));
  return static_cast<std::uint32_t>(value);
}

// From 1 to max, inclusive.
template <class Type>
Result<Type> read_type(CborReader& reader, Type last) {
  AIRLOCK_ASSIGN(const std::uint64_t number,
                 reader.read_unsigned(static_cast<std::uint64_t>(last)));
  if (number == 0) return fail(Code::out_of_range);
  return static_cast<Type>(number);
}

Result<std::uint32_t> read_fetch_max(CborReader& reader) {
  AIRLOCK_ASSIGN(const std::uint32_t size, read_u32(reader));
  if (size < kFetchMin) return fail(Code::out_of_range, size);
  return size;
}

Status read_hello(CborReader& reader, Request& request) {
  AIRLOCK_ASSIGN(request.fetch_max, read_fetch_max(reader));
  AIRLOCK_ASSIGN(request.model, reader.read_text(kModelMax));
  return {};
}

Status read_fetch(CborReader& reader, Request& request) {
  AIRLOCK_TRY(reader.read_exactly(request.digest.bytes));
  AIRLOCK_ASSIGN(request.offset, reader.read_unsigned());
  AIRLOCK_ASSIGN(request.size, read_u32(reader, kFetchMax));
  return {};
}

Status read_report(CborReader& reader, Request& request) {
  AIRLOCK_ASSIGN(const Bytes stored, reader.read_bytes(update::kSessionSizeMax));
  AIRLOCK_ASSIGN(request.session, update::decode_session(stored));
  return {};
}

Status read_body(CborReader& reader, Request& request) {
  switch (request.type) {
    case Request::Type::hello: return read_hello(reader, request);
    case Request::Type::ask: return {};
    case Request::Type::fetch: return read_fetch(reader, request);
    case Request::Type::report: return read_report(reader, request);
  }
  broken_promise();
}

Status read_offer(CborReader& reader, Answer& answer) {
  AIRLOCK_TRY(reader.read_exactly(answer.envelope.bytes));
  AIRLOCK_ASSIGN(answer.size, read_u32(reader));
  AIRLOCK_ASSIGN(answer.rollout, reader.read_unsigned());
  return {};
}

Status read_body(CborReader& reader, Answer& answer) {
  switch (answer.type) {
    case Answer::Type::hello: {
      AIRLOCK_ASSIGN(answer.fetch_max, read_fetch_max(reader));
      return {};
    }
    case Answer::Type::offer: return read_offer(reader, answer);
    case Answer::Type::bytes: {
      AIRLOCK_ASSIGN(answer.bytes, reader.read_bytes(kFetchMax));
      return {};
    }
    case Answer::Type::no_release:
    case Answer::Type::missing:
    case Answer::Type::heard: return {};
  }
  broken_promise();
}

}  // namespace

Result<Bytes> encode_request(const Request& request, MutableBytes to) {
  CborWriter writer(to);
  writer.write_array(items_of(request.type));
  writer.write_unsigned(request.number);
  writer.write_unsigned(static_cast<std::uint64_t>(request.type));
  switch (request.type) {
    case Request::Type::hello:
      writer.write_unsigned(request.version);
      writer.write_unsigned(request.fetch_max);
      writer.write_text(request.model);
      break;
    case Request::Type::ask: break;
    case Request::Type::fetch:
      writer.write_bytes(request.digest.bytes);
      writer.write_unsigned(request.offset);
      writer.write_unsigned(request.size);
      break;
    case Request::Type::report: {
      std::array<std::uint8_t, update::kSessionSizeMax> stored;
      AIRLOCK_ASSIGN(const Bytes encoded, update::encode_session(request.session, stored));
      writer.write_bytes(encoded);
      break;
    }
  }
  return writer.finish();
}

Result<Bytes> encode_answer(const Answer& answer, MutableBytes to) {
  CborWriter writer(to);
  writer.write_array(items_of(answer.type));
  writer.write_unsigned(answer.number);
  writer.write_unsigned(answer.request);
  writer.write_unsigned(static_cast<std::uint64_t>(answer.type));
  switch (answer.type) {
    case Answer::Type::hello:
      writer.write_unsigned(answer.version);
      writer.write_unsigned(answer.fetch_max);
      break;
    case Answer::Type::offer:
      writer.write_bytes(answer.envelope.bytes);
      writer.write_unsigned(answer.size);
      writer.write_unsigned(answer.rollout);
      break;
    case Answer::Type::bytes: writer.write_bytes(answer.bytes); break;
    case Answer::Type::no_release:
    case Answer::Type::missing:
    case Answer::Type::heard: break;
  }
  return writer.finish();
}

Result<Request> decode_request(Bytes message) {
  CborReader reader(message);
  AIRLOCK_ASSIGN(const std::size_t items, reader.read_array(kItemsMax));
  Request request;
  AIRLOCK_ASSIGN(request.number, read_u32(reader));
  AIRLOCK_ASSIGN(request.type, read_type(reader, Request::Type::report));
  if (request.type == Request::Type::hello) {
    AIRLOCK_ASSIGN(request.version, read_u32(reader));
    if (request.version != kVersion) return request;
  }
  if (items != items_of(request.type)) return fail(Code::missing_field, items);
  AIRLOCK_TRY(read_body(reader, request));
  AIRLOCK_TRY(reader.finish());
  return request;
}

Result<Answer> decode_answer(Bytes message) {
  CborReader reader(message);
  AIRLOCK_ASSIGN(const std::size_t items, reader.read_array(kItemsMax));
  Answer answer;
  AIRLOCK_ASSIGN(answer.number, read_u32(reader));
  AIRLOCK_ASSIGN(answer.request, read_u32(reader));
  AIRLOCK_ASSIGN(answer.type, read_type(reader, Answer::Type::heard));
  if (answer.type == Answer::Type::hello) {
    AIRLOCK_ASSIGN(answer.version, read_u32(reader));
    if (answer.version != kVersion) return answer;
  }
  if (items != items_of(answer.type)) return fail(Code::missing_field, items);
  AIRLOCK_TRY(read_body(reader, answer));
  AIRLOCK_TRY(reader.finish());
  return answer;
}

}  // namespace airlock::link
