#include "engine/fee/plugin/candidate.h"

#include <sys/utsname.h>

#include <cstring>

#include "core/package/semver.h"
#include "engine/fee/plugin/abi/airlock_fee_plugin.h"
#include "host/text/text.h"

namespace airlock::fee::plugin {
namespace {

// What every process has anyway: a plugin's needs open no file.
constexpr std::array<std::string_view, 2> kLibraries = {"libc.so.6", "libm.so.6"};

// refuse tells an error of bytes, which have no lines.
std::unexpected<Fault> refuse(const Error& error, std::string what) {
  return std::unexpected(Fault{error.code, {0, 0}, std::move(what), {}});
}

std::string_view text_in(const char* text, std::size_t size) { return {text, strnlen(text, size)}; }

bool is_word(std::string_view text, std::size_t size_max) {
  const auto is_plain = [](char one) { return one > ' ' && one < 127; };
  return !text.empty() && text.size() < size_max && std::ranges::all_of(text, is_plain);
}

}  // namespace

elf::Machine Candidate::this_machine() {
  utsname named{};
  const bool is_arm = uname(&named) == 0 && std::string_view(named.machine) == "aarch64";
  return is_arm ? elf::Machine::aarch64 : elf::Machine::x86_64;
}

Read<std::shared_ptr<const Candidate>> Candidate::judge(Bytes file, const crypto::Digest& stated,
                                                        elf::Machine machine) {
  if (file.size() > elf::kFileSizeMax)
    return refuse({Code::oversized}, "the plugin has " + std::to_string(file.size()) + " bytes");
  auto sealed = Sealed::of(file, "airlock-fee-plugin");
  if (!sealed) return refuse(sealed.error(), "there is no room to hold the plugin");
  std::shared_ptr<Candidate> made(new Candidate(std::move(*sealed)));
  // Of the sealed bytes, and not of the caller's, which somebody else may write.
  made->digest_ = crypto::sha256(made->sealed_.bytes());
  if (made->digest_ != stated)
    return refuse({Code::digest_mismatch}, "the plugin is not the one that was named");
  made->machine_ = machine;
  AIRLOCK_TRY(made->read());
  return std::shared_ptr<const Candidate>(std::move(made));
}

Read<void> Candidate::read() {
  const auto library = elf::Library::read(sealed_.bytes(), machine_);
  if (!library) {
    return refuse(library.error(),
                  "the judge of shared libraries stopped at " + std::to_string(library.error().at));
  }
  library_ = *library;
  for (const std::string_view needed : library_->needed()) {
    if (std::ranges::find(kLibraries, needed) == kLibraries.end())
      return refuse({Code::plugin_needs_library}, "the plugin needs " + text::visible_line(needed));
  }
  const Status symbols = read_symbols();
  if (!symbols) return refuse(symbols.error(), "the plugin does not keep to airlock_fee_plugin.h");
  return read_golden(golden_text_);
}

Status Candidate::read_symbols() {
  AIRLOCK_ASSIGN(const elf::Symbol about, library_->find("airlock_fee_plugin"));
  AIRLOCK_ASSIGN(const Bytes said, library_->constant(about));
  AIRLOCK_TRY(read_about(said));
  AIRLOCK_ASSIGN(const elf::Symbol golden, library_->find("airlock_fee_plugin_golden"));
  AIRLOCK_ASSIGN(golden_text_, library_->constant(golden));
  AIRLOCK_ASSIGN(const elf::Symbol function, library_->find("airlock_fee_plugin_evaluate"));
  if (!library_->is_code(function)) return fail(Code::plugin_symbol_missing, function.address);
  evaluate_ = function.address;
  return {};
}

// The version stands first, so that what another version says after it is not looked at.
Status Candidate::read_about(Bytes bytes) {
  airlock_fee_plugin_about about{};
  constexpr std::size_t kHead = 2 * sizeof(std::uint32_t);
  if (bytes.size() < kHead) return fail(Code::plugin_malformed);
  std::memcpy(&about, bytes.data(), kHead);
  if (about.magic != AIRLOCK_FEE_PLUGIN_MAGIC) return fail(Code::plugin_malformed);
  if (about.version != AIRLOCK_FEE_PLUGIN_VERSION || bytes.size() != sizeof(about))
    return fail(Code::plugin_abi_version, about.version);
  std::memcpy(&about, bytes.data(), sizeof(about));
  if (about.situation_size != sizeof(airlock_fee_situation) ||
      about.answer_size != sizeof(airlock_fee_answer))
    return fail(Code::plugin_abi_version, about.version);
  name_ = text_in(about.name, sizeof(about.name));
  release_ = text_in(about.release, sizeof(about.release));
  if (!is_word(name_, sizeof(about.name))) return fail(Code::bad_text);
  return is_word(release_, sizeof(about.release)) && package::parse_semver(release_)
             ? Status()
             : fail(Code::bad_semver);
}

Read<void> Candidate::read_golden(Bytes bytes) {
  if (bytes.size() > kGoldenSizeMax)
    return refuse({Code::oversized}, "the golden cases of the plugin are too long");
  if (bytes.empty() || std::ranges::find(bytes, 0) != bytes.end() - 1)
    return refuse({Code::bad_text}, "the golden cases of the plugin are no text of C");
  AIRLOCK_ASSIGN(const yaml::Tree tree,
                 yaml::Tree::parse(airlock::text_of(bytes.first(bytes.size() - 1))));
  AIRLOCK_ASSIGN(const Fields fields, Fields::of(tree.root(), {"golden"}));
  AIRLOCK_ASSIGN(const Node cases, fields.required("golden"));
  AIRLOCK_ASSIGN(golden_, read_golden_cases(cases));
  return {};
}

}  // namespace airlock::fee::plugin
