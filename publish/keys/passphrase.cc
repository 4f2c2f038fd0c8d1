#include <openssl/crypto.h>

#include <cstdlib>
#include <utility>

#include "host/terminal/terminal.h"
#include "publish/keys/keys.h"

namespace airlock::keys {
namespace {

constexpr std::chrono::minutes kPassphraseWaitMax{15};

Result<Secret> not_empty(Secret passphrase) {
  if (passphrase.view().empty()) return fail(Code::no_passphrase);
  return passphrase;
}

// The first line, without its end.
Result<Secret> from_file(const file::Path& path) {
  AIRLOCK_ASSIGN(file::Buffer bytes, file::read_stream(path, kPassphraseMax));
  Secret passphrase = Secret::of(bytes);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  const std::string_view text = text_of(passphrase.view());
  std::size_t end = std::min(text.find('\n'), text.size());
  if (end > 0 && text[end - 1] == '\r') --end;
  passphrase.shorten(end);
  return not_empty(std::move(passphrase));
}

Result<Secret> typed_line(int terminal, const std::string& prompt) {
  Secret line(kPassphraseMax);
  AIRLOCK_ASSIGN(const std::size_t size,
                 terminal::read_hidden_line(terminal, prompt, line.room(), kPassphraseWaitMax));
  line.shorten(size);
  return not_empty(std::move(line));
}

Result<Secret> from_terminal(const PassphraseSource& source) {
  // Not standard input: that may be a file, and a person still be there.
  Result<file::File> terminal = file::File::open("/dev/tty", file::Access::write);
  if (!terminal) return fail(Code::no_passphrase);
  const int descriptor = terminal->descriptor();
  const std::string word = token::is_uri(source.subject) ? "PIN" : "Passphrase";
  AIRLOCK_ASSIGN(Secret first, typed_line(descriptor, word + " for " + source.subject + ": "));
  if (source.asking == Asking::once) return first;
  AIRLOCK_ASSIGN(const Secret second, typed_line(descriptor, "The same once more: "));
  if (!equal(first.view(), second.view())) return fail(Code::passphrases_differ);
  return first;
}

}  // namespace

Result<Secret> read_passphrase(const PassphraseSource& source) {
  if (source.file) return from_file(*source.file);
  if (const char* value = std::getenv(kPassphraseVariable); value != nullptr) {
    const Bytes bytes = bytes_of(value);
    if (bytes.size() > kPassphraseMax) return fail(Code::oversized, bytes.size());
    return not_empty(Secret::of(bytes));
  }
  return from_terminal(source);
}

}  // namespace airlock::keys
