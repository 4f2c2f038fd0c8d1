// Any bytes as metadata: unsigned they are outlined or refused, and signed by the right key they
// are refused or lead to a whole repository; nothing else happens.
#include <map>

#include "core/crypto/crypto.h"
#include "trust/tuf/internal/canonical.h"
#include "trust/tuf/internal/metadata.h"
#include "trust/tuf/tuf.h"

using namespace airlock;

namespace {

constexpr std::int64_t kNow = 1'700'000'000;

// Every role's reader sees the signed part, as if its signatures had been enough.
void read_as_each_role(tuf::internal::Envelope& envelope) {
  using namespace tuf::internal;
  (void)read_root(envelope);
  (void)read_timestamp(envelope);
  (void)read_snapshot(envelope);
  if (const auto targets = read_targets(envelope)) {
    for (const auto& [path, value] : targets->targets.members()) {
      if (const auto target = target_of(path, value)) (void)tuf::claim_of(*target);
    }
  }
}

class Memory final : public tuf::Store, public tuf::Fetcher {
 public:
  explicit Memory(Bytes file) : file_(file.begin(), file.end()) {}
  Result<tuf::Buffer> load(std::string_view role) override {
    if (role == "root") return file_;
    return fail(Code::not_found);
  }
  Status save(std::string_view, Bytes) override { return {}; }
  Status remove(std::string_view) override { return {}; }
  Result<tuf::Buffer> fetch(std::string_view, std::size_t) override { return file_; }

 private:
  tuf::Buffer file_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes file(data, size);
  (void)tuf::outline(file);
  if (auto envelope = tuf::internal::open_envelope(file, tuf::kRootSizeMax)) {
    // Without control characters the canonical form is JSON, of the same value.
    const std::string message(envelope->message());
    if (const auto again = json::Tree::parse(message, tuf::kTargetsSizeMax)) {
      AIRLOCK_CHECK(json::value_of(again->root()) == json::value_of(envelope->signed_part));
      AIRLOCK_CHECK(tuf::internal::canonical(again->root()) == message);
    }
    read_as_each_role(*envelope);
  }
  Memory memory(file);
  AIRLOCK_CHECK(!tuf::refresh(memory, memory, kNow));  // one file is never a whole repository
  return 0;
}
