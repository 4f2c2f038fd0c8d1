#include "apps/airlock-device/relay.h"

#include <filesystem>
#include <iostream>
#include <map>
#include <thread>

#include "apps/airlock-device/wire.h"
#include "core/link/link.h"
#include "host/json/json.h"
#include "host/terminal/terminal.h"
#include "host/text/text.h"
#include "host/text/visible_json.h"

namespace airlock::app {
namespace {

using namespace std::chrono_literals;
using platform::Fault;
using platform::located;

constexpr std::string_view kEnvelopeName = "manifest.cose";
constexpr auto kReconnect = 200ms;
constexpr auto kLinger = 1500ms;  // a device that did not hear that it was heard says it again
constexpr auto kToldAgain = 60s;  // of a line that is gone
constexpr std::uint64_t kToldEach = 64 << 10;  // bytes of a payload between two lines for scripts

// What happens, for people or for scripts. Where standard output is the wire it is standard error.
class RelayLines {
 public:
  RelayLines(Output output, bool wire_is_standard)
      : output_(output), to_(wire_is_standard ? std::cerr : std::cout) {}

  void connected() { say("connected", {{"connected", true}}); }
  void lost(std::chrono::seconds left) {
    say("the line is gone; waiting for it, " + std::to_string(left.count()) + " s more",
        {{"lost", true}, {"seconds_left", left.count()}});
  }
  void greeted(std::string_view model) {
    if (model == model_) return;
    model_ = model;
    say(text::visible_line(model) + " asks", {{"device", model}});
  }
  // Where a device begins again in the middle, or looks into the head once more, nothing is told
  // twice.
  void fetched(const std::string& component, std::uint64_t done, std::uint64_t of) {
    if (component == label_ && done <= told_) return;
    if (component != label_) told_ = 0;
    if (output_ == Output::people) {
      if (!bar_ || component != label_) bar_.emplace(component);
      bar_->show(done, of);
    } else if (done / kToldEach != told_ / kToldEach || done == of) {
      say("", {{"component", component}, {"fetched", done}, {"of", of}});
    }
    label_ = component;
    told_ = done;
  }
  void ended(const update::Session& session) {
    const std::string version = text::visible_line(session.version.view());
    const std::string_view reason = name(session.outcome);
    const bool is_in = session.outcome == Code::ok;
    say(is_in ? version + " is installed" : version + " is not installed: " + std::string(reason),
        {{"ended", is_in ? "committed" : "failed"}, {"version", version}, {"reason", reason}});
    told_end_ = true;
  }
  // failed is for scripts: people read the error itself. What a device told is the end already.
  void failed(const Fault& fault) {
    if (told_end_ || output_ == Output::people) return;
    say("", {{"ended", "failed"}, {"reason", name(fault.code)}});
  }

 private:
  void say(const std::string& words, const json::Value& value) {
    if (bar_) bar_->finish();
    bar_.reset();
    if (output_ == Output::people) {
      to_ << words << '\n' << std::flush;
    } else if (!value.is_null()) {
      to_ << text::visible_json(json::write(value)) << '\n' << std::flush;
    }
  }

  Output output_;
  std::ostream& to_;
  std::optional<terminal::ProgressBar> bar_;
  std::string label_, model_;
  std::uint64_t told_ = 0;
  bool told_end_ = false;
};

// A package folder, by the digests of what is in it. It is read as a stranger would: the manifest
// says which files there are.
class PackageShelf final : public link::Shelf {
 public:
  static platform::Located<PackageShelf> open(const file::Path& package, RelayLines& lines);

  void greeted(std::string_view model) override { lines_->greeted(model); }
  std::optional<link::Offer> offer() override {
    if (end_) return std::nullopt;
    return link::Offer{envelope_digest_, static_cast<std::uint32_t>(envelope_.size()), 0};
  }
  Status read(const crypto::Digest& digest, std::uint64_t offset, MutableBytes to) override;
  void heard(const update::Session& session) override;

  // end is how the device said that it ended with this package.
  const std::optional<update::Session>& end() const { return end_; }

 private:
  struct Payload {
    file::Path path;
    std::string component;
    std::uint64_t size = 0;
  };
  explicit PackageShelf(RelayLines& lines) : lines_(&lines) {}

  RelayLines* lines_;
  file::Buffer envelope_;
  crypto::Digest envelope_digest_, manifest_;
  std::map<crypto::Digest, Payload> payloads_;
  std::optional<update::Session> end_;
};

platform::Located<PackageShelf> PackageShelf::open(const file::Path& package, RelayLines& lines) {
  const bool is_folder = std::filesystem::is_directory(package);
  const file::Path envelope = is_folder ? package / kEnvelopeName : package;
  PackageShelf made(lines);
  AIRLOCK_ASSIGN(made.envelope_,
                 located(envelope, file::read(envelope, package::kEnvelopeSizeMax)));
  AIRLOCK_ASSIGN(const package::Manifest manifest,
                 located(envelope, package::read_unproven(made.envelope_)));
  made.envelope_digest_ = crypto::sha256(made.envelope_);
  made.manifest_ = manifest.digest();
  for (std::size_t i = 0; i < manifest.component_count(); ++i) {
    const package::Component component = manifest.component(i);
    for (std::size_t k = 0; k < component.payload_count(); ++k) {
      const package::Payload payload = component.payload(k);
      const file::Path path =
          envelope.parent_path() / "artifacts" / text::to_hex(payload.digest.bytes);
      made.payloads_[payload.digest] = {path, std::string(component.id), payload.size};
    }
  }
  return made;
}

Status PackageShelf::read(const crypto::Digest& digest, std::uint64_t offset, MutableBytes to) {
  if (digest == envelope_digest_) {
    if (offset > envelope_.size() || to.size() > envelope_.size() - offset) {
      return fail(Code::not_found);
    }
    copy_into(to, Bytes(envelope_).subspan(static_cast<std::size_t>(offset), to.size()));
    return {};
  }
  const auto found = payloads_.find(digest);
  if (found == payloads_.end()) return fail(Code::not_found);
  const Payload& payload = found->second;
  AIRLOCK_ASSIGN(const file::File opened, file::File::open(payload.path, file::Access::read));
  AIRLOCK_TRY(opened.read_at(offset, to));
  lines_->fetched(payload.component, offset + to.size(), payload.size);
  return {};
}

// What a device says of another release is of a session before this one.
void PackageShelf::heard(const update::Session& session) {
  if (session.manifest != manifest_ || end_) return;
  end_ = session;
  lines_->ended(session);
}

// One connection after the other, until the device is done or says nothing for too long.
class Relay {
 public:
  Relay(const RelayOptions& options, PackageShelf& shelf, RelayLines& lines)
      : options_(options), shelf_(shelf), lines_(lines) {}

  Answer run() {
    while (!is_over()) {
      platform::Located<Wire> wire = Wire::open(options_.serial, options_.baud);
      if (wire) {
        was_open_ = true;
        in_the_way_.reset();
        lines_.connected();
        serve(*wire);
        if (options_.serial == "-") break;
        told_lost_.reset();
      } else {
        // Whoever mistyped a port shall not wait for it.
        if (!was_open_) return std::unexpected(wire.error());
        in_the_way_ = wire.error();
      }
      if (is_over()) break;
      tell_lost();
      std::this_thread::sleep_for(kReconnect);
    }
    return judge();
  }

 private:
  using Clock = std::chrono::steady_clock;

  bool is_over() const { return left() < Clock::duration::zero(); }
  Clock::duration left() const {
    const auto silence = Clock::now() - heard_;
    if (shelf_.end()) return kLinger - silence;
    return std::chrono::seconds(options_.patience_seconds) - silence;
  }

  // At once, then once a minute. Nothing is missed any more once the device has said its end.
  void tell_lost() {
    const auto now = Clock::now();
    if (shelf_.end() || (told_lost_ && now - *told_lost_ < kToldAgain)) return;
    told_lost_ = now;
    lines_.lost(std::chrono::ceil<std::chrono::seconds>(left()));
  }

  // serve answers until the line is gone or all is over.
  void serve(Wire& wire) {
    link::FrameReader reader;
    std::array<std::uint8_t, link::kMessageMax> message;
    std::array<std::uint8_t, link::kFrameMax> frame;
    std::array<std::uint8_t, 4096> bytes;
    while (!is_over()) {
      const Result<std::size_t> size = wire.read(bytes, kReconnect);
      if (!size) return;
      for (const std::uint8_t byte : Bytes(bytes).first(*size)) {
        const std::optional<Bytes> request = reader.take(byte);
        if (!request) continue;
        const bool had_ended = shelf_.end().has_value();  // what it asks then keeps nobody here
        const Result<Bytes> answer = link::serve(*request, shelf_, message);
        if (!answer) continue;
        if (!had_ended) heard_ = Clock::now();
        const Result<Bytes> framed = link::encode_frame(*answer, frame);
        if (!framed || !wire.write(*framed)) return;
      }
    }
  }

  Answer judge() const {
    if (!shelf_.end()) return std::unexpected(no_end());
    const update::Session& end = *shelf_.end();
    if (end.outcome == Code::ok) return {};
    return std::unexpected(Fault(Error{end.outcome, end.at}, options_.package.string()));
  }
  Fault no_end() const {
    if (in_the_way_) return *in_the_way_;
    if (options_.serial != "-" || is_over()) return {Error{Code::timed_out}, options_.serial};
    return {Error{Code::unreachable}, options_.serial,
            "standard input ended before the device had said how it ended; keep it open"};
  }

  const RelayOptions& options_;
  PackageShelf& shelf_;
  RelayLines& lines_;
  Clock::time_point heard_ = Clock::now();
  bool was_open_ = false;
  std::optional<Fault> in_the_way_;  // of a line that was open
  std::optional<Clock::time_point> told_lost_;
};

}  // namespace

Answer relay(const RelayOptions& options) {
  RelayLines lines(options.output, options.serial == "-");
  platform::Located<PackageShelf> shelf = PackageShelf::open(options.package, lines);
  const Answer done = shelf ? Relay(options, *shelf, lines).run() : std::unexpected(shelf.error());
  if (!done) lines.failed(done.error());
  return done;
}

}  // namespace airlock::app
