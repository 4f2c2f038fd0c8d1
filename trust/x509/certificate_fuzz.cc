// Any bytes as certificates: read, shown, judged as leaf, intermediate and root of a path, or
// refused; nothing else happens. What was read once is read again the same.
#include "trust/x509/x509.h"

using namespace airlock;

namespace {

constexpr std::int64_t kNow = 1'800'000'000;

void judge(std::span<const x509::Certificate> chain, const x509::Roots& roots) {
  for (const auto use :
       {x509::Use::path, x509::Use::server, x509::Use::client, x509::Use::code_signing}) {
    x509::Purpose purpose;
    purpose.use = use;
    purpose.names = {{x509::NameForm::dns, "localhost"}, {x509::NameForm::ip, "127.0.0.1"}};
    const auto path = x509::validate(chain, roots, kNow, purpose);
    AIRLOCK_CHECK(path || !path.error().why.empty());
  }
}

}  // namespace

// Two bytes of length before each certificate but the last, as evidence_fuzz has it; or PEM.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes rest(data, size);
  (void)x509::certificates_of(text_of(rest));
  std::vector<x509::Certificate> chain;
  x509::Roots roots;
  while (rest.size() > 2 && chain.size() < 4) {
    const std::size_t length = static_cast<std::size_t>(rest[0]) << 8U | rest[1];
    const Bytes der = rest.subspan(2, std::min(length, rest.size() - 2));
    rest = rest.subspan(2 + der.size());
    auto read = x509::Certificate::from_der(der);
    if (!read) continue;
    AIRLOCK_CHECK(equal(read->copy().der(), der));
    (void)read->subject_text();
    (void)roots.add(der);
    chain.push_back(std::move(*read));
  }
  if (!chain.empty()) judge(chain, roots);
  return 0;
}
