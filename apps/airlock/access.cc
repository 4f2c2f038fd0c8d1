#include "apps/airlock/access.h"

#include <curl/curl.h>

#include <cstdlib>

#include "apps/airlock/typed.h"
#include "host/file/file.h"
#include "host/text/text.h"
#include "publish/keys/keys.h"

namespace airlock::app {

namespace {

using json::Value;

constexpr std::size_t kAnswerMax = 8 << 20;
constexpr std::size_t kIdentityMax = 64 << 10;  // of a file with a certificate and its key
constexpr long kConnectSeconds = 10;
constexpr long kTotalSeconds = 60;

// How every example of an operator's command ends.
constexpr const char* kAccessExample =
    " \\\n      --admin https://127.0.0.1:8444 --cert admin.pem --key admin.key --ca ca.pem";

std::size_t take_answer(char* data, std::size_t, std::size_t size, void* into) {
  auto& answer = *static_cast<std::string*>(into);
  if (answer.size() + size > kAnswerMax) return 0;
  answer.append(data, size);
  return size;
}

Code code_of(CURLcode result) {
  switch (static_cast<int>(result)) {
    case CURLE_OPERATION_TIMEDOUT: return Code::timed_out;
    case CURLE_WRITE_ERROR: return Code::oversized;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_RECV_ERROR: return Code::tls_failed;
  }
  return Code::unreachable;
}

// read_answer takes the server's JSON, or its refusal with the same code.
std::expected<Value, Refusal> read_answer(const std::string& text, long status,
                                          const std::string& url) {
  auto value = json::parse(text, kAnswerMax);
  if (status == 200) {
    if (!value) return refuse(value.error(), url);
    return std::move(*value);
  }
  if (!value) return refuse(Code::http_failed, url + " (" + std::to_string(status) + ")");
  const auto code = json::text(*value, "error", 64);
  const Code named = code ? code_named(*code) : Code::ok;
  const auto field = json::text(*value, "field", 200);
  const std::string place = field ? text::visible_line(*field) + ", at " + url : url;
  return refuse(named == Code::ok ? Code::http_failed : named, place);
}

// One file with both is read once: a rotation may replace it at any time, and curl would read it
// twice.
Answer use_one_file(CURL* curl, const Access& access) {
  AIRLOCK_ANSWER_ASSIGN(file::Buffer both, file::read(access.certificate, kIdentityMax),
                        access.certificate);
  curl_blob blob{both.data(), both.size(), CURL_BLOB_COPY};
  curl_easy_setopt(curl, CURLOPT_SSLCERT_BLOB, &blob);
  curl_easy_setopt(curl, CURLOPT_SSLKEY_BLOB, &blob);
  return {};
}

// A key in a token is reached by OpenSSL's engine for PKCS#11, which takes what stands before the
// question mark of the URI, the module by its environment, and the PIN from here.
Answer use_key(CURL* curl, const Access& access) {
  if (access.key == access.certificate) return use_one_file(curl, access);
  curl_easy_setopt(curl, CURLOPT_SSLCERT, access.certificate.c_str());
  if (!token::is_uri(access.key)) {
    curl_easy_setopt(curl, CURLOPT_SSLKEY, access.key.c_str());
    return {};
  }
  AIRLOCK_ANSWER_ASSIGN(const token::Uri uri, token::Uri::parse(access.key),
                        "the PKCS#11 URI of --key");
  AIRLOCK_ASSIGN(const keys::Secret pin, ask_passphrase(access, access.key, keys::Asking::once));
  if (const auto path = uri.module_path()) setenv("PKCS11_MODULE_PATH", path->c_str(), 1);
  token::note_module();
  if (curl_easy_setopt(curl, CURLOPT_SSLENGINE, "pkcs11") != CURLE_OK) {
    return refuse(Code::token_failed,
                  "OpenSSL finds no engine for PKCS#11: install libengine-pkcs11-openssl");
  }
  const std::string named = access.key.substr(0, access.key.find('?'));
  curl_easy_setopt(curl, CURLOPT_SSLKEYTYPE, "ENG");
  curl_easy_setopt(curl, CURLOPT_SSLKEY, named.c_str());
  curl_easy_setopt(curl, CURLOPT_KEYPASSWD, std::string(text_of(pin.view())).c_str());
  return {};
}

}  // namespace

std::expected<Value, Refusal> ask(const Access& access, const std::string& path,
                                  const std::string& body) {
  const std::string url = access.admin + "/admin/v1/" + path;
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle(curl_easy_init(),
                                                                   &curl_easy_cleanup);
  if (handle == nullptr) return refuse(Code::unreachable, url);
  CURL* const curl = handle.get();
  std::string answer;
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(
      curl_slist_append(nullptr, "content-type: application/json"), &curl_slist_free_all);
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_3));
  AIRLOCK_TRY(use_key(curl, access));
  curl_easy_setopt(curl, CURLOPT_CAINFO, access.ca.c_str());
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, kTotalSeconds);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &take_answer);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
  if (!body.empty()) {
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.c_str());
  }
  const CURLcode result = curl_easy_perform(curl);
  if (result != CURLE_OK) return refuse(code_of(result), url);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  return read_answer(answer, status, url);
}

std::string show_share(std::int64_t share) {
  std::string part = std::to_string(100 + share % 100).substr(1);
  return std::to_string(share / 100) + (part == "00" ? "" : "." + part) + " %";
}

std::string word(const Value& row, const char* key) {
  const auto found = row.find(key);
  if (found == row.end()) return "-";
  return text::visible_line(found->is_string() ? found->get<std::string>() : json::write(*found));
}

std::expected<std::int64_t, Refusal> read_share(const std::string& typed) {
  const auto share = text::read_share(typed);
  if (share) return *share;
  return refuse(Code::usage, "--share takes 0 to 100, with at most two decimals, found " + typed);
}

void add_example(CLI::App& command, const std::string& example) {
  command.footer("Example:\n  airlock " + example + kAccessExample);
}

void add_access(CLI::App& command, Access& access) {
  command.add_option("--admin", access.admin, "URL of the server's admin listener")
      ->required()
      ->check(kHttps);
  const auto add_file = [&](const char* name, std::string& path, const char* what) {
    command.add_option(name, path, what)->required()->check(CLI::ExistingFile);
  };
  add_file("--cert", access.certificate, "your certificate, PEM");
  command
      .add_option("--key", access.key,
                  "its private key: a file in PEM, or the PKCS#11 URI of a token")
      ->required()
      ->check([](const std::string& text) {
        return token::is_uri(text) ? std::string() : CLI::ExistingFile(text);
      });
  add_passphrase_option(command, access);
  add_file("--ca", access.ca, "who certifies the server, PEM");
  command.add_flag("--json", access.json, "answer in JSON");
}

}  // namespace airlock::app
