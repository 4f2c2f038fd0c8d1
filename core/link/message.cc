#include "core/link/message.h"

#include <array>

#include "core/codec/codec.h"

namespace airlock::link {
namespace {

using codec::CborReader;
using codec::CborWriter;
using codec::read_number;

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

// From 1 to last, inclusive.
template <class Type>
Status read_type(CborReader& reader, Type& to, Type last) {
  AIRLOCK_TRY(read_number(reader, to, static_cast<std::uint64_t>(last)));
  return to != Type{} ? Status{} : fail(Code::out_of_range);
}

Status read_fetch_max(CborReader& reader, std::uint32_t& to) {
  AIRLOCK_TRY(read_number(reader, to));
  return to >= kFetchMin ? Status{} : fail(Code::out_of_range, to);
}

Status read_hello(CborReader& reader, Request& request) {
  AIRLOCK_TRY(read_fetch_max(reader, request.fetch_max));
  return codec::read_text(reader, request.model, kModelMax);
}

Status read_fetch(CborReader& reader, Request& request) {
  AIRLOCK_TRY(reader.read_exactly(request.digest.bytes));
  AIRLOCK_TRY(read_number(reader, request.offset));
  return read_number(reader, request.size, kFetchMax);
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
  AIRLOCK_TRY(read_number(reader, answer.size));
  return read_number(reader, answer.rollout);
}

Status read_body(CborReader& reader, Answer& answer) {
  switch (answer.type) {
    case Answer::Type::hello: return read_fetch_max(reader, answer.fetch_max);
    case Answer::Type::offer: return read_offer(reader, answer);
    case Answer::Type::bytes: return codec::read_bytes(reader, answer.bytes, kFetchMax);
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
  AIRLOCK_TRY(read_number(reader, request.number));
  AIRLOCK_TRY(read_type(reader, request.type, Request::Type::report));
  if (request.type == Request::Type::hello) {
    AIRLOCK_TRY(read_number(reader, request.version));
    if (request.version != kVersion) return request;
  }
  if (items != items_of(request.type)) return fail(Code::missing_field, items);
  AIRLOCK_TRY(read_body(reader, request));
  AIRLOCK_TRY(reader.finish());
  return request;
}

namespace {

Status read_answer(CborReader& reader, Answer& answer) {
  AIRLOCK_ASSIGN(const std::size_t items, reader.read_array(kItemsMax));
  AIRLOCK_TRY(read_number(reader, answer.number));
  AIRLOCK_TRY(read_number(reader, answer.request));
  AIRLOCK_TRY(read_type(reader, answer.type, Answer::Type::heard));
  if (answer.type == Answer::Type::hello) {
    AIRLOCK_TRY(read_number(reader, answer.version));
    if (answer.version != kVersion) return {};
  }
  if (items != items_of(answer.type)) return fail(Code::missing_field, items);
  AIRLOCK_TRY(read_body(reader, answer));
  return reader.finish();
}

}  // namespace

Result<Answer> decode_answer(Bytes message) {
  CborReader reader(message);
  Answer answer;
  AIRLOCK_TRY(read_answer(reader, answer));
  return answer;
}

}  // namespace airlock::link
