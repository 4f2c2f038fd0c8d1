// A token in software (SoftHSM 2) in a folder of its own, for tests of what signs with one.
//
//   SoftToken token(folder);                     // skip the test where SoftToken::module() is none
//   ASSERT_TRUE(token.init("Committee"));
//   token.uri("token=Committee;object=release")  // as `airlock` takes it, without a PIN
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

// SoftHSM forgets a little memory with each Ed25519 key and signature; only the slow unwinder sees
// through OpenSSL to whose it was. Sanitizers ask for these by their names.
extern "C" {
[[gnu::used]] inline const char* __asan_default_options() {  // NOLINT(bugprone-reserved-identifier)
  return "fast_unwind_on_malloc=0";
}
[[gnu::used]] inline const char*
__lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
  return "leak:libsofthsm2.so";
}
}

namespace airlock::fakes {

class SoftToken {
 public:
  static constexpr std::string_view kPin = "2468";

  // module is where Debian's softhsm2 puts it; nothing where it is not installed.
  static std::optional<std::string> module() {
    const std::string path = "/usr/lib/softhsm/libsofthsm2.so";
    return std::filesystem::exists(path) ? std::optional(path) : std::nullopt;
  }

  // The folder is the token's from now on, and is removed with it.
  explicit SoftToken(std::filesystem::path folder) : folder_(std::move(folder)) {
    const std::filesystem::path conf = folder_ / "softhsm2.conf";
    std::filesystem::create_directories(storage());
    std::ofstream(conf) << "directories.tokendir = " << storage().string()
                        << "\nlog.level = ERROR\n";
    setenv("SOFTHSM2_CONF", conf.c_str(), 1);
  }
  ~SoftToken() { std::filesystem::remove_all(folder_); }
  SoftToken(const SoftToken&) = delete;
  SoftToken& operator=(const SoftToken&) = delete;

  bool init(const std::string& label) const {
    const std::string command = "softhsm2-util --init-token --free --label '" + label +
                                "' --so-pin 1357 --pin " + std::string(kPin) + " > /dev/null";
    return std::system(command.c_str()) == 0;
  }

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path storage() const { return folder_ / "tokens"; }
  // pull takes the token out.
  void pull() const { std::filesystem::rename(storage(), folder_ / "pulled"); }

  static std::string uri(const std::string& rest) { return uri(rest, *module()); }
  static std::string uri(const std::string& rest, const std::string& module_path) {
    return "pkcs11:" + rest + "?module-path=" + module_path;
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace airlock::fakes
