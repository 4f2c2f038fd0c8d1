#include "core/link/serve.h"

#include <array>

#include "core/link/frame.h"

namespace airlock::link {
namespace {

void answer_ask(Shelf& shelf, Answer& answer) {
  const std::optional<Offer> offer = shelf.offer();
  answer.type = offer ? Answer::Type::offer : Answer::Type::no_release;
  if (!offer) return;
  answer.envelope = offer->envelope;
  answer.size = offer->size;
  answer.rollout = offer->rollout;
}

}  // namespace

Result<Bytes> serve(Bytes request, Shelf& shelf, MutableBytes to) {
  AIRLOCK_ASSIGN(const Request asked, decode_request(request));
  Answer answer;
  answer.number = asked.number;
  answer.request = checksum_of(request);
  std::array<std::uint8_t, kFetchMax> bytes;
  switch (asked.type) {
    case Request::Type::hello:
      answer.type = Answer::Type::hello;
      shelf.greeted(asked.model);
      break;
    case Request::Type::ask: answer_ask(shelf, answer); break;
    case Request::Type::fetch: {
      const MutableBytes read = MutableBytes(bytes).first(asked.size);
      const bool is_there = shelf.read(asked.digest, asked.offset, read).has_value();
      answer.type = is_there ? Answer::Type::bytes : Answer::Type::missing;
      answer.bytes = read;
      break;
    }
    case Request::Type::report:
      answer.type = Answer::Type::heard;
      shelf.heard(asked.session);
      break;
  }
  return encode_answer(answer, to);
}

}  // namespace airlock::link
