#include "server/http/tls.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <utility>

#include "server/http/files.h"

namespace airlock::http {

namespace {

std::unexpected<Error> refuse(Code code, Setting setting) {
  return fail(code, static_cast<std::uint64_t>(setting));
}

// OpenSSL says only that it could not; the file itself says why.
Status check_readable(const file::Path& path, Setting setting) {
  const auto opened = file::File::open(path, file::Access::read);
  if (!opened) return refuse(opened.error().code, setting);
  const auto size = opened->size();
  if (!size) return refuse(size.error().code, setting);
  return {};
}

// Without a function of ours OpenSSL would ask at the terminal, and a server would wait there.
int note_passphrase_wanted(char*, int, int, void* wanted) {
  *static_cast<bool*>(wanted) = true;
  return -1;
}

Status use_certificate(SSL_CTX* tls, const file::Path& path) {
  AIRLOCK_TRY(check_readable(path, Setting::certificate));
  if (SSL_CTX_use_certificate_chain_file(tls, path.c_str()) != 1) {
    return refuse(Code::wrong_magic, Setting::certificate);
  }
  return {};
}

Status use_key(SSL_CTX* tls, const file::Path& path) {
  AIRLOCK_TRY(check_readable(path, Setting::key));
  bool passphrase_wanted = false;
  SSL_CTX_set_default_passwd_cb(tls, &note_passphrase_wanted);
  SSL_CTX_set_default_passwd_cb_userdata(tls, &passphrase_wanted);
  ERR_clear_error();
  const bool used = SSL_CTX_use_PrivateKey_file(tls, path.c_str(), SSL_FILETYPE_PEM) == 1;
  const bool read = used || ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_X509;
  SSL_CTX_set_default_passwd_cb_userdata(tls, nullptr);
  if (passphrase_wanted) return refuse(Code::key_encrypted, Setting::key);
  if (!read) return refuse(Code::wrong_magic, Setting::key);
  if (!used || SSL_CTX_check_private_key(tls) != 1) return refuse(Code::key_mismatch, Setting::key);
  return {};
}

// Without this word in it, a server's certificate of the same authority would be an operator.
int is_for_clients(int preverified, X509_STORE_CTX* store) {
  if (preverified != 1 || X509_STORE_CTX_get_error_depth(store) > 0) return preverified;
  X509* const certificate = X509_STORE_CTX_get_current_cert(store);
  const bool stated = (X509_get_extension_flags(certificate) & EXFLAG_XKUSAGE) != 0;
  return stated && (X509_get_extended_key_usage(certificate) & XKU_SSL_CLIENT) != 0 ? 1 : 0;
}

Status let_in(SSL_CTX* tls, const file::Path& authority, Setting setting) {
  AIRLOCK_TRY(check_readable(authority, setting));
  if (SSL_CTX_load_verify_file(tls, authority.c_str()) != 1) {
    return refuse(Code::wrong_magic, setting);
  }
  SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, &is_for_clients);
  const std::string_view sessions =
      setting == Setting::admin_ca ? "airlock-operators" : "airlock-clients";
  SSL_CTX_set_session_id_context(tls, bytes_of(sessions).data(),
                                 static_cast<unsigned>(sessions.size()));
  return {};
}

}  // namespace

Result<TlsContext> make_tls(const Settings& settings, Door door) {
  TlsContext tls(SSL_CTX_new(TLS_server_method()));
  if (tls == nullptr) return fail(Code::no_room);
  SSL_CTX_set_min_proto_version(tls.get(), TLS1_3_VERSION);
  SSL_CTX_set_mode(tls.get(), SSL_MODE_RELEASE_BUFFERS);
  AIRLOCK_TRY(use_certificate(tls.get(), settings.certificate));
  AIRLOCK_TRY(use_key(tls.get(), settings.key));
  if (door == Door::operators) {
    AIRLOCK_TRY(let_in(tls.get(), settings.admin_ca, Setting::admin_ca));
  } else if (!settings.client_ca.empty()) {
    AIRLOCK_TRY(let_in(tls.get(), settings.client_ca, Setting::client_ca));
  }
  return tls;
}

TlsFiles::TlsFiles(const Settings& settings)
    : files_{{{settings.certificate}, {settings.key}, {settings.admin_ca}, {settings.client_ca}}} {
  changed();
}

bool TlsFiles::changed() {
  bool any = false;
  for (Seen& seen : files_) any |= std::exchange(seen.stamp, stamp_of(seen.path)) != seen.stamp;
  return any;
}

std::string common_name_of(SSL* connection) {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      SSL_get1_peer_certificate(connection), &X509_free);
  if (certificate == nullptr) return {};
  std::array<char, 65> name{};
  const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()),
                                             NID_commonName, name.data(), name.size());
  return size > 0 ? std::string(name.data(), static_cast<std::size_t>(size)) : std::string();
}

}  // namespace airlock::http
