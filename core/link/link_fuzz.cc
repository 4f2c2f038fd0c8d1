// Any bytes on the wire, at either end: what is found in them is a message of its one form, a host
// answers what is a request with what is an answer to it, and a device that hears them goes on.
#include "core/link/link.h"

using namespace airlock;

namespace {

void check_messages(Bytes message) {
  std::array<std::uint8_t, link::kMessageMax> again;
  if (const auto request = link::decode_request(message)) {
    const bool is_known = request->version == link::kVersion;
    const auto encoded = link::encode_request(*request, again);
    // A session has fields that a later version added, which are passed over.
    const bool has_one_form = is_known && request->type != link::Request::Type::report;
    AIRLOCK_CHECK(!has_one_form || equal(*encoded, message));
  }
  if (const auto answer = link::decode_answer(message)) {
    const bool is_known = answer->version == link::kVersion;
    AIRLOCK_CHECK(!is_known || equal(*link::encode_answer(*answer, again), message));
  }
}

class Shelf final : public link::Shelf {
 public:
  void greeted(std::string_view model) override { AIRLOCK_CHECK(model.size() <= link::kModelMax); }
  std::optional<link::Offer> offer() override { return link::Offer{{}, 1, 1}; }
  Status read(const link::Digest&, std::uint64_t offset, MutableBytes to) override {
    std::ranges::fill(to, std::uint8_t{1});
    return offset % 2 == 0 ? Status() : fail(Code::not_found);
  }
  void heard(const update::Session&) override {}
};

// What the input says, whatever is asked; then silence.
class Line final : public link::Line {
 public:
  explicit Line(Bytes says) : says_(says) {}
  void write(Bytes) override {}
  std::size_t read(MutableBytes to) override {
    const std::size_t size = std::min(to.size(), says_.size());
    copy_into(to, says_.first(size));
    says_ = says_.subspan(size);
    return size;
  }

 private:
  Bytes says_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes wire(data, size);
  link::FrameReader reader;
  Shelf shelf;
  std::array<std::uint8_t, link::kMessageMax> answer;
  check_messages(wire);
  for (const std::uint8_t byte : wire) {
    const auto message = reader.take(byte);
    if (!message) continue;
    check_messages(*message);
    const auto said = link::serve(*message, shelf, answer);
    AIRLOCK_CHECK(!said || link::decode_answer(*said)->request == link::checksum_of(*message));
  }
  if (const auto said = link::serve(wire, shelf, answer)) AIRLOCK_CHECK(link::decode_answer(*said));
  Line line(wire);
  link::RemoteHost host(line, "m", 0);
  static_cast<void>(host.has_offer());
  std::array<std::uint8_t, 100> part;
  static_cast<void>((*host.payload({}))->read(0, part));
  return 0;
}
